// Nothing confirmed is ever lost, nothing is confirmed twice, and no two tabs share a cover.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ahead, browse, database, drained, marks, open, pictures, said, serve, sheet, type Labeler, type Page } from "./labeler.ts";

const browser = await browse();

/** A sheet with its fourth cover marked, and the sheet ahead there with its pictures, or there is nothing to turn to. */
async function marked(labeler: Labeler): Promise<{ page: Page; shown: string[] }> {
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  await ahead(page);
  await pictures(page, 2 * shown.length);
  await page.locator("#sheet .tile").nth(3).click();
  return { page, shown };
}

test("a reload keeps the sheet, its order and its marks, and their undo", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  await page.locator("#sheet .tile").nth(9).click();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("KeyU");
  const before = await marks(page);
  await page.reload();
  assert.deepEqual(await sheet(page), shown);
  assert.deepEqual(await marks(page), before);
  await page.keyboard.press("Control+KeyZ");
  before[10] = "keep";
  assert.deepEqual(await marks(page), before);
});

test("what was confirmed survives kill -9 and what was undone can still be redone after it", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  await page.keyboard.press("KeyX");
  await page.keyboard.press("Enter");
  await said(page, "Saved");
  await labeler.kill();
  await labeler.restart();
  const events = labeler.events();
  assert.deepEqual(events.filter((event) => event.decision === "reject").map((event) => event.sha256), [shown[0]]);
  await page.reload();
  const next = await sheet(page);
  await page.keyboard.press("Control+KeyZ");
  assert.deepEqual(await sheet(page, next), shown);
  assert.equal((await marks(page))[0], "reject");
  await said(page, "Took back");
  await labeler.kill();
  await labeler.restart();
  await page.keyboard.press("Control+Shift+KeyZ");
  await said(page, "Saved again");
  const after = labeler.events();
  assert.deepEqual(after.map((event) => event.act), [
    ...events.map(() => "decide"),
    ...events.map(() => "undo"),
    ...events.map(() => "redo"),
  ]);
});

test("a sheet confirmed while the labeler is away is sent when it is back, once", async () => {
  const labeler = await serve(database(130));
  const { page, shown } = await marked(labeler);
  await labeler.kill();
  await page.keyboard.press("Enter");
  await said(page, "does not answer");
  assert.notDeepEqual(await sheet(page, shown), shown);
  await labeler.restart();
  await drained(page);
  const events = labeler.events().filter((event) => event.source !== "propagated");
  assert.equal(events.length, 60);
  assert.deepEqual(events.filter((event) => event.source === "explicit").map((event) => event.sha256), [shown[3]]);
});

test("a sheet confirmed over another database waits for its own", async () => {
  const labeler = await serve(database(130));
  const { page, shown } = await marked(labeler);
  await labeler.kill();
  await labeler.restart(database(70));
  await page.keyboard.press("Enter");
  await said(page, "serves other covers now. 1 waiting here");
  await page.keyboard.press("Control+KeyZ");
  await said(page, "undo needs it");
  await labeler.kill();
  await labeler.restart();
  await drained(page);
  const events = labeler.events().filter((event) => event.source !== "propagated");
  assert.equal(events.length, 60);
  assert.deepEqual(events.filter((event) => event.source === "explicit").map((event) => event.sha256), [shown[3]]);
});

test("a confirm that was written down before the tab died is sent by the next one", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  await labeler.kill();
  await page.keyboard.press("Enter");
  await said(page, "does not answer");
  const context = page.context();
  await page.close();
  await labeler.restart();
  const again = await context.newPage();
  await again.goto(labeler.url);
  await said(again, "Saved");
  const events = labeler.events().filter((event) => event.source !== "propagated");
  assert.deepEqual(new Set(events.map((event) => event.sha256)), new Set(shown));
});

test("two tabs and another browser never show the same cover", async () => {
  const labeler = await serve(database(300));
  const page = await open(browser, labeler.url);
  const tab = await page.context().newPage();
  await tab.goto(labeler.url);
  const other = await open(browser, labeler.url);
  const seen = new Set<string>();
  let count = 0;
  for (const one of [page, tab, other]) {
    for (const cover of await sheet(one)) {
      seen.add(cover);
      count += 1;
    }
  }
  assert.equal(seen.size, count);
  assert.equal(count, 180);
});

test("a double Enter confirms one sheet", async () => {
  const labeler = await serve(database(220), 700);
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  await ahead(page);
  await page.evaluate(() => {
    for (let i = 0; i < 2; i++) {
      document.dispatchEvent(new KeyboardEvent("keydown", { code: "Enter", key: "Enter", bubbles: true }));
    }
  });
  await said(page, "Saved");
  await sheet(page, shown);
  const strokes = new Set(labeler.events().map((event) => event.stroke));
  assert.equal(strokes.size, 1);
});

test("a sheet cannot be confirmed before it was looked at, by key or by button", async () => {
  const labeler = await serve(database(130), 3_600_000);
  const page = await open(browser, labeler.url);
  await page.waitForFunction(() => document.querySelectorAll("#sheet .tile").length === 60);
  await ahead(page);
  await page.keyboard.press("Enter");
  await page.evaluate(() => document.querySelector<HTMLElement>("#confirm")?.click());
  assert.equal(await page.locator("#confirm").getAttribute("aria-disabled"), "true");
  assert.deepEqual(labeler.events(), []);
});
