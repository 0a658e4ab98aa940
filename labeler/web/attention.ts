// Whether a sheet has been looked at: it can be confirmed once all of it was painted, seen and
// before the eyes for a while. And for how long it was, which goes into the log.

import type { Sheet } from "./sheet.ts";

export class Attention {
  #dwell: number;
  #changed: () => void;
  #sheet: Sheet | null = null;
  #seer = new IntersectionObserver((entries) => this.#see(entries), { threshold: 0.5 });
  /** When the whole sheet will have been before the eyes for long enough. */
  #armedAt = Infinity;
  #visibleMs = 0;
  #visibleSince: number | null = null;

  /** `dwell` in milliseconds; `changed` is called when a sheet may have become confirmable. */
  constructor(dwell: number, changed: () => void) {
    this.#dwell = dwell;
    this.#changed = changed;
    addEventListener("visibilitychange", () => this.#watchClock());
  }

  /** Another sheet is in view; resolves, when it is painted, to whether it still is. */
  async turn(sheet: Sheet | null): Promise<boolean> {
    this.#sheet = sheet;
    this.#armedAt = Infinity;
    this.#visibleMs = 0;
    this.#visibleSince = null;
    this.#seer.disconnect();
    if (!sheet) return false;
    for (const tile of sheet.tiles) this.#seer.observe(tile.item);
    await sheet.settled;
    await painted();
    if (this.#sheet !== sheet) return false;
    this.#watchClock();
    this.#armedAt = performance.now() + this.#dwell;
    setTimeout(this.#changed, this.#dwell);
    return true;
  }

  get confirmable(): boolean {
    return this.#sheet !== null && this.#sheet.complete() && performance.now() >= this.#armedAt;
  }

  /** Whether tiles are still below what was scrolled to. */
  get hasRest(): boolean {
    const tall = document.documentElement.scrollHeight > innerHeight + 1;
    return tall && this.#sheet !== null && this.#sheet.tiles.some((tile) => !tile.seen);
  }

  /** How long the sheet in view has been painted and visible, milliseconds. */
  get visibleMs(): number {
    this.#watchClock();
    return Math.round(this.#visibleMs);
  }

  #see(entries: IntersectionObserverEntry[]): void {
    const seen = new Set(entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target));
    for (const tile of this.#sheet?.tiles ?? []) if (seen.has(tile.item)) tile.seen = true;
    this.#changed();
  }

  #watchClock(): void {
    const now = performance.now();
    if (this.#visibleSince !== null) this.#visibleMs += now - this.#visibleSince;
    this.#visibleSince = document.visibilityState === "visible" ? now : null;
  }
}

/** Resolves after what was put on the page has been drawn. */
function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}
