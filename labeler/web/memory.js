// What survives a reload: open sheets with their marks. Kept for this topic of this database.

import { boot,                       } from "./boot.js";
import { hold as lock } from "./locks.js";
















const prefix = `whisker/${boot.home}/`;

export function keep(name        , value         )       {
  localStorage.setItem(prefix + name, JSON.stringify(value));
}

export function recall   (name        )           {
  const text = localStorage.getItem(prefix + name);
  try {
    return text === null ? null : (JSON.parse(text)     );
  } catch {
    return null; // written by something else
  }
}

export function forget(name        )       {
  localStorage.removeItem(prefix + name);
}

/** Open sheets of a pool in that order, the one last looked at first. */
export function sheets(pool      , order       )               {
  const all               = [];
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i) ?? "";
    if (!key.startsWith(`${prefix}sheet/`)) continue;
    const sheet = recall            (key.slice(prefix.length));
    if (sheet && sheet.pool === pool && sheet.order === order) all.push(sheet);
  }
  return all.sort((a, b) => b.shown - a.shown || a.opened - b.opened);
}

/**
 * Takes a sheet for this tab; null when another tab has it. It comes free when the tab closes or
 * crashes.
 */
export function hold(id        )                               {
  return lock(prefix + id);
}
