// Decisions that a run believes least: shown as they stand, confirmed or corrected, then gone.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { RUN, browse, database, drained, marks, open, said, serve, sheet } from "./labeler.ts";

const browser = await browse();

test("a run's suspects are shown as they stand, worst first; confirmed and corrected, they are gone", async () => {
  const path = database(70);
  const labeler = await serve(path);
  let page = await open(browser, `${labeler.url}?pool=negative&order=newest`);
  const first = await sheet(page);
  await page.keyboard.press("KeyX");
  await page.keyboard.press("Enter");
  await drained(page);
  await page.goto(`${labeler.url}suspects`);
  await page.locator("#empty").waitFor({ state: "visible" });
  assert.match((await page.locator("#empty-what").textContent()) ?? "", /No decision is doubted/);
  await page.close();
  await labeler.stop();
  // Doubted: a kept cover most, then the rejected one, then another kept one.
  const doubted = [first[7], first[0], first[3]];
  const db = new DatabaseSync(path);
  db.exec(RUN);
  for (const [at, cover] of doubted.entries()) {
    db.prepare(`insert into suspect select 1, ?, id, 0, 0.9 from cover where hex(sha256) = ?`).run(at + 1, cover.toUpperCase());
  }
  db.close();
  await labeler.restart();
  const before = labeler.events().length;

  page = await open(browser, `${labeler.url}suspects`);
  assert.deepEqual(await sheet(page), doubted);
  assert.deepEqual(await marks(page), ["keep", "reject", "keep"]);
  assert.match((await page.locator("#progress").textContent()) ?? "", /0 of 3/);
  // The first is corrected; the others are confirmed as they stand.
  await page.keyboard.press("KeyX");
  assert.deepEqual(await marks(page), ["reject", "reject", "keep"]);
  await page.keyboard.press("Enter");
  await said(page, "Looked at 3 once more: 2 rejected, 1 kept; 1 changed");
  const events = labeler.events().slice(before);
  assert.deepEqual(
    events.map((event) => [event.sha256, event.decision, event.source]),
    [
      [doubted[0], "reject", "explicit"],
      [doubted[1], "reject", "sheet"],
      [doubted[2], "keep", "sheet"],
    ],
  );
  await page.locator("#empty").waitFor({ state: "visible" });
  assert.match((await page.locator("#empty-what").textContent()) ?? "", /All 3 doubted decisions were looked at again/);
  await page.reload();
  await page.locator("#empty").waitFor({ state: "visible" });

  // Taken back they are doubted again, marked as the person had marked them.
  await page.keyboard.press("Control+KeyZ");
  assert.deepEqual(await sheet(page), doubted);
  assert.deepEqual(await marks(page), ["reject", "reject", "keep"]);
  await page.goto(`${labeler.url}history?of=suspects`);
  assert.match((await page.locator("tbody").textContent()) ?? "", /sheet, Suspects, negatives.*taken back/);
});
