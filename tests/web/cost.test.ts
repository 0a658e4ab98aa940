// What makes a turn quick, counted and not timed: nothing is asked for, fetched or decoded when
// the next sheet is shown; the one after it costs one request and each of its pictures once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ahead, browse, database, drained, open, pictures, serve, sheet } from "./labeler.ts";

const browser = await browse();

test("a turn asks for nothing and decodes nothing; then one confirm, one sheet and its pictures, once each", async () => {
  const labeler = await serve(database(300));
  const page = await open(browser, "about:blank");
  await page.addInitScript(() => {
    const counted = window as unknown as { decodes: string[] };
    counted.decodes = [];
    performance.setResourceTimingBufferSize(10_000);
    const decode = HTMLImageElement.prototype.decode;
    HTMLImageElement.prototype.decode = function () {
      counted.decodes.push(this.src);
      return decode.call(this);
    };
  });
  await page.goto(labeler.url);
  let shown = await sheet(page);
  await ahead(page);
  await pictures(page, 120);
  for (let turn = 0; turn < 2; turn++) {
    const before = await page.evaluate(() => ({
      asked: performance.getEntriesByType("resource").length,
      decodes: (window as unknown as { decodes: string[] }).decodes.length,
    }));
    // In one task: what the turn itself does, before anything that it set going can answer.
    const turned = await page.evaluate(() => {
      const first = document.querySelector<HTMLElement>("#sheet .tile")?.dataset.sha256;
      const decodes = (window as unknown as { decodes: string[] }).decodes.length;
      document.activeElement?.dispatchEvent(
        new KeyboardEvent("keydown", { code: "Enter", key: "Enter", bubbles: true }),
      );
      const images = [...document.querySelectorAll<HTMLImageElement>("#sheet img")];
      return {
        other: document.querySelector<HTMLElement>("#sheet .tile")?.dataset.sha256 !== first,
        waiting: images.filter((image) => !image.complete || image.naturalWidth === 0).length,
        decodes: (window as unknown as { decodes: string[] }).decodes.length - decodes,
      };
    });
    assert.deepEqual(turned, { other: true, waiting: 0, decodes: 0 });
    shown = await sheet(page, shown);
    await drained(page);
    await ahead(page);
    await pictures(page, 60 * (turn + 3));
    const told = await page.evaluate((before) => {
      const entries = performance.getEntriesByType("resource").slice(before.asked);
      const paths = entries.map((entry) => new URL(entry.name).pathname);
      const counts: Record<string, number> = {};
      for (const path of paths) {
        const kind = path.startsWith("/preview/") ? "/preview" : path;
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
      const decodes = (window as unknown as { decodes: string[] }).decodes.slice(before.decodes);
      return { counts, decodes: decodes.length, distinct: new Set(decodes).size };
    }, before);
    // What the last labels did is asked for now and then, apart from any sheet.
    delete told.counts["/api/news"];
    assert.deepEqual(told, {
      counts: { "/api/confirm": 1, "/api/sheet": 1, "/preview": 60 },
      decodes: 60,
      distinct: 60,
    });
  }
});
