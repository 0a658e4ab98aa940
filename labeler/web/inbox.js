// The inbox: shows a sheet, takes marks by mouse and by key, confirms, undoes.

import { boot, element, say, within,                                                          } from "./boot.js";
import { Desk, kind } from "./desk.js";
import { fillHelp } from "./help.js";
import { command,              } from "./keys.js";
import { uuid } from "./locks.js";
import { Loupe } from "./loupe.js";
import { Outbox,            } from "./outbox.js";
import { Planted } from "./planted.js";
import { progressLine } from "./progress.js";
import { onLongPress } from "./press.js";
import { Away, Refused, server,                                            } from "./server.js";
import { Newsroom } from "./news.js";

import { Stale } from "./stale.js";
import { SlicePanel } from "./slice.js";

/** Something quicker is not worth a word. */
const PATIENCE_MS = 300;
/** How long to wait before asking again a labeler that does not answer. */
const AGAIN_MS = 2000;

export class Inbox {
  #boot = boot.screen             ;
  #progress           = this.#boot.progress;
  #list = element                  ("sheet");
  #help = element                   ("help");
  #planted = new Planted();
  #slice = this.#boot.order === "below" ? new SlicePanel(() => void this.#keepSlice()) : null;
  #desk = new Desk(this.#boot.pool, this.#boot.order, (progress) => this.#setProgress(progress));
  #outbox = new Outbox({
    saved: (entry, saved) => this.#saved(entry, saved),
    refused: (_, why) => this.#say(say("refused", { why })),
    away: (waiting) => this.#say(waiting > 0 ? say("away", { n: waiting }) : say("back")),
  });
  #loupe = new Loupe({
    decide: (at, decision) => this.#mark([at], decision, "set"),
    closed: (at) => this.#focus(at),
  });
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
  #seer = new IntersectionObserver((entries) => this.#see(entries), { threshold: 0.5 });
  #sheet               = null;
  /** The other end of a range. */
  #anchor = 0;
  /** Since when the whole sheet has been painted before the person's eyes, and for how long. */
  #armedAt = Infinity;
  #visibleMs = 0;
  #visibleSince                = null;
  #acting = false;

  start()       {
    addEventListener("keydown", (event) => this.#key(event));
    // A button that has the focus would be clicked when the key goes up.
    addEventListener("keyup", (event) => {
      if (event.code === "Space" && onTile(event.target)) event.preventDefault();
    });
    addEventListener("resize", () => this.#fit());
    addEventListener("visibilitychange", () => this.#watchClock());
    this.#list.addEventListener("click", (event) => this.#click(event));
    // The click decides what gets the focus: a range must not lose its other end to it.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("focusin", (event) => this.#focused(event));
    this.#bind();
    this.#setProgress(this.#progress);
    void this.#outbox.flush();
    void this.#turn();
    this.#news.start();
  }

  #bind()       {
    fillHelp();
    onLongPress(this.#list, (target) => {
      const at = this.#at(target);
      if (at === null) return;
      this.#focus(at);
      this.#openLoupe();
    });
    const on = (id        , run            ) => element(id).addEventListener("click", run);
    on("confirm", () => this.#confirm());
    on("undo", () => void this.#undo());
    on("loupe-open", () => this.#openLoupe());
    on("help-open", () => this.#help.showModal());
    on("help-close", () => this.#help.close());
    on("empty-again", () => void this.#turn());
    on("empty-audit", () => void this.#auditAnew());
    for (const select of document.querySelectorAll                   ("#pool, #order")) {
      select.addEventListener("change", () => {
        this.#desk.leave(this.#sheet);
        // The queues of what waits are remembered; from the others only the address leads on.
        if (kind(this.#boot.order) === "waits") location.search = `?${select.id}=${select.value}`;
        else if (select.id === "pool") visit(select.value, this.#boot.order);
        else visit(this.#boot.pool, select.value);
      });
    }
  }

  // Showing.

  /** Shows the next sheet, at once if it is ready. */
  async #turn()                {
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

  #show(sheet              )       {
    this.#sheet = sheet;
    this.#stale.turned();
    this.#armedAt = Infinity;
    this.#visibleMs = 0;
    this.#visibleSince = null;
    this.#seer.disconnect();
    this.#list.replaceChildren(...(sheet?.tiles.map((tile) => tile.item) ?? []));
    this.#flip(sheet?.flipped ?? false);
    element("empty").hidden = true;
    this.#list.hidden = false;
    if (sheet) {
      sheet.remember(Date.now());
      this.#anchor = sheet.active;
      this.#fit();
      for (const tile of sheet.tiles) this.#seer.observe(tile.item);
      this.#focus(sheet.active);
      void this.#arm(sheet);
    }
    this.#summarise();
  }

  #showEmpty()       {
    this.#list.hidden = true;
    element("empty").hidden = false;
    const { total, done } = this.#progress;
    const state = empty(this.#boot.order, total, this.#slice?.failed ? 0 : total - done);
    element("empty-what").textContent = say(state, { total, n: total - done });
    element("empty-hint").textContent = say(`${state}_hint`);
    const command = element("empty-command");
    command.hidden = state !== "no_covers";
    command.textContent = command.hidden ? "" : `crawler import FOLDER --pool ${this.#boot.pool}`;
    element("empty-found").hidden = state !== "all_decided";
    element("empty-again").hidden = state !== "elsewhere" && state !== "no_covers";
    element("empty-audit").hidden = state !== "audit_done";
    this.#summarise();
    if (state !== "elsewhere") this.#slice?.focus();
  }

  /** All that is left of the slice, in one stroke. */
  async #keepSlice()                {
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
      if (!this.#sheet) await this.#turn();
    });
  }

  /** A sample of all that is kept by now. */
  async #auditAnew()                {
    try {
      await server.audit(uuid(), this.#boot.pool, null);
      await this.#turn();
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_now"));
    }
  }

  /** Says that the default is the other answer, in words, by a frame, and by the question. */
  #flip(flipped         )       {
    const { pool, order } = this.#boot;
    this.#list.classList.toggle("flipped", flipped);
    const banner = element("banner");
    banner.hidden = !flipped;
    banner.textContent = flipped ? say(`flipped_${pool}`) : "";
    if (kind(order) !== "waits") return;
    const other = pool === "negative" ? "positive" : "negative";
    within(document, "h1").textContent = say(`question_${flipped ? other : pool}`);
  }

  #fit()       {
    if (!this.#sheet) return;
    const foot = element("summary").closest("footer");
    const room = innerHeight - this.#list.getBoundingClientRect().top - scrollY - (foot?.offsetHeight ?? 0) - 16;
    const columns = this.#sheet.fit(this.#list.clientWidth, room);
    this.#list.style.setProperty("--columns", String(columns));
  }

  #setProgress(progress          )       {
    this.#progress = progress;
    element("progress").textContent = progressLine(progress, this.#boot.pool, this.#boot.order);
    element("assumes").hidden = !progress.bound || progress.bound.checked === 0;
    this.#slice?.show(progress.slice);
  }

  #summarise()       {
    const sheet = this.#sheet;
    element("summary").textContent = sheet ? phrase(sheet.counts(), "count_keep") : "";
    const rest = sheet !== null && this.#hasRest(sheet);
    element("confirm-word").textContent = say(rest ? "show_rest" : "confirm");
    const can = rest || (sheet !== null && this.#confirmable(sheet));
    element("confirm").setAttribute("aria-disabled", String(!can));
  }

  #say(text        )       {
    element("line").textContent = text;
  }

  /** The outbox speaks for itself while something waits in it. */
  #away(gone         )       {
    const line = element("line").textContent;
    if (gone && !this.#outbox.waits) this.#say(say("away_now"));
    else if (!gone && line === say("away_now")) this.#say("");
  }

  /** What others decided while a sheet lay open for long is no longer on it. */
  async #keepCovers()                {
    const sheet = this.#sheet;
    if (!sheet || this.#loupe.open || this.#help.open) return;
    const lost = await this.#desk.keep(sheet);
    if (lost === 0 || this.#sheet !== sheet) return;
    if (sheet.tiles.length === 0) {
      sheet.forget();
      await this.#turn();
    } else {
      sheet.remember();
      this.#fit();
      this.#focus(sheet.active);
      this.#summarise();
    }
    this.#stale.lost(lost);
  }

  // Looking: a sheet can be confirmed once all of it was painted, seen and looked at.

  async #arm(sheet       )                {
    await sheet.settled;
    await painted();
    if (this.#sheet !== sheet) return;
    const missing = sheet.tiles.filter((tile) => !tile.painted).length;
    if (missing > 0) this.#say(say("missing_picture", { n: missing }));
    this.#watchClock();
    this.#armedAt = performance.now() + this.#boot.dwell;
    setTimeout(() => this.#summarise(), this.#boot.dwell);
    // Only now: the sheet before the eyes comes before the one ahead.
    await this.#outbox.flush();
    await this.#desk.prepare().catch(() => undefined);
  }

  #see(entries                             )       {
    const seen = new Set(entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target));
    for (const tile of this.#sheet?.tiles ?? []) if (seen.has(tile.item)) tile.seen = true;
    this.#summarise();
  }

  #watchClock()       {
    const now = performance.now();
    if (this.#visibleSince !== null) this.#visibleMs += now - this.#visibleSince;
    this.#visibleSince = document.visibilityState === "visible" ? now : null;
  }

  #confirmable(sheet       )          {
    return sheet.complete() && performance.now() >= this.#armedAt;
  }

  /** Whether tiles are still below what was scrolled to. */
  #hasRest(sheet       )          {
    const tall = document.documentElement.scrollHeight > innerHeight + 1;
    return tall && sheet.tiles.some((tile) => !tile.seen);
  }

  // Marking.

  #key(event               )       {
    const asked = command(event);
    if (!asked || this.#handle(asked) === false) return;
    event.preventDefault();
  }

  /** False when the key is left to the browser. */
  #handle(asked         )          {
    if (this.#help.open) {
      if (asked.do === "help") this.#help.close();
      return asked.do === "help";
    }
    if (this.#loupe.open) return this.#inLoupe(asked);
    switch (asked.do) {
      case "mark":
        this.#mark(this.#selected(), asked.decision, asked.decision === "keep" ? "set" : "press");
        return true;
      case "move":
        this.#move(asked.to, asked.extend);
        return true;
      case "loupe":
        this.#openLoupe();
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
        this.#anchor = this.#sheet?.active ?? 0;
        this.#paintRange();
        return true;
      case "titles":
        return false;
    }
  }

  #inLoupe(asked         )          {
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
      case "undo":
      case "redo": {
        const covers = asked.do === "undo" ? this.#sheet?.marks.undo() : this.#sheet?.marks.redo();
        if (covers) this.#marked(covers);
        return true;
      }
      default:
        return false;
    }
  }

  #click(event            )       {
    const at = this.#at(event.target);
    const sheet = this.#sheet;
    if (at === null || !sheet) return;
    if (event.detail === 2) {
      // A double click opens the loupe; its first half has marked the tile.
      const covers = sheet.marks.undo();
      if (covers) this.#marked(covers);
      this.#openLoupe();
      return;
    }
    if (event.detail > 2) return;
    if (event.shiftKey) {
      const like = sheet.decision(this.#anchor);
      const { untouched } = sheet.data;
      this.#mark(sheet.range(this.#anchor, at), like === untouched ? sheet.opposite(like) : like, "set");
    } else {
      this.#mark([at], sheet.opposite(sheet.decision(at)), "set");
    }
    this.#focus(at);
  }

  #mark(positions          , decision          , how                 )       {
    const sheet = this.#sheet;
    if (!sheet) return;
    const covers = positions.map((at) => sheet.tiles[at].data.sha256);
    if (how === "press") sheet.marks.press(covers, decision, (cover) => sheet.bears(cover), sheet.back(decision));
    else sheet.marks.set(covers, decision);
    this.#marked(covers);
  }

  #marked(covers          )       {
    const sheet = this.#sheet;
    if (!sheet) return;
    sheet.refreshCovers(covers);
    sheet.remember();
    if (this.#loupe.open) this.#loupe.refresh();
    this.#summarise();
  }

  #openLoupe()       {
    if (this.#sheet) this.#loupe.show(this.#sheet, this.#sheet.active);
  }

  // Moving.

  #move(to                                                     , extend         )       {
    const sheet = this.#sheet;
    if (!sheet) return;
    const last = sheet.tiles.length - 1;
    const by = { left: -1, right: 1, up: -sheet.columns, down: sheet.columns, first: -last, last };
    const target = sheet.active + by[to];
    const jump = to === "first" || to === "last";
    const next = jump ? Math.max(0, Math.min(target, last)) : target;
    if (next < 0 || next > last) return;
    if (!extend) this.#anchor = next;
    this.#focus(next, extend);
  }

  #focus(at        , extend = false)       {
    const sheet = this.#sheet;
    if (!sheet || at >= sheet.tiles.length) return;
    sheet.active = at;
    if (!extend) this.#anchor = at;
    this.#rove();
    sheet.tiles[at].button.focus();
  }

  /** One tab stop for the whole sheet: the tile that was last visited. */
  #rove()       {
    for (const [at, tile] of this.#sheet?.tiles.entries() ?? []) {
      tile.button.tabIndex = at === this.#sheet?.active ? 0 : -1;
    }
    this.#paintRange();
  }

  #paintRange()       {
    const range = new Set(this.#selected());
    for (const [at, tile] of this.#sheet?.tiles.entries() ?? []) {
      tile.button.classList.toggle("chosen", range.size > 1 && range.has(at));
    }
  }

  #selected()           {
    return this.#sheet ? this.#sheet.range(this.#anchor, this.#sheet.active) : [];
  }

  #focused(event            )       {
    const at = this.#at(event.target);
    if (at !== null && this.#sheet && this.#sheet.active !== at) {
      this.#sheet.active = at;
      this.#anchor = at;
      this.#rove();
    }
  }

  #at(target                    )                {
    const button = target instanceof Element ? target.closest(".tile") : null;
    const at = this.#sheet?.tiles.findIndex((tile) => tile.button === button) ?? -1;
    return at < 0 ? null : at;
  }

  // Confirming and taking back.

  #confirm()       {
    const sheet = this.#sheet;
    if (!sheet) return;
    if (this.#hasRest(sheet)) {
      scrollBy({ top: innerHeight * 0.7 });
      return;
    }
    if (!this.#confirmable(sheet)) return;
    this.#watchClock();
    const touched = sheet.marks.touched().map(([sha256, decision]) => ({ sha256, decision }));
    const visible_ms = Math.round(this.#visibleMs);
    // Written down before the turn: from here on nothing can lose it.
    const sent = this.#outbox.push({
      name: sheet.id,
      path: "/api/confirm",
      body: { sheet: sheet.id, touched, visible_ms },
    });
    sheet.forget();
    void this.#turnAfter(sent);
  }

  async #turnAfter(sent                  )                {
    const ready = this.#desk.ready();
    if (ready) {
      this.#show(ready);
      return;
    }
    this.#show(null);
    await sent;
    await this.#turn();
  }

  #saved(entry       , saved       )       {
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
    if (this.#slice && this.#sheet) void this.#desk.renew(this.#sheet).catch(() => undefined);
  }

  async #undo()                {
    const covers = this.#sheet?.marks.undo();
    if (covers) {
      this.#marked(covers);
      return;
    }
    await this.#alone(async () => {
      const name = uuid();
      const place = await this.#desk.expect(name);
      const answer = await server.undo(name);
      if (answer?.sheet) {
        if (this.#sheet) this.#desk.putBack(this.#sheet);
        this.#reopen(this.#desk.reopened(answer, answer.sheet, place));
      } else {
        place.release();
      }
      if (this.#slice && !this.#sheet) await this.#turn();
      this.#say(answer ? say(`took_back_${answer.kind}`, told(answer)) : say("nothing_to_undo"));
    });
  }

  /** The undone sheet may be of the other pool or queue: then the page turns to that one. */
  #reopen(sheet       )       {
    const { pool, queue } = sheet.data;
    if (pool !== this.#boot.pool || kind(queue) !== kind(this.#boot.order)) {
      sheet.remember(Date.now());
      visit(pool, queue ?? this.#boot.order);
      return;
    }
    this.#show(sheet);
  }

  async #redo()                {
    const covers = this.#sheet?.marks.redo();
    if (covers) {
      this.#marked(covers);
      return;
    }
    if (this.#sheet?.marks.changed) {
      this.#say(say("nothing_to_redo"));
      return;
    }
    await this.#alone(async () => {
      const answer = await server.redo(uuid());
      if (!answer) {
        this.#say(say("nothing_to_redo"));
        return;
      }
      const sheet = this.#sheet;
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
  async #alone(act                     )                {
    if (this.#acting) return;
    this.#acting = true;
    try {
      if (!(await this.#outbox.flush())) throw new Away();
      await act();
      if (this.#sheet) await this.#desk.renew(this.#sheet);
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_undo"));
    } finally {
      this.#acting = false;
    }
  }
}

/** Goes to a pool's queue. */
function visit(pool        , queue        )       {
  if (queue === "suspects") location.href = `/suspects?pool=${pool}`;
  else location.href = `/?pool=${pool}&order=${queue}`;
}

/** Why a queue gives no sheet, as the text that says so. */
function empty(queue       , total        , left        )         {
  if (queue === "second") return total === 0 ? "no_kept" : "second_done";
  if (total > 0 && left > 0) return "elsewhere";
  switch (queue) {
    case "suspects":
      return total === 0 ? "no_suspects" : "suspects_done";
    case "audit":
      return total === 0 ? "no_kept" : "audit_done";
    case "below":
      return "slice_done";
    default:
      return total === 0 ? "no_covers" : "all_decided";
  }
}

function onTile(target                    )          {
  return target instanceof Element && target.closest(".tile") !== null;
}

/** Resolves after what was put on the page has been drawn. */
function painted()                {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

function sum(counts        )         {
  return counts.keep + counts.reject + counts.unsure + counts.broken;
}

/** The counts that are not zero, in words; `kept` names the text for those that stay. */
function phrase(counts        , kept        )         {
  const parts = (["reject", "unsure", "broken"]         )
    .filter((decision) => counts[decision] > 0)
    .map((decision) => say(`count_${decision}`, { n: counts[decision] }));
  if (counts.keep > 0 || parts.length === 0) parts.push(say(kept, { n: counts.keep }));
  return parts.join(say("comma"));
}

function told(answer              )                                  {
  return { total: sum(answer.counts), parts: phrase(answer.counts, "kept") };
}
