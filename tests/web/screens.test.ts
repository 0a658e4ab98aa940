// Every screen in both languages and both schemes: nothing for axe to find, nothing that moves.
// scripts/pictures photographs them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { AXE, MODEL, browse, database, open, said, serve, sheet, type Page } from "./labeler.ts";
import { Screens } from "./screens.ts";

const browser = await browse();
const axe = readFileSync(AXE, "utf8");
const screens = new Screens();

/** A model that believes in every third cover, as `trainer find` would leave it. */
function believe(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`
    ${MODEL}
    insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, case when id % 3 = 0 then 0.99 - id / 1000.0 else 0.1 end, 1790000000000, null
      from cover;
    update video set url = 'https://video.example/' || id where id % 2 = 0;
  `);
  db.close();
}

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

for (const lang of ["en", "zh"]) {
  for (const theme of ["light", "dark"]) {
    test(`axe finds nothing and nothing is too wide: ${lang}, ${theme}`, async () => {
      // axe is script, so it looks at pages for those without as they stand before ours.
      const options = { colorScheme: theme, locale: lang === "zh" ? "zh-CN" : "en-GB", javaScriptEnabled: true };
      await screens.each(browser, options, async (page, screen) => {
        assert.equal(await page.locator("html").getAttribute("lang"), lang === "zh" ? "zh-CN" : "en");
        for (const size of [{ width: 1440, height: 900 }, { width: 320, height: 860 }]) {
          await page.setViewportSize(size);
          const at = `${screen.name}, ${size.width} px`;
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${at}: ${overflow} px too wide`);
          assert.deepEqual(await violations(page), [], at);
        }
      });
    });
  }
}

test("nothing moves when pictures arrive", async () => {
  const labeler = await serve(screens.copy("lived"));
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
  const labeler = await serve(screens.copy("empty"));
  const page = await open(browser, `${labeler.url}?theme=dark`);
  await page.goto(`${labeler.url}history`);
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.locator("#theme").click();
  await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
});

test("found, history and statistics work without script", async () => {
  const labeler = await serve(screens.copy("lived"));
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
