// Settings are a plain form; the page does what they say, also after a restart.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browse, database, drained, marks, open, said, serve, sheet, type Page } from "./labeler.ts";

const browser = await browse();

/** Sends the form with these fields changed, as a person without script does. */
async function set(page: Page, base: string, change: (page: Page) => Promise<void>): Promise<void> {
  await page.goto(`${base}settings`);
  await change(page);
  await page.locator(".preferences button.main").click();
  await page.locator("main [role=status]").waitFor({ state: "visible" });
}

test("settings are saved without script and still there after a restart", async () => {
  const labeler = await serve(database(130), 5000);
  const page = await open(browser, labeler.url, { javaScriptEnabled: false });
  await set(page, labeler.url, async (page) => {
    await page.locator("#language").selectOption("zh");
    await page.locator("#colours").selectOption("dark");
    await page.locator("#tiles").selectOption("24");
    await page.locator("#dwell").selectOption("0");
    await page.locator("#name").fill("米娅 <b>");
    await page.locator("[name=advance]").click();
  });
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await labeler.stop();
  await labeler.restart();
  await page.reload();
  assert.equal(await page.evaluate(() => (document.querySelector("#name") as HTMLInputElement).value), "米娅 <b>");
  for (const [name, on] of [["keys", true], ["titles", true], ["advance", false]] as const) {
    const ticked = await page.evaluate(
      (name) => (document.querySelector(`[name=${name}]`) as HTMLInputElement).checked,
      name,
    );
    assert.equal(ticked, on, name);
  }
});

test("the sheet has as many tiles, the look is as long, and the history names who was set", async () => {
  const labeler = await serve(database(130), 3_600_000);
  const page = await open(browser, labeler.url);
  // Also a sheet that is open already, as long as nothing on it was touched.
  await page.waitForFunction(() => document.querySelectorAll("#sheet .tile").length === 60);
  await set(page, labeler.url, async (page) => {
    await page.locator("#tiles").selectOption("36");
    await page.locator("#dwell").selectOption("0");
    await page.locator("#name").fill("米娅");
  });
  await page.goto(labeler.url);
  assert.equal((await sheet(page)).length, 36);
  await page.keyboard.press("Enter");
  await drained(page);
  const people = new Set(labeler.events().map((event) => event.annotator));
  assert.deepEqual([...people], ["米娅"]);
  await page.goto(`${labeler.url}history`);
  assert.match((await page.locator("tbody").textContent()) ?? "", /米娅/);
});

test("with single keys off only arrows, Space, Enter, Esc and what is held with Alt or Ctrl work", async () => {
  const labeler = await serve(database(70));
  const page = await open(browser, labeler.url);
  await set(page, labeler.url, (page) => page.locator("[name=keys]").click());
  await page.goto(labeler.url);
  await sheet(page);
  for (const key of ["KeyX", "KeyU", "KeyB", "KeyK", "KeyZ", "Shift+Slash"]) await page.keyboard.press(key);
  assert.ok((await marks(page)).every((mark) => mark === "keep"));
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Alt+KeyU");
  assert.deepEqual((await marks(page)).slice(0, 3), ["reject", "unsure", "keep"]);
  await page.keyboard.press("Control+KeyZ");
  assert.deepEqual((await marks(page)).slice(0, 3), ["reject", "keep", "keep"]);
  await page.keyboard.press("Alt+KeyZ");
  await page.locator("#loupe").waitFor({ state: "visible" });
  await page.keyboard.press("Escape");
  await page.locator("#loupe").waitFor({ state: "hidden" });
  await page.keyboard.press("Enter");
  await said(page, "Saved");
});

test("the loupe stays when it is told to, and T in it is the setting of titles", async () => {
  const labeler = await serve(database(70));
  const page = await open(browser, labeler.url);
  await set(page, labeler.url, (page) => page.locator("[name=advance]").click());
  await page.goto(labeler.url);
  await sheet(page);
  const where = () => page.locator("#loupe-where").textContent();
  await page.keyboard.press("KeyZ");
  const first = await where();
  await page.keyboard.press("KeyX");
  assert.equal(await where(), first);
  assert.ok(await page.locator("#loupe-title").isVisible());
  await page.keyboard.press("KeyT");
  assert.ok(!(await page.locator("#loupe-title").isVisible()));
  await page.goto(`${labeler.url}settings`);
  const titles = () => page.evaluate(() => (document.querySelector("[name=titles]") as HTMLInputElement).checked);
  assert.equal(await titles(), false);
  await set(page, labeler.url, (page) => page.locator("[name=titles]").click());
  await page.goto(labeler.url);
  await sheet(page);
  await page.keyboard.press("KeyZ");
  assert.ok(await page.locator("#loupe-title").isVisible());
  assert.equal(await where(), first);
});

test("the history takes a sheet back and says it again, by form alone", async () => {
  const labeler = await serve(database(70));
  const page = await open(browser, labeler.url);
  await sheet(page);
  await page.keyboard.press("KeyX");
  await page.keyboard.press("Enter");
  await drained(page);
  await page.close();
  const plain = await open(browser, `${labeler.url}history`, { javaScriptEnabled: false });
  const kept = labeler.events().length;
  for (const [form, act] of [["undo", "undo"], ["redo", "redo"]] as const) {
    await plain.locator(`form[action="/history/${form}"] button`).click();
    await plain.locator("main [role=status]").waitFor({ state: "visible" });
    const last = labeler.events().slice(-kept);
    assert.ok(last.every((event) => event.act === act), act);
  }
  assert.equal(labeler.events().length, 3 * kept);
});
