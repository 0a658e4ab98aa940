// Marks on the sheet in view, by click, by key and in the loupe; taking them back, one by one.

import type { Decision } from "./boot.ts";
import type { Grid } from "./grid.ts";
import type { Command } from "./keys.ts";
import { Loupe } from "./loupe.ts";
import { onLongPress } from "./press.ts";

export class Marking {
  #grid: Grid;
  #changed: () => void;
  #loupe: Loupe;

  /** `changed` is called after every mark. */
  constructor(grid: Grid, changed: () => void) {
    this.#grid = grid;
    this.#changed = changed;
    this.#loupe = new Loupe({
      decide: (at, decision) => this.#mark([at], decision, "set"),
      closed: (at) => grid.focus(at),
    });
    grid.list.addEventListener("click", (event) => this.#click(event));
    onLongPress(grid.list, (target) => {
      const at = grid.at(target);
      if (at === null) return;
      grid.focus(at);
      this.look();
    });
  }

  /** Whether one cover is looked at in the loupe. */
  get looking(): boolean {
    return this.#loupe.open;
  }

  look(): void {
    const { sheet } = this.#grid;
    if (sheet) this.#loupe.show(sheet, sheet.active);
  }

  press(decision: Decision): void {
    this.#mark(this.#grid.selected(), decision, decision === "keep" ? "set" : "press");
  }

  /** Takes the last mark back; false when there is none on this sheet. */
  undo(): boolean {
    return this.#marked(this.#grid.sheet?.marks.undo());
  }

  redo(): boolean {
    return this.#marked(this.#grid.sheet?.marks.redo());
  }

  /** A key while the loupe is open; false when it is left to the browser. */
  inLoupe(asked: Command): boolean {
    switch (asked.do) {
      case "mark":
        this.#loupe.decide(asked.decision);
        return true;
      case "move":
        if (asked.to === "first") this.#loupe.go(0);
        else if (asked.to === "last") this.#loupe.go(Infinity);
        else this.#loupe.step(asked.to === "left" || asked.to === "up" ? -1 : 1);
        return true;
      case "loupe":
      case "escape":
        this.#loupe.close();
        return true;
      case "titles":
        this.#loupe.titles();
        return true;
      case "region":
        this.#loupe.region();
        return true;
      case "undo":
        this.undo();
        return true;
      case "redo":
        this.redo();
        return true;
      default:
        return false;
    }
  }

  #click(event: MouseEvent): void {
    const at = this.#grid.at(event.target);
    const { sheet } = this.#grid;
    if (at === null || !sheet) return;
    if (event.detail === 2) {
      // A double click opens the loupe; its first half has marked the tile.
      this.undo();
      this.look();
      return;
    }
    if (event.detail > 2) return;
    if (event.shiftKey) {
      const { anchor } = this.#grid;
      const like = sheet.decision(anchor);
      const { untouched } = sheet.data;
      this.#mark(sheet.range(anchor, at), like === untouched ? sheet.opposite(like) : like, "set");
    } else {
      this.#mark([at], sheet.opposite(sheet.decision(at)), "set");
    }
    this.#grid.focus(at);
  }

  #mark(positions: number[], decision: Decision, how: "press" | "set"): void {
    const { sheet } = this.#grid;
    if (!sheet) return;
    const covers = positions.map((at) => sheet.tiles[at].data.sha256);
    if (how === "press") sheet.marks.press(covers, decision, (cover) => sheet.bears(cover), sheet.back(decision));
    else sheet.marks.set(covers, decision);
    this.#marked(covers);
  }

  #marked(covers: string[] | null | undefined): boolean {
    const { sheet } = this.#grid;
    if (!sheet || !covers) return false;
    sheet.refreshCovers(covers);
    sheet.remember();
    if (this.#loupe.open) this.#loupe.refresh();
    this.#changed();
    return true;
  }
}
