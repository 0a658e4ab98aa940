// Yes and no on the found videos. Each is one decision; Ctrl+Z takes the last one back.

import { element, say, within } from "./boot.ts";
import { command } from "./keys.ts";
import { Outbox, type Entry } from "./outbox.ts";
import { Away, server } from "./server.ts";

export class Found {
  #outbox = new Outbox({
    saved: () => this.#say(say("saved_one")),
    refused: (entry, why) => this.#refused(entry, why),
    away: (waiting) => this.#say(waiting > 0 ? say("away", { n: waiting }) : say("back")),
  });

  start(): void {
    for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-decision]")) {
      button.hidden = false;
      button.addEventListener("click", () => void this.#decide(button));
    }
    addEventListener("keydown", (event) => {
      const asked = command(event);
      if (asked?.do !== "undo" && asked?.do !== "redo") return;
      event.preventDefault();
      void this.#step(asked.do);
    });
    void this.#outbox.flush();
  }

  async #decide(button: HTMLButtonElement): Promise<void> {
    const { sha256 } = row(button).dataset;
    const { decision } = button.dataset;
    mark(row(button), decision ?? null);
    const name = crypto.randomUUID();
    await this.#outbox.push({ name, path: "/api/decide", body: { name, sha256, decision } });
  }

  async #step(which: "undo" | "redo"): Promise<void> {
    try {
      if (!(await this.#outbox.flush())) throw new Away();
      const answer = await server[which](crypto.randomUUID());
      for (const { sha256, decision } of answer?.marks ?? []) {
        const found = document.querySelector<HTMLElement>(`[data-sha256="${sha256}"]`);
        if (found) mark(found, which === "redo" ? decision : null);
      }
      this.#say(say(answer ? (which === "undo" ? "took_back_one" : "saved_one") : `nothing_to_${which}`));
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_undo"));
    }
  }

  #refused(entry: Entry, why: string): void {
    const { sha256 } = entry.body as { sha256?: string };
    const found = document.querySelector<HTMLElement>(`[data-sha256="${sha256}"]`);
    if (found) mark(found, null);
    this.#say(say("refused", { why }));
  }

  #say(text: string): void {
    element("line").textContent = text;
  }
}

function row(button: HTMLElement): HTMLElement {
  const found = button.closest<HTMLElement>(".video");
  if (!found) throw new Error("a decision belongs to a video");
  return found;
}

function mark(row: HTMLElement, decision: string | null): void {
  row.classList.toggle("decided", decision !== null);
  for (const button of row.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.decision === decision));
  }
  within(row, ".about").dataset.decision = decision ?? "";
}
