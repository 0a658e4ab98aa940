// Scripted persons who know the truth, in real Chromium; every key and every click is counted.
//
//   scripts/setup --browser && cargo build --workspace --bins
//   scripts/measure/persons COVERS [--covers 2000] [--share 0.03] [--seed 1] [--auc 0.975]
//
// COVERS has the folders cat/ and other/. The persons: by mouse in random order, by keyboard with
// likely cats first, by keyboard in random order. Scores are drawn, not trained: normal, apart
// so far that a cat outscores another cover with probability AUC. Never run by ./test.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";

import { browse, database, dice, drained, open, serve, sheet, type Page } from "../../tests/web/labeler.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    covers: { type: "string", default: "2000" },
    share: { type: "string", default: "0.03" },
    seed: { type: "string", default: "1" },
    auc: { type: "string", default: "0.975" },
  },
});
const [photos] = positionals;
if (!photos) throw new Error("usage: scripts/measure/persons COVERS [--covers N] [--share P] [--seed N]");
const COVERS = Number(values.covers);
const CATS = Math.round(COVERS * Number(values.share));
/** Distance of the means, in standard deviations. */
const APART = Math.SQRT2 * quantile(Number(values.auc));

interface Tile {
  sha256: string;
  decision: string;
}
interface Person {
  name: string;
  order: string;
  act(page: Page, tiles: Tile[], columns: number, cats: Set<string>): Promise<number>;
}

const roll = dice(Number(values.seed));
const uniform = () => (roll(1_000_000) + 0.5) / 1_000_000;
const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

function sample(folder: string, count: number): string[] {
  const names = readdirSync(join(photos, folder)).sort();
  const chosen: string[] = [];
  while (chosen.length < count && names.length > 0) chosen.push(...names.splice(roll(names.length), 1));
  if (chosen.length < count) throw new Error(`${folder} has only ${chosen.length} photos`);
  return chosen.map((name) => resolve(photos, folder, name));
}

/** Where a standard normal has this share below it: halving, over a sum of its density. */
function quantile(share: number): number {
  let [low, high] = [0, 8];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    let below = 0.5;
    for (let n = 0; n < 1000; n++) {
      const x = ((n + 0.5) / 1000) * middle;
      below += ((Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * middle) / 1000;
    }
    if (below < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The covers as negatives, with drawn scores; and which of them show a cat. */
function prepare(): { path: string; cats: Set<string> } {
  const path = database(0);
  const folder = `${path}.covers`;
  mkdirSync(folder);
  const cats = new Set<string>();
  const files = { cat: sample("cat", CATS), other: sample("other", COVERS - CATS) };
  for (const [kind, of] of Object.entries(files)) {
    for (const [at, file] of of.entries()) {
      copyFileSync(file, join(folder, `${kind}-${at}.${file.split(".").pop()}`));
      if (kind === "cat") cats.add(createHash("sha256").update(readFileSync(file)).digest("hex"));
    }
  }
  const crawler = resolve(import.meta.dirname, "../../target/debug/crawler");
  execFileSync(crawler, ["import", folder, "--pool", "negative", "--database", `sqlite:${path}`, "--quiet"], {
    stdio: "ignore",
  });
  const db = new DatabaseSync(path);
  db.exec(`
    insert into model values (1, 1, 'drawn', null, 'lenet', zeroblob(32), '{}', 0, 1790000000000);
    insert into promotion values (1, 1, 1, 'drawn', 1790000000000);
    begin`);
  const put = db.prepare("insert into score (model_id, cover_id, probability, scored_at) values (1, ?, ?, 1790000000000)");
  for (const row of db.prepare("select id, lower(hex(sha256)) as sha from cover order by id").all()) {
    const logit = normal() + (cats.has(String(row.sha)) ? APART : 0) - APART / 2 - 2;
    put.run(row.id as number, 1 / (1 + Math.exp(-logit)));
  }
  db.exec("commit");
  db.close();
  return { path, cats };
}

/** The keys from one tile to another: the fewest, by the grid as it is displayed. */
function way(from: number, to: number, columns: number, count: number): string[] {
  const steps: [string, (at: number) => number][] = [
    ["ArrowRight", (at) => at + 1],
    ["ArrowLeft", (at) => at - 1],
    ["ArrowDown", (at) => at + columns],
    ["ArrowUp", (at) => at - columns],
    ["Home", () => 0],
    ["End", () => count - 1],
    ...[..."1234567890"].map((digit, column): [string, (at: number) => number] => [
      `Digit${digit}`,
      (at) => (column < columns ? at - (at % columns) + column : at),
    ]),
  ];
  const reached = new Map<number, string[]>([[from, []]]);
  const queue = [from];
  for (let at = queue.shift(); at !== undefined && at !== to; at = queue.shift()) {
    for (const [key, step] of steps) {
      const next = step(at);
      if (next < 0 || next >= count || reached.has(next)) continue;
      reached.set(next, [...(reached.get(at) ?? []), key]);
      queue.push(next);
    }
  }
  return reached.get(to) ?? [];
}

/** Where what is displayed is not the truth. */
function wrong(tiles: Tile[], cats: Set<string>): number[] {
  return [...tiles.keys()].filter((at) => (tiles[at].decision === "reject") !== cats.has(tiles[at].sha256));
}

async function byMouse(page: Page, tiles: Tile[], _: number, cats: Set<string>): Promise<number> {
  const exceptions = wrong(tiles, cats);
  for (const at of exceptions) await page.locator("#sheet .tile").nth(at).click();
  await page.locator("#confirm").click();
  return exceptions.length + 1;
}

/** Neighbours are taken together: to the first, Shift to the last, one mark. */
async function byKeyboard(page: Page, tiles: Tile[], columns: number, cats: Set<string>): Promise<number> {
  const exceptions = wrong(tiles, cats);
  const keys: string[] = [];
  let at = 0;
  for (let i = 0; i < exceptions.length; i++) {
    const first = exceptions[i];
    const is = cats.has(tiles[first].sha256);
    while (exceptions[i + 1] === exceptions[i] + 1 && cats.has(tiles[exceptions[i + 1]].sha256) === is) i += 1;
    const last = exceptions[i];
    keys.push(...way(at, first, columns, tiles.length));
    keys.push(...way(first, last, columns, tiles.length).map((key) => `Shift+${key}`));
    keys.push(is ? "KeyX" : "KeyK");
    at = last;
  }
  keys.push("Enter");
  for (const key of keys) await page.keyboard.press(key);
  return keys.length;
}

const PERSONS: Person[] = [
  { name: "mouse, random order", order: "random", act: byMouse },
  { name: "keyboard, likely cats first", order: "likely", act: byKeyboard },
  { name: "keyboard, random order", order: "random", act: byKeyboard },
];

async function work(person: Person): Promise<object> {
  const { path, cats } = prepare();
  const labeler = await serve(path);
  const page = await open(await browse(), `${labeler.url}?order=${person.order}`);
  // What the browser itself saw pressed, as a check on the count.
  await page.evaluate(() => {
    const seen = window as unknown as { seen: number };
    seen.seen = 0;
    const own = (event: KeyboardEvent) => !["Shift", "Control", "Alt"].includes(event.key);
    addEventListener("keydown", (event) => { if (own(event)) seen.seen += 1; }, { capture: true });
    addEventListener("pointerdown", () => { seen.seen += 1; }, { capture: true });
  });
  const touched = new Map<string, string>();
  const all = new Map<string, string>();
  let [actions, sheets, shown] = [0, 0, [] as string[]];
  const begun = performance.now();
  while (all.size < COVERS) {
    const left = await page.evaluate(() => document.querySelector<HTMLElement>("#empty")?.hidden === false);
    if (left) break;
    shown = await sheet(page, shown);
    const { tiles, columns } = await page.evaluate(() => {
      const all = [...document.querySelectorAll<HTMLElement>("#sheet .tile")];
      const top = all[0].getBoundingClientRect().top;
      return {
        tiles: all.map(({ dataset }) => ({ sha256: dataset.sha256 ?? "", decision: dataset.decision ?? "" })),
        columns: all.filter((tile) => tile.getBoundingClientRect().top === top).length,
      };
    });
    for (const at of wrong(tiles, cats)) {
      touched.set(tiles[at].sha256, cats.has(tiles[at].sha256) ? "reject" : "keep");
    }
    for (const tile of tiles) all.set(tile.sha256, cats.has(tile.sha256) ? "reject" : "keep");
    actions += await person.act(page, tiles, columns, cats);
    sheets += 1;
    const done = all.size;
    await page.waitForFunction(
      (first) =>
        document.querySelector<HTMLElement>("#empty")?.hidden === false ||
        (document.querySelector<HTMLElement>("#sheet .tile")?.dataset.sha256 ?? first) !== first,
      shown[0],
    );
    if (done === all.size && all.size >= COVERS) break;
    const more = await page.evaluate(() => document.querySelectorAll("#sheet .tile").length);
    if (more === 0) break;
  }
  await drained(page);
  const seconds = (performance.now() - begun) / 1000;
  const seen = await page.evaluate(() => (window as unknown as { seen: number }).seen);
  const events = labeler.events().filter((event) => event.source !== "propagated");
  const differ = events.filter((event) => all.get(event.sha256) !== event.decision).length;
  const explicit = events.filter((event) => event.source === "explicit");
  const untold = explicit.filter((event) => touched.get(event.sha256) !== event.decision).length;
  await page.close();
  await labeler.stop();
  return {
    person: person.name,
    covers: all.size,
    cats: [...all.values()].filter((decision) => decision === "reject").length,
    sheets,
    actions,
    "seen by the page": seen,
    "per 100 covers": Number(((100 * actions) / all.size).toFixed(2)),
    "events as pressed": differ === 0 && untold === 0 && explicit.length === touched.size && events.length === all.size,
    seconds: Number(seconds.toFixed(1)),
  };
}

for (const person of PERSONS) console.log(JSON.stringify(await work(person)));
process.exit(0);
