// For people who see, move or point in other ways: forced colours, reduced motion, large text,
// a keyboard alone, a finger. On every screen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browse, open, serve, sheet, type Page } from "./labeler.ts";
import { Screens } from "./screens.ts";

const browser = await browse();
const screens = new Screens();

/** Every screen in both languages, in a context of these options. */
async function everywhere(options: object, look: (page: Page, name: string) => Promise<void>, without: string[] = []): Promise<void> {
  for (const locale of ["en-GB", "zh-CN"]) {
    await screens.each(
      browser,
      { locale, ...options },
      (page, screen) => look(page, `${screen.name}, ${locale}`),
      (screen) => !without.includes(screen.name),
    );
  }
}

test("in forced colours every mark and the focus can still be told apart, by line and by word", async () => {
  const labeler = await serve(screens.copy("lived"));
  const page = await open(browser, `${labeler.url}?pool=negative&order=random`, { forcedColors: "active" });
  await sheet(page);
  const looks: Record<string, string> = {};
  for (const [key, name] of [["", "keep"], ["KeyX", "reject"], ["KeyU", "unsure"], ["KeyB", "broken"]]) {
    if (key) await page.keyboard.press(key);
    await page.keyboard.press("ArrowRight");
    looks[name] = await page.evaluate((name) => {
      const tile = document.querySelector(`.tile[data-decision="${name}"]:not(:focus)`);
      if (!tile) return "no tile";
      const frame = getComputedStyle(tile, "::after");
      const sign = tile.querySelector<HTMLElement>(".sign");
      const word = sign && getComputedStyle(sign).display !== "none" ? sign.textContent : "";
      return `${frame.borderTopStyle} ${frame.borderTopWidth}|${word}`;
    }, name);
  }
  assert.equal(looks.keep, "solid 0px|");
  const [, ...marked] = Object.values(looks);
  assert.equal(new Set(marked.map((look) => look.split("|")[0])).size, 3, `frames: ${marked}`);
  assert.equal(new Set(marked.map((look) => look.split("|")[1])).size, 3, `words: ${marked}`);
  const colours = await page.evaluate(() => {
    const system = document.createElement("i");
    document.body.append(system);
    const of = (name: string) => {
      system.style.color = name;
      return getComputedStyle(system).color;
    };
    const tile = document.querySelector<HTMLElement>(".tile:focus");
    const outline = tile && getComputedStyle(tile);
    return { ground: of("Canvas"), ring: outline?.outlineColor, style: outline?.outlineStyle, width: outline?.outlineWidth };
  });
  assert.deepEqual([colours.style, colours.width], ["solid", "3px"]);
  assert.notEqual(colours.ring, colours.ground);
  await page.goto(`${labeler.url}statistics`);
  const shapes = await page.evaluate(() => {
    const ground = getComputedStyle(document.body).backgroundColor;
    const seen = [...document.querySelectorAll(".chart .plot .line, .chart .plot .dot, .chart .plot .thread")];
    return { seen: seen.length, hidden: seen.filter((shape) => getComputedStyle(shape).stroke === ground).length };
  });
  assert.ok(shapes.seen > 4);
  assert.equal(shapes.hidden, 0);
});

test("where motion is not wanted nothing moves, and elsewhere hardly anything", async () => {
  await everywhere({ reducedMotion: "reduce" }, async (page, name) => {
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll("*")]
        .filter((one) => {
          const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(one);
          return transitionDuration !== "0s" || animationName !== "none" || scrollBehavior !== "auto";
        })
        .map((one) => one.outerHTML.slice(0, 80)),
    );
    assert.deepEqual(moving, [], name);
  });
});

/** What sticks out of the window, or is cut off at its own edge; a box that scrolls by itself may. */
const cut = (page: Page) =>
  page.evaluate(() => {
    const found: string[] = [];
    const tell = (one: Element, what: string) => found.push(`${what}: ${one.outerHTML.slice(0, 120)}`);
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth - innerWidth} px too wide`);
    for (const one of document.querySelectorAll<HTMLElement>("body *")) {
      if (!one.checkVisibility() || one.closest(".unseen, .skip, svg, .scroll > *, .filmstrip > *, .tile > *, .path > *")) continue;
      if (document.querySelector("dialog[open]") && !one.closest("dialog")) continue;
      const box = one.getBoundingClientRect();
      if (box.width === 0) continue;
      if (box.right > innerWidth + 1 || box.left < -1) tell(one, "out of the window");
      const { overflowX, overflowY } = getComputedStyle(one);
      const own = one.matches(".unseen, .tile, .path, .clamp, select, option, img, progress, meter");
      if (!own && overflowX === "hidden" && one.scrollWidth > one.clientWidth + 1) tell(one, "cut off at the side");
      if (!own && overflowY === "hidden" && one.scrollHeight > one.clientHeight + 1) tell(one, "cut off below");
    }
    return found;
  });

for (const [width, height] of [[640, 400], [720, 450]]) {
  test(`at 200 % zoom, ${width} by ${height}, nothing is cut off on any screen`, async () => {
    await everywhere({ viewport: { width, height } }, async (page, name) => assert.deepEqual(await cut(page), [], name));
  });
}

test("with text twice as large nothing is cut off on any screen", async () => {
  await everywhere({ viewport: { width: 1280, height: 800 } }, async (page, name) => {
    await page.evaluate(() => {
      const sizes = [...document.querySelectorAll<HTMLElement>("body, body *")].map(
        (one) => [one, parseFloat(getComputedStyle(one).fontSize)] as const,
      );
      for (const [one, size] of sizes) one.style.fontSize = `${2 * size}px`;
      dispatchEvent(new Event("resize"));
    });
    assert.deepEqual(await cut(page), [], name);
  });
});

test("the keyboard reaches every control of every screen, and what has the focus shows it", async () => {
  await everywhere({ viewport: { width: 720, height: 450 } }, async (page, name) => {
    const all = await page.evaluate(() => {
      (document.activeElement as HTMLElement | null)?.blur();
      const modal = document.querySelector("dialog[open]");
      const controls = (modal ?? document).querySelectorAll<HTMLElement>(
        "a[href], button, select, input:not([type=hidden]), summary, [tabindex='0']",
      );
      // One stop stands for the sheet and none for the strip: arrows walk them.
      const own = [...controls].filter((one) => one.checkVisibility() && one.tabIndex >= 0);
      for (const [at, one] of own.entries()) one.dataset.stop = String(at);
      const plain = own.map((one) => {
        const { outline, boxShadow, top } = getComputedStyle(one);
        return `${outline}|${boxShadow}|${one.matches(".skip") ? top : ""}`;
      });
      return plain;
    });
    const reached = new Set<number>();
    const unseen: string[] = [];
    for (let n = 0; n < all.length + 8; n++) {
      await page.keyboard.press("Tab");
      const now = await page.evaluate(() => {
        const one = document.activeElement as HTMLElement;
        const { outline, boxShadow, top } = getComputedStyle(one);
        const box = one.getBoundingClientRect();
        const look = `${outline}|${boxShadow}|${one.matches(".skip") ? top : ""}`;
        const inView = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        return { at: Number(one.dataset.stop ?? -1), look, inView, html: one.outerHTML.slice(0, 100) };
      });
      if (now.at < 0) continue;
      reached.add(now.at);
      if (now.look === all[now.at]) unseen.push(`does not show the focus: ${now.html}`);
      if (!now.inView) unseen.push(`out of view: ${now.html}`);
    }
    assert.deepEqual([...new Set(unseen)], [], name);
    assert.equal(reached.size, all.length, `${name}: controls that Tab reaches`);
  });
});

test("for a finger every target of every screen is at least 44 px", async () => {
  const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  await everywhere(options, async (page, name) => {
    const small = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("a, button, select, input:not([type=hidden]), summary")]
        .filter((one) => one.checkVisibility() && !one.matches(".skip"))
        .filter((one) => !document.querySelector("dialog[open]") || one.closest("dialog[open]"))
        // A box is as large as the label around it; a link within a sentence is as high as its line.
        .map((one) => ({ one, box: (one.closest("label") ?? one).getBoundingClientRect() }))
        .filter(({ one, box }) => box.width > 0 && Math.min(box.width, box.height) < 44 && !one.closest("p"))
        .map(({ one, box }) => `${Math.round(box.width)}x${Math.round(box.height)} ${one.outerHTML.slice(0, 90)}`),
    );
    assert.deepEqual(small, [], name);
  });
});
