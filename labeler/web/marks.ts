// What the person touched on a sheet that is not confirmed yet, with its own undo and redo.
// Pure: no page, no server.

import type { Decision } from "./boot.ts";

/** For each cover, what it was marked before and after; absent means untouched. */
type Change = Record<string, [Decision | null, Decision | null]>;

export interface MarksData {
  base: Record<string, Decision>;
  past: Change[];
  future: Change[];
}

export class Marks {
  #now = new Map<string, Decision>();
  #data: MarksData;

  constructor(data: MarksData = { base: {}, past: [], future: [] }) {
    this.#data = structuredClone(data);
    for (const [cover, decision] of Object.entries(data.base)) this.#now.set(cover, decision);
    for (const change of data.past) this.#apply(change, 1);
  }

  get data(): MarksData {
    return this.#data;
  }

  /** Whether anything was changed since the sheet was first shown. */
  get changed(): boolean {
    return this.#data.past.length > 0;
  }

  of(cover: string): Decision | undefined {
    return this.#now.get(cover);
  }

  /** What was touched, in the order it was first touched. */
  touched(): [string, Decision][] {
    return [...this.#now];
  }

  /** Pressing the key of a mark that all of them bear takes it back: they get the other answer. */
  press(covers: string[], decision: Decision, bears: (cover: string) => Decision, back: Decision): void {
    const all = covers.every((cover) => bears(cover) === decision);
    this.set(covers, all ? back : decision);
  }

  set(covers: string[], decision: Decision): void {
    const change: Change = {};
    for (const cover of covers) {
      const before = this.of(cover) ?? null;
      if (before !== decision) change[cover] = [before, decision];
    }
    if (Object.keys(change).length === 0) return;
    this.#apply(change, 1);
    this.#data.past.push(change);
    this.#data.future = [];
  }

  /** The covers whose mark changed back, or null when nothing is left. */
  undo(): string[] | null {
    return this.#step(this.#data.past, this.#data.future, 0);
  }

  redo(): string[] | null {
    return this.#step(this.#data.future, this.#data.past, 1);
  }

  #step(from: Change[], to: Change[], side: 0 | 1): string[] | null {
    const change = from.pop();
    if (!change) return null;
    to.push(change);
    this.#apply(change, side);
    return Object.keys(change);
  }

  #apply(change: Change, side: 0 | 1): void {
    for (const [cover, sides] of Object.entries(change)) {
      const decision = sides[side];
      if (decision === null) this.#now.delete(cover);
      else this.#now.set(cover, decision);
    }
  }
}
