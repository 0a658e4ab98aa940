// Changes on their way to the labeler. They are written down first and crossed out when
// answered, so neither a dead labeler nor a closed tab loses one; all tabs share the list.

import { boot, say } from "./boot.js";
import { alone } from "./locks.js";
import { keep, recall } from "./memory.js";
import { Away, Elsewhere, Refused, server,            } from "./server.js";














/** First pause before asking again, and the longest, milliseconds. */
const PAUSES = [1000, 2000, 5000];

export class Outbox {
  #listener          ;
  #failures = 0;
  /** The change that was sent at once, until it is answered and after. */
  #first                          = null;
  #timer = 0;

  constructor(listener          ) {
    this.#listener = listener;
    addEventListener("online", () => void this.flush());
    // Nothing would be lost, but whoever leaves for good should know that it is not sent.
    addEventListener("beforeunload", (event) => {
      if (this.waits) event.preventDefault();
    });
  }

  /** Whether something could not be sent yet. */
  get waits()          {
    return this.#failures > 0 && this.#entries().length > 0;
  }

  /** Written down, then sent: at once if nothing waits before it, so that it goes before the next sheet is drawn. */
  push(entry       )                   {
    const waiting = this.#entries();
    keep("outbox", [...waiting, entry]);
    if (waiting.length > 0) return this.flush();
    this.#first = this.#send(entry);
    return this.#first;
  }

  /** Sends what waits, oldest first; whether nothing is left. */
  async flush()                   {
    clearTimeout(this.#timer);
    await this.#first?.catch(() => undefined);
    return alone(`whisker/${boot.home}/outbox`, async () => {
      for (let entry = this.#entries()[0]; entry; entry = this.#entries()[0]) {
        if (!(await this.#send(entry))) return false;
      }
      if (this.#failures > 0) this.#listener.waits(say("back"));
      this.#failures = 0;
      return true;
    });
  }

  #entries()          {
    return recall         ("outbox") ?? [];
  }

  async #send(entry       )                   {
    try {
      const saved = await server.send(entry.path, entry.body);
      this.#cross(entry);
      this.#listener.saved(entry, saved);
    } catch (error) {
      if (error instanceof Away) {
        this.#wait(error instanceof Elsewhere);
        return false;
      }
      this.#cross(entry);
      this.#listener.refused(entry, error instanceof Refused ? error.message : String(error));
    }
    return true;
  }

  #cross(entry       )       {
    keep("outbox", this.#entries().filter((other) => other.name !== entry.name));
  }

  #wait(elsewhere         )       {
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)];
    this.#failures += 1;
    this.#listener.waits(say(elsewhere ? "away_elsewhere" : "away", { n: this.#entries().length }));
    this.#timer = setTimeout(() => void this.flush(), pause);
  }
}
