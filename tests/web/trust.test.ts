// What a second look says of the first, and a sheet that is mostly the other way.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { MODEL, browse, database, drained, open, said, serve, sheet } from "./labeler.ts";

const browser = await browse();

test("an audit of what was kept bounds what still hides, and a cat that it finds is a decision", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, `${labeler.url}?pool=negative&order=random`);
  let shown: string[] = [];
  for (let n = 0; n < 2; n++) {
    shown = await sheet(page, shown);
    await page.keyboard.press("Enter");
    await said(page, "Saved 60");
  }
  await drained(page);
  await page.goto(`${labeler.url}?pool=negative&order=audit`);
  const sample = await sheet(page);
  await page.keyboard.press("KeyX");
  await page.keyboard.press("Enter");
  await drained(page);
  const found = labeler.events().filter((event) => event.sha256 === sample[0]);
  assert.deepEqual(found.map((event) => event.decision), ["keep", "reject"]);
  await page.goto(`${labeler.url}statistics`);
  const trust = await page.locator("[aria-labelledby=trust-name]").textContent();
  assert.match(trust ?? "", /at most \d+\.\d % of 120 still hide a cat; \d+ checked/i);
  assert.match(trust ?? "", /assumes that the second look sees/);
});

test("where most of a sheet is likely the topic, untouched covers are rejected, and the page says so", async () => {
  const path = database(70);
  const db = new DatabaseSync(path);
  db.exec(`
    ${MODEL}
    insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, 0.95, 1790000000000, null from cover;
  `);
  db.close();
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}?pool=negative&order=likely`);
  const shown = await sheet(page);
  assert.match((await page.locator("main").textContent()) ?? "", /Most of these seem to show a cat, so all will be rejected but those that you touch/);
  await page.locator("#sheet .tile").nth(0).click();
  await page.keyboard.press("Enter");
  await drained(page);
  const events = new Map(labeler.events().map((event) => [event.sha256, event]));
  assert.equal(events.get(shown[0])?.decision, "keep", "a click marks the exception");
  assert.deepEqual([events.get(shown[1])?.decision, events.get(shown[1])?.source], ["reject", "sheet"]);
});
