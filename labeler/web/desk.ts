// Where sheets come from: those this browser still has open, then new ones. One is always
// made ready ahead of time.

import { boot, type Pool, type Progress, type Queue } from "./boot.ts";
import { uuid } from "./locks.ts";
import { forget, hold, sheets, type Remembered } from "./memory.ts";
import type { MarksData } from "./marks.ts";
import { server, type SheetData, type StrokeAnswer } from "./server.ts";
import { Sheet } from "./sheet.ts";

/** Where a sheet will be kept, and the lock on it. */
export interface Place {
  remembered: Remembered;
  release: () => void;
}

/** Queues between which a sheet may be shown in either's place: those of what waits. */
export function kind(queue: Queue | null): string {
  return queue === "suspects" || queue === "audit" || queue === "second" || queue === "below" ? queue : "waits";
}

/** The labeler keeps covers for half an hour; longer than this nobody waits to ask again. */
const KEEP_MS = 10 * 60 * 1000;

const UNTOUCHED: MarksData = { base: {}, past: [], future: [] };

export class Desk {
  readonly #pool: Pool;
  readonly #order: Queue;
  readonly #size: number;
  readonly #progress: (progress: Progress) => void;
  #ahead: Sheet[] = [];
  /** The sheet being fetched, so that nobody fetches a second one meanwhile. */
  #coming: Promise<Sheet | null> | null = null;

  constructor(pool: Pool, order: Queue, progress: (progress: Progress) => void) {
    this.#pool = pool;
    this.#order = order;
    this.#progress = progress;
    this.#size = boot.settings.tiles ?? fitting();
  }

  /** The next sheet if it is ready now. */
  ready(): Sheet | null {
    return this.#ahead.shift() ?? null;
  }

  /** The next sheet; null when no cover waits any more. */
  async next(): Promise<Sheet | null> {
    if (this.#ahead.length === 0) await this.prepare();
    return this.ready();
  }

  /** Sees to it that the next sheet is on its way. */
  async prepare(): Promise<void> {
    if (this.#ahead.length > 0) return;
    this.#coming ??= this.#fetch();
    const coming = this.#coming;
    try {
      const sheet = await coming;
      if (sheet && this.#coming === coming) this.#ahead.push(sheet);
    } finally {
      if (this.#coming === coming) this.#coming = null;
    }
  }

  /** Lays a sheet aside: it comes next. */
  putBack(sheet: Sheet): void {
    this.#ahead.unshift(sheet);
  }

  /** Asks for how far the pool is, and keeps the sheet's covers for longer; how many it lost. */
  async renew(sheet: Sheet): Promise<number> {
    const answer = await server.sheet(sheet.id, this.#pool, this.#order, this.#size);
    this.#progress(answer.progress);
    return answer.sheet.confirmed ? 0 : sheet.renewed(answer.sheet.tiles);
  }

  /** Renews what lies open for long; how many covers the sheet in view lost. */
  async keep(current: Sheet): Promise<number> {
    const old = (sheet: Sheet) => Date.now() - sheet.leased > KEEP_MS;
    for (const sheet of this.#ahead.filter(old)) {
      await this.renew(sheet);
      if (sheet.tiles.length > 0) continue;
      this.#ahead = this.#ahead.filter((other) => other !== sheet);
      sheet.forget();
    }
    return old(current) ? this.renew(current) : 0;
  }

  /** Takes the lock on a sheet that an undo is about to bring back, and writes it down. */
  async expect(id: string): Promise<Place> {
    const release = await hold(id);
    if (!release) throw new Error("a new name is nobody's");
    return { remembered: this.#remembered(id), release };
  }

  /** The sheet whose confirm was undone, marked as it was. */
  reopened(answer: StrokeAnswer, data: SheetData, place: Place): Sheet {
    const base = Object.fromEntries(answer.marks.map((mark) => [mark.sha256, mark.decision]));
    const marks = { ...structuredClone(UNTOUCHED), base };
    const order = kind(data.queue) === kind(this.#order) ? this.#order : (data.queue ?? this.#order);
    const remembered = { ...place.remembered, pool: data.pool, order, undone: answer.stroke, marks };
    return new Sheet(data, remembered, place.release);
  }

  /** Another model orders the queues: what lies ready untouched is given back, and asked for anew. */
  async reorder(): Promise<void> {
    const ready = this.#ahead;
    this.#ahead = ready.filter((sheet) => sheet.marks.changed || sheet.undone);
    for (const sheet of ready) {
      if (this.#ahead.includes(sheet)) continue;
      await server.release(sheet.id);
      sheet.forget();
    }
    await this.prepare();
  }

  /** Gives back what nobody has touched, for other orders and other people. */
  leave(current: Sheet | null): void {
    for (const sheet of [current, ...this.#ahead]) {
      if (!sheet || sheet.marks.changed || sheet.undone) continue;
      void server.release(sheet.id).catch(() => undefined);
      sheet.forget();
    }
  }

  async #fetch(): Promise<Sheet | null> {
    for (const remembered of sheets(this.#pool, this.#order)) {
      const release = await hold(remembered.id);
      if (!release) continue; // another tab has it, or this one
      if (remembered.size !== this.#size && untouched(remembered)) {
        // The settings or the window have changed since: the covers come again, so many at once.
        await server.release(remembered.id);
        forget(`sheet/${remembered.id}`);
        release();
        continue;
      }
      const sheet = await this.#open(remembered, release);
      if (sheet) return sheet;
    }
    const id = uuid();
    const release = await hold(id);
    return release ? this.#open(this.#remembered(id), release) : null;
  }

  async #open(remembered: Remembered, release: () => void): Promise<Sheet | null> {
    try {
      const answer = await server.sheet(remembered.id, this.#pool, this.#order, this.#size);
      this.#progress(answer.progress);
      const sheet = new Sheet(answer.sheet, remembered, release);
      if (!answer.sheet.confirmed && answer.sheet.tiles.length > 0) {
        sheet.remember();
        return sheet;
      }
      if (!answer.sheet.confirmed) void server.release(sheet.id).catch(() => undefined);
      sheet.forget();
      return null;
    } catch (error) {
      release();
      throw error;
    }
  }

  #remembered(id: string): Remembered {
    return {
      id,
      pool: this.#pool,
      order: this.#order,
      size: this.#size,
      shown: 0,
      opened: Date.now(),
      undone: null,
      marks: structuredClone(UNTOUCHED),
    };
  }
}

/** Narrow screens show fewer tiles at a size that can be seen. */
function fitting(): number {
  return innerWidth >= 1024 ? 60 : innerWidth >= 640 ? 36 : 24;
}

function untouched({ marks, undone }: Remembered): boolean {
  return marks.past.length === 0 && undone === null;
}
