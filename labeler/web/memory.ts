// What survives a reload: open sheets with their marks. Kept for this topic of this database.

import { boot, type Pool, type Queue } from "./boot.ts";
import { hold as lock } from "./locks.ts";
import type { MarksData } from "./marks.ts";

export interface Remembered {
  id: string;
  pool: Pool;
  order: Queue;
  /** How many tiles were asked for. */
  size: number;
  /** When it was last shown; 0 while it only waits. */
  shown: number;
  opened: number;
  /** The stroke whose undo brought it back. */
  undone: string | null;
  marks: MarksData;
}

const prefix = `whisker/${boot.home}/`;

export function keep(name: string, value: unknown): void {
  localStorage.setItem(prefix + name, JSON.stringify(value));
}

export function recall<T>(name: string): T | null {
  const text = localStorage.getItem(prefix + name);
  try {
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null; // written by something else
  }
}

export function forget(name: string): void {
  localStorage.removeItem(prefix + name);
}

/** Open sheets of a pool in that order, the one last looked at first. */
export function sheets(pool: Pool, order: Queue): Remembered[] {
  const all: Remembered[] = [];
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i) ?? "";
    if (!key.startsWith(`${prefix}sheet/`)) continue;
    const sheet = recall<Remembered>(key.slice(prefix.length));
    if (sheet && sheet.pool === pool && sheet.order === order) all.push(sheet);
  }
  return all.sort((a, b) => b.shown - a.shown || a.opened - b.opened);
}

/**
 * Takes a sheet for this tab; null when another tab has it. It comes free when the tab closes or
 * crashes.
 */
export function hold(id: string): Promise<(() => void) | null> {
  return lock(prefix + id);
}
