// A finger that stays: what a double click is for a mouse.

/** How long a finger stays before it means something else than a tap, and how far it may slip. */
const LONG_MS = 450;
const SLIP = 10;

/** Calls back with what a finger was held on; the tap that would follow does not happen. */
export function onLongPress(list: HTMLElement, held: (target: EventTarget | null) => void): void {
  let timer = 0;
  let start: PointerEvent | null = null;
  let swallow = false;
  const end = () => {
    clearTimeout(timer);
    start = null;
  };
  list.addEventListener("pointerdown", (event) => {
    swallow = false;
    if (event.pointerType === "mouse") return;
    start = event;
    timer = setTimeout(() => {
      swallow = true;
      held(event.target);
      end();
    }, LONG_MS);
  });
  list.addEventListener("pointermove", (event) => {
    if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > SLIP) end();
  });
  list.addEventListener("pointerup", end);
  // Scrolling takes the finger away.
  list.addEventListener("pointercancel", end);
  // The browser's own menu for a long press would lie over the loupe.
  list.addEventListener("contextmenu", (event) => {
    if ((event as PointerEvent).pointerType !== "mouse") event.preventDefault();
  });
  list.addEventListener(
    "click",
    (event) => {
      if (!swallow) return;
      swallow = false;
      event.stopImmediatePropagation();
      event.preventDefault();
    },
    { capture: true },
  );
}
