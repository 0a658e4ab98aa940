// A person decides 180 covers, and the log says what was pressed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browse, database, dice, drained, marks, open, said, serve, sheet, type Event, type Page } from "./labeler.ts";

const browser = await browse();
const SHEETS = 3;

interface Said {
  decision: string;
  source: string;
}

/** What the log should hold: touched covers explicit, all others kept with the sheet. */
function expected(shown: string[], touched: Map<number, string>): Map<string, Said> {
  return new Map(
    shown.map((sha256, at) => {
      const decision = touched.get(at);
      return [sha256, decision ? { decision, source: "explicit" } : { decision: "keep", source: "sheet" }];
    }),
  );
}

function logged(events: Event[]): Map<string, Said> {
  const own = events.filter((event) => event.source !== "propagated");
  return new Map(own.map(({ sha256, decision, source }) => [sha256, { decision: decision ?? "", source }]));
}

/** Three sheets; `mark` touches the given tiles and `confirm` goes on. Counts what was done. */
async function decide(
  page: Page,
  mark: (at: number) => Promise<string>,
  confirm: () => Promise<void>,
): Promise<Map<string, Said>> {
  const all = new Map<string, Said>();
  const roll = dice(11);
  let shown: string[] = [];
  for (let i = 0; i < SHEETS; i++) {
    shown = await sheet(page, shown);
    assert.equal(shown.length, 60);
    const touched = new Map<number, string>();
    for (let n = 0; n < 4; n++) {
      const at = roll(60);
      if (!touched.has(at)) touched.set(at, await mark(at));
    }
    for (const [cover, word] of expected(shown, touched)) all.set(cover, word);
    await confirm();
  }
  await drained(page);
  return all;
}

test("180 covers decided by mouse are in the log as they were clicked", async () => {
  const labeler = await serve(database(220));
  const page = await open(browser, labeler.url);
  const all = await decide(
    page,
    async (at) => {
      await page.locator("#sheet .tile").nth(at).click();
      return "reject";
    },
    () => page.locator("#confirm").click(),
  );
  assert.equal(all.size, 180);
  assert.deepEqual(logged(labeler.events()), all);
});

test("180 covers decided by keyboard alone are in the log as they were typed", async () => {
  const labeler = await serve(database(220));
  const page = await open(browser, labeler.url);
  const keys = [["KeyX", "reject"], ["KeyU", "unsure"], ["KeyB", "broken"], ["Space", "reject"]] as const;
  let pressed = 0;
  let at = 0;
  let of = "";
  const all = await decide(
    page,
    async (target) => {
      const first = await page.evaluate(() => document.querySelector<HTMLElement>("#sheet .tile")?.dataset.sha256 ?? "");
      if (first !== of) [of, at] = [first, 0]; // a new sheet begins at its first tile
      for (; at < target; at++) await page.keyboard.press("ArrowRight");
      for (; at > target; at--) await page.keyboard.press("ArrowLeft");
      const [key, decision] = keys[(pressed += 1) % keys.length];
      await page.keyboard.press(key);
      return decision;
    },
    () => page.keyboard.press("Enter"),
  );
  assert.equal(all.size, 180);
  assert.deepEqual(logged(labeler.events()), all);
});

test("undo shows the same sheet again as it was marked, redo confirms it again", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, labeler.url);
  const first = await sheet(page);
  await page.locator("#sheet .tile").nth(5).click();
  await page.locator("#sheet .tile").nth(7).click();
  await page.keyboard.press("KeyU");
  const before = await marks(page);
  await page.keyboard.press("Enter");
  const second = await sheet(page, first);
  await said(page, "Saved");
  const saved = logged(labeler.events());

  await page.keyboard.press("Control+KeyZ");
  assert.deepEqual(await sheet(page, second), first);
  assert.deepEqual(await marks(page), before);
  await said(page, "Took back");
  const undone = labeler.events().filter((event) => event.act === "undo");
  assert.deepEqual(new Set(undone.map((event) => event.sha256)).size, undone.length);
  assert.ok(undone.length >= 60 && undone.every((event) => event.decision === null));

  await page.keyboard.press("Control+Shift+KeyZ");
  assert.deepEqual(await sheet(page, first), second, "the sheet that was laid aside comes back");
  await said(page, "Saved again");
  assert.deepEqual(logged(labeler.events()), saved);
});

test("an undone sheet can be marked otherwise and confirmed anew", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, labeler.url);
  const first = await sheet(page);
  await page.locator("#sheet .tile").nth(0).click();
  await page.keyboard.press("Enter");
  const second = await sheet(page, first);
  await said(page, "Saved");
  await page.keyboard.press("Control+KeyZ");
  await sheet(page, second);
  await page.locator("#sheet .tile").nth(1).click();
  await page.keyboard.press("Enter");
  assert.deepEqual(await sheet(page, first), second);
  await drained(page);
  assert.deepEqual(logged(labeler.events()), expected(first, new Map([[0, "reject"], [1, "reject"]])));
});

test("marks of an open sheet are undone one by one before any sheet is", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, labeler.url);
  await sheet(page);
  await page.keyboard.press("KeyX");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("KeyB");
  await page.keyboard.press("Control+KeyZ");
  assert.deepEqual((await marks(page)).slice(0, 2), ["reject", "keep"]);
  await page.keyboard.press("Control+KeyZ");
  assert.deepEqual((await marks(page)).slice(0, 2), ["keep", "keep"]);
  await page.keyboard.press("Control+Shift+KeyZ");
  assert.deepEqual((await marks(page)).slice(0, 2), ["reject", "keep"]);
  assert.deepEqual(labeler.events(), []);
});

test("a range follows the displayed positions, by shift and click as by shift and arrows", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, labeler.url);
  await sheet(page);
  await page.locator("#sheet .tile").nth(3).click();
  await page.locator("#sheet .tile").nth(6).click({ modifiers: ["Shift"] });
  const rejected = () =>
    marks(page).then((all) => all.flatMap((mark, at) => (mark === "reject" ? [at] : [])));
  assert.deepEqual(await rejected(), [3, 4, 5, 6]);
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("KeyX");
  assert.deepEqual(await rejected(), [0, 1, 2, 3, 4, 5, 6]);
});

test("the loupe decides, moves on, and comes back to the same tile", async () => {
  const labeler = await serve(database(130));
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  await page.locator("#sheet .tile").nth(4).dblclick();
  await page.locator("#loupe").waitFor({ state: "visible" });
  assert.equal((await marks(page))[4], "keep", "the double click itself marks nothing");
  await page.keyboard.press("KeyX");
  await page.keyboard.press("KeyK");
  await page.keyboard.press("KeyU");
  assert.equal(await page.locator("#loupe-where").textContent(), "Cover 8 of 60");
  await page.keyboard.press("Escape");
  await page.locator("#loupe").waitFor({ state: "hidden" });
  const focused = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.sha256);
  assert.equal(focused, shown[7]);
  await page.keyboard.press("Enter");
  await sheet(page, shown);
  await drained(page);
  const touched = new Map([[4, "reject"], [5, "keep"], [6, "unsure"]]);
  assert.deepEqual(logged(labeler.events()), expected(shown, touched));
});

test("the positive pool asks the other question and rejects what shows no cat", async () => {
  const labeler = await serve(database(60, 70));
  const page = await open(browser, labeler.url);
  await sheet(page);
  await page.locator("#pool").selectOption("positive");
  await page.waitForFunction(() => location.search === "?pool=positive");
  const shown = await sheet(page);
  assert.equal(await page.locator("h1").textContent(), "Which of these do not show a cat?");
  await page.locator("#sheet .tile").nth(2).click();
  await page.keyboard.press("Enter");
  await said(page, "Saved");
  const [event] = labeler.events().filter((event) => event.source === "explicit");
  assert.deepEqual([event.sha256, event.decision, event.pool], [shown[2], "reject", "positive"]);
});

test("when everything is decided the page says so", async () => {
  const labeler = await serve(database(40));
  const page = await open(browser, labeler.url);
  await sheet(page);
  await page.keyboard.press("Enter");
  await page.locator("#empty").waitFor({ state: "visible" });
  assert.equal(await page.locator("#empty-what").textContent(), "All 40 are decided.");
});
