// Requests to the labeler. Every change carries a name, so asking twice is asking once.

import { boot, type Decision, type Pool, type Progress, type Queue } from "./boot.ts";

export interface TileData {
  sha256: string;
  width: number;
  height: number;
  mean_rgb: number;
  covers: number;
  title: string;
  owner: string | null;
  url: string;
  /** What stands, where that is asked about. */
  mark: Decision | null;
}

export interface SheetData {
  id: string;
  pool: Pool;
  /** Null for a sheet of an older Whisker. */
  queue: Queue | null;
  /** What a tile without a mark gets that nobody touches. */
  untouched: Decision;
  confirmed: boolean;
  tiles: TileData[];
}

export type Counts = Record<Decision, number>;

/** What became of a change; a single decision has counts alone. */
export interface Saved extends Counts {
  changed?: number;
  planted?: { sha256: string; seen: boolean }[];
}

export interface StrokeAnswer {
  stroke: string;
  kind: "sheet" | "one" | "import" | "bulk";
  counts: Counts;
  marks: { sha256: string; pool: Pool; decision: Decision }[];
  sheet: SheetData | null;
}

/** The labeler does not answer: what was asked may be asked again later. */
export class Away extends Error {}

/** It was started anew, and asks for the token that it printed. */
export class Locked extends Away {}

/** It serves another topic or database now: what is asked here is not for it. */
export class Elsewhere extends Away {}

/** The labeler said no, and why. */
export class Refused extends Error {}

async function post<T>(path: string, body: unknown, keepalive = false): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Whisker-Home": encodeURIComponent(boot.home) },
      body: JSON.stringify(body),
      keepalive,
    });
  } catch {
    throw new Away();
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer as T;
  const why = String((answer as { error?: string }).error ?? response.status);
  if (response.status === 401) throw new Locked(why);
  if (response.status === 421) throw new Elsewhere(why);
  // Busy or broken for now, as opposed to wrong for ever.
  throw response.status >= 500 ? new Away(why) : new Refused(why);
}

export interface News {
  /** Of the page's script and style. */
  version: string;
  /** Of the topic in its database. */
  home: string;
  promotion: number;
  /** A `trainer watch` is at work. */
  watched: boolean;
  stale: { text: string; command: string } | null;
  round: {
    id: number;
    before: number | null;
    after: number | null;
    promoted: boolean;
    hidden: number | null;
    enough: boolean;
  } | null;
}

/** A part of a cover, in thousandths of its width and height. */
export interface Region {
  left: number;
  top: number;
  width: number;
  height: number;
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(path).catch(() => null);
  if (response?.status === 401) throw new Locked();
  const answer = response?.ok ? await response.json().catch(() => null) : null;
  if (answer === null) throw new Away();
  return answer as T;
}

export const server = {
  news: (queue: Queue) => get<News>(`/api/news?order=${queue}`),
  sheet: (sheet: string, pool: Pool, order: string, size: number) =>
    post<{ sheet: SheetData; progress: Progress }>("/api/sheet", { sheet, pool, order, size }),
  release: (name: string) => post<null>("/api/release", { name }, true),
  undo: (name: string) => post<StrokeAnswer | null>("/api/undo", { name }),
  redo: (name: string) => post<StrokeAnswer | null>("/api/redo", { name }),
  /** The view of a cover that decided its score; null: the whole cover, or no model has looked. */
  region: (sha256: string) => get<{ region: Region | null }>(`/api/region/${sha256}`),
  /** A change kept in the outbox until it is answered. */
  send: (path: string, body: unknown) => post<Saved>(path, body),
  /** Keeps what is left of an audit's slice. */
  keep: (name: string, audit: string) => post<Counts>("/api/keep", { name, audit }),
  audit: (name: string, pool: Pool, below: number | null) => post<null>("/api/audit", { name, pool, below }),
};

/** The original if it was kept, else the preview. */
export function large(sha256: string): string {
  return `/large/${sha256}`;
}

export function preview(sha256: string): string {
  return `/preview/${sha256}.jpg`;
}
