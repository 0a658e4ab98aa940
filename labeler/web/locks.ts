// Locks between the tabs of a browser. Browsers keep them for secure pages: on a page that came
// from another machine over plain HTTP, notes in the browser's storage must do. What slips
// through them is harmless, because the labeler takes every change once.

/** How often a note is renewed, and how long after its last renewal it counts, milliseconds. */
const RENEW_MS = 2000;
const STALE_MS = 8000;

/** Random and so nobody else's, also where `crypto.randomUUID` is not given. */
export function uuid(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The rest of the tab waits for `run`; where there are locks, other tabs do, too. */
export function alone<T>(name: string, run: () => Promise<T>): Promise<T> {
  if (navigator.locks) return navigator.locks.request(name, () => run()) as Promise<T>;
  const turn = (turns.get(name) ?? Promise.resolve()).then(run);
  turns.set(name, turn.catch(() => undefined));
  return turn;
}

const turns = new Map<string, Promise<unknown>>();

/**
 * Takes a name for this tab until it is released; null when another has it. It comes free when
 * the tab closes or crashes.
 */
export function hold(name: string): Promise<(() => void) | null> {
  if (!navigator.locks) return Promise.resolve(note(name));
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(null);
        return;
      }
      return new Promise<void>((release) => resolve(() => release()));
    });
  });
}

const held = new Set<string>();

function note(name: string): (() => void) | null {
  const key = `held:${name}`;
  const [tab, renewed] = (localStorage.getItem(key) ?? " 0").split(" ");
  const taken = tab !== own() && Date.now() - Number(renewed) < STALE_MS;
  if (taken || held.has(name)) return null;
  const renew = () => localStorage.setItem(key, `${own()} ${Date.now()}`);
  renew();
  held.add(name);
  const timer = setInterval(renew, RENEW_MS);
  return () => {
    clearInterval(timer);
    held.delete(name);
    localStorage.removeItem(key);
  };
}

/** The tab's own name, which a reload keeps. */
function own(): string {
  const name = sessionStorage.getItem("whisker/tab") ?? uuid();
  sessionStorage.setItem("whisker/tab", name);
  return name;
}
