// From a key to a command: one table, which the overlay shows and `command` obeys. Keys are
// known by their place (`code`): a Chinese input method delivers "Process" as the key's name.

import { boot, type Decision } from "./boot.ts";

export type Command =
  | { do: "mark"; decision: Decision }
  | { do: "move"; to: Direction; extend: boolean }
  | { do: "column"; column: number; extend: boolean }
  | { do: "loupe" | "titles" | "region" | "confirm" | "undo" | "redo" | "help" | "escape" };

type Direction = "left" | "right" | "up" | "down" | "first" | "last";

/**
 * `single`: a letter or sign alone, which the settings can put behind Alt. `plain`: always alone.
 * `undo` and `redo`: with Ctrl, by the letter where there is one.
 */
type How = "single" | "plain" | "undo" | "redo";

export interface Key {
  code: string;
  /** On the overlay; empty when another key of the row speaks for it. */
  shown: string;
  how: How;
  command: Command;
}

export interface Row {
  /** The text that says what the keys do. */
  text: string;
  keys: Key[];
}

const key = (code: string, shown: string, how: How, command: Command): Key => ({ code, shown, how, command });
const mark = (code: string, shown: string, decision: Decision): Key =>
  key(code, shown, code === "Space" ? "plain" : "single", { do: "mark", decision });
const move = (code: string, shown: string, to: Direction): Key =>
  key(code, shown, "plain", { do: "move", to, extend: false });

/** 1 to 9 and 0 are the first ten tiles of a row: few keys lead to any tile of a sheet. */
const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map((digit, column) =>
  key(`Digit${digit}`, column === 0 ? "1 … 9 0" : "", "single", { do: "column", column, extend: false }),
);

/** Every key there is, in the order of the overlay. */
export const ROWS: Row[] = [
  {
    text: "key_move",
    keys: [
      move("ArrowLeft", "←", "left"),
      move("ArrowUp", "↑", "up"),
      move("ArrowRight", "→", "right"),
      move("ArrowDown", "↓", "down"),
    ],
  },
  { text: "key_ends", keys: [move("Home", "Home", "first"), move("End", "End", "last")] },
  { text: "key_column", keys: DIGITS },
  { text: "key_reject", keys: [mark("KeyX", "X", "reject"), mark("Space", "Space", "reject")] },
  { text: "key_unsure", keys: [mark("KeyU", "U", "unsure")] },
  { text: "key_broken", keys: [mark("KeyB", "B", "broken")] },
  { text: "key_keep", keys: [mark("KeyK", "K", "keep")] },
  { text: "key_loupe", keys: [key("KeyZ", "Z", "single", { do: "loupe" })] },
  { text: "key_titles", keys: [key("KeyT", "T", "single", { do: "titles" })] },
  { text: "key_region", keys: [key("KeyW", "W", "single", { do: "region" })] },
  { text: "key_back", keys: [key("Escape", "Esc", "plain", { do: "escape" })] },
  {
    text: "key_confirm",
    keys: [
      key("Enter", "⏎", "plain", { do: "confirm" }),
      key("NumpadEnter", "", "plain", { do: "confirm" }),
    ],
  },
  { text: "key_undo", keys: [key("KeyZ", "Ctrl Z", "undo", { do: "undo" })] },
  { text: "key_redo", keys: [key("KeyZ", "Ctrl Shift Z", "redo", { do: "redo" })] },
  { text: "key_help", keys: [key("Slash", "?", "single", { do: "help" })] },
];

const KEYS = ROWS.flatMap((row) => row.keys);

/** The command of a key press, or null if it is none of ours. */
export function command(event: KeyboardEvent): Command | null {
  if (event.defaultPrevented || event.isComposing || editable(event.target)) return null;
  if (event.ctrlKey || event.metaKey) return event.altKey || event.repeat ? null : undoing(event);
  const found = KEYS.find((key) => pressed(key, event));
  if (!found) return null;
  // Moving is the one thing that a held key may go on doing.
  if (found.command.do === "move") return { ...found.command, extend: event.shiftKey };
  if (event.repeat) return null;
  if (found.command.do === "column") return { ...found.command, extend: event.shiftKey };
  const own = event.code === "Space" || found.command.do === "confirm";
  return own && activates(event.target) ? null : found.command;
}

/** How a key of the overlay is to be pressed, the settings being what they are. */
export function shown(key: Key): string {
  return key.how === "single" && !boot.settings.single_keys ? `Alt ${key.shown}` : key.shown;
}

function pressed(key: Key, event: KeyboardEvent): boolean {
  if (key.how !== "single" && key.how !== "plain") return false;
  const alt = key.how === "single" && !boot.settings.single_keys;
  if (event.altKey !== alt) return false;
  // The sign is on another key of some keyboards.
  if (key.command.do === "help") return event.key === "?" || (event.code === key.code && event.shiftKey);
  return event.code === key.code;
}

/** By the letter where there is one: undo is Ctrl with the key that says Z. */
function undoing(event: KeyboardEvent): Command | null {
  const latin = /^[a-z]$/i.test(event.key);
  const z = latin ? event.key.toLowerCase() === "z" : event.code === "KeyZ";
  if (!z) return null;
  return { do: event.shiftKey ? "redo" : "undo" };
}

function editable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"))
  );
}

/** A control for which Enter and Space have a meaning of their own; tiles are no such thing. */
function activates(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("a, button:not(.tile), summary");
}
