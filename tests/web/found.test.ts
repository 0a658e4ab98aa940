// What a person does with found videos, and with covers that look alike.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { AXE, MODEL, ahead, browse, database, drained, open, said, serve, sheet, vectors, type Labeler, type Page } from "./labeler.ts";

const browser = await browse();

/** A model that believes in every third cover, and features that stand for the covers' ids. */
function prepared(covers = 60): string {
  const path = database(covers);
  const db = new DatabaseSync(path);
  db.exec(`
    ${MODEL}
    insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, case when id % 3 = 0 then 0.99 - id / 1000.0 else 0.1 end, 1790000000000, null
      from cover;
    update video set url = 'https://video.example/' || id, site = 'peertube:video.example' where id % 2 = 0;
  `);
  const add = db.prepare("insert into feature (cover_id, backbone, pixels, vectors) values (?, 'test', zeroblob(32), ?)");
  for (const { id } of db.prepare("select id from cover").all() as { id: number }[]) {
    // Neighbours are those whose ids are near.
    add.run(id, vectors(Math.cos(id / 100), Math.sin(id / 100)));
  }
  db.close();
  return path;
}

const shown = (page: Page) => page.locator(".video").count();

async function found(path = ""): Promise<[Labeler, Page]> {
  const labeler = await serve(prepared());
  return [labeler, await open(browser, `${labeler.url}found${path}`)];
}

test("what does not interest is not found again, is no decision, and can be taken back", async () => {
  const [labeler, page] = await found();
  const before = await shown(page);
  const button = page.locator(".video [data-dismiss]").nth(0);
  await button.click();
  await said(page, "not be shown again");
  await page.reload();
  assert.equal(await shown(page), before - 1);
  assert.equal(labeler.events().length, 0);
  await button.click();
  await said(page, "not be shown again");
  await button.click();
  await drained(page);
  await page.reload();
  assert.equal(await shown(page), before - 1, "only the one that was not taken back");
});

test("a video that was opened is marked and can be left out, and sites can be chosen", async () => {
  const [, page] = await found();
  const before = await shown(page);
  // The page that it leads to is nobody's: only the click counts here.
  await page.evaluate(() => {
    const link = document.querySelector<HTMLAnchorElement>(".watch");
    link?.addEventListener("click", (event) => event.preventDefault());
    link?.click();
  });
  await drained(page);
  await page.reload();
  const opened = await page.evaluate(() =>
    [...document.querySelectorAll(".video")].map((video) => video.textContent?.includes("opened")),
  );
  assert.equal(opened.filter(Boolean).length, 1);
  await page.goto(`${new URL(page.url()).origin}/found?seen=no`);
  assert.equal(await shown(page), before - 1);
  await page.locator('select[name="site"]').selectOption("peertube:video.example");
  await page.waitForFunction(() => location.search.includes("site=peertube"));
  assert.equal(await shown(page), await page.locator(".video .watch").count());
});

test("the keys of the inbox decide the found video that has the focus", async () => {
  const [labeler, page] = await found();
  const first = await page.locator(".video").nth(0).getAttribute("data-sha256");
  await page.locator(".video button").nth(0).focus();
  await page.keyboard.press("KeyK");
  await said(page, "Saved");
  const [event] = labeler.events().filter((one) => one.sha256 === first);
  assert.equal(event.decision, "keep");
});

test("a neighbourhood is judged with one word, and one undo takes it back", async () => {
  const [labeler, page] = await found();
  await page.locator('.video a[href^="/alike/"]').nth(0).click();
  const choices = page.locator("#neighbours li:not([hidden]) button");
  const before = await choices.count();
  await choices.nth(0).click();
  await choices.nth(4).click({ modifiers: ["Shift"] });
  await choices.nth(1).click();
  assert.equal(await page.locator("#chosen").textContent(), "4 chosen");
  await page.locator("#these-yes").click();
  await said(page, "Saved 4: 4 rejected");
  assert.equal(await choices.count(), before - 4);
  const events = labeler.events().filter((one) => one.source === "explicit");
  assert.equal(events.length, 4);
  assert.equal(new Set(events.map((one) => one.stroke)).size, 1);
  await page.reload();
  assert.match((await page.locator(".alike h2").textContent()) ?? "", /Of the 4 .* 4 show a cat/);
  await page.keyboard.press("Control+KeyZ");
  await said(page, "Took back");
  await page.reload();
  assert.equal(await choices.count(), before);
});

test("axe finds nothing on covers that look alike, in either language and either light", async () => {
  const path = prepared();
  const labeler = await serve(path);
  const db = new DatabaseSync(path);
  const { sha256 } = db.prepare("select lower(hex(sha256)) as sha256 from cover limit 1").get() as { sha256: string };
  db.close();
  for (const [lang, colorScheme] of [["en", "light"], ["zh", "dark"]]) {
    const page = await open(browser, `${labeler.url}alike/${sha256}?lang=${lang}`, { colorScheme });
    await page.locator("#neighbours button").nth(0).click();
    const found = await page.evaluate(async (source) => {
      // Under the page's own policy only an evaluated script can come in.
      (0, eval)(source as string);
      const axe = (window as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } }).axe;
      return (await axe.run()).violations.map(({ id }) => id);
    }, readFileSync(AXE, "utf8"));
    assert.deepEqual(found, [], lang);
  }
});

test("the loupe leads to what looks like its cover", async () => {
  const labeler = await serve(prepared());
  const page = await open(browser, labeler.url);
  const [, second] = await sheet(page);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("KeyZ");
  await page.waitForFunction((cover) => {
    const link = document.querySelector<HTMLAnchorElement>("#loupe-alike");
    return link?.pathname === `/alike/${cover}` && link.target === "_blank";
  }, second);
});

test("the feed is XML with an entry a video", async () => {
  const [labeler, page] = await found();
  const videos = await shown(page);
  const answer = await fetch(`${labeler.url}feed.atom`);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/atom\+xml/);
  const entries = await page.evaluate(
    (xml) => new DOMParser().parseFromString(xml, "application/xml").querySelectorAll("feed > entry").length,
    await answer.text(),
  );
  assert.equal(entries, videos);
});

test("a new model re-orders what lies ready and leaves the sheet in view alone", async () => {
  const path = prepared(150);
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}?order=likely`);
  const inView = await sheet(page);
  await ahead(page);
  const first = await page.evaluate(() => document.querySelector("#news")?.textContent);
  assert.equal(first, "");
  const db = new DatabaseSync(path);
  db.exec(`
    insert into model values (2, 1, 'next', null, 'lenet', zeroblob(32), '{}', 0, 1790000000001);
    insert into score (model_id, cover_id, probability, scored_at, logit) select 2, id, id / 200.0, 1790000000001, null from cover;
    insert into round (topic_id, kind, began_at, finished_at, seconds, model_id, labels, topics, compared,
      accuracy_before, accuracy_after, promoted, hidden, undecided)
      values (1, 'labels', 1, 2, 0.5, 2, 60, 5, 60, 0.9, 0.95, 1, 7.2, 100);
    insert into promotion values (2, 1, 2, 'test', 1790000000001);
  `);
  const rest = db.prepare("select lower(hex(sha256)) as sha256 from cover order by id desc").all() as { sha256: string }[];
  db.close();
  await page.evaluate(() => dispatchEvent(new Event("visibilitychange")));
  await page.waitForFunction(() => document.querySelector("#news")?.textContent?.includes("90.0 % → 95.0 %"));
  assert.match((await page.locator("#news").textContent()) ?? "", /about 7 cats still hidden/);
  assert.deepEqual(await sheet(page), inView, "what is in view stays");
  await page.waitForFunction(
    (urls) => performance.getEntriesByType("resource").some((entry) => entry.name.includes(String(urls))),
    rest.find(({ sha256 }) => !inView.includes(sha256))?.sha256,
  );
  await page.keyboard.press("Enter");
  const next = await sheet(page, inView);
  const expected = rest.map(({ sha256 }) => sha256).filter((sha256) => !inView.includes(sha256));
  assert.deepEqual(next, expected.slice(0, next.length), "what comes next is in the order of the new model");
});
