// Yes and no on the found videos. Each is one decision; Ctrl+Z takes the last one back.

import { element, say, within } from "./boot.js";
import { command } from "./keys.js";
import { Outbox,            } from "./outbox.js";
import { Away, server } from "./server.js";

export class Found {
  #outbox = new Outbox({
    saved: () => this.#say(say("saved_one")),
    refused: (entry, why) => this.#refused(entry, why),
    away: (waiting) => this.#say(waiting > 0 ? say("away", { n: waiting }) : say("back")),
  });

  start()       {
    for (const button of document.querySelectorAll                   ("button[data-decision]")) {
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

  async #decide(button                   )                {
    const { sha256 } = row(button).dataset;
    const { decision } = button.dataset;
    mark(row(button), decision ?? null);
    const name = crypto.randomUUID();
    await this.#outbox.push({ name, path: "/api/decide", body: { name, sha256, decision } });
  }

  async #step(which                 )                {
    try {
      if (!(await this.#outbox.flush())) throw new Away();
      const answer = await server[which](crypto.randomUUID());
      for (const { sha256, decision } of answer?.marks ?? []) {
        const found = document.querySelector             (`[data-sha256="${sha256}"]`);
        if (found) mark(found, which === "redo" ? decision : null);
      }
      this.#say(say(answer ? (which === "undo" ? "took_back_one" : "saved_one") : `nothing_to_${which}`));
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#say(say("away_undo"));
    }
  }

  #refused(entry       , why        )       {
    const { sha256 } = entry.body                       ;
    const found = document.querySelector             (`[data-sha256="${sha256}"]`);
    if (found) mark(found, null);
    this.#say(say("refused", { why }));
  }

  #say(text        )       {
    element("line").textContent = text;
  }
}

function row(button             )              {
  const found = button.closest             (".video");
  if (!found) throw new Error("a decision belongs to a video");
  return found;
}

function mark(row             , decision               )       {
  row.classList.toggle("decided", decision !== null);
  for (const button of row.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.decision === decision));
  }
  within(row, ".about").dataset.decision = decision ?? "";
}
