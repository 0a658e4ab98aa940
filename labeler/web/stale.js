// What is behind, in one line under the question: the model, the page itself after an upgrade, a
// sheet whose covers went to others. It says what to do, and never takes a key or a click away.

import { boot, element, say } from "./boot.js";


/** Of the script that runs here; the labeler names its files by their contents. */
const VERSION = new URL(import.meta.url).pathname.split("/")[2];
/** Where the line has room of its own; elsewhere it waits for the next sheet, so nothing moves. */
const ROOM = "(min-width: 721px)";








export class Stale {
  #place = element("stale");
  #news              = null;
  #locked = false;
  #lost = 0;

  heard(news      )       {
    this.#news = news;
    this.#locked = false;
    this.#settle();
  }

  /** The labeler wants its token anew. */
  locked()       {
    this.#locked = true;
    this.#settle();
  }

  /** So many covers left the sheet in view. */
  lost(covers        )       {
    this.#lost += covers;
    this.#paint();
  }

  /** Another sheet is in view. */
  turned()       {
    this.#lost = 0;
    if (this.#news || this.#locked) this.#paint();
  }

  #settle()       {
    if (matchMedia(ROOM).matches) this.#paint();
  }

  #line()              {
    if (this.#locked) return { text: say("stale_locked") };
    if (this.#news && this.#news.home !== boot.home) return { text: say("stale_elsewhere"), reload: true };
    if (this.#news && this.#news.version !== VERSION) return { text: say("stale_upgraded"), reload: true };
    if (this.#lost > 0) return { text: say("stale_lease", { n: this.#lost }) };
    return this.#news?.stale ?? null;
  }

  /** What is said already is left alone: a screen reader would say it again. */
  #paint()       {
    const line = this.#line();
    const parts                = [];
    if (line) parts.push(made("span", line.text));
    if (line?.command) parts.push(made("code", line.command));
    if (line?.reload) {
      const link = made("a", say("reload"))                     ;
      link.href = location.href;
      parts.push(link);
    }
    const told = parts.map((part) => part.textContent).join(" ");
    if (told === this.#place.textContent?.trim()) return;
    this.#place.replaceChildren(...parts.flatMap((part) => [part, " "]));
  }
}

function made(tag        , text        )              {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
