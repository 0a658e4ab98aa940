// The overlay of keys, written from the table that the keys obey.

import { element, say } from "./boot.js";
import { ROWS, shown } from "./keys.js";

const MOUSE = [
  ["key_click", "key_click_what"],
  ["key_range", "key_range_what"],
];

export function fillHelp()       {
  const keys = ROWS.map((row) => line(row.keys.map(shown).filter(Boolean), say(row.text)));
  const mouse = MOUSE.map(([how, what]) => line([say(how)], say(what)));
  element("help-keys").replaceChildren(...keys, ...mouse);
}

function line(keys          , what        )                 {
  const [line, term, meaning] = ["div", "dt", "dd"].map((name) => document.createElement(name));
  for (const key of keys) {
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    term.append(kbd, " ");
  }
  meaning.textContent = what;
  line.append(term, meaning);
  return line                  ;
}
