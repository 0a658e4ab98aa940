// Covers that look alike: choose some, say once what they are. Ctrl+Z takes the whole word back.

import { element, say } from "./boot.ts";
import { phrase, sum } from "./counts.ts";
import { command } from "./keys.ts";
import { uuid } from "./locks.ts";
import { Outbox, type Entry } from "./outbox.ts";
import { Away, server, type Counts } from "./server.ts";

export class Alike {
  #list = document.getElementById("neighbours");
  #anchor = 0;
  #outbox = new Outbox({
    saved: (entry, counts) => this.#saved(entry, counts),
    refused: (entry, why) => this.#refused(entry, why),
    waits: (line) => this.#say(line),
  });

  start(): void {
    addEventListener("keydown", (event) => {
      const asked = command(event);
      if (asked?.do !== "undo") return;
      event.preventDefault();
      void this.#undo();
    });
    void this.#outbox.flush();
    if (!this.#list) return;
    element("harvest").hidden = false;
    this.#list.addEventListener("click", (event) => this.#click(event));
    element("choose-all").addEventListener("click", () => this.#choose(this.#all(), true));
    element("choose-none").addEventListener("click", () => this.#choose(this.#all(), false));
    element("these-yes").addEventListener("click", () => this.#judge(true));
    element("these-no").addEventListener("click", () => this.#judge(false));
  }

  #click(event: MouseEvent): void {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const all = this.#all();
    const at = button ? all.indexOf(button) : -1;
    if (!button || at < 0) return;
    const chosen = button.getAttribute("aria-pressed") !== "true";
    const [low, high] = event.shiftKey ? [Math.min(at, this.#anchor), Math.max(at, this.#anchor)] : [at, at];
    this.#anchor = at;
    this.#choose(all.slice(low, high + 1), chosen);
  }

  #choose(buttons: HTMLButtonElement[], chosen: boolean): void {
    for (const button of buttons) button.setAttribute("aria-pressed", String(chosen));
    this.#count();
  }

  #count(): void {
    const n = this.#chosen().length;
    element("chosen").textContent = n > 0 ? say("alike_chosen", { n }) : say("alike_choose");
    for (const id of ["these-yes", "these-no"]) element(id).setAttribute("aria-disabled", String(n === 0));
  }

  /** What has not been judged here. */
  #all(): HTMLButtonElement[] {
    return [...(this.#list?.querySelectorAll<HTMLButtonElement>("li:not([hidden]) button") ?? [])];
  }

  #chosen(): HTMLButtonElement[] {
    return this.#all().filter((button) => button.getAttribute("aria-pressed") === "true");
  }

  #judge(shows: boolean): void {
    const covers = this.#chosen().map((button) => button.dataset.sha256 ?? "");
    if (covers.length === 0) return;
    const name = uuid();
    this.#hide(covers, true);
    void this.#outbox.push({ name, path: "/api/judge", body: { name, covers, shows } });
  }

  #hide(covers: string[], hidden: boolean): void {
    for (const button of this.#list?.querySelectorAll<HTMLButtonElement>("button") ?? []) {
      const item = button.closest("li");
      if (!item || !covers.includes(button.dataset.sha256 ?? "")) continue;
      item.hidden = hidden;
      button.setAttribute("aria-pressed", "false");
    }
    this.#count();
  }

  async #undo(): Promise<void> {
    try {
      if (!(await this.#outbox.flush())) throw new Away();
      const answer = await server.undo(uuid());
      this.#hide(answer?.marks.map((mark) => mark.sha256) ?? [], false);
      this.#say(say(answer ? "took_back_one" : "nothing_to_undo"));
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_undo"));
    }
  }

  #saved(entry: Entry, counts: Counts): void {
    if (entry.path !== "/api/judge") return;
    this.#say(say("saved", { total: sum(counts), parts: phrase(counts, "kept") }));
  }

  #refused(entry: Entry, why: string): void {
    this.#hide((entry.body as { covers?: string[] }).covers ?? [], false);
    this.#say(say("refused", { why }));
  }

  #say(text: string): void {
    element("line").textContent = text;
  }
}
