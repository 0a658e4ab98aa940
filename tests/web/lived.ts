// A database that has been lived in: titles, two people, days of decisions, a watch at work, an
// audit under way, suspects, finds. Written as the programs would have left it, because nobody
// can wait nine days for it; but for the date it is the same each time.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { database, dice, vectors } from "./labeler.ts";
import { Log, type Pool, type Said, type Tile } from "./log.ts";
import { CATS, CHANNELS, OTHERS, SITES } from "./titles.ts";

/** Whose browser it is, and who else was there. */
export const FIRST = "Mei";
export const SECOND = "Tom";

const DAY = 24 * 3600 * 1000;
const MINUTE = 60_000;
/** The part of the covers, by arrival, that people have been at; the others are new. */
const OLD = 0.7;
/** What came last night was begun with today. */
const TODAY = 0.8;
/** Below this the unlikely were kept at once. */
const BELOW = 0.0005;

export interface Size {
  negatives: number;
  positives: number;
  /** On a sheet. */
  tiles: number;
}

interface Cover {
  id: number;
  video: number;
  cat: boolean;
  pool: Pool;
  /** Its place in its pool by arrival, between 0 and 1. */
  place: number;
  rgb: number;
  /** What the model in use makes of it. */
  belief: number;
}

interface Work {
  /** Days before today. */
  day: number;
  /** After the day's first sheet. */
  minute: number;
  who: string;
  pool: Pool;
  queue: string;
  sheets: number;
}

/** Who looked at what. */
const WORK: Work[] = [
  { day: 9, minute: 0, who: FIRST, pool: "negative", queue: "random", sheets: 3 },
  { day: 9, minute: 20, who: FIRST, pool: "positive", queue: "newest", sheets: 1 },
  { day: 8, minute: 0, who: FIRST, pool: "negative", queue: "random", sheets: 2 },
  { day: 6, minute: 0, who: SECOND, pool: "negative", queue: "likely", sheets: 3 },
  { day: 5, minute: 0, who: SECOND, pool: "positive", queue: "newest", sheets: 1 },
  { day: 3, minute: 0, who: FIRST, pool: "negative", queue: "uncertain", sheets: 2 },
  { day: 3, minute: 15, who: SECOND, pool: "negative", queue: "second", sheets: 1 },
  { day: 2, minute: 0, who: FIRST, pool: "negative", queue: "below", sheets: 5 },
  { day: 1, minute: 0, who: SECOND, pool: "negative", queue: "likely", sheets: 1 },
  { day: 0, minute: 0, who: FIRST, pool: "negative", queue: "likely", sheets: 4 },
  { day: 0, minute: 12, who: FIRST, pool: "negative", queue: "suspects", sheets: 1 },
  { day: 0, minute: 16, who: FIRST, pool: "negative", queue: "audit", sheets: 2 },
];

/** After which day's work the watch made a model, how often it was right, and whether it was used. */
const ROUNDS = [
  { day: 9, right: 0.715, promoted: true },
  { day: 8, right: 0.862, promoted: true },
  { day: 6, right: 0.847, promoted: false },
  { day: 6, right: 0.921, promoted: true },
  { day: 5, right: 0.933, promoted: true },
  { day: 3, right: 0.93, promoted: false },
  { day: 3, right: 0.958, promoted: true },
  { day: 2, right: 0.961, promoted: true },
  { day: 1, right: 0.966, promoted: false },
  { day: 0, right: 0.968, promoted: true },
];

/** Of drawn covers. */
export function lived(size: Size): string {
  const path = database(size.negatives, size.positives, 0.85);
  const db = new DatabaseSync(path);
  db.exec("begin");
  const life = new Life(db, size.tiles, Date.now());
  life.name();
  for (const day of new Set(WORK.map((work) => work.day))) life.live(day);
  life.meet();
  db.exec("commit; pragma wal_checkpoint(truncate)");
  db.close();
  return path;
}

class Life {
  #log: Log;
  #tiles: number;
  #now: number;
  #roll = dice(20_261);
  #covers: Cover[];
  #of: Map<number, Cover>;
  #rounds = 0;

  constructor(db: DatabaseSync, tiles: number, now: number) {
    this.#log = new Log(db, "lived");
    this.#tiles = tiles;
    this.#now = now;
    this.#covers = this.#read();
    this.#of = new Map(this.#covers.map((cover) => [cover.id, cover]));
  }

  /** The covers with the truth that was drawn. */
  #read(): Cover[] {
    const rows = this.#log.all<{ id: number; video: number; pool: Pool; rgb: number; url: string; key: string }>(
      `select c.id, v.id as video, p.pool, c.mean_rgb as rgb, v.url, v.key
       from cover c join pool p on p.cover_id = c.id join sighting s on s.cover_id = c.id join video v on v.id = s.video_id
       group by c.id order by c.id`,
    );
    const truths = new Map<string, string>();
    for (const folder of new Set(rows.map((row) => dirname(row.key)))) {
      for (const line of readFileSync(join(folder, "truth.csv"), "utf8").split("\n").slice(1)) {
        const [file, truth] = line.trim().split(",");
        truths.set(join(folder, file), truth);
      }
    }
    const count = { negative: 0, positive: 0 };
    for (const row of rows) count[row.pool] += 1;
    const met = { negative: 0, positive: 0 };
    return rows.map((row) => {
      const cat = truths.get(row.key) === "cat";
      const place = (met[row.pool] += 1) / count[row.pool];
      const logit = cat ? 3 + 1.6 * this.#wave() : -6.5 + 1.4 * this.#wave();
      return { id: row.id, video: row.video, pool: row.pool, rgb: row.rgb, cat, place, belief: 1 / (1 + Math.exp(-logit)) };
    });
  }

  /** Between 0 and 1. */
  #chance(): number {
    return (1 + this.#roll(1_000_000)) / 1_000_001;
  }

  /** Normally distributed. */
  #wave(): number {
    return Math.sqrt(-2 * Math.log(this.#chance())) * Math.cos(2 * Math.PI * this.#chance());
  }

  /** On a day people begin in the evening; today some minutes ago. */
  #at(day: number, minute: number): number {
    const midnight = Math.floor(this.#now / DAY) * DAY;
    const start = day === 0 ? this.#now - 25 * MINUTE : midnight - day * DAY + 19 * 60 * MINUTE;
    return start + minute * MINUTE;
  }

  /** Titles, uploaders, sites and ages; and what the backbone says. */
  name(): void {
    for (const [at, cover] of this.#covers.entries()) {
      const titles = cover.cat ? CATS : OTHERS;
      const title = titles[this.#roll(titles.length)];
      const age = Math.floor((1 - cover.place) * 12 * DAY) + this.#roll(DAY / 3);
      const saved = at % 11 === 0;
      const channel = saved ? null : CHANNELS[this.#roll(CHANNELS.length)];
      const site = saved ? "folder" : SITES[this.#roll(SITES.length)];
      const url = saved ? `file:///home/mei/saved%20covers/of%20${at}/cover.jpg` : `https://video.example/w/${at}`;
      const published = saved ? null : this.#now - age - this.#roll(400) * DAY;
      this.#log.run(
        `update video set title = ?, site = ?, key = ?, url = ?, owner = ?, owner_name = ?, published_at = ?, seen_at = ?
         where id = ?`,
        title, site, `v${at}`, url, channel?.id ?? null, channel?.name ?? null, published, this.#now - age, cover.video,
      );
      const tint = [16, 8, 0].map((shift) => ((cover.rgb >> shift) & 255) / 255 - 0.5);
      const seen = vectors(cover.cat ? 0.6 : 0, ...tint, 0.4 * this.#wave());
      this.#log.run("insert into feature (cover_id, backbone, pixels, vectors) values (?, 'drawn', zeroblob(32), ?)", cover.id, seen);
    }
  }

  /** A day's sheets, and what the watch made of them. */
  live(day: number): void {
    for (const work of WORK.filter((work) => work.day === day)) {
      if (work.queue === "suspects") this.#doubt();
      const audit = work.queue === "audit" || work.queue === "below" ? this.#audit(work) : undefined;
      for (let n = 0; n < work.sheets; n++) {
        const at = this.#at(day, work.minute) + n * (75 + this.#roll(30)) * 1000;
        const visibleMs = 100 * this.#tiles * (5 + this.#roll(6));
        const tiles = this.#tilesOf(work, audit);
        const { who, pool, queue } = work;
        const stroke = this.#log.sheet({ who, pool, queue, at, visibleMs, audit }, tiles);
        // Confirmed too soon once and taken back.
        if (day === 0 && queue === "likely" && n === 1) this.#log.undo(stroke, at + 9000);
      }
      if (work.queue === "below" && audit) this.#keepRest(work, audit);
    }
    for (const round of ROUNDS.filter((round) => round.day === day)) this.#round(round);
  }

  /** What a queue would show. */
  #tilesOf(work: Work, audit?: string): Tile[] {
    if (audit) {
      return this.#once(
        work,
        this.#log.all(
          `select a.cover_id as id, s.decision_id as stood from audit_cover a
           left join standing s on s.cover_id = a.cover_id
           where a.audit_id = ? and a.place > (select count(*) from tile t join sheet h on h.id = t.sheet where h.audit_id = ?)
           order by a.place limit ?`,
          audit, audit, this.#tiles,
        ),
      );
    }
    if (work.queue === "second" || work.queue === "suspects") {
      const from = work.queue === "second" ? "standing" : "suspect join standing using (cover_id)";
      const order = work.queue === "second" ? "cover_id * 40503 % 65521" : "place";
      const limit = work.queue === "second" ? this.#tiles : Math.ceil(this.#tiles / 4);
      return this.#once(
        work,
        this.#log.all(
          `select cover_id as id, decision_id as stood from ${from} where pool = ? and decision in ('keep', 'reject')
           order by ${order} limit ?`,
          work.pool, limit,
        ),
      );
    }
    return this.#new(work);
  }

  /** Covers that nobody has decided, in the queue's order; now and then a known cat among them. */
  #new(work: Work): Tile[] {
    const decided = new Set(this.#log.all<{ id: number }>("select cover_id as id from standing").map((row) => row.id));
    const rank = {
      random: (cover: Cover) => (cover.id * 40_503) % 65_521,
      newest: (cover: Cover) => -cover.id,
      likely: (cover: Cover) => -cover.belief,
      uncertain: (cover: Cover) => Math.abs(cover.belief - 0.5),
    }[work.queue] ?? ((cover: Cover) => cover.id);
    const waiting = this.#covers.filter((one) => one.pool === work.pool && one.place <= (work.day === 0 ? TODAY : OLD) && !decided.has(one.id));
    const shown = waiting.sort((a, b) => rank(a) - rank(b)).slice(0, this.#tiles);
    const tiles: Tile[] = shown.map((cover) => ({ cover: cover.id, said: this.#say(cover) }));
    const [known] = this.#log.all<{ id: number }>(
      "select cover_id as id from standing where pool = 'negative' and decision = 'reject' order by cover_id * 977 % 65521 limit 1",
    );
    if (known && work.pool === "negative" && !tiles.some((tile) => tile.said === "reject")) {
      tiles.splice(this.#roll(tiles.length), 1, { cover: known.id, said: this.#chance() < 0.9 ? "reject" : "keep", planted: true });
    }
    return tiles;
  }

  #once(work: Work, rows: { id: number; stood: number | null }[]): Tile[] {
    return rows.map(({ id, stood }) => {
      const cover = this.#of.get(id);
      if (!cover) throw new Error("an audit of unknown covers");
      const said = work.queue === "below" ? "keep" : this.#say(cover);
      return { cover: id, said, stood: stood ?? undefined };
    });
  }

  /** People see most of what is there. */
  #say(cover: Cover): Said {
    const chance = this.#chance();
    if (chance < 0.01) return "unsure";
    if (chance < 0.015) return "broken";
    const right = cover.cat === (cover.pool === "positive") ? "keep" : "reject";
    const wrong = right === "keep" ? "reject" : "keep";
    return this.#chance() < (right === "reject" ? 0.06 : 0.004) ? wrong : right;
  }

  #audit(work: Work): string {
    const id = `lived-${work.queue}`;
    const kept = work.queue === "audit";
    const at = this.#at(work.day, work.minute) - MINUTE;
    const decided = kept ? "standing.decision = 'keep'" : "standing.decision is null";
    const rows = this.#log.all<{ id: number }>(
      `select pool.cover_id as id from pool left join standing on standing.cover_id = pool.cover_id
       where pool.pool = 'negative' and ${decided} order by pool.cover_id * 7919 % 65521`,
    );
    const low = (cover?: Cover) => cover !== undefined && !cover.cat && cover.belief < BELOW && cover.place <= OLD;
    const frame = kept ? rows : rows.filter(({ id }) => low(this.#of.get(id)));
    const sample = kept ? frame.length : Math.min(frame.length, work.sheets * this.#tiles);
    this.#log.run(
      "insert into audit (id, topic_id, pool, below, model_id, frame, sample, opened_at) values (?, 1, 'negative', ?, ?, ?, ?, ?)",
      id, kept ? null : BELOW, kept ? null : this.#rounds, frame.length, sample, at,
    );
    for (const [place, row] of frame.entries()) this.#log.run("insert into audit_cover values (?, ?, ?)", id, place + 1, row.id);
    return id;
  }

  #keepRest(work: Work, audit: string): void {
    const rest = this.#log.all<{ id: number }>(
      `select a.cover_id as id from audit_cover a where audit_id = ?
       and not exists (select 1 from standing s where s.cover_id = a.cover_id) order by place`,
      audit,
    );
    const at = this.#at(work.day, work.minute + 8);
    const stroke = this.#log.stroke(work.who, "bulk", at, "negative", rest.map((row) => row.id), "keep");
    this.#log.run("update audit set kept_by = ? where id = ?", stroke, audit);
  }

  /** A run doubts what is wrong, and a few that are right. */
  #doubt(): void {
    const last = this.#last();
    this.#log.run(
      `insert into run (id, topic_id, net, recipe, config, seed, folds, dataset, last_event, code, device, threads, state, created_at, finished_at)
       values (1, 1, 'resnet', 'modern', '{}', 1, 4, zeroblob(32), ?, 'drawn', 'cpu', 2, 'finished', ?, ?)`,
      last, this.#at(1, 60), this.#at(1, 75),
    );
    const rows = this.#log.all<{ id: number; decision: string; pool: Pool }>(
      "select cover_id as id, decision, pool from standing where decision in ('keep', 'reject')",
    );
    const label = (row: { decision: string; pool: Pool }) => Number((row.decision === "keep") === (row.pool === "positive"));
    const doubt = (row: { id: number; decision: string; pool: Pool }) => Math.abs((this.#of.get(row.id)?.belief ?? 0) - label(row));
    const worst = rows.sort((a, b) => doubt(b) - doubt(a)).slice(0, this.#tiles);
    for (const [at, row] of worst.entries()) {
      const belief = this.#of.get(row.id)?.belief ?? 0.5;
      this.#log.run("insert into suspect (run_id, place, cover_id, label, probability) values (1, ?, ?, ?, ?)", at + 1, row.id, label(row), belief);
    }
  }

  #last(): number {
    return this.#log.all<{ last: number }>("select coalesce(max(id), 0) as last from decision")[0].last;
  }

  /** A model of what was said so far. */
  #round(round: (typeof ROUNDS)[number]): void {
    const before = ROUNDS.slice(0, this.#rounds).filter((one) => one.promoted).at(-1)?.right ?? null;
    const id = (this.#rounds += 1);
    const at = this.#at(round.day, round.day === 0 ? 10 : 30) + id * MINUTE;
    const [{ labels, topics }] = this.#log.all<{ labels: number; topics: number }>(
      `select count(*) as labels, count(*) filter (where (decision = 'keep') = (pool = 'positive')) as topics
       from standing where decision in ('keep', 'reject')`,
    );
    this.#log.run("insert into model values (?, 1, ?, null, 'efficientnet-lite0', zeroblob(32), '{}', ?, ?)", id, `drawn-${id}`, this.#last(), at);
    if (round.promoted) {
      this.#log.run("delete from score");
      for (const { id: cover, cat, belief } of this.#covers) {
        // Of every third cat the whole cover decided, of the others a part.
        const region = cat && cover % 3 > 0 ? [150 + 50 * (cover % 7), 100 + 50 * (cover % 5), 500, 600] : [null, null, null, null];
        this.#log.run(
          `insert into score (model_id, cover_id, probability, scored_at, region_left, region_top, region_width, region_height)
           values (?, ?, ?, ?, ?, ?, ?, ?)`,
          id, cover, belief, at, ...region,
        );
      }
      this.#log.run("insert into promotion (topic_id, model_id, reason, promoted_at) values (1, ?, 'drawn', ?)", id, at);
    }
    this.#log.run(
      `insert into round (topic_id, kind, began_at, finished_at, seconds, model_id, labels, topics, compared,
         accuracy_before, accuracy_after, promoted, hidden, undecided)
       values (1, 'labels', ?, ?, 4.2, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      at - 4200, at, id, labels, topics, labels, before, round.right, Number(round.promoted), 30 / id, this.#covers.length - labels,
    );
  }

  /** What was done with finds: watched, dismissed, judged; one video is there three times. */
  meet(): void {
    const found = this.#log.all<{ id: number; video: number; pool: Pool }>(
      `select s.cover_id as id, g.video_id as video, p.pool from score s join pool p on p.cover_id = s.cover_id
       join sighting g on g.cover_id = s.cover_id
       where s.probability > 0.5 and not exists (select 1 from standing d where d.cover_id = s.cover_id)
       order by s.probability desc`,
    );
    for (const { video } of found.slice(1, 3)) this.#log.run("insert into visit values (1, ?, ?)", video, this.#at(0, 20));
    const [judged, bored, again] = found.slice(-3);
    this.#log.stroke(FIRST, "explicit", this.#at(0, 22), judged.pool, [judged.id], judged.pool === "negative" ? "reject" : "keep");
    this.#log.run("insert into dismissal values (1, ?, ?, ?)", bored.id, FIRST, this.#at(0, 23));
    for (const copy of ["a", "b"]) {
      this.#log.run(
        `insert into video (site, key, url, title, owner_name, seen_at)
         select site, key || ?, url || ?, title || ' (reupload)', 'reuploads', seen_at from video where id = ?`,
        copy, copy, again.video,
      );
      this.#log.run("insert into sighting (video_id, cover_id, image_url, seen_at) values (last_insert_rowid(), ?, '', ?)", again.id, this.#now);
    }
  }
}
