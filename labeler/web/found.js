// Found videos: yes and no are decisions, "not interested" is none, and a video that was opened
// is marked so. Ctrl+Z takes the last decision back.

import { element, say, within,               } from "./boot.js";
import { command } from "./keys.js";
import { uuid } from "./locks.js";
import { Outbox,            } from "./outbox.js";
import { Away, server } from "./server.js";

export class Found {
  #outbox = new Outbox({
    saved: (entry) => this.#saved(entry),
    refused: (entry, why) => this.#refused(entry, why),
    waits: (line) => this.#say(line),
  });

  start()       {
    for (const button of document.querySelectorAll                   (".video button")) {
      button.hidden = false;
      const act = button.dataset.decision ? () => this.#decide(button) : () => this.#dismiss(button);
      button.addEventListener("click", act);
    }
    for (const link of document.querySelectorAll                   (".video .watch")) {
      // The middle button opens it, too.
      for (const kind of ["click", "auxclick"]) link.addEventListener(kind, () => this.#visit(link));
    }
    const filters = document.querySelector                 ("#filters");
    filters?.addEventListener("change", () => filters.submit());
    addEventListener("keydown", (event) => this.#key(event));
    void this.#outbox.flush();
  }

  #key(event               )       {
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

  #decide(button                   )       {
    const { sha256 } = row(button).dataset;
    const { decision } = button.dataset;
    mark(row(button), decision ?? null);
    const name = uuid();
    void this.#outbox.push({ name, path: "/api/decide", body: { name, sha256, decision } });
  }

  #dismiss(button                   )       {
    const { sha256 } = row(button).dataset;
    const dismissed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(dismissed));
    row(button).classList.toggle("dismissed", dismissed);
    this.#push("/api/dismiss", { sha256, dismissed });
  }

  #visit(link                   )       {
    this.#push("/api/visit", { sha256: row(link).dataset.sha256 });
  }

  #push(path        , body         )       {
    void this.#outbox.push({ name: uuid(), path, body });
  }

  async #step(which                 )                {
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

  #saved(entry       )       {
    if (entry.path === "/api/decide") this.#say(say("saved_one"));
    if (entry.path !== "/api/dismiss") return;
    const { dismissed } = entry.body                          ;
    this.#say(dismissed ? say("dismissed") : "");
  }

  #refused(entry       , why        )       {
    const found = of((entry.body                       ).sha256);
    if (found) mark(found, null);
    this.#say(say("refused", { why }));
  }

  #say(text        )       {
    element("line").textContent = text;
  }
}

/** The button that a key presses: of the video that has the focus. */
function press(target         , decision          )                           {
  const focused = target.closest(".video");
  return focused?.querySelector                   (`[data-decision="${decision}"]`) ?? null;
}

function of(sha256                    )                     {
  return document.querySelector             (`[data-sha256="${sha256}"]`);
}

function row(inside             )              {
  const found = inside.closest             (".video");
  if (!found) throw new Error("a decision belongs to a video");
  return found;
}

function mark(row             , decision               )       {
  row.classList.toggle("decided", decision !== null);
  for (const button of row.querySelectorAll             ("[data-decision]")) {
    if (button.tagName !== "BUTTON") continue;
    button.setAttribute("aria-pressed", String(button.dataset.decision === decision));
  }
  within(row, ".about").dataset.decision = decision ?? "";
}
