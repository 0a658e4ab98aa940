// Where the model looked: a thin frame on what was found and on what is asked about, and in the
// loupe on what is decided, never before.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { MODEL, RUN, browse, database, drained, open, serve, sheet, type Page } from "./labeler.ts";

const browser = await browse();

/** In thousandths of a cover. */
const LEFT = 600;
const TOP = 100;
const WIDTH = 300;
const HEIGHT = 450;

/** A model that believes in every cover; of those with even ids a part decided. */
function looked(): string {
  const path = database(70);
  const db = new DatabaseSync(path);
  db.exec(`
    ${MODEL}
    insert into score (model_id, cover_id, probability, scored_at) select 1, id, 0.99 - id / 1000.0, 1790000000000 from cover;
    update score set region_left = ${LEFT}, region_top = ${TOP}, region_width = ${WIDTH}, region_height = ${HEIGHT}
      where cover_id % 2 = 0;
    update cover set representative = null;
  `);
  db.close();
  return path;
}

/** Covers by whether a part of them decided. */
function covers(path: string, framed: boolean): string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare("select lower(hex(sha256)) as sha256 from cover where id % 2 = ? order by id").all(framed ? 0 : 1);
  db.close();
  return rows.map((row) => String(row.sha256));
}

/** A cover becomes one that stands upright: bars are left beside it. */
async function upright(path: string, cover: string): Promise<void> {
  const page = await open(browser, "about:blank");
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(90, 160);
    canvas.getContext("2d")?.fillRect(0, 0, 90, 160);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg" })).arrayBuffer())];
  });
  await page.close();
  const db = new DatabaseSync(path);
  const hash = Buffer.from(cover, "hex");
  db.prepare("update cover set width = 90, height = 160 where sha256 = ?").run(hash);
  db.prepare("update cover_image set preview = ? where cover_id = (select id from cover where sha256 = ?)").run(
    new Uint8Array(bytes), hash,
  );
  db.close();
}

/** How far a frame's edges are from where they belong on the picture, bars left out; CSS pixels. */
function off(page: Page, picture: string, frame: string): Promise<number> {
  return page.evaluate(
    async ([picture, frame, [left, top, width, height]]) => {
      const image = document.querySelector(picture) as HTMLImageElement;
      await image.decode();
      const box = image.getBoundingClientRect();
      const scale = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight);
      const [wide, high] = [image.naturalWidth * scale, image.naturalHeight * scale];
      const x = box.left + (box.width - wide) / 2 + (wide * left) / 1000;
      const y = box.top + (box.height - high) / 2 + (high * top) / 1000;
      const expected = [x, y, x + (wide * width) / 1000, y + (high * height) / 1000];
      const far = [...document.querySelectorAll(`${frame} rect`)].map((line) => {
        const { left, top, right, bottom } = line.getBoundingClientRect();
        return Math.max(...[left, top, right, bottom].map((edge, at) => Math.abs(edge - expected[at])));
      });
      if (far.length !== 2) throw new Error(`a frame has two lines, not ${far.length}`);
      return Math.max(...far);
    },
    [picture, frame, [LEFT, TOP, WIDTH, HEIGHT]] as const,
  );
}

const line = (page: Page) => page.locator("#loupe-region-line").textContent();
const says = (page: Page, text: string) =>
  page.waitForFunction((text) => document.querySelector("#loupe-region-line")?.textContent?.includes(text), text);
const framed = (page: Page) => page.locator("#loupe-frame").isVisible();
const pressed = (page: Page) => page.locator("#loupe-region").getAttribute("aria-pressed");
/** The covers of which it was asked where the model looked. */
const asked = (page: Page) =>
  page.evaluate(() => [
    ...new Set(
      performance
        .getEntriesByType("resource")
        .filter((entry) => entry.name.includes("/region/"))
        .map((entry) => entry.name.slice(-64)),
    ),
  ]);

test("on Found a frame lies on the picture itself, also where bars are beside it, and takes no room", async () => {
  const path = looked();
  const [, tall] = covers(path, true);
  await upright(path, tall);
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}found`);
  const [wide] = covers(path, true);
  for (const cover of [wide, tall]) {
    const row = `.video[data-sha256="${cover}"]`;
    assert.ok((await off(page, `${row} img`, `${row} .region`)) < 1, cover === tall ? "upright" : "wide");
  }
  const { bars, frames, hidden, other } = await page.evaluate(([tall, other]) => {
    const image = document.querySelector(`.video[data-sha256="${tall}"] img`) as HTMLImageElement;
    const frames = [...document.querySelectorAll(".video .region")];
    return {
      bars: image.clientWidth / image.clientHeight - image.naturalWidth / image.naturalHeight,
      frames: frames.length,
      hidden: frames.filter((frame) => frame.getAttribute("aria-hidden") === "true").length,
      other: document.querySelectorAll(`.video[data-sha256="${other}"] .region`).length,
    };
  }, [tall, covers(path, false)[0]]);
  assert.ok(bars > 0.1, "the upright picture has bars");
  assert.deepEqual({ frames, hidden, other }, { frames: 35, hidden: 35, other: 0 });
  const boxes = () =>
    page.evaluate(() => [...document.querySelectorAll(".video, .video img")].map((one) => JSON.stringify(one.getBoundingClientRect())));
  const before = await boxes();
  await page.evaluate(() => document.querySelectorAll(".region").forEach((frame) => frame.remove()));
  assert.deepEqual(await boxes(), before);
});

test("the cover that is asked about bears the same frame, and words say what it is", async () => {
  const path = looked();
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}alike/${covers(path, true)[0]}`);
  assert.ok((await off(page, ".asked img", ".asked .region")) < 1);
  assert.match((await page.locator(".asked figcaption").textContent()) ?? "", /The score comes from/);
  await page.goto(`${labeler.url}alike/${covers(path, false)[0]}?lang=zh`);
  assert.equal(await page.locator(".asked .region, .asked figcaption").count(), 0);
});

test("in the loupe nothing tells where the model looked before a cover is decided, nor out of habit", async () => {
  const path = looked();
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}?pool=negative&order=likely`);
  const shown = await sheet(page);
  const parts = new Set(covers(path, true));
  const at = shown.findIndex((cover, at) => parts.has(cover) && !parts.has(shown[at + 1]));
  for (let i = 0; i < at; i++) await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator(".region:visible, .tile .region").count(), 0);
  await page.keyboard.press("KeyW");
  await page.keyboard.press("KeyZ");
  assert.deepEqual([await pressed(page), await framed(page), await line(page)], ["false", false, ""]);

  // Asked for, and not decided.
  await page.keyboard.press("KeyW");
  assert.deepEqual([await pressed(page), await framed(page)], ["true", false]);
  assert.match((await line(page)) ?? "", /after your decision/);
  assert.deepEqual(await asked(page), []);
  // A decision moves on: to one that is not decided either.
  await page.keyboard.press("KeyX");
  assert.equal(await framed(page), false);
  assert.match((await line(page)) ?? "", /after your decision/);
  await page.keyboard.press("ArrowLeft");
  await says(page, "comes from what is in the frame");
  assert.ok(await framed(page));
  assert.ok((await off(page, "#loupe-image", "#loupe-frame")) < 1);
  assert.deepEqual(await asked(page), [shown[at]]);
  // What is taken back is not decided any more.
  await page.keyboard.press("Control+KeyZ");
  assert.equal(await framed(page), false);
  assert.match((await line(page)) ?? "", /after your decision/);
  await page.keyboard.press("Control+Shift+KeyZ");
  await says(page, "comes from what is in the frame");

  // Of the next the whole cover decided.
  await page.keyboard.press("ArrowRight");
  assert.equal(await framed(page), false);
  await page.keyboard.press("KeyU");
  await page.keyboard.press("ArrowLeft");
  await says(page, "No single part decided");
  assert.equal(await framed(page), false);

  // The button does the same; and the loupe opens without.
  await page.keyboard.press("ArrowLeft");
  await says(page, "comes from what is in the frame");
  await page.locator("#loupe-region").click();
  assert.deepEqual([await pressed(page), await framed(page), await line(page)], ["false", false, ""]);
  await page.locator("#loupe-region").click();
  await says(page, "comes from what is in the frame");
  await page.keyboard.press("Escape");
  await page.keyboard.press("KeyZ");
  assert.deepEqual([await pressed(page), await framed(page), await line(page)], ["false", false, ""]);
});

test("a labeler that does not answer is told of, and what stands on a suspect is an answer", async () => {
  const path = looked();
  const doubted = covers(path, true)[0];
  const labeler = await serve(path);
  let page = await open(browser, `${labeler.url}?pool=negative&order=newest`);
  const shown = await sheet(page);
  assert.equal(shown.length, 60);
  for (const before of [[], shown]) {
    await sheet(page, before);
    await page.keyboard.press("Enter");
  }
  await drained(page);
  await page.close();
  await labeler.stop();
  const db = new DatabaseSync(path);
  db.exec(`
    ${RUN}
    insert into suspect select 1, 1, id, 0, 0.9 from cover where hex(sha256) = '${doubted.toUpperCase()}';
  `);
  db.close();
  await labeler.restart();
  page = await open(browser, `${labeler.url}suspects?pool=negative`);
  assert.deepEqual(await sheet(page), [doubted]);
  await page.keyboard.press("KeyZ");
  assert.equal(await framed(page), false);
  await page.context().setOffline(true);
  await page.keyboard.press("KeyW");
  await says(page, "does not answer");
  assert.equal(await framed(page), false);
  await page.context().setOffline(false);
  await page.keyboard.press("KeyW");
  await page.keyboard.press("KeyW");
  await says(page, "comes from what is in the frame");
  assert.ok((await off(page, "#loupe-image", "#loupe-frame")) < 1);
});
