// Tells whether a known cat that was on the last sheet was seen, with its picture.

import { element, say } from "./boot.js";
import { preview } from "./server.js";

export class Planted {
  #place = element("planted");

  tell(planted                                     )       {
    this.#place.hidden = planted.length === 0;
    const parts = planted.flatMap(({ sha256, seen }) => {
      const picture = new Image(64, 36);
      picture.src = preview(sha256);
      picture.alt = "";
      const word = document.createElement("span");
      word.textContent = say(seen ? "planted_seen" : "planted_missed");
      return [picture, word];
    });
    this.#place.replaceChildren(...parts);
  }
}
