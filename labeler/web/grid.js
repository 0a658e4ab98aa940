// The sheet in view: where its tiles stand, which one has the focus, which range is chosen.

import { element } from "./boot.js";





export class Grid {
           list = element                  ("sheet");
  #sheet               = null;
  /** The other end of a range. */
  #anchor = 0;

  constructor() {
    addEventListener("resize", () => this.fit());
    // A button that has the focus would be clicked when the key goes up.
    addEventListener("keyup", (event) => {
      if (event.code === "Space" && onTile(event.target)) event.preventDefault();
    });
    // The click decides what gets the focus: a range must not lose its other end to it.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("focusin", (event) => this.#focused(event));
  }

  get sheet()               {
    return this.#sheet;
  }

  get anchor()         {
    return this.#anchor;
  }

  show(sheet              )       {
    this.#sheet = sheet;
    this.list.replaceChildren(...(sheet?.tiles.map((tile) => tile.item) ?? []));
    this.list.classList.toggle("flipped", sheet?.flipped ?? false);
    this.list.hidden = false;
    if (!sheet) return;
    this.fit();
    this.focus(sheet.active);
  }

  fit()       {
    if (!this.#sheet) return;
    const foot = element("summary").closest("footer");
    const room = innerHeight - this.list.getBoundingClientRect().top - scrollY - (foot?.offsetHeight ?? 0) - 16;
    const columns = this.#sheet.fit(this.list.clientWidth, room);
    this.list.style.setProperty("--columns", String(columns));
  }

  move(to           , extend         )       {
    const sheet = this.#sheet;
    if (!sheet) return;
    const last = sheet.tiles.length - 1;
    const by = { left: -1, right: 1, up: -sheet.columns, down: sheet.columns, first: -last, last };
    const target = sheet.active + by[to];
    const jump = to === "first" || to === "last";
    const next = jump ? Math.max(0, Math.min(target, last)) : target;
    if (next >= 0 && next <= last) this.focus(next, extend);
  }

  /** To that tile of the active row, if it has so many. */
  moveInRow(column        , extend         )       {
    const sheet = this.#sheet;
    if (!sheet || column >= sheet.columns) return;
    this.focus(sheet.active - (sheet.active % sheet.columns) + column, extend);
  }

  focus(at        , extend = false)       {
    const sheet = this.#sheet;
    if (!sheet || at >= sheet.tiles.length) return;
    sheet.active = at;
    if (!extend) this.#anchor = at;
    this.#rove();
    sheet.tiles[at].button.focus();
  }

  /** The positions that a mark is for: a range, or the active tile. */
  selected()           {
    return this.#sheet ? this.#sheet.range(this.#anchor, this.#sheet.active) : [];
  }

  /** Only the active tile is chosen. */
  collapse()       {
    this.#anchor = this.#sheet?.active ?? 0;
    this.#paintRange();
  }

  /** The position of the tile that something is part of. */
  at(target                    )                {
    const button = target instanceof Element ? target.closest(".tile") : null;
    const at = this.#sheet?.tiles.findIndex((tile) => tile.button === button) ?? -1;
    return at < 0 ? null : at;
  }

  #focused(event            )       {
    const at = this.at(event.target);
    if (at === null || !this.#sheet || this.#sheet.active === at) return;
    this.#sheet.active = at;
    this.#anchor = at;
    this.#rove();
  }

  /** One tab stop for the whole sheet: the tile that was last visited. */
  #rove()       {
    for (const [at, tile] of this.#sheet?.tiles.entries() ?? []) {
      tile.button.tabIndex = at === this.#sheet?.active ? 0 : -1;
    }
    this.#paintRange();
  }

  #paintRange()       {
    const range = new Set(this.selected());
    for (const [at, tile] of this.#sheet?.tiles.entries() ?? []) {
      tile.button.classList.toggle("chosen", range.size > 1 && range.has(at));
    }
  }
}

function onTile(target                    )          {
  return target instanceof Element && target.closest(".tile") !== null;
}
