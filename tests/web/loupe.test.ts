// The loupe: what was kept, before it is asked for, by key, mouse and finger.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { browse, database, marks, open, serve, sheet, type Page } from "./labeler.ts";

const browser = await browse();

const looking = (page: Page) => page.locator("#loupe").waitFor({ state: "visible" });
const source = (page: Page) =>
  page.evaluate(() => (document.querySelector("#loupe-image") as HTMLImageElement).getAttribute("src"));

/** Every third cover has its original: the stored picture as PNG would not be, so it is told by its size. */
function keep(path: string, original: Uint8Array): void {
  const db = new DatabaseSync(path);
  db.prepare("update cover_image set original = ?").run(original);
  db.close();
}

test("the loupe shows the preview at once and then what was kept; eight on each side are ahead", async () => {
  const labeler = await serve(database(70));
  const page = await open(browser, labeler.url);
  const shown = await sheet(page);
  await page.keyboard.press("Home");
  for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("KeyZ");
  await looking(page);
  await page.waitForFunction(
    (cover) => document.querySelector("#loupe-image")?.getAttribute("src")?.endsWith(`/large/${cover}`),
    shown[20],
  );
  const asked = () =>
    page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => entry.name.includes("/large/"))
        .map((entry) => entry.name.slice(-64)),
    );
  await page.waitForFunction(
    () => performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/large/")).length >= 17,
  );
  assert.deepEqual(new Set(await asked()), new Set(shown.slice(12, 29)));
  await page.keyboard.press("ArrowRight");
  const now = await source(page);
  assert.ok(now?.includes(shown[21]), "what is shown is what the next key decides");
  await page.waitForFunction(
    () => performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/large/")).length >= 18,
  );
  assert.deepEqual((await asked()).slice(17), [shown[29]], "a step asks for one more");
});

test("an original that is no picture is never shown as anything else", async () => {
  const path = database(70);
  keep(path, new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"));
  const labeler = await serve(path);
  const page = await open(browser, labeler.url);
  page.on("dialog", () => assert.fail("an original ran as script"));
  const [first] = await sheet(page);
  const answer = await page.evaluate(async (cover) => {
    const large = await fetch(`/large/${cover}`);
    const preview = await fetch(`/preview/${cover}.jpg`);
    return {
      kind: large.headers.get("content-type"),
      sniff: large.headers.get("x-content-type-options"),
      same: (await large.text()) === (await preview.text()),
    };
  }, first);
  assert.deepEqual(answer, { kind: "image/jpeg", sniff: "nosniff", same: true });
  await page.goto(`${labeler.url}large/${first}`);
  assert.equal(await page.locator("svg").count(), 0);
});

test("by touch a tap marks, a long press and a button open the loupe, and all targets are large", async () => {
  const labeler = await serve(database(70));
  const page = await open(browser, labeler.url, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const shown = await page.evaluate(
    () => new Promise<number>((told) => {
      const look = () => {
        const count = document.querySelectorAll("#sheet .tile").length;
        if (count > 0) told(count);
        else requestAnimationFrame(look);
      };
      look();
    }),
  );
  assert.equal(shown, 24);
  await page.locator("#sheet .tile").nth(2).tap();
  assert.equal((await marks(page))[2], "reject");
  // Twice on the same tile at once would be a double tap.
  for (const at of [5, 2]) await page.locator("#sheet .tile").nth(at).tap();
  assert.deepEqual((await marks(page)).slice(1, 6), ["keep", "keep", "keep", "keep", "reject"]);
  const box = await page.locator("#sheet .tile").nth(1).boundingBox();
  const session = await page.context().newCDPSession(page);
  const at = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 20 };
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await looking(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  assert.match((await page.locator("#loupe-where").textContent()) ?? "", /Cover 2 of/);
  assert.equal((await marks(page))[1], "keep", "a long press marks nothing");
  await page.locator("#loupe-close").tap();
  await page.locator("#loupe").waitFor({ state: "hidden" });
  await page.locator("#loupe-open").tap();
  await looking(page);
  const small = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("a, button, select, input")]
      .filter((control) => control.checkVisibility() && !control.closest("[inert]"))
      .map((control) => ({ name: control.outerHTML.slice(0, 80), box: control.getBoundingClientRect() }))
      .filter(({ name, box }) => box.width > 0 && Math.min(box.width, box.height) < 44 && !name.includes("skip"))
      .map(({ name, box }) => `${Math.round(box.width)}x${Math.round(box.height)} ${name}`),
  );
  assert.deepEqual(small, []);
});
