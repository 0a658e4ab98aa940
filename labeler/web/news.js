// What the last labels did, and whether the labeler is still there and the same. After a confirm
// it is asked every half second for a while if a watch is at work, because that needs about a
// second; otherwise every ten seconds, and never unseen.

import { say,            } from "./boot.js";
import { Away, Locked, server,           } from "./server.js";

const SOON_MS = 500;
const LATER_MS = 10_000;
/** How often a labeler is asked that does not answer. */
const AGAIN_MS = 2000;
/** How long an answer to a confirm may take. */
const EXPECTED_MS = 30_000;














export class Newsroom {
  #promotion                = null;
  #round = 0;
  #until = 0;
  #timer = 0;
  #watched = false;
  #gone = false;
  #queue       ;
  #reader        ;

  constructor(queue       , reader        ) {
    this.#queue = queue;
    this.#reader = reader;
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
    const expected = this.#watched && performance.now() < this.#until;
    const pause = expected ? SOON_MS : this.#gone ? AGAIN_MS : LATER_MS;
    this.#timer = setTimeout(() => void this.#ask(), pause);
  }

  async #ask()                {
    try {
      const news = await server.news(this.#queue);
      this.#reachable(true);
      this.#reader.heard(news);
      this.#read(news);
    } catch (error) {
      if (error instanceof Locked) this.#reader.locked();
      else if (error instanceof Away) this.#reachable(false);
      else throw error;
    }
    this.#plan();
  }

  #reachable(is         )       {
    if (is !== this.#gone) return;
    this.#gone = !is;
    this.#reader.away(!is);
  }

  #read({ promotion, round, watched }      )       {
    const known = this.#promotion;
    this.#promotion = promotion;
    this.#watched = watched;
    if (known !== null && known !== promotion) this.#reader.reordered();
    if (!round || round.id === this.#round) return;
    // A round that was there when the page came is no answer to anything done here.
    const fresh = this.#round !== 0 || known !== null;
    this.#round = round.id;
    this.#reader.told(words(round, fresh));
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
