// Changes on their way to the labeler. They are written down first and crossed out when
// answered, so neither a dead labeler nor a closed tab loses one; all tabs share the list.

import { boot, say } from "./boot.ts";
import { alone } from "./locks.ts";
import { keep, recall } from "./memory.ts";
import { Away, Elsewhere, Refused, server, type Saved } from "./server.ts";

export interface Entry {
  name: string;
  path: string;
  body: unknown;
}

export interface Listener {
  saved(entry: Entry, saved: Saved): void;
  refused(entry: Entry, why: string): void;
  /** In words: changes wait because the labeler does not answer, or do not any more. */
  waits(line: string): void;
}

/** First pause before asking again, and the longest, milliseconds. */
const PAUSES = [1000, 2000, 5000];

export class Outbox {
  #listener: Listener;
  #failures = 0;
  /** The change that was sent at once, until it is answered and after. */
  #first: Promise<boolean> | null = null;
  #timer = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
    addEventListener("online", () => void this.flush());
    // Nothing would be lost, but whoever leaves for good should know that it is not sent.
    addEventListener("beforeunload", (event) => {
      if (this.waits) event.preventDefault();
    });
  }

  /** Whether something could not be sent yet. */
  get waits(): boolean {
    return this.#failures > 0 && this.#entries().length > 0;
  }

  /** Written down, then sent: at once if nothing waits before it, so that it goes before the next sheet is drawn. */
  push(entry: Entry): Promise<boolean> {
    const waiting = this.#entries();
    keep("outbox", [...waiting, entry]);
    if (waiting.length > 0) return this.flush();
    this.#first = this.#send(entry);
    return this.#first;
  }

  /** Sends what waits, oldest first; whether nothing is left. */
  async flush(): Promise<boolean> {
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

  #entries(): Entry[] {
    return recall<Entry[]>("outbox") ?? [];
  }

  async #send(entry: Entry): Promise<boolean> {
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

  #cross(entry: Entry): void {
    keep("outbox", this.#entries().filter((other) => other.name !== entry.name));
  }

  #wait(elsewhere: boolean): void {
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)];
    this.#failures += 1;
    this.#listener.waits(say(elsewhere ? "away_elsewhere" : "away", { n: this.#entries().length }));
    this.#timer = setTimeout(() => void this.flush(), pause);
  }
}
