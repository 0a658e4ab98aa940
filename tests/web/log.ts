// Sheets and strokes written into a database as the labeler would have left them, at any time.

import type { DatabaseSync } from "node:sqlite";

export type Pool = "negative" | "positive";
export type Said = "keep" | "reject" | "unsure" | "broken";

export interface Tile {
  cover: number;
  said: Said;
  /** The decision that stood when it was put on the sheet to be looked at once more. */
  stood?: number;
  /** A known cat: nothing of it enters the log. */
  planted?: boolean;
}

export interface Sheet {
  who: string;
  pool: Pool;
  queue: string;
  /** Unix milliseconds of the confirm. */
  at: number;
  visibleMs: number;
  audit?: string;
}

interface Event {
  cover: number;
  pool: Pool;
  said: Said;
  who: string;
  source: string;
  stroke: string;
  at: number;
  visibleMs: number | null;
}

type Value = string | number | null;

export class Log {
  #db: DatabaseSync;
  #events = 0;
  #strokes = 0;
  #name: string;

  /** `name` begins the names of events and strokes: two logs on one database need two. */
  constructor(db: DatabaseSync, name: string) {
    this.#db = db;
    this.#name = name;
  }

  run(sql: string, ...values: (Value | Uint8Array)[]): void {
    this.#db.prepare(sql).run(...values);
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#db.prepare(sql).all(...values) as Row[];
  }

  /** A confirmed sheet; what is said of most of it is its default. */
  sheet(sheet: Sheet, tiles: Tile[]): string {
    const { who, pool, queue, at, visibleMs } = sheet;
    const stroke = this.#stroke();
    const decided = tiles.filter((tile) => !tile.planted);
    const rejected = decided.filter((tile) => tile.said === "reject").length;
    const untouched = rejected > decided.length / 2 ? "reject" : "keep";
    this.run(
      `insert into sheet (id, topic_id, annotator, pool, opened_at, confirmed_at, covers, visible_ms, queue, untouched, audit_id)
       values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      stroke, who, pool, at - visibleMs - 2000, at, decided.length, visibleMs, queue, untouched, sheet.audit ?? null,
    );
    for (const [position, tile] of tiles.entries()) {
      const told = tile.planted || tile.stood !== undefined ? tile.said : null;
      this.run(
        "insert into tile (sheet, position, cover_id, stood, planted, said) values (?, ?, ?, ?, ?, ?)",
        stroke, position, tile.cover, tile.stood ?? null, tile.planted ? 1 : 0, told,
      );
      if (tile.planted) continue;
      const source = tile.said === untouched ? "sheet" : "explicit";
      this.#event({ cover: tile.cover, pool, said: tile.said, who, source, stroke, at, visibleMs });
    }
    return stroke;
  }

  /** Decisions that were not made on a sheet, in one stroke. */
  stroke(who: string, source: "explicit" | "bulk" | "import", at: number, pool: Pool, covers: number[], said: Said): string {
    const stroke = this.#stroke();
    for (const cover of covers) this.#event({ cover, pool, said, who, source, stroke, at, visibleMs: null });
    return stroke;
  }

  undo(stroke: string, at: number): void {
    this.run(
      `insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source, act, stroke, undoes, decided_at)
       select event || '.undo', topic_id, cover_id, pool, null, annotator, role, source, 'undo', stroke, event, ?
       from decision where stroke = ? and act = 'decide' order by id`,
      at, stroke,
    );
  }

  #event(event: Event): void {
    this.run(
      `insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source, act, stroke, decided_at, visible_ms)
       values (?, 1, ?, ?, ?, ?, 'annotator', ?, 'decide', ?, ?, ?)`,
      `${this.#name}-event-${(this.#events += 1)}`,
      event.cover, event.pool, event.said, event.who, event.source, event.stroke, event.at, event.visibleMs,
    );
  }

  #stroke(): string {
    return `${this.#name}-stroke-${(this.#strokes += 1)}`;
  }
}
