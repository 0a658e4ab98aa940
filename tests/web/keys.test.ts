// Keys mean what they say, wherever the person types and with whatever input method.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browse, database, marks, open, serve, sheet, type Labeler, type Page } from "./labeler.ts";

const browser = await browse();

async function fresh(): Promise<{ page: Page; labeler: Labeler }> {
  const labeler = await serve(database(70));
  const page = await open(browser, labeler.url);
  await sheet(page);
  return { page, labeler };
}

test("under a Chinese input method the key at X's place rejects", async () => {
  const { page } = await fresh();
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchKeyEvent", {
    type: "rawKeyDown",
    key: "Process",
    code: "KeyX",
    windowsVirtualKeyCode: 229,
  });
  assert.equal((await marks(page))[0], "reject");
});

test("keys are inert in editable targets, while composing, and when held", async () => {
  const { page } = await fresh();
  await page.evaluate(() => {
    for (const [tag, id] of [["input", "a"], ["textarea", "b"], ["div", "c"]] as const) {
      const element = document.createElement(tag);
      element.id = id;
      if (tag === "div") element.contentEditable = "true";
      document.querySelector("main")?.append(element);
    }
  });
  for (const target of ["#a", "#b", "#c", "#pool"]) {
    await page.locator(target).focus();
    for (const key of ["KeyX", "KeyU", "KeyB"]) await page.keyboard.press(key);
  }
  await page.locator("#sheet .tile").nth(0).focus();
  await page.evaluate(() => {
    const tile = document.querySelector("#sheet .tile");
    const press = (init: KeyboardEventInit) =>
      tile?.dispatchEvent(new KeyboardEvent("keydown", { code: "KeyX", key: "x", bubbles: true, ...init }));
    press({ isComposing: true });
    press({ repeat: true });
    press({ altKey: true });
    press({ ctrlKey: true });
  });
  assert.ok((await marks(page)).every((mark) => mark === "keep"));
});

test("the overlay of keys opens with ?, and nothing is marked behind it", async () => {
  const { page, labeler } = await fresh();
  await page.keyboard.press("Shift+Slash");
  await page.locator("#help").waitFor({ state: "visible" });
  for (const key of ["KeyX", "KeyB", "Enter"]) await page.keyboard.press(key);
  await page.locator("#help").waitFor({ state: "hidden" }); // Enter closes by the button it is on
  assert.ok((await marks(page)).every((mark) => mark === "keep"));
  assert.deepEqual(labeler.events(), []);
});

test("Ctrl with the key that says Z undoes on every layout", async () => {
  const { page } = await fresh();
  await page.keyboard.press("KeyX");
  // German: the key at Y's place says Z, the key at Z's place says Y.
  const press = (code: string, key: string) =>
    page.evaluate(
      ([code, key]) =>
        document.activeElement?.dispatchEvent(
          new KeyboardEvent("keydown", { code, key, ctrlKey: true, bubbles: true }),
        ),
      [code, key],
    );
  await press("KeyZ", "y");
  assert.equal((await marks(page))[0], "reject");
  await press("KeyY", "z");
  assert.equal((await marks(page))[0], "keep");
});

test("arrows and digits walk the sheet as it is displayed, and one Tab leaves it", async () => {
  const { page } = await fresh();
  const at = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("#sheet .tile")].indexOf(document.activeElement as Element),
    );
  const columns = await page.evaluate(() => {
    const tops = [...document.querySelectorAll("#sheet .tile")].map((tile) => tile.getBoundingClientRect().top);
    return tops.filter((top) => top === tops[0]).length;
  });
  assert.equal(await at(), 0);
  await page.keyboard.press("ArrowDown");
  assert.equal(await at(), columns);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowUp");
  assert.equal(await at(), 1);
  // Digits are the first ten of the row.
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Digit4");
  assert.equal(await at(), columns + 3);
  await page.keyboard.press("Shift+Digit6");
  assert.equal(await page.locator("#sheet .chosen").count(), 3);
  await page.keyboard.press("KeyX");
  assert.equal(await page.locator('#sheet [data-decision="reject"]').count(), 3);
  await page.keyboard.press("End");
  assert.equal(await at(), 59);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "undo");
});

test("Enter and Space on a control do what the control says", async () => {
  const { page, labeler } = await fresh();
  await page.locator("#help-open").focus();
  await page.keyboard.press("Space");
  await page.locator("#help").waitFor({ state: "visible" });
  await page.keyboard.press("Escape");
  await page.locator("#loupe-open").focus();
  await page.keyboard.press("Enter");
  await page.locator("#loupe").waitFor({ state: "visible" });
  assert.deepEqual(labeler.events(), []);
});

test("the overlay shows every key that does something, and no other", async () => {
  const { page } = await fresh();
  const told = await page.evaluate(async () => {
    const app = document.querySelector<HTMLScriptElement>("script[type=module]");
    const keys = await import(new URL("keys.js", app?.src).href);
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter) => `Key${letter}`);
    const others = [
      ..."0123456789".split("").map((digit) => `Digit${digit}`),
      "Space", "Enter", "NumpadEnter", "Escape", "Backspace", "Delete", "Tab", "Slash", "Period", "Comma",
      "Minus", "Equal", "Semicolon", "Quote", "Backquote", "Backslash", "BracketLeft", "BracketRight",
      "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown", "Insert", "F1",
    ];
    const works: string[] = [];
    for (const code of [...letters, ...others]) {
      const letter = code.startsWith("Key") ? code.slice(3).toLowerCase() : "";
      for (const [how, init] of [
        ["", {}],
        ["Shift ", { shiftKey: true }],
        ["Ctrl ", { ctrlKey: true }],
        ["Ctrl Shift ", { ctrlKey: true, shiftKey: true }],
      ] as const) {
        const event = new KeyboardEvent("keydown", { code, key: letter, ...init });
        if (keys.command(event)) works.push(how + code);
      }
    }
    const listed = keys.ROWS.flatMap((row: { keys: { code: string; how: string }[] }) =>
      row.keys.map(({ code, how }) => (({ undo: "Ctrl ", redo: "Ctrl Shift " })[how] ?? "") + code),
    );
    const shown = keys.ROWS.flatMap((row: { keys: unknown[] }) => row.keys.map(keys.shown)).filter(Boolean);
    const overlay = [...document.querySelectorAll("#help-keys kbd")].map((kbd) => kbd.textContent);
    return { works, listed, shown, overlay };
  });
  // Shift changes nothing but what the arrows do; only the question mark needs it.
  const plain = told.works.filter((key) => !key.startsWith("Shift ") || key === "Shift Slash");
  const expected = (told.listed as string[]).map((key) => (key === "Slash" ? "Shift Slash" : key));
  assert.deepEqual(plain.sort(), expected.sort());
  assert.deepEqual(told.overlay.slice(0, told.shown.length), told.shown);
  assert.equal(told.overlay.length, told.shown.length + 2, "the mouse has two lines");
});

test("the same keys do the same in the loupe", async () => {
  const { page } = await fresh();
  await page.keyboard.press("KeyZ");
  await page.locator("#loupe").waitFor({ state: "visible" });
  for (const key of ["KeyX", "KeyU", "KeyB", "KeyK", "Space"]) await page.keyboard.press(key);
  assert.deepEqual((await marks(page)).slice(0, 6), ["reject", "unsure", "broken", "keep", "reject", "keep"]);
  await page.keyboard.press("Control+KeyZ");
  await page.keyboard.press("Control+KeyZ");
  await page.keyboard.press("Control+Shift+KeyZ");
  assert.equal((await marks(page))[4], "keep");
  await page.keyboard.press("End");
  assert.match((await page.locator("#loupe-where").textContent()) ?? "", /60/);
  await page.keyboard.press("KeyX");
  assert.match((await page.locator("#loupe-where").textContent()) ?? "", /60/, "the end is the end");
  await page.keyboard.press("KeyZ");
  await page.locator("#loupe").waitFor({ state: "hidden" });
});
