// What the last labels did. After a confirm the labeler is asked every half second for a while,
// because the watch needs about a second; otherwise every ten seconds, and never unseen.

import { say } from "./boot.js";
import { Away, server,           } from "./server.js";

const SOON_MS = 500;
const LATER_MS = 10_000;
/** How long an answer to a confirm may take. */
const EXPECTED_MS = 30_000;

export class Newsroom {
  #promotion                = null;
  #round = 0;
  #until = 0;
  #timer = 0;
  #reordered            ;
  #tell                        ;

  /** `reordered` is called when another model orders the queues, `tell` with a line in words. */
  constructor(reordered            , tell                        ) {
    this.#reordered = reordered;
    this.#tell = tell;
    addEventListener("visibilitychange", () => {
      clearTimeout(this.#timer);
      if (document.visibilityState === "visible") void this.#ask();
    });
  }

  start()       {
    void this.#ask();
  }

  /** Labels were sent: something may happen soon. */
  expect()       {
    this.#until = performance.now() + EXPECTED_MS;
    this.#plan();
  }

  #plan()       {
    clearTimeout(this.#timer);
    if (document.visibilityState !== "visible") return;
    const pause = performance.now() < this.#until ? SOON_MS : LATER_MS;
    this.#timer = setTimeout(() => void this.#ask(), pause);
  }

  async #ask()                {
    try {
      this.#read(await server.news());
    } catch (error) {
      if (!(error instanceof Away)) throw error;
    }
    this.#plan();
  }

  #read({ promotion, round }      )       {
    const known = this.#promotion;
    this.#promotion = promotion;
    if (known !== null && known !== promotion) this.#reordered();
    if (!round || round.id === this.#round) return;
    // A round that was there when the page came is no answer to anything done here.
    const fresh = this.#round !== 0 || known !== null;
    this.#round = round.id;
    this.#tell(words(round, fresh));
  }
}

function words(round                            , fresh         )         {
  const percent = (share        ) => `${(100 * share).toFixed(1)} %`;
  const parts           = [];
  const { before, after, hidden } = round;
  if (fresh && before !== null && after !== null && round.promoted) {
    parts.push(say("news_changed", { before: percent(before), after: percent(after) }));
  } else if (fresh && before !== null && !round.promoted) {
    parts.push(say("news_not_better"));
  } else if (after !== null) {
    parts.push(say("news_right", { n: percent(round.promoted ? after : (before ?? after)) }));
  }
  if (hidden !== null) parts.push(say("news_hidden", { n: Math.round(hidden) }));
  if (round.enough) parts.push(say("news_enough"));
  return parts.join(" · ");
}
