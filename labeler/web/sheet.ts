// A sheet: its tiles, what is marked on them, and whether all of it has been seen.

import { boot, element, fresh, say, within, type Decision, type InboxBoot } from "./boot.ts";
import { Marks, type MarksData } from "./marks.ts";
import { forget, keep, type Remembered } from "./memory.ts";
import { preview, type SheetData, type TileData } from "./server.ts";

export interface Tile {
  data: TileData;
  item: HTMLLIElement;
  button: HTMLButtonElement;
  painted: boolean;
  seen: boolean;
}

/** The narrowest tile on which a cat can still be told, and the gap, CSS pixels. */
const NARROWEST = 128;
const GAP = 8;

export class Sheet {
  readonly id: string;
  readonly data: SheetData;
  readonly tiles: Tile[];
  readonly marks: Marks;
  /** Resolves when every picture has arrived, or will not. */
  readonly settled: Promise<void>;
  /** The tile that has the focus when the sheet is shown again. */
  active = 0;
  columns = 1;
  /** When its covers were last kept from others. */
  leased = Date.now();
  #remembered: Remembered;
  #release: () => void;

  constructor(data: SheetData, remembered: Remembered, release: () => void) {
    this.id = data.id;
    this.data = data;
    this.#remembered = remembered;
    this.#release = release;
    this.marks = new Marks(remembered.marks);
    const template = element<HTMLTemplateElement>("tile");
    this.tiles = data.tiles.map((tile) => make(tile, template));
    this.settled = Promise.all(this.tiles.map(paint)).then(() => undefined);
    for (const at of this.tiles.keys()) this.refresh(at);
  }

  /** The stroke whose undo brought the sheet back. */
  get undone(): string | null {
    return this.#remembered.undone;
  }

  remember(shown?: number): void {
    if (shown !== undefined) this.#remembered.shown = shown;
    const marks: MarksData = this.marks.data;
    keep(`sheet/${this.id}`, { ...this.#remembered, marks });
  }

  /** It is confirmed or given back: nothing of it is kept here. */
  forget(): void {
    forget(`sheet/${this.id}`);
    this.#release();
  }

  /** Its covers are kept from others again, but for those that are not its own any more; how many. */
  renewed(left: TileData[]): number {
    this.leased = Date.now();
    const own = new Set(left.map((tile) => tile.sha256));
    const before = this.tiles.length;
    for (let at = before - 1; at >= 0; at--) {
      if (own.has(this.tiles[at].data.sha256)) continue;
      const [tile] = this.tiles.splice(at, 1);
      tile.item.remove();
      if (at < this.active) this.active -= 1;
    }
    this.active = Math.max(0, Math.min(this.active, this.tiles.length - 1));
    if (this.tiles.length < before) for (const at of this.tiles.keys()) this.refresh(at);
    return before - this.tiles.length;
  }

  decision(at: number): Decision {
    return this.bears(this.tiles[at].data.sha256);
  }

  /** What a cover gets as things are: what was touched, else what stands, else the default. */
  bears(cover: string): Decision {
    const stands = this.tiles.find((tile) => tile.data.sha256 === cover)?.data.mark;
    return this.marks.of(cover) ?? stands ?? this.data.untouched;
  }

  /** Most tiles are likely the other way: the default is to reject, and a touch keeps. */
  get flipped(): boolean {
    return this.data.untouched === "reject";
  }

  /** What a touch makes of a tile that bears this. */
  opposite(decision: Decision): Decision {
    if (this.flipped) return decision === "reject" ? "keep" : "reject";
    return decision === "keep" ? "reject" : "keep";
  }

  /** What taking a mark back makes of it. */
  back(decision: Decision): Decision {
    return decision === this.data.untouched ? this.opposite(decision) : this.data.untouched;
  }

  /** A picture that never arrives holds the sheet up until the person says what to do with it. */
  complete(): boolean {
    return this.tiles.every(
      (tile) => tile.seen && (tile.painted || this.marks.of(tile.data.sha256) !== undefined),
    );
  }

  counts(): Record<Decision, number> {
    const counts = { keep: 0, reject: 0, unsure: 0, broken: 0 };
    for (const at of this.tiles.keys()) counts[this.decision(at)] += 1;
    return counts;
  }

  /** Writes a tile's mark: frame by style, sign by shape and word, name for screen readers. */
  refresh(at: number): void {
    const { button, data } = this.tiles[at];
    const decision = this.decision(at);
    button.dataset.decision = decision;
    button.setAttribute("aria-pressed", String(decision === (this.flipped ? "keep" : "reject")));
    button.setAttribute("aria-label", name(data, at, this.tiles.length, decision, this.flipped));
    within(button, ".word").textContent = sign(decision, this.flipped);
  }

  refreshCovers(covers: string[]): void {
    for (const [at, tile] of this.tiles.entries()) {
      if (covers.includes(tile.data.sha256)) this.refresh(at);
    }
  }

  /** The positions from one to another, as displayed. */
  range(from: number, to: number): number[] {
    const [low, high] = from < to ? [from, to] : [to, from];
    return Array.from({ length: high - low + 1 }, (_, i) => low + i);
  }

  /** Makes the tiles as large as the room allows without scrolling; never too small to see. */
  fit(width: number, height: number): number {
    const rowsFit = (columns: number) => {
      const tile = (width - (columns - 1) * GAP) / columns;
      const rows = Math.ceil(this.tiles.length / columns);
      return rows * ((tile * 9) / 16 + GAP) - GAP <= height;
    };
    const most = Math.max(2, Math.floor((width + GAP) / (NARROWEST + GAP)));
    let columns = Math.min(2, most);
    while (columns < most && !rowsFit(columns)) columns += 1;
    this.columns = columns;
    return columns;
  }
}

function make(data: TileData, template: HTMLTemplateElement): Tile {
  const item = fresh(template);
  const button = within<HTMLButtonElement>(item, "button");
  button.dataset.sha256 = data.sha256;
  button.style.backgroundColor = `#${data.mean_rgb.toString(16).padStart(6, "0")}`;
  const times = within(button, ".times");
  times.hidden = data.covers < 2;
  times.textContent = `×${data.covers}`;
  return { data, item, button, painted: false, seen: false };
}

/** Fetches and decodes ahead of being shown, so that a turn is instant. */
async function paint(tile: Tile): Promise<void> {
  const image = within<HTMLImageElement>(tile.button, "img");
  image.width = tile.data.width;
  image.height = tile.data.height;
  image.src = preview(tile.data.sha256);
  try {
    await image.decode();
    tile.painted = true;
  } catch {
    tile.button.classList.add("missing");
  }
}

/** A mark in a word; what the sheet's default says shows nothing. */
function sign(decision: Decision, flipped: boolean): string {
  const { topic_mark } = boot.screen as InboxBoot;
  switch (decision) {
    case "reject":
      return flipped ? "" : say(topic_mark ? "shows" : "shows_not");
    case "unsure":
      return "?";
    case "broken":
      return "✕";
    case "keep":
      return flipped ? say(topic_mark ? "shows_not" : "shows") : "";
  }
}

function name(data: TileData, at: number, total: number, decision: Decision, flipped: boolean): string {
  const parts = [say("tile", { n: at + 1, total })];
  if (flipped || decision !== "keep") parts.push(say(`mark_${decision}`));
  if (data.covers > 1) parts.push(say("near_duplicates", { n: data.covers }));
  if (data.title) parts.push(data.title);
  return parts.join(say("comma"));
}
