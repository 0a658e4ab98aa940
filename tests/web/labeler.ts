// The labeler as a person has it: a program with a database of its own, and its page in Chromium.

import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const TOOLS = join(ROOT, ".tools/browser");
const PROGRAMS = join(ROOT, "target/debug");
const CHROMIUM = "/usr/bin/chromium";

/** How long a condition may take to come true; a slow machine needs it, a test never waits for it. */
export const PATIENCE_MS = 30_000;

export interface Event {
  sha256: string;
  decision: string | null;
  source: string;
  act: string;
  stroke: string;
  annotator: string;
  pool: string;
}

export interface Labeler {
  url: string;
  port: number;
  database: string;
  /** Every event of the log, oldest first, as `labeler export` tells it. */
  events(): Event[];
  /** As a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
  /** By Ctrl-C; its exit code. */
  stop(): Promise<number | null>;
  /** At the same address, over the same database if no other is named. */
  restart(database?: string): Promise<void>;
}

const folder = mkdtempSync(join(tmpdir(), "whisker-web-"));
const running = new Set<ChildProcess>();
const browsers: Browser[] = [];

after(async () => {
  for (const browser of browsers) await browser.close();
});

// Also when a file fails before its first test: no labeler outlives it.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function run(program: string, ...args: string[]): string {
  return execFileSync(join(PROGRAMS, program), args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 26,
  });
}

let copies = 0;

/** A database of drawn covers, drawn once for each number and copied for each test; `cats` of the positives are. */
export function database(negatives: number, positives = 0, cats = 1): string {
  const made = join(folder, `covers-${negatives}-${positives}-${cats}.db`);
  if (!existsSync(made)) {
    run("labeler", "stats", "--database", `sqlite:${made}`);
    for (const [pool, count] of [["negative", negatives], ["positive", positives]] as const) {
      if (count === 0) continue;
      const covers = join(folder, `${pool}-${count}-${cats}`);
      const share = pool === "positive" ? cats : 0.05;
      run("draw", "--out", covers, "--count", String(count), "--cats", String(share), "--seed", pool === "positive" ? "7" : "5");
      hostile(covers);
      run("crawler", "import", covers, "--pool", pool, "--database", `sqlite:${made}`, "--quiet");
    }
  }
  return copied(made);
}

/** The exit code of the labeler and what it says on stderr. */
export function refused(...args: string[]): { code: number | null; said: string } {
  const { status, stderr } = spawnSync(join(PROGRAMS, "labeler"), args, { encoding: "utf8", timeout: PATIENCE_MS });
  return { code: status, said: stderr };
}

/** The exit code of the labeler and the object that it prints. */
export function asked(...args: string[]): { code: number | null; json: Record<string, unknown> } {
  const { status, stdout } = spawnSync(join(PROGRAMS, "labeler"), [...args, "--json"], { encoding: "utf8", timeout: PATIENCE_MS });
  return { code: status, json: JSON.parse(stdout) as Record<string, unknown> };
}

/** A copy of a database that no program has open. */
export function copied(path: string): string {
  const copy = join(folder, `test-${(copies += 1)}.db`);
  copyFileSync(path, copy);
  return copy;
}

/** Titles are file names: some of them try to be markup, or to turn the text round. */
export const HOSTILE = ["<img src=x onerror=alert(1)>", "a\u202Egpj.exe", '"><script>alert(1)<\u2044script>'];

/** What no file name can hold: closing tags, bidi controls left open, and 10,000 characters. */
export const FIERCE = [
  "</script><script>alert(1)</script>",
  "</title></bdi></h2><img src=x onerror=alert(1)>",
  "\u202E\u2066\u2067\u2068drow a\u202A",
  `<b>${"猫<i>".repeat(2500)}`,
];

function hostile(covers: string): void {
  const files = readdirSync(covers).filter((name) => name.endsWith(".jpg")).sort();
  for (const [i, title] of HOSTILE.entries()) {
    const name = files[i];
    if (name) renameSync(join(covers, name), join(covers, `${title}.jpg`));
  }
}

/** Starts `labeler serve`; unless told, a sheet can be confirmed as soon as it is painted. */
export async function serve(path: string, dwell = 0, ...listen: string[]): Promise<Labeler> {
  const over = (path: string) => ["serve", "--quiet", "--database", `sqlite:${path}`, "--dwell", String(dwell)];
  let child = await start([...over(path), ...(listen.length > 0 ? listen : ["--listen", "127.0.0.1:0"])]);
  const { url, port } = child;
  return {
    url,
    port,
    database: path,
    events: () => {
      const lines = run("labeler", "export", "--format", "jsonl", "--database", `sqlite:${path}`);
      return lines.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Event);
    },
    kill: async () => void (await end(child.process, "SIGKILL")),
    stop: () => end(child.process, "SIGINT"),
    restart: async (database = path) => {
      child = await start([...over(database), "--listen", `127.0.0.1:${port}`]);
    },
  };
}

async function start(args: string[]): Promise<{ process: ChildProcess; url: string; port: number }> {
  const child = spawn(join(PROGRAMS, "labeler"), args, { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  child.unref(); // a failed test file must be able to end
  if (!child.stdout) throw new Error("stdout is a pipe");
  for await (const line of createInterface({ input: child.stdout })) {
    (child.stdout as Socket).unref();
    return { process: child, url: line, port: Number(new URL(line).port) };
  }
  throw new Error("labeler serve printed no address");
}

function end(child: ChildProcess, signal: "SIGKILL" | "SIGINT"): Promise<number | null> {
  return new Promise((done) => {
    child.once("exit", (code) => {
      running.delete(child);
      done(code);
    });
    child.kill(signal);
  });
}

// Chromium. Of playwright's types only what the tests use: the wheel brings no declarations.

export interface Locator {
  click(options?: { modifiers?: string[] }): Promise<void>;
  dblclick(): Promise<void>;
  count(): Promise<number>;
  textContent(): Promise<string | null>;
  getAttribute(name: string): Promise<string | null>;
  isVisible(): Promise<boolean>;
  focus(): Promise<void>;
  fill(text: string): Promise<void>;
  tap(): Promise<void>;
  boundingBox(): Promise<{ x: number; y: number; width: number; height: number } | null>;
  nth(n: number): Locator;
  locator(selector: string): Locator;
  selectOption(value: string): Promise<unknown>;
  waitFor(options?: { state: string }): Promise<void>;
}

export interface Page {
  route(
    url: string,
    handle: (route: { request(): { url(): string }; abort(): Promise<void>; continue(): Promise<void> }) => Promise<void>,
  ): Promise<void>;
  addInitScript(run: () => void): Promise<void>;
  goto(url: string): Promise<{ status(): number; text(): Promise<string> } | null>;
  reload(): Promise<unknown>;
  locator(selector: string): Locator;
  evaluate<R, A = unknown>(run: (argument: A) => R | Promise<R>, argument?: A): Promise<R>;
  waitForFunction<A = unknown>(run: (argument: A) => unknown, argument?: A): Promise<unknown>;
  keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  context(): Context;
  on(event: string, heard: (value: never) => void): void;
  screenshot(options: { path: string; fullPage?: boolean; type?: string; quality?: number }): Promise<unknown>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  url(): string;
  close(): Promise<void>;
}

export interface Context {
  newPage(): Promise<Page>;
  newCDPSession(page: Page): Promise<{ send(method: string, params: object): Promise<unknown> }>;
  setOffline(offline: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface Browser {
  newContext(options: object): Promise<Context>;
  close(): Promise<void>;
}

interface Playwright {
  chromium: { launch(options: object): Promise<Browser> };
}

const { chromium } = createRequire(import.meta.url)(
  join(TOOLS, "playwright/driver/package"),
) as Playwright;

/** A fresh Chromium, closed when the file's tests are done. */
export async function browse(...flags: string[]): Promise<Browser> {
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const quiet = ["--disable-dev-shm-usage", "--disable-background-networking"];
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [...root, ...quiet, ...flags],
  });
  browsers.push(browser);
  return browser;
}

/** A page of a new profile; whatever goes wrong on it ends the test. */
export async function open(browser: Browser, url: string, options: object = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.on("pageerror", (error: Error) => {
    throw error;
  });
  await page.goto(url);
  return page;
}

/** Waits until a sheet other than `before` is there and can be confirmed; its covers in order. */
export async function sheet(page: Page, before: string[] = []): Promise<string[]> {
  await page.waitForFunction((first) => {
    const tile = document.querySelector<HTMLElement>("#sheet .tile");
    const ready = document.querySelector("#confirm")?.getAttribute("aria-disabled") === "false";
    return ready && tile !== null && tile.dataset.sha256 !== first;
  }, before[0]);
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("#sheet .tile")].map((tile) => tile.dataset.sha256 ?? ""),
  );
}

/** What the tiles say they are marked. */
export function marks(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("#sheet .tile")].map((tile) => tile.dataset.decision ?? ""),
  );
}

/** Waits until the line at the bottom holds a text. */
export async function said(page: Page, text: string): Promise<void> {
  await page.waitForFunction((text) => document.querySelector("#line")?.textContent?.includes(text as string), text);
}

/** Waits until nothing that was confirmed is still on its way. */
export async function drained(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const box = Object.keys(localStorage).find((key) => key.endsWith("/outbox"));
    return box !== undefined && localStorage.getItem(box) === "[]";
  });
}

/** Waits until the sheet after the shown one is fetched. */
export async function ahead(page: Page): Promise<void> {
  await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.includes("/sheet/")).length === 2);
}

/** Waits until so many pictures have arrived on the page. */
export async function pictures(page: Page, count: number): Promise<void> {
  await page.waitForFunction((count) => {
    const arrived = performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/preview/"));
    return arrived.length >= Number(count);
  }, count);
}

export const AXE = join(TOOLS, "axe_playwright_python/axe.min.js");

/** A small seeded generator (Lehmer 1951, MINSTD), so that a test presses the same keys each time. */
export function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** A model in use that has learned from nothing, in SQL. */
export const MODEL = `
    insert into model values (1, 1, 'test', null, 'lenet', zeroblob(32), '{}', 0, 1790000000000);
    insert into promotion values (1, 1, 1, 'test', 1790000000000);`;

/** A finished run of all decisions so far, in SQL. */
export const RUN = `
    insert into run (id, topic_id, net, recipe, config, seed, folds, dataset, last_event, code, device, threads,
                     state, created_at)
      values (1, 1, 'lenet', 'modern', '{}', 1, 4, zeroblob(32), (select max(id) from decision), 'x', 'cpu', 1,
              'finished', 0);`;

/** Features of one view, as the trainer stores them: a header, a scale, and eight bits a number. */
export function vectors(...values: number[]): Buffer {
  const scale = Math.max(...values.map(Math.abs)) / 127 || 1;
  const stored = Buffer.alloc(10 + values.length);
  stored.set([1, 1, 1]);
  stored.writeUInt16LE(values.length, 4);
  stored.writeFloatLE(scale, 6);
  for (const [at, value] of values.entries()) stored.writeInt8(Math.round(value / scale), 10 + at);
  return stored;
}
