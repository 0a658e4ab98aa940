// Every screen in every state, for those who check all of them and for scripts/pictures.

import { DatabaseSync } from "node:sqlite";

import { ahead, copied, database, open, pictures, serve, sheet, type Browser, type Labeler, type Page } from "./labeler.ts";
import { FIRST, lived, type Size } from "./lived.ts";
import { Log } from "./log.ts";

/** A database in some state: what makes it of one that has been lived in. */
const BASES = {
  lived: () => undefined,
  empty: () => undefined,
  locked: () => undefined,
  untrained: (db: DatabaseSync) =>
    db.exec(`update audit set below = null, model_id = null;
             ${["score", "promotion", "round", "model", "feature", "suspect"].map((table) => `delete from ${table}`).join(";")}`),
  behind: (db: DatabaseSync) => db.exec("update model set last_event = 0"),
  finished: (db: DatabaseSync) => {
    for (const pool of ["negative", "positive"] as const) {
      const rows = db.prepare("select cover_id as id from pool where pool = ? and cover_id not in (select cover_id from standing)").all(pool);
      new Log(db, `finished-${pool}`).stroke(FIRST, "import", Date.now(), pool, rows.map((row) => Number(row.id)), "keep");
    }
    db.exec("delete from suspect");
  },
  // What was searched for came to the negatives: they are mostly cats.
  flipped: (db: DatabaseSync) =>
    db.exec(`update pool set pool = 'negative' where pool = 'positive' and cover_id not in (select cover_id from standing)
             and cover_id in (select cover_id from score where probability > 0.8)`),
  sample: (db: DatabaseSync) => sampled(db, 120, 0),
  given: (db: DatabaseSync) => sampled(db, 300, 0),
  refused: (db: DatabaseSync) => sampled(db, 60, 1),
};

export type Base = keyof typeof BASES;

/** A sample of what is below 1 %, of which somebody has looked at so many and seen cats. */
function sampled(db: DatabaseSync, looked: number, cats: number): void {
  const log = new Log(db, "sampled");
  const rows = log.all<{ id: number }>(
    `select cover_id as id from unlikely where pool = 'negative' and probability < 0.01 and highest < 0.01
     and model_id = (select model_id from promotion order by id desc limit 1) order by cover_id * 7919 % 65521`,
  );
  const now = Date.now();
  log.run(
    `insert into audit (id, topic_id, pool, below, model_id, frame, sample, opened_at)
     values ('sampled', 1, 'negative', 0.01, (select model_id from promotion order by id desc limit 1), ?, 300, ?)`,
    rows.length, now - 60_000,
  );
  for (const [place, { id }] of rows.entries()) log.run("insert into audit_cover values ('sampled', ?, ?)", place + 1, id);
  const seen = rows.slice(0, looked).map(({ id }, at) => ({ cover: id, said: at < cats ? "reject" : "keep" }) as const);
  log.sheet({ who: FIRST, pool: "negative", queue: "below", at: now, visibleMs: 40_000, audit: "sampled" }, seen);
}

export interface Screen {
  name: string;
  base: Base;
  path: string;
  /** Brings the page to what is to be looked at. */
  reach?(page: Page): Promise<unknown>;
  /** Without script. */
  plain?: boolean;
  /** Something is decided on the way: the next to look finds a database of its own. */
  decides?: boolean;
}

const tiles = (page: Page) => page.waitForFunction(() => document.querySelector("#sheet .tile") !== null);
const both = (...all: ((page: Page) => Promise<unknown>)[]) => (page: Page) => Promise.all(all.map((one) => one(page)));
const none = (page: Page) => page.locator("#empty").waitFor({ state: "visible" });
const sliced = (page: Page) => page.waitForFunction(() => document.querySelector("#slice-what")?.textContent);

const marked = async (page: Page) => {
  await sheet(page);
  for (const [at, key] of [[2, "KeyX"], [5, "KeyU"], [8, "KeyB"]] as const) {
    await page.keyboard.press("Home");
    for (let i = 0; i < at; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press(key);
  }
};

const loupe = async (page: Page) => {
  await marked(page);
  await page.keyboard.press("KeyZ");
  await page.locator("#loupe").waitFor({ state: "visible" });
  await page.waitForFunction(() => (document.querySelector("#loupe-image") as HTMLImageElement).complete);
};

/** Where the model looked is shown of what is decided: back to the last cover of which a part decided. */
const region = async (page: Page) => {
  await loupe(page);
  await page.keyboard.press("Home");
  await page.keyboard.press("KeyW");
  for (let i = 0; i < 6; i++) await page.keyboard.press("KeyX");
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => document.querySelector("#loupe-region-line")?.textContent?.match(/comes from|No single|得分取自|没有哪一部分/));
    if (await page.locator("#loupe-frame").isVisible()) return;
  }
  throw new Error("the whole cover decided of all of them");
};

const unfolded = (page: Page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));

/** A picture that does not arrive: the sheet says so, and waits. */
const missing = async (page: Page) => {
  await page.route("**/preview/*", (route) => (/preview.[0-3]/.test(route.request().url()) ? route.abort() : route.continue()));
  await page.reload();
  await page.waitForFunction(() => document.querySelector("#line")?.textContent?.match(/did not arrive|未能加载/));
};

/** Presses Enter until all of the sheet was seen and the line at the bottom says this. */
const confirmed = async (page: Page, words: string) => {
  const rest = () => page.evaluate(() => document.querySelector("#confirm-word")?.textContent?.match(/rest|继续/) != null);
  while (await rest()) {
    await page.keyboard.press("Enter");
    await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  }
  await sheet(page);
  await page.keyboard.press("Enter");
  await page.waitForFunction((words) => document.querySelector("#line")?.textContent?.match(words), words);
};

/** The labeler goes away while a sheet is confirmed. */
const offline = async (page: Page) => {
  const shown = await sheet(page);
  await ahead(page);
  await pictures(page, 2 * shown.length);
  await page.context().setOffline(true);
  await confirmed(page, "does not answer|没有响应");
  await sheet(page, shown);
};

const saved = async (page: Page) => {
  const shown = await sheet(page);
  for (const at of [1, 4, 9]) await page.locator("#sheet .tile").nth(at).click();
  await confirmed(page, "Saved|已保存");
  await sheet(page, shown);
};

const harvest = async (page: Page) => {
  for (const at of [0, 1, 3]) await page.locator("#neighbours button").nth(at).click();
};

const NEGATIVE = "?pool=negative&order=";

export const SCREENS: Screen[] = [
  { name: "inbox", base: "lived", path: `${NEGATIVE}likely`, reach: marked },
  { name: "inbox-positive", base: "lived", path: "?pool=positive&order=likely", reach: marked },
  { name: "inbox-random", base: "lived", path: `${NEGATIVE}random`, reach: tiles },
  { name: "inbox-uncertain", base: "lived", path: `${NEGATIVE}uncertain`, reach: tiles },
  { name: "inbox-saved", base: "lived", path: `${NEGATIVE}newest`, reach: saved, decides: true },
  { name: "inbox-flipped", base: "flipped", path: `${NEGATIVE}likely`, reach: marked },
  { name: "inbox-behind", base: "behind", path: `${NEGATIVE}likely`, reach: tiles },
  { name: "inbox-untrained", base: "untrained", path: `${NEGATIVE}likely`, reach: tiles },
  { name: "inbox-missing", base: "lived", path: `${NEGATIVE}likely`, reach: missing },
  { name: "inbox-offline", base: "lived", path: `${NEGATIVE}random`, reach: offline, decides: true },
  { name: "inbox-finished", base: "finished", path: `${NEGATIVE}likely`, reach: none },
  { name: "inbox-empty", base: "empty", path: "", reach: none },
  { name: "inbox-plain", base: "lived", path: "", plain: true },
  { name: "audit", base: "lived", path: `${NEGATIVE}audit`, reach: tiles },
  { name: "second-look", base: "lived", path: `${NEGATIVE}second`, reach: tiles },
  { name: "loupe", base: "lived", path: `${NEGATIVE}likely`, reach: loupe },
  { name: "loupe-region", base: "lived", path: `${NEGATIVE}likely`, reach: region },
  {
    name: "keys",
    base: "lived",
    path: `${NEGATIVE}likely`,
    reach: async (page) => {
      await tiles(page);
      await page.keyboard.press("Shift+Slash");
      await page.locator("#help").waitFor({ state: "visible" });
    },
  },
  { name: "suspects", base: "lived", path: "suspects?pool=negative", reach: tiles },
  { name: "suspects-none", base: "untrained", path: "suspects?pool=negative", reach: none },
  { name: "found", base: "lived", path: "found" },
  { name: "found-none", base: "finished", path: "found" },
  { name: "found-unmatched", base: "lived", path: "found?site=nowhere" },
  { name: "found-untrained", base: "untrained", path: "found" },
  { name: "found-plain", base: "lived", path: "found", plain: true },
  { name: "alike", base: "lived", path: "alike/FOUND", reach: harvest },
  { name: "alike-unknown", base: "untrained", path: "alike/FOUND" },
  { name: "below", base: "lived", path: "below" },
  { name: "below-none", base: "lived", path: "below?percent=0.01" },
  { name: "below-untrained", base: "untrained", path: "below" },
  { name: "below-under-way", base: "sample", path: "below?percent=1" },
  { name: "below-failed", base: "refused", path: "below?percent=1&refused=yes" },
  { name: "sample", base: "sample", path: `${NEGATIVE}below`, reach: both(tiles, sliced) },
  { name: "sample-given", base: "given", path: `${NEGATIVE}below`, reach: both(none, sliced) },
  { name: "sample-refused", base: "refused", path: `${NEGATIVE}below`, reach: both(tiles, sliced) },
  { name: "history", base: "lived", path: "history" },
  { name: "history-filtered", base: "lived", path: "history?of=bulk" },
  { name: "history-unmatched", base: "lived", path: "history?of=import" },
  { name: "history-empty", base: "empty", path: "history" },
  { name: "history-plain", base: "lived", path: "history?said=undone", plain: true },
  { name: "statistics", base: "lived", path: "statistics" },
  { name: "statistics-unfolded", base: "lived", path: "statistics", reach: unfolded },
  { name: "statistics-empty", base: "empty", path: "statistics" },
  { name: "statistics-plain", base: "lived", path: "statistics", plain: true },
  { name: "settings", base: "lived", path: "settings" },
  { name: "settings-plain", base: "lived", path: "settings", plain: true },
  { name: "token", base: "locked", path: "" },
  { name: "nowhere", base: "lived", path: "nowhere" },
];

const SMALL: Size = { negatives: 900, positives: 160, tiles: 18 };

/** The screens of databases that are made once and copied for everybody who looks. */
export class Screens {
  #made = new Map<Base, string>();
  #labelers = new Map<Base, Labeler>();
  #lived: string;

  constructor(path = lived(SMALL)) {
    process.env.WHISKER_ANNOTATOR = FIRST;
    this.#lived = path;
  }

  /** Each in a context of its own with these options, one after another. */
  async each(browser: Browser, options: object, look: (page: Page, screen: Screen) => Promise<void>, which = (_: Screen) => true): Promise<void> {
    const wrong: string[] = [];
    for (const screen of SCREENS.filter(which)) {
      const labeler = screen.decides ? await serve(this.copy(screen.base)) : await this.#labeler(screen.base);
      const page = await open(browser, "about:blank", { javaScriptEnabled: !screen.plain, ...options });
      // Who asks for script all the same gets none of ours.
      if (screen.plain) await page.route("**/*.js", (route) => route.abort());
      const path = screen.path.replace("FOUND", () => this.#found());
      await page.goto(labeler.url.replace(/#.*$/, "") + path);
      try {
        await screen.reach?.(page);
        await look(page, screen);
      } catch (error) {
        wrong.push(`${screen.name}: ${error instanceof Error ? error.message : error}`);
      }
      await page.context().close();
      if (screen.decides) await labeler.stop();
      else change(labeler.database, "delete from lease"); // for the next person
    }
    // All of them: who mends a screen wants to know of the others, too.
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  }

  /** A database in that state, for somebody who changes it. */
  copy(base: Base): string {
    return copied(this.#base(base));
  }

  async #labeler(base: Base): Promise<Labeler> {
    const running = this.#labelers.get(base);
    if (running) return running;
    const listen = base === "locked" ? ["--listen", "0.0.0.0:0", "--allow-host", "127.0.0.1"] : [];
    const labeler = await serve(this.copy(base), 0, ...listen);
    this.#labelers.set(base, labeler);
    return labeler;
  }

  #base(base: Base): string {
    const made = this.#made.get(base) ?? (base === "empty" ? database(0) : copied(this.#lived));
    if (!this.#made.has(base)) {
      const db = new DatabaseSync(made);
      BASES[base](db);
      db.close();
      this.#made.set(base, made);
    }
    return made;
  }

  /** A cover that the page Found lists, by its hash. */
  #found(): string {
    const db = new DatabaseSync(this.#lived, { readOnly: true });
    const { hash } = db.prepare(
      `select lower(hex(c.sha256)) as hash from feature f join cover c on c.id = f.cover_id
       where not exists (select 1 from standing s where s.cover_id = c.id) and c.id in (select cover_id from score where probability > 0.5 and region_left is not null)
       order by c.id desc limit 1`,
    ).get() as { hash: string };
    db.close();
    return hash;
  }
}

export function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(`pragma busy_timeout = 10000; ${sql}`);
  db.close();
}
