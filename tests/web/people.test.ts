// For people who see, move or point in other ways: forced colours, reduced motion, large text,
// a keyboard alone, a finger. On every screen.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import { browse, copied, database, drained, open, said, serve, sheet, type Page } from "./labeler.ts";

const browser = await browse();

/** Covers with a model and features, and a sheet in the history. */
async function prepare(): Promise<string> {
  const path = database(220, 40);
  const db = new DatabaseSync(path);
  db.exec(`
    insert into model values (1, 1, 'test', null, 'lenet', zeroblob(32), '{}', 0, 1790000000000);
    insert into promotion values (1, 1, 1, 'test', 1790000000000);
    insert into score select 1, id, case when id % 3 = 0 then 0.99 - id / 1000.0 else 0.1 end, 1790000000000, null
      from cover;
    update video set url = 'https://video.example/' || id where id % 2 = 0;
    insert into round (topic_id, kind, began_at, finished_at, seconds, model_id, labels, topics, compared,
      accuracy_before, accuracy_after, promoted, hidden, undecided)
      values (1, 'labels', 1, 2, 0.5, 1, 60, 5, 60, 0.9, 0.95, 1, 7.2, 100), (1, 'labels', 3, 4, 0.5, 1, 120, 9, 60, 0.95, 0.94, 0, 5, 90);
  `);
  const add = db.prepare("insert into feature (cover_id, backbone, vector) values (?, 'test', ?)");
  for (const { id } of db.prepare("select id from cover").all() as { id: number }[]) {
    add.run(id, Buffer.from(Float32Array.of(Math.cos(id / 100), Math.sin(id / 100)).buffer));
  }
  db.close();
  const labeler = await serve(path);
  const page = await open(browser, `${labeler.url}?order=random`);
  let shown: string[] = [];
  for (let n = 0; n < 2; n++) {
    shown = await sheet(page, shown);
    await page.keyboard.press("KeyX");
    await page.keyboard.press("Enter");
    await said(page, "Saved");
  }
  await drained(page);
  await page.close();
  await labeler.stop();
  change(path, "delete from lease");
  return path;
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(`pragma busy_timeout = 10000; ${sql}`);
  db.close();
}

const prepared = await prepare();

/** The cover whose look-alikes are shown, of which one, at least, shows the topic. */
function cover(): string {
  const db = new DatabaseSync(prepared, { readOnly: true });
  const { sha256 } = db
    .prepare(
      `select lower(hex(sha256)) as sha256 from cover join standing on standing.cover_id in (id - 1, id + 1)
       where standing.decision = 'reject' limit 1`,
    )
    .get() as { sha256: string };
  db.close();
  return sha256;
}

const still = async () => {};
const tiles = (page: Page) =>
  page.waitForFunction(() => document.querySelector("#sheet .tile") !== null);

const SCREENS: { name: string; path: string; reach(page: Page): Promise<unknown> }[] = [
  { name: "inbox", path: "?pool=negative&order=random", reach: tiles },
  { name: "audit", path: "?pool=negative&order=audit", reach: tiles },
  {
    name: "loupe",
    path: "?pool=negative&order=random",
    reach: async (page) => {
      await tiles(page);
      await page.keyboard.press("KeyZ");
      await page.locator("#loupe").waitFor({ state: "visible" });
    },
  },
  {
    name: "keys",
    path: "?pool=negative&order=random",
    reach: async (page) => {
      await tiles(page);
      await page.keyboard.press("Shift+Slash");
      await page.locator("#help").waitFor({ state: "visible" });
    },
  },
  { name: "no suspects", path: "suspects", reach: (page) => page.locator("#empty").waitFor({ state: "visible" }) },
  { name: "found", path: "found", reach: still },
  { name: "alike", path: `alike/${cover()}`, reach: still },
  { name: "history", path: "history", reach: still },
  {
    name: "statistics",
    path: "statistics",
    reach: (page) => page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true))),
  },
  { name: "settings", path: "settings", reach: still },
  { name: "nowhere", path: "nowhere", reach: still },
];

/** Every screen in a context of these options, each on a page of its own. */
async function everywhere(options: object, look: (page: Page, name: string) => Promise<void>): Promise<void> {
  const path = copied(prepared);
  const labeler = await serve(path);
  for (const lang of ["en", "zh"]) {
    for (const screen of SCREENS) {
      const page = await open(browser, "about:blank", { locale: lang === "zh" ? "zh-CN" : "en-GB", ...options });
      await page.goto(labeler.url + screen.path);
      await screen.reach(page);
      await look(page, `${screen.name}, ${lang}`);
      await page.context().close();
      change(path, "delete from lease"); // for the next person
    }
  }
  await labeler.stop();
}

test("in forced colours every mark and the focus can still be told apart, by line and by word", async () => {
  const labeler = await serve(copied(prepared));
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
      const own = one.matches(".unseen, .tile, .path, select, option, img, progress, meter");
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
