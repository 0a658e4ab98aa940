// Photographs every screen of the labeler's page, of a database of drawn covers that looks
// lived in, to be looked at:
//
//   scripts/pictures [--out target/pictures] [--only NAME,…] [--lang en,zh] [--theme light,dark]
//                    [--width 1440,768,320] [--full] [--new] [--readme]
//
// --only takes beginnings of names of tests/web/screens.ts. --full photographs whole pages, not
// windows. The database is made once and kept in the folder; --new makes it anew. --readme
// writes the pictures that README shows, and no others.

import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { browse, type Page } from "../tests/web/labeler.ts";
import { lived } from "../tests/web/lived.ts";
import { Screens, type Screen } from "../tests/web/screens.ts";

const ROOT = resolve(import.meta.dirname, "..");

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(ROOT, "target/pictures") },
    only: { type: "string", default: "" },
    lang: { type: "string", default: "en,zh" },
    theme: { type: "string", default: "light,dark" },
    width: { type: "string", default: "1440,768,320" },
    full: { type: "boolean", default: false },
    new: { type: "boolean", default: false },
    readme: { type: "boolean", default: false },
  },
});

const HEIGHTS: Record<string, number> = { 1440: 900, 768: 1024, 320: 720 };
const LOCALES: Record<string, string> = { en: "en-GB", zh: "zh-CN" };

/** Waits for pictures that are in view. */
const painted = (page: Page) =>
  page.waitForFunction(() =>
    [...document.images].every((image) => image.complete || !image.checkVisibility() || image.loading === "lazy"),
  );

async function take(page: Page, screen: Screen, path: string, full: boolean): Promise<void> {
  if (!screen.plain) await painted(page);
  await page.screenshot({ path, fullPage: full, ...(path.endsWith(".jpg") && { type: "jpeg", quality: 74 }) });
}

/** Every screen that was asked for, in every way that was asked for. */
async function all(screens: Screens): Promise<void> {
  const browser = await browse();
  const begins = values.only.split(",");
  const which = (screen: Screen) => begins.some((name) => screen.name.startsWith(name));
  for (const lang of values.lang.split(",")) {
    for (const theme of values.theme.split(",")) {
      for (const width of values.width.split(",")) {
        const viewport = { width: Number(width), height: HEIGHTS[width] ?? 900 };
        const options = { viewport, colorScheme: theme, locale: LOCALES[lang] };
        const look = (page: Page, screen: Screen) =>
          take(page, screen, join(values.out, `${screen.name}-${lang}-${theme}-${width}.png`), values.full);
        await screens.each(browser, options, look, which);
      }
    }
  }
  await browser.close();
}

const README = [
  { name: "inbox", lang: "en", theme: "light", file: "inbox.jpg" },
  { name: "inbox", lang: "zh", theme: "dark", file: "inbox-zh.jpg" },
  { name: "loupe", lang: "en", theme: "dark", file: "loupe.jpg" },
  { name: "suspects", lang: "en", theme: "light", file: "suspects.jpg" },
  { name: "found", lang: "en", theme: "light", file: "found.jpg" },
];

async function readme(screens: Screens): Promise<void> {
  const browser = await browse();
  for (const { name, lang, theme, file } of README) {
    const options = { viewport: { width: 1280, height: 800 }, colorScheme: theme, locale: LOCALES[lang] };
    const look = (page: Page, screen: Screen) => take(page, screen, join(ROOT, "docs/pictures", file), false);
    await screens.each(browser, options, look, (screen) => screen.name === name);
  }
  await browser.close();
}

mkdirSync(values.out, { recursive: true });
const kept = join(values.out, "lived.db");
if (values.new || !existsSync(kept)) copyFileSync(lived({ negatives: 2400, positives: 300, tiles: 60 }), kept);
const screens = new Screens(kept);
// node:test, which comes with the helpers, would swallow what is thrown at the top.
const failed = await (values.readme ? readme(screens) : all(screens)).then(() => null, (error: unknown) => error);
if (failed) console.error(failed);
process.exit(failed ? 1 : 0); // the labelers, the browser and the folder of copies go with it
