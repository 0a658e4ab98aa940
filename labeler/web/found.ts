// Found videos: yes and no are decisions, "not interested" is none, and a video that was opened
// is marked so. Ctrl+Z takes the last decision back.

import { element, say, within, type Decision } from "./boot.ts";
import { command } from "./keys.ts";
import { uuid } from "./locks.ts";
import { Outbox, type Entry } from "./outbox.ts";
import { Away, server } from "./server.ts";

export class Found {
  #outbox = new Outbox({
    saved: (entry) => this.#saved(entry),
    refused: (entry, why) => this.#refused(entry, why),
    waits: (line) => this.#say(line),
  });

  start(): void {
    for (const button of document.querySelectorAll<HTMLButtonElement>(".video button")) {
      button.hidden = false;
      const act = button.dataset.decision ? () => this.#decide(button) : () => this.#dismiss(button);
      button.addEventListener("click", act);
    }
    for (const link of document.querySelectorAll<HTMLAnchorElement>(".video .watch")) {
      // The middle button opens it, too.
      for (const kind of ["click", "auxclick"]) link.addEventListener(kind, () => this.#visit(link));
    }
    const filters = document.querySelector<HTMLFormElement>("#filters");
    filters?.addEventListener("change", () => filters.submit());
    addEventListener("keydown", (event) => this.#key(event));
    void this.#outbox.flush();
  }

  #key(event: KeyboardEvent): void {
    const asked = command(event);
    if (asked?.do === "undo" || asked?.do === "redo") {
      event.preventDefault();
      void this.#step(asked.do);
    } else if (asked?.do === "mark" && event.target instanceof Element) {
      const button = press(event.target, asked.decision);
      if (!button) return;
      event.preventDefault();
      button.click();
    }
  }

  #decide(button: HTMLButtonElement): void {
    const { sha256 } = row(button).dataset;
    const { decision } = button.dataset;
    mark(row(button), decision ?? null);
    const name = uuid();
    void this.#outbox.push({ name, path: "/api/decide", body: { name, sha256, decision } });
  }

  #dismiss(button: HTMLButtonElement): void {
    const { sha256 } = row(button).dataset;
    const dismissed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(dismissed));
    row(button).classList.toggle("dismissed", dismissed);
    this.#push("/api/dismiss", { sha256, dismissed });
  }

  #visit(link: HTMLAnchorElement): void {
    this.#push("/api/visit", { sha256: row(link).dataset.sha256 });
  }

  #push(path: string, body: unknown): void {
    void this.#outbox.push({ name: uuid(), path, body });
  }

  async #step(which: "undo" | "redo"): Promise<void> {
    try {
      if (!(await this.#outbox.flush())) throw new Away();
      const answer = await server[which](uuid());
      for (const { sha256, decision } of answer?.marks ?? []) {
        const found = of(sha256);
        if (found) mark(found, which === "redo" ? decision : null);
      }
      this.#say(say(answer ? (which === "undo" ? "took_back_one" : "saved_one") : `nothing_to_${which}`));
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_undo"));
    }
  }

  #saved(entry: Entry): void {
    if (entry.path === "/api/decide") this.#say(say("saved_one"));
    if (entry.path !== "/api/dismiss") return;
    const { dismissed } = entry.body as { dismissed: boolean };
    this.#say(dismissed ? say("dismissed") : "");
  }

  #refused(entry: Entry, why: string): void {
    const found = of((entry.body as { sha256?: string }).sha256);
    if (found) mark(found, null);
    this.#say(say("refused", { why }));
  }

  #say(text: string): void {
    element("line").textContent = text;
  }
}

/** The button that a key presses: of the video that has the focus. */
function press(target: Element, decision: Decision): HTMLButtonElement | null {
  const focused = target.closest(".video");
  return focused?.querySelector<HTMLButtonElement>(`[data-decision="${decision}"]`) ?? null;
}

function of(sha256: string | undefined): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-sha256="${sha256}"]`);
}

function row(inside: HTMLElement): HTMLElement {
  const found = inside.closest<HTMLElement>(".video");
  if (!found) throw new Error("a decision belongs to a video");
  return found;
}

function mark(row: HTMLElement, decision: string | null): void {
  row.classList.toggle("decided", decision !== null);
  for (const button of row.querySelectorAll<HTMLElement>("[data-decision]")) {
    if (button.tagName !== "BUTTON") continue;
    button.setAttribute("aria-pressed", String(button.dataset.decision === decision));
  }
  within(row, ".about").dataset.decision = decision ?? "";
}
