// Every screen in both languages and both schemes: nothing for axe to find, nothing that moves.
// With SHOTS=FOLDER each is also photographed, wide and narrow.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { AXE, browse, copied, database, drained, open, said, serve, sheet, type Page } from "./labeler.ts";

const browser = await browse();
const axe = readFileSync(AXE, "utf8");
const shots = process.env.SHOTS;

interface Screen {
  name: string;
  path: string;
  /** Brings the page to what is to be looked at. */
  reach(page: Page): Promise<void>;
}

/** A model that believes in every third cover, as `trainer find` would leave it. */
function believe(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`
    insert into model values (1, 1, 'test', null, 'lenet', zeroblob(32), '{}', 0, 1790000000000);
    insert into promotion values (1, 1, 1, 'test', 1790000000000);
    insert into score select 1, id, case when id % 3 = 0 then 0.99 - id / 1000.0 else 0.1 end, 1790000000000, null
      from cover;
    update video set published_at = 1600000000000, owner_name = 'Mia <b>' where id % 2 = 0;
    update video set url = 'https://video.example/' || id where id % 2 = 0;
  `);
  db.close();
}

/** Covers, a model, and two sheets in the history, the second of them taken back. */
async function prepare(): Promise<string> {
  const path = database(150, 40);
  believe(path);
  const labeler = await serve(path);
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  for (const at of [1, 4, 9]) await page.locator("#sheet .tile").nth(at).click();
  await page.keyboard.press("Enter");
  await sheet(page, shown);
  await said(page, "Saved");
  await page.keyboard.press("KeyX");
  await page.keyboard.press("Enter");
  await drained(page);
  await page.keyboard.press("Control+KeyZ");
  await said(page, "Took back");
  await page.close();
  assert.equal(await labeler.stop(), 3, "Ctrl-C is a stop by the user");
  const db = new DatabaseSync(path);
  db.exec("delete from lease");
  db.close();
  return path;
}

const prepared = await prepare();
const nothing = database(0);

const marked = async (page: Page) => {
  await sheet(page);
  for (const [at, key] of [[2, "KeyX"], [5, "KeyU"], [8, "KeyB"]] as const) {
    await page.keyboard.press("Home");
    for (let i = 0; i < at; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press(key);
  }
};
const still = async () => {};

const SCREENS: Screen[] = [
  { name: "inbox", path: "/?pool=negative", reach: marked },
  { name: "inbox-positive", path: "/?pool=positive", reach: marked },
  {
    name: "loupe",
    path: "/?pool=negative",
    reach: async (page) => {
      await marked(page);
      await page.keyboard.press("KeyZ");
      await page.locator("#loupe").waitFor({ state: "visible" });
      await page.waitForFunction(() => (document.querySelector("#loupe-image") as HTMLImageElement).complete);
    },
  },
  {
    name: "keys",
    path: "/?pool=negative",
    reach: async (page) => {
      await sheet(page);
      await page.keyboard.press("Shift+Slash");
      await page.locator("#help").waitFor({ state: "visible" });
    },
  },
  { name: "found", path: "/found", reach: still },
  { name: "history", path: "/history", reach: still },
  { name: "statistics", path: "/statistics", reach: still },
  { name: "settings", path: "/settings", reach: still },
  { name: "below", path: "/below", reach: still },
  { name: "audit", path: "/?pool=negative&order=audit", reach: async (page) => void (await sheet(page)) },
  { name: "second-look", path: "/?pool=negative&order=second", reach: async (page) => void (await sheet(page)) },
  { name: "no-suspects", path: "/suspects", reach: async (page) => page.locator("#empty").waitFor({ state: "visible" }) },
  {
    name: "missing",
    path: "/?pool=negative&order=likely",
    reach: async (page) => {
      // A picture that does not arrive: the sheet says so, and waits.
      await page.route("**/preview/*", (route) => (route.request().url().includes("/preview/0") ? route.abort() : route.continue()));
      await page.reload();
      await page.waitForFunction(() => document.querySelector("#line")?.textContent?.match(/did not arrive|未能加载/));
    },
  },
  { name: "nowhere", path: "/nowhere", reach: still },
];

const EMPTY: Screen[] = [
  { name: "empty-inbox", path: "/", reach: (page) => page.locator("#empty").waitFor({ state: "visible" }) },
  { name: "empty-found", path: "/found", reach: still },
  { name: "empty-history", path: "/history", reach: still },
  { name: "empty-statistics", path: "/statistics", reach: still },
];

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async (source) => {
    // The policy of the page allows no inline script; the debugger's evaluation is not bound by it.
    if (!("axe" in window)) (0, eval)(source);
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  }, axe);
  return found.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
}

const size = { wide: { width: 1440, height: 900 }, narrow: { width: 320, height: 860 } };

for (const lang of ["en", "zh"]) {
  for (const theme of ["light", "dark"]) {
    for (const [width, viewport] of Object.entries(size)) {
      test(`axe finds nothing: ${lang}, ${theme}, ${width}`, async () => {
        const context = await browser.newContext({
          viewport,
          colorScheme: theme,
          locale: lang === "zh" ? "zh-CN" : "en-GB",
        });
        const labelers = [await serve(copied(prepared)), await serve(nothing)];
        for (const [base, screens] of [[labelers[0].url, SCREENS], [labelers[1].url, EMPTY]] as const) {
          for (const screen of screens) {
            const page = await context.newPage();
            await page.goto(base.replace(/\/$/, "") + screen.path);
            await screen.reach(page);
            const html = page.locator("html");
            assert.equal(await html.getAttribute("lang"), lang === "zh" ? "zh-CN" : "en");
            assert.deepEqual(await violations(page), [], screen.name);
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(overflow <= 0, `${screen.name} is ${overflow} px too wide`);
            if (shots) await page.screenshot({ path: `${shots}/${screen.name}-${lang}-${theme}-${width}.png` });
            await page.close();
          }
        }
        await context.close();
        for (const labeler of labelers) await labeler.stop();
      });
    }
  }
}

test("nothing moves when pictures arrive", async () => {
  const labeler = await serve(copied(prepared));
  const page = await open(browser, labeler.url);
  await sheet(page);
  const shift = await page.evaluate(
    () =>
      new Promise<number>((told) => {
        let sum = 0;
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
        });
        observer.observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => told(sum)));
      }),
  );
  assert.ok(shift < 0.01, `layout shift ${shift}`);
});

test("the theme can be chosen and is remembered", async () => {
  const labeler = await serve(nothing);
  const page = await open(browser, `${labeler.url}?theme=dark`);
  await page.goto(`${labeler.url}history`);
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.locator("#theme").click();
  await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
});

test("found, history and statistics work without script", async () => {
  const labeler = await serve(copied(prepared));
  const page = await open(browser, `${labeler.url}found`, { javaScriptEnabled: false });
  assert.ok((await page.locator(".video").count()) > 10);
  assert.equal(await page.locator(".video button:visible").count(), 0);
  for (const path of ["history", "statistics"]) {
    await page.goto(labeler.url + path);
    assert.ok((await page.locator("table").count()) > 0, path);
  }
  await page.goto(labeler.url);
  assert.ok(await page.locator("noscript").isVisible());
});

test("yes on a found video is a decision in the words of its pool, and can be taken back", async () => {
  const path = database(60, 12);
  believe(path);
  const own = await serve(path);
  const page = await open(browser, `${own.url}found`);
  const count = await page.locator(".video").count();
  const first = await page.locator(".video").nth(0).getAttribute("data-sha256");
  const yes = page.locator(".video").nth(0).locator("button[data-decision]").nth(0);
  await yes.click();
  await said(page, "Saved");
  assert.equal(await yes.getAttribute("aria-pressed"), "true");
  const [event] = own.events().filter((one) => one.sha256 === first);
  assert.equal(event.source, "explicit");
  assert.equal(event.decision, event.pool === "negative" ? "reject" : "keep");
  await page.keyboard.press("Control+KeyZ");
  await said(page, "Took back");
  assert.equal(await yes.getAttribute("aria-pressed"), "false");
  await page.reload();
  assert.equal(await page.locator(".video").count(), count);
  const link = page.locator(".video a.button").nth(0);
  assert.match((await link.getAttribute("href")) ?? "", /^https:\/\/video\.example\//);
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
  assert.equal(await link.getAttribute("target"), "_blank");
});
