// From a key to a command. Keys are known by their place (`code`): a Chinese input method
// delivers "Process" as the key's name.








const MARKS                           = {
  KeyX: "reject",
  Space: "reject",
  KeyU: "unsure",
  KeyB: "broken",
  KeyK: "keep",
};

const MOVES                                                                      = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
};

/** The command of a key press, or null if it is none of ours. */
export function command(event               )                 {
  if (event.defaultPrevented || event.isComposing || event.altKey || editable(event.target)) {
    return null;
  }
  if (event.ctrlKey || event.metaKey) return event.repeat ? null : undoing(event);
  const to = MOVES[event.code];
  // Moving is the one thing that a held key may go on doing.
  if (to) return { do: "move", to, extend: event.shiftKey };
  if (event.repeat) return null;
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return { do: "help" };
  const decision = MARKS[event.code];
  if (decision) return event.code === "Space" && activates(event.target) ? null : { do: "mark", decision };
  if (event.code === "KeyZ") return { do: "loupe" };
  if (event.code === "KeyT") return { do: "titles" };
  if (event.code === "Escape") return { do: "escape" };
  const enter = event.code === "Enter" || event.code === "NumpadEnter";
  return enter && !activates(event.target) ? { do: "confirm" } : null;
}

/** By the letter where there is one: undo is Ctrl with the key that says Z. */
function undoing(event               )                 {
  const latin = /^[a-z]$/i.test(event.key);
  const z = latin ? event.key.toLowerCase() === "z" : event.code === "KeyZ";
  if (!z) return null;
  return { do: event.shiftKey ? "redo" : "undo" };
}

function editable(target                    )          {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"))
  );
}

/** A control for which Enter and Space have a meaning of their own; tiles are no such thing. */
function activates(target                    )          {
  return target instanceof HTMLElement && target.matches("a, button:not(.tile), summary");
}
