// Keeping the unlikely at once, by keyboard alone: choose a score, look at the sample, keep, undo.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { MODEL, asked, browse, database, drained, open, said, serve, sheet, type Page } from "./labeler.ts";

const browser = await browse();

/** Covers that a model finds unlikely, but for the first twenty. */
function unlikely(covers: number): string {
  const path = database(covers);
  const db = new DatabaseSync(path);
  db.exec(`
    ${MODEL}
    insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, case when id <= 20 then 0.6 else 0.001 end, 1790000000000, null from cover;
    update cover set representative = null;
  `);
  db.close();
  return path;
}

const text = async (page: Page, selector: string) => (await page.locator(selector).textContent()) ?? "";

/** Waits until the words over the sheet hold a text. */
async function told(page: Page, words: string): Promise<void> {
  await page.waitForFunction((words) => document.querySelector("#slice-what")?.textContent?.includes(words as string), words);
}

/** Presses Tab until what has the focus is this. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let n = 0; n < 60; n++) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector as string), selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not lead to ${selector}`);
}

/** From the inbox to a sample of what is below a score in percent. */
async function choose(page: Page, percent: string): Promise<void> {
  await tabTo(page, "#order");
  await page.keyboard.type("keep the unlikely");
  await page.locator("#percent").waitFor({ state: "visible" });
  await tabTo(page, "#percent");
  await page.keyboard.press("Control+KeyA");
  await page.keyboard.type(percent);
  await page.keyboard.press("Enter");
  await page.waitForFunction((percent) => location.search.includes(`percent=${percent}`), percent);
  await tabTo(page, ".slice form button");
  await page.keyboard.press("Enter");
  await page.locator("#slice-what").waitFor({ state: "visible" });
}

/** Confirms sheets until the sample is at its end. */
async function look(page: Page, sheets: number): Promise<void> {
  let shown: string[] = [];
  for (let n = 0; n < sheets; n++) {
    shown = await sheet(page, shown);
    await page.keyboard.press("Enter");
    await drained(page);
  }
  await page.locator("#empty").waitFor({ state: "visible" });
}

test("by keyboard: choose a score, look at the sample, keep the others in one stroke, take it back", async () => {
  const path = unlikely(400);
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}?pool=negative&order=likely`);
  await sheet(page);
  await choose(page, "0.5");
  await told(page, "300 of the sample to go");
  assert.match(await text(page, "#slice-what"), /of the 380 covers below 0\.5 %/);
  const button = page.locator("#slice-keep");
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  // Pressed all the same, it does nothing.
  await sheet(page);
  await tabTo(page, "#slice-keep");
  await page.keyboard.press("Enter");
  assert.equal(labeler.events().length, 0);
  await tabTo(page, "#sheet .tile");
  await look(page, 5);
  await told(page, "The sample of 300 shows no cat: of the 380 covers below 0.5 % at most 3 do, at 95 %.");
  assert.match(await text(page, "#progress"), /at most 1 % of 380 show a cat; 300 checked/);
  assert.match(await text(page, "#assumes"), /assumes that who looks sees/);
  // An Enter too many does not keep anything.
  await page.keyboard.press("Enter");
  assert.equal(labeler.events().length, 300);
  assert.equal(await text(page, "#slice-keep"), "Keep the other 80");
  await tabTo(page, "#slice-keep");
  await page.keyboard.press("Enter");
  await said(page, "Kept 80 at once");
  await told(page, "Nothing is left to keep below 0.5 %");
  const bulk = labeler.events().filter((event) => event.source === "bulk");
  assert.equal(bulk.length, 80);
  assert.equal(new Set(bulk.map((event) => event.stroke)).size, 1);
  assert.ok(bulk.every((event) => event.decision === "keep" && event.act === "decide"));

  await page.keyboard.press("Control+KeyZ");
  await said(page, "Took back 80 that were kept at once");
  assert.equal(await text(page, "#slice-keep"), "Keep the other 80");
  await page.keyboard.press("Control+Shift+KeyZ");
  await said(page, "Saved again 80");
  assert.equal(await button.getAttribute("aria-disabled"), "true");

  // The twenty likely ones wait as before.
  await page.goto(`${labeler.url}?pool=negative&order=likely`);
  assert.equal((await sheet(page)).length, 20);
  await page.goto(`${labeler.url}history?of=bulk`);
  assert.match(await text(page, "tbody"), /kept at once, below 0\.5 %, negatives.*80 kept/);
});

test("from the command line it is the same: what is missing, then the others in one stroke that the page takes back", async () => {
  const path = unlikely(400);
  const labeler = await serve(path);
  const bulk = (...args: string[]) => asked("bulk", "--database", `sqlite:${path}`, "--below", "0.005", ...args);
  const none = bulk("--yes");
  assert.equal(none.code, 2);
  assert.deepEqual([none.json.covers, none.json.allowed, none.json.audit], [380, false, null]);
  assert.match(String(none.json.error), /no sample of them has been looked at/);
  const page = await open(browser, `${labeler.url}below?percent=0.5`);
  await page.locator(".slice form button").click();
  await sheet(page);
  const begun = bulk();
  assert.equal(begun.code, 2);
  assert.match(String(begun.json.missing), /300 of the sample are still to be looked at/);
  await look(page, 5);
  const other = asked("bulk", "--database", `sqlite:${path}`, "--below", "0.004", "--yes");
  assert.equal(other.code, 2, "a sample speaks of its own slice only");
  const told = bulk();
  assert.deepEqual([told.code, told.json.allowed, told.json.left, told.json.kept], [0, true, 80, null]);
  assert.equal(labeler.events().length, 300);
  assert.deepEqual([bulk("--yes").json.kept, bulk("--yes").json.kept], [80, 0]);
  await page.reload();
  await page.goto(`${labeler.url}?pool=negative&order=likely`);
  await sheet(page);
  await page.keyboard.press("Control+KeyZ");
  await said(page, "Took back 80 that were kept at once");
  assert.equal(asked("bulk", "--database", `sqlite:${path}`, "--below", "0.005", "--pool", "positive").code, 2);
});

test("a cat in the sample ends it at once, in words, with the way to a lower score", async () => {
  const labeler = await serve(unlikely(400));
  const page = await open(browser, `${labeler.url}below?percent=0.5`);
  await page.locator(".slice form button").click();
  const shown = await sheet(page);
  await page.keyboard.press("KeyX");
  await page.keyboard.press("Enter");
  await told(page, "1 of the sample show a cat, or may: more than 1 % of the 380 covers below 0.5 % could. Choose a lower score.");
  assert.equal(await page.locator("#slice-keep").getAttribute("aria-disabled"), "true");
  // Taken back, the cat is none, and the sample may still allow it.
  await sheet(page, shown);
  await page.keyboard.press("Control+KeyZ");
  await told(page, "300 of the sample to go");
  await sheet(page);
  await page.keyboard.press("Enter");
  await told(page, "Choose a lower score");
  await page.locator("#slice .acts a").click();
  await page.locator("#percent").waitFor({ state: "visible" });
  await page.goto(`${labeler.url}below?percent=0.5`);
  assert.match(await text(page, "main"), /A sample of these showed a cat/);
  assert.equal(await page.locator(".slice form button").count(), 0);
});
