// The inbox: shows a sheet, confirms it and shows the next, takes back and does again.

import { boot, element, say, within, type InboxBoot, type Progress } from "./boot.ts";
import { Attention } from "./attention.ts";
import { phrase, sum, told } from "./counts.ts";
import { Desk, kind } from "./desk.ts";
import { showEmpty } from "./empty.ts";
import { Grid } from "./grid.ts";
import { fillHelp } from "./help.ts";
import { command, type Command } from "./keys.ts";
import { uuid } from "./locks.ts";
import { Marking } from "./marking.ts";
import { Newsroom } from "./news.ts";
import { Outbox, type Entry } from "./outbox.ts";
import { Planted } from "./planted.ts";
import { progressLine } from "./progress.ts";
import { Away, Refused, server, type Saved } from "./server.ts";
import type { Sheet } from "./sheet.ts";
import { SlicePanel } from "./slice.ts";
import { Stale } from "./stale.ts";

/** Something quicker is not worth a word. */
const PATIENCE_MS = 300;
/** How long to wait before asking again a labeler that does not answer. */
const AGAIN_MS = 2000;

export class Inbox {
  #boot = boot.screen as InboxBoot;
  #progress: Progress = this.#boot.progress;
  #help = element<HTMLDialogElement>("help");
  #planted = new Planted();
  #slice = this.#boot.order === "below" ? new SlicePanel(() => void this.#keepSlice()) : null;
  #desk = new Desk(this.#boot.pool, this.#boot.order, (progress) => this.#setProgress(progress));
  #outbox = new Outbox({
    saved: (entry, saved) => this.#saved(entry, saved),
    refused: (_, why) => this.#say(say("refused", { why })),
    waits: (line) => this.#say(line),
  });
  #grid = new Grid();
  #attention = new Attention(this.#boot.dwell, () => this.#summarise());
  #marking = new Marking(this.#grid, () => this.#summarise());
  #stale = new Stale();
  #news = new Newsroom(this.#boot.order, {
    heard: (news) => {
      this.#stale.heard(news);
      void this.#keepCovers().catch(() => undefined);
    },
    reordered: () => void this.#desk.reorder().catch(() => undefined),
    told: (line) => (element("news").textContent = line),
    away: (gone) => this.#away(gone),
    locked: () => this.#stale.locked(),
  });
  #acting = false;

  start(): void {
    addEventListener("keydown", (event) => this.#key(event));
    this.#bind();
    this.#setProgress(this.#progress);
    void this.#outbox.flush();
    void this.#turn();
    this.#news.start();
  }

  #bind(): void {
    fillHelp();
    const on = (id: string, run: () => void) => element(id).addEventListener("click", run);
    on("confirm", () => this.#confirm());
    on("undo", () => void this.#undo());
    on("loupe-open", () => this.#marking.look());
    on("help-open", () => this.#help.showModal());
    on("help-close", () => this.#help.close());
    on("empty-again", () => void this.#turn());
    on("empty-audit", () => void this.#auditAnew());
    for (const select of document.querySelectorAll<HTMLSelectElement>("#pool, #order")) {
      select.addEventListener("change", () => {
        this.#desk.leave(this.#grid.sheet);
        // The queues of what waits are remembered; from the others only the address leads on.
        if (kind(this.#boot.order) === "waits") location.search = `?${select.id}=${select.value}`;
        else if (select.id === "pool") visit(select.value, this.#boot.order);
        else visit(this.#boot.pool, select.value);
      });
    }
  }

  // Showing.

  /** Shows the next sheet, at once if it is ready. */
  async #turn(): Promise<void> {
    const ready = this.#desk.ready();
    if (ready) {
      this.#show(ready);
      return;
    }
    this.#show(null);
    const waiting = setTimeout(() => this.#say(say("painting")), PATIENCE_MS);
    try {
      const next = await this.#desk.next();
      if (element("line").textContent === say("painting")) this.#say("");
      if (next) this.#show(next);
      else this.#showEmpty();
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_now"));
      setTimeout(() => void this.#turn(), AGAIN_MS);
    } finally {
      clearTimeout(waiting);
    }
  }

  #show(sheet: Sheet | null): void {
    this.#stale.turned();
    element("empty").hidden = true;
    this.#flip(sheet?.flipped ?? false);
    this.#grid.show(sheet);
    const painted = this.#attention.turn(sheet);
    if (sheet) {
      sheet.remember(Date.now());
      void this.#goOn(sheet, painted);
    }
    this.#summarise();
  }

  /** Once the sheet is before the eyes comes what can wait: what was confirmed, the sheet ahead. */
  async #goOn(sheet: Sheet, painted: Promise<boolean>): Promise<void> {
    if (!(await painted)) return;
    const missing = sheet.tiles.filter((tile) => !tile.painted).length;
    if (missing > 0) this.#say(say("missing_picture", { n: missing }));
    await this.#outbox.flush();
    await this.#desk.prepare().catch(() => undefined);
  }

  #showEmpty(): void {
    this.#grid.list.hidden = true;
    const state = showEmpty(this.#boot, this.#progress, this.#slice?.failed ?? false);
    this.#summarise();
    if (state !== "elsewhere") this.#slice?.focus();
  }

  /** All that is left of the slice, in one stroke. */
  async #keepSlice(): Promise<void> {
    const slice = this.#slice;
    if (!slice) return;
    await this.#alone(async () => {
      try {
        const kept = await slice.keep();
        this.#say(say("slice_kept", { total: sum(kept) }));
        this.#news.expect();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.#say(say("refused", { why: error.message }));
      }
      if (!this.#grid.sheet) await this.#turn();
    });
  }

  /** A sample of all that is kept by now. */
  async #auditAnew(): Promise<void> {
    try {
      await server.audit(uuid(), this.#boot.pool, null);
      await this.#turn();
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_now"));
    }
  }

  /** Says that the default is the other answer, in words, by a frame, and by the question. */
  #flip(flipped: boolean): void {
    const { pool, order } = this.#boot;
    const banner = element("banner");
    banner.hidden = !flipped;
    banner.textContent = flipped ? say(`flipped_${pool}`) : "";
    if (kind(order) !== "waits") return;
    const other = pool === "negative" ? "positive" : "negative";
    within(document, "h1").textContent = say(`question_${flipped ? other : pool}`);
  }

  #setProgress(progress: Progress): void {
    this.#progress = progress;
    element("progress").textContent = progressLine(progress, this.#boot.pool, this.#boot.order);
    // Statistics says it always; here it is said where the bound is made.
    const audits = this.#boot.order === "audit" || this.#boot.order === "below";
    element("assumes").hidden = !audits || !progress.bound || progress.bound.checked === 0;
    this.#slice?.show(progress.slice);
  }

  #summarise(): void {
    const sheet = this.#grid.sheet;
    element("summary").textContent = sheet ? phrase(sheet.counts(), "count_keep") : "";
    const rest = this.#attention.hasRest;
    element("confirm-word").textContent = say(rest ? "show_rest" : "confirm");
    const can = rest || this.#attention.confirmable;
    element("confirm").setAttribute("aria-disabled", String(!can));
  }

  #say(text: string): void {
    element("line").textContent = text;
  }

  /** The outbox speaks for itself while something waits in it. */
  #away(gone: boolean): void {
    const line = element("line").textContent;
    if (gone && !this.#outbox.waits) this.#say(say("away_now"));
    else if (!gone && line === say("away_now")) this.#say("");
  }

  /** What others decided while a sheet lay open for long is no longer on it. */
  async #keepCovers(): Promise<void> {
    const sheet = this.#grid.sheet;
    if (!sheet || this.#marking.looking || this.#help.open) return;
    const lost = await this.#desk.keep(sheet);
    if (lost === 0 || this.#grid.sheet !== sheet) return;
    if (sheet.tiles.length === 0) {
      sheet.forget();
      await this.#turn();
    } else {
      sheet.remember();
      this.#grid.fit();
      this.#grid.focus(sheet.active);
      this.#summarise();
    }
    this.#stale.lost(lost);
  }

  // Keys.

  #key(event: KeyboardEvent): void {
    const asked = command(event);
    if (!asked || this.#handle(asked) === false) return;
    event.preventDefault();
  }

  /** False when the key is left to the browser. */
  #handle(asked: Command): boolean {
    if (this.#help.open) {
      if (asked.do === "help") this.#help.close();
      return asked.do === "help";
    }
    if (this.#marking.looking) return this.#marking.inLoupe(asked);
    switch (asked.do) {
      case "mark":
        this.#marking.press(asked.decision);
        return true;
      case "move":
        this.#grid.move(asked.to, asked.extend);
        return true;
      case "column":
        this.#grid.moveInRow(asked.column, asked.extend);
        return true;
      case "loupe":
        this.#marking.look();
        return true;
      case "confirm":
        this.#confirm();
        return true;
      case "undo":
        void this.#undo();
        return true;
      case "redo":
        void this.#redo();
        return true;
      case "help":
        this.#help.showModal();
        return true;
      case "escape":
        this.#grid.collapse();
        return true;
      case "titles":
      case "region":
        return false;
    }
  }

  // Confirming and taking back.

  #confirm(): void {
    const sheet = this.#grid.sheet;
    if (!sheet) return;
    if (this.#attention.hasRest) {
      sheet.tiles.find((tile) => !tile.seen)?.item.scrollIntoView({ block: "start" });
      return;
    }
    if (!this.#attention.confirmable) return;
    const touched = sheet.marks.touched().map(([sha256, decision]) => ({ sha256, decision }));
    // Written down before the turn: from here on nothing can lose it.
    const sent = this.#outbox.push({
      name: sheet.id,
      path: "/api/confirm",
      body: { sheet: sheet.id, touched, visible_ms: this.#attention.visibleMs },
    });
    sheet.forget();
    void this.#turnAfter(sent);
  }

  async #turnAfter(sent: Promise<boolean>): Promise<void> {
    const ready = this.#desk.ready();
    if (ready) {
      this.#show(ready);
      return;
    }
    this.#show(null);
    await sent;
    await this.#turn();
  }

  #saved(entry: Entry, saved: Saved): void {
    if (entry.path !== "/api/confirm") return;
    this.#news.expect();
    const total = sum(saved);
    const changed = saved.changed ?? 0;
    const parts = phrase(saved, "kept");
    const again = kind(this.#boot.order) !== "waits" && this.#boot.order !== "below";
    this.#say(say(again ? "saved_again" : "saved", { total, parts, n: changed }));
    this.#planted.tell(saved.planted ?? []);
    const { done, rejected } = this.#progress;
    const more = again ? changed : saved.reject;
    this.#setProgress({ ...this.#progress, done: done + total, rejected: rejected + more });
    // What was found decides about the slice: it is asked for, not guessed.
    if (this.#slice && this.#grid.sheet) void this.#desk.renew(this.#grid.sheet).catch(() => undefined);
  }

  async #undo(): Promise<void> {
    if (this.#marking.undo()) return;
    await this.#alone(async () => {
      const name = uuid();
      const place = await this.#desk.expect(name);
      const answer = await server.undo(name);
      if (answer?.sheet) {
        if (this.#grid.sheet) this.#desk.putBack(this.#grid.sheet);
        this.#reopen(this.#desk.reopened(answer, answer.sheet, place));
      } else {
        place.release();
      }
      if (this.#slice && !this.#grid.sheet) await this.#turn();
      this.#say(answer ? say(`took_back_${answer.kind}`, told(answer)) : say("nothing_to_undo"));
    });
  }

  /** The undone sheet may be of the other pool or queue: then the page turns to that one. */
  #reopen(sheet: Sheet): void {
    const { pool, queue } = sheet.data;
    if (pool !== this.#boot.pool || kind(queue) !== kind(this.#boot.order)) {
      sheet.remember(Date.now());
      visit(pool, queue ?? this.#boot.order);
      return;
    }
    this.#show(sheet);
  }

  async #redo(): Promise<void> {
    if (this.#marking.redo()) return;
    if (this.#grid.sheet?.marks.changed) {
      this.#say(say("nothing_to_redo"));
      return;
    }
    await this.#alone(async () => {
      const answer = await server.redo(uuid());
      if (!answer) {
        this.#say(say("nothing_to_redo"));
        return;
      }
      const sheet = this.#grid.sheet;
      if (sheet && sheet.undone === answer.stroke) {
        void server.release(sheet.id).catch(() => undefined);
        sheet.forget();
        await this.#turn();
      } else if (this.#slice && !sheet) {
        await this.#turn();
      }
      this.#say(say("did_again", told(answer)));
    });
  }

  /** One at a time, and only after all that waits was sent. */
  async #alone(act: () => Promise<void>): Promise<void> {
    if (this.#acting) return;
    this.#acting = true;
    try {
      if (!(await this.#outbox.flush())) throw new Away();
      await act();
      if (this.#grid.sheet) await this.#desk.renew(this.#grid.sheet);
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_undo"));
    } finally {
      this.#acting = false;
    }
  }
}

/** Goes to a pool's queue. */
function visit(pool: string, queue: string): void {
  if (queue === "suspects") location.href = `/suspects?pool=${pool}`;
  else location.href = `/?pool=${pool}&order=${queue}`;
}
