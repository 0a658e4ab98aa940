// One large cover in its true proportions, with all covers of the sheet beneath.

import { boot, element, fresh, say, within, type Decision } from "./boot.ts";
import { Away, large, preview, server, type Region } from "./server.ts";
import type { Sheet } from "./sheet.ts";

export interface LoupeOwner {
  /** The person decided the cover at this position. */
  decide(at: number, decision: Decision): void;
  /** Back to the sheet, at this position. */
  closed(at: number): void;
}

/** Neighbours on each side that are fetched and decoded ahead. */
const AHEAD = 8;
/** A year, seconds: as long as the server remembers a setting. */
const REMEMBERED = 365 * 24 * 3600;

export class Loupe {
  #owner: LoupeOwner;
  #dialog = element<HTMLDialogElement>("loupe");
  #image = element<HTMLImageElement>("loupe-image");
  #strip = element<HTMLOListElement>("filmstrip");
  #sheet: Sheet | null = null;
  #at = 0;
  /** Where the model looked is asked for. */
  #region = false;
  /** Counts what was asked for: an answer that comes late is for what stood here before. */
  #asked = 0;
  /** Held here, they stay decoded. */
  #near = new Map<string, HTMLImageElement>();

  constructor(owner: LoupeOwner) {
    this.#owner = owner;
    this.#dialog.addEventListener("close", () => this.#back());
    element("loupe-close").addEventListener("click", () => this.close());
    element("loupe-titles").addEventListener("click", () => this.titles());
    element("loupe-region").addEventListener("click", () => this.region());
    for (const button of this.#choices()) {
      button.addEventListener("click", () => this.decide(button.dataset.decision as Decision));
    }
    this.#showTitles();
  }

  get open(): boolean {
    return this.#dialog.open;
  }

  show(sheet: Sheet, at: number): void {
    this.#sheet = sheet;
    this.#region = false;
    this.#fill(sheet);
    this.#dialog.showModal();
    this.go(at);
  }

  /** Back at once: the dialog's own event comes after keys that were pressed meanwhile. */
  close(): void {
    this.#dialog.close();
    this.#back();
  }

  #back(): void {
    if (!this.#sheet || this.open) return;
    this.#sheet = null;
    this.#owner.closed(this.#at);
  }

  /** Walks; stops at both ends. */
  step(by: number): void {
    this.go(this.#at + by);
  }

  go(at: number): void {
    const sheet = this.#sheet;
    if (!sheet) return;
    this.#at = Math.max(0, Math.min(at, sheet.tiles.length - 1));
    const { data } = sheet.tiles[this.#at];
    this.#image.width = data.width;
    this.#image.height = data.height;
    this.#paint(sheet, data.sha256);
    element("loupe-where").textContent = say("tile", { n: this.#at + 1, total: sheet.tiles.length });
    write(element("loupe-title"), data.title || say("no_title"));
    write(element("loupe-owner"), data.owner ?? "");
    element<HTMLAnchorElement>("loupe-alike").href = `/alike/${data.sha256}`;
    this.refresh();
  }

  decide(decision: Decision): void {
    this.#owner.decide(this.#at, decision);
    if (boot.settings.advance) this.step(1);
  }

  /** Writes the marks anew. */
  refresh(): void {
    const sheet = this.#sheet;
    if (!sheet) return;
    const touched = sheet.marks.of(sheet.tiles[this.#at].data.sha256);
    for (const button of this.#choices()) {
      button.setAttribute("aria-pressed", String(button.dataset.decision === touched));
    }
    for (const [at, item] of [...this.#strip.children].entries()) {
      const button = within<HTMLButtonElement>(item, "button");
      button.dataset.decision = sheet.decision(at);
      button.setAttribute("aria-label", sheet.tiles[at].button.getAttribute("aria-label") ?? "");
      button.tabIndex = at === this.#at ? 0 : -1;
      if (at === this.#at) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    this.#strip.children[this.#at]?.scrollIntoView({ inline: "center", block: "nearest" });
    void this.#showRegion(sheet);
  }

  /** The title can give the cat away; the person may do without the hint. */
  titles(): void {
    boot.settings.titles = !boot.settings.titles;
    // The cookie of the settings page: absent when they are on.
    const age = boot.settings.titles ? 0 : REMEMBERED;
    document.cookie = `whisker_titles=off; Path=/; Max-Age=${age}; SameSite=Strict`;
    this.#showTitles();
  }

  #showTitles(): void {
    const shown = boot.settings.titles;
    element("loupe-titles").setAttribute("aria-pressed", String(shown));
    within(this.#dialog, "figcaption").hidden = !shown;
  }

  /** Where the model looked, or no longer. */
  region(): void {
    this.#region = !this.#region;
    if (this.#sheet) void this.#showRegion(this.#sheet);
  }

  /** Only of a cover that somebody has answered for: nobody is to decide by it. */
  async #showRegion(sheet: Sheet): Promise<void> {
    const asked = (this.#asked += 1);
    const { data } = sheet.tiles[this.#at];
    const answered = (sheet.marks.of(data.sha256) ?? data.mark) !== null;
    element("loupe-region").setAttribute("aria-pressed", String(this.#region));
    draw(null, data.width, data.height);
    element("loupe-region-line").textContent = this.#region && !answered ? say("region_later") : "";
    if (!this.#region || !answered) return;
    try {
      const { region } = await server.region(data.sha256);
      if (asked !== this.#asked) return;
      draw(region, data.width, data.height);
      element("loupe-region-line").textContent = say(region ? "region_frame" : "region_none");
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      if (asked === this.#asked) element("loupe-region-line").textContent = say("away_now");
    }
  }

  /** The preview at once, for what stood here before must not be taken for this one. */
  #paint(sheet: Sheet, cover: string): void {
    this.#image.src = preview(cover);
    const kept = this.#near.get(cover) ?? fetched(large(cover));
    this.#prefetch(sheet);
    this.#near.set(cover, kept);
    const shown = () => this.#sheet?.tiles[this.#at].data.sha256 === cover;
    void kept.decode().then(
      () => shown() && (this.#image.src = kept.src),
      () => undefined,
    );
  }

  /** The nearest first; what fell out of reach is let go. */
  #prefetch(sheet: Sheet): void {
    const near = new Map<string, HTMLImageElement>();
    for (let by = 1; by <= AHEAD; by++) {
      for (const at of [this.#at + by, this.#at - by]) {
        const cover = sheet.tiles[at]?.data.sha256;
        if (cover) near.set(cover, this.#near.get(cover) ?? fetched(large(cover)));
      }
    }
    this.#near = near;
  }

  #choices(): HTMLButtonElement[] {
    return [...this.#dialog.querySelectorAll<HTMLButtonElement>(".choices button")];
  }

  #fill(sheet: Sheet): void {
    const frame = element<HTMLTemplateElement>("frame");
    const items = sheet.tiles.map((tile, at) => {
      const item = fresh(frame);
      within<HTMLImageElement>(item, "img").src = preview(tile.data.sha256);
      within(item, "button").addEventListener("click", () => this.go(at));
      return item;
    });
    this.#strip.replaceChildren(...items);
  }
}

/** All of it on demand where there is no room for it. */
function write(where: HTMLElement, text: string): void {
  where.textContent = text;
  where.title = text;
}

/** As the server draws it over other pictures: fitted into the box as the picture is. */
function draw(region: Region | null, width: number, height: number): void {
  const frame = within<SVGElement>(document, "#loupe-frame");
  frame.toggleAttribute("hidden", region === null);
  if (!region) return;
  frame.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const percent = (thousandths: number) => `${thousandths / 10}%`;
  for (const line of frame.children) {
    line.setAttribute("x", percent(region.left));
    line.setAttribute("y", percent(region.top));
    line.setAttribute("width", percent(region.width));
    line.setAttribute("height", percent(region.height));
  }
}

function fetched(url: string): HTMLImageElement {
  const image = new Image();
  image.src = url;
  // One that does not arrive will say so when it is looked at.
  void image.decode().catch(() => undefined);
  return image;
}
