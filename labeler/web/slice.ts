// What stands between the sample of a slice and keeping its other covers at once.

import { element, say, score, type Slice } from "./boot.ts";
import { uuid } from "./locks.ts";
import { server, type Counts } from "./server.ts";

export class SlicePanel {
  #what = element("slice-what");
  #keep = element<HTMLButtonElement>("slice-keep");
  #slice: Slice | null = null;
  /** The stroke's name until it is answered: asked again, it is the same stroke. */
  #name: string | null = null;

  constructor(keep: () => void) {
    this.#keep.addEventListener("click", () => {
      if (this.allowed) keep();
    });
  }

  get allowed(): boolean {
    return this.#slice?.state === "given" && this.#slice.left > 0;
  }

  /** The sample cannot come to allow it any more. */
  get failed(): boolean {
    return this.#slice?.state === "too_many" || this.#slice?.state === "lost";
  }

  show(slice: Slice | null): void {
    this.#slice = slice;
    if (!slice) return;
    const { state, sample, frame, found, most, n = 0, left } = slice;
    const whole = state === "given" && sample === frame;
    const over = state === "given" && left === 0;
    const values = { sample, frame, found, most, n, score: score(slice.below) };
    this.#what.textContent = say(whole ? "slice_whole" : over ? "slice_over" : `slice_${state}`, values);
    this.#keep.textContent = this.allowed ? say("slice_keep", { n: left }) : say("slice_keep_later");
    this.#keep.setAttribute("aria-disabled", String(!this.allowed));
    this.#keep.hidden = whole || over || this.failed;
  }

  /**
   * Leads on to what may be done now: the words before the button, which an Enter too many after
   * the last sheet must not press.
   */
  focus(): void {
    this.#what.focus();
  }

  async keep(): Promise<Counts> {
    if (!this.#slice) throw new Error("there is no slice");
    this.#name ??= uuid();
    const counts = await server.keep(this.#name, this.#slice.audit);
    this.#name = null;
    return counts;
  }
}
