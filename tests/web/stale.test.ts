// What is behind is said in words with what to do: the model, the sheet, the page itself.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { MODEL, browse, database, drained, open, said, serve, sheet, type Page } from "./labeler.ts";

const browser = await browse();

const stale = (page: Page) => page.locator("#stale").textContent();

/** Asks for the news now, as coming back to the tab does. */
const look = (page: Page) => page.evaluate(() => dispatchEvent(new Event("visibilitychange")));

async function told(page: Page, text: string): Promise<void> {
  await look(page);
  await page.waitForFunction(
    (text) => document.querySelector("#stale")?.textContent?.includes(String(text)),
    text,
  );
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(`pragma busy_timeout = 10000; ${sql}`);
  db.close();
}

test("labels and covers that the model does not know are told, until a watch is at work", async () => {
  const path = database(130);
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}?order=likely`);
  const shown = await sheet(page);
  assert.match((await stale(page)) ?? "", /No model yet.*trainer watch/);
  change(path, `${MODEL} insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, 0.1, 1, null from cover where id <= 100;`);
  await told(page, "Not scored yet, and so last in line: ");
  await page.keyboard.press("Enter");
  await drained(page);
  await sheet(page, shown);
  await told(page, "Decided since the model was trained");
  assert.match((await stale(page)) ?? "", /^Decided since the model was trained: \d+. To learn from them: trainer watch/);
  change(path, "insert into lease values ('watch', '1', 'test', 9e15)");
  await look(page);
  await page.waitForFunction(() => document.querySelector("#stale")?.textContent === "");
});

test("a sheet that lay open for long gives up what others decided, and says how many", async () => {
  const path = database(130);
  const labeler = await serve(path);
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  await page.locator("#sheet .tile").nth(1).click();
  // What somebody else does once the lease is over, to four of its covers.
  change(path, `
    delete from lease;
    insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source, act, stroke, decided_at)
      select 'e' || c.id, 1, c.id, 'negative', 'keep', 'other', 'annotator', 'explicit', 'decide', 's', 1
      from cover c where lower(hex(c.sha256)) in ('${[0, 5, 6, 59].map((at) => shown[at]).join("','")}');`);
  await look(page);
  assert.equal(await page.locator("#sheet .tile").count(), 60, "what is in view is asked about when it is old");
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 31 * 60_000;
  });
  await told(page, "4 of its covers were decided elsewhere");
  const left = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("#sheet .tile")].map((tile) => [tile.dataset.sha256, tile.ariaLabel]),
  );
  assert.deepEqual(left.map(([cover]) => cover), shown.filter((_, at) => ![0, 5, 6, 59].includes(at)));
  assert.match(left[0][1] ?? "", /^Cover 1 of 56, rejected/, "marks stay, and the tiles are counted anew");
  await page.keyboard.press("Enter");
  await said(page, "Saved");
  const own = labeler.events().filter((event) => event.annotator !== "other" && event.source !== "propagated");
  assert.equal(own.length, 56);
});

test("after an upgrade and over another database the page asks to be reloaded, and marks stay", async () => {
  const labeler = await serve(database(70));
  const page = await open(browser, labeler.url);
  await sheet(page);
  await page.keyboard.press("KeyX");
  const answers = { version: "of-a-later-whisker", home: "" };
  const true_ = await page.evaluate(async () => (await fetch("/api/news")).json() as Promise<typeof answers>);
  await page.evaluate((news) => {
    const real = window.fetch;
    window.fetch = (input, init) =>
      String(input).startsWith("/api/news") ? Promise.resolve(Response.json(news)) : real(input, init);
  }, { ...true_, version: "of-a-later-whisker" });
  await told(page, "Whisker was upgraded");
  await page.locator("#stale a").click();
  await sheet(page);
  assert.equal(await page.locator('#sheet [data-decision="reject"]').count(), 1);
  assert.ok(!((await stale(page)) ?? "").includes("upgraded"));
  await page.evaluate((news) => {
    window.fetch = () => Promise.resolve(Response.json(news));
  }, { ...true_, home: "cat@2" });
  await told(page, "now serves other covers");
});

test("a labeler that is gone is told before anything is confirmed, and no longer when it is back", async () => {
  const labeler = await serve(database(70));
  const page = await open(browser, labeler.url);
  await sheet(page);
  await labeler.kill();
  await look(page);
  await said(page, "The labeler does not answer. Go on");
  await labeler.restart();
  await page.waitForFunction(() => document.querySelector("#line")?.textContent === "");
});
