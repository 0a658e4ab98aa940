// Known cats that are planted on sheets: told after the sheet, never before, and never logged.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { MODEL, browse, database, drained, open, serve, sheet, type Labeler, type Page } from "./labeler.ts";

const browser = await browse();

/** Covers that no model would take for a cat, beside cats that somebody has said are some. */
async function prepared(): Promise<{ labeler: Labeler; known: Set<string> }> {
  const path = database(1200, 12);
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}?pool=positive&order=newest`);
  await sheet(page);
  await page.keyboard.press("Enter");
  await drained(page);
  await page.close();
  await labeler.stop();
  const db = new DatabaseSync(path);
  db.exec(`
    ${MODEL}
    insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, 0.0005, 1790000000000, null from cover;
  `);
  db.close();
  await labeler.restart();
  return { labeler, known: new Set(labeler.events().map((event) => event.sha256)) };
}

/** What the page says of planted cats; empty when it says nothing. */
function words(page: Page): Promise<string> {
  return page.evaluate(() => {
    const place = document.querySelector<HTMLElement>("#planted");
    return place && !place.hidden ? (place.textContent ?? "") : "";
  });
}

test("a planted cat is told after its sheet, whether it was seen or missed, and the log holds nothing of it", async () => {
  const { labeler, known } = await prepared();
  const page = await open(browser, `${labeler.url}?pool=negative&order=random`);
  const before = labeler.events().length;
  let [shown, decided]: [string[], number] = [[], 0];
  const told = { seen: 0, missed: 0 };
  for (let n = 0; n < 18 && (told.seen === 0 || told.missed === 0); n++) {
    shown = await sheet(page, shown);
    const at = shown.findIndex((cover) => known.has(cover));
    // Nothing on the sheet tells it apart: neither words nor a mark of its own.
    if (at >= 0) {
      const tiles = await page.evaluate(() =>
        [...document.querySelectorAll("#sheet .tile")].map((tile) => `${tile.className} ${tile.getAttribute("data-decision")}`),
      );
      assert.equal(new Set(tiles).size, 1, String(new Set(tiles)));
      assert.doesNotMatch((await page.locator("main").textContent()) ?? "", /planted/);
    }
    const sees = told.seen === 0;
    if (at >= 0 && sees) await page.locator("#sheet .tile").nth(at).click();
    await page.keyboard.press("Enter");
    await drained(page);
    if (at < 0) {
      assert.equal(await words(page), "", "none was planted");
    } else {
      assert.equal(await words(page), sees ? "One cat was planted: you saw it." : "One cat was planted, and kept: this one.");
      const picture = await page.locator("#planted img").getAttribute("src");
      assert.equal(picture, `/preview/${shown[at]}.jpg`);
      told[sees ? "seen" : "missed"] += 1;
    }
    decided += shown.length - (at < 0 ? 0 : 1);
  }
  assert.deepEqual(told, { seen: 1, missed: 1 });
  const events = labeler.events().slice(before);
  assert.ok(events.every((event) => !known.has(event.sha256)), "planted ones are never logged");
  assert.ok(events.every((event) => event.decision === "keep"));
  assert.ok(events.length >= decided);
  await page.goto(`${labeler.url}statistics`);
  assert.match((await page.locator("main").textContent()) ?? "", /Of 2 planted cats 1 were seen/);
});

test("whoever switches planting off is told what is lost, and meets none", async () => {
  const { labeler, known } = await prepared();
  const page = await open(browser, `${labeler.url}settings`);
  assert.match((await page.locator("#plant-hint").textContent()) ?? "", /nothing then measures how many you miss/);
  await page.locator("[name=plant]").click();
  await page.locator(".preferences button.main").click();
  await page.locator("main [role=status]").waitFor({ state: "visible" });
  await page.goto(`${labeler.url}?pool=negative&order=random`);
  let shown: string[] = [];
  for (let n = 0; n < 15; n++) {
    shown = await sheet(page, shown);
    assert.ok(shown.every((cover) => !known.has(cover)));
    await page.keyboard.press("Enter");
    await drained(page);
  }
});
