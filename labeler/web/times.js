// Times in the person's own zone and words; the server wrote them in UTC.

import { boot } from "./boot.js";

const moments = new Intl.DateTimeFormat(boot.lang, { dateStyle: "medium", timeStyle: "short" });
const ages = new Intl.RelativeTimeFormat(boot.lang, { numeric: "auto" });

const DAY_MS = 24 * 3600 * 1000;
/** Units of age, largest first, in days. */
const UNITS                                          = [
  ["year", 365],
  ["month", 30],
  ["week", 7],
  ["day", 1],
];

export function localise()       {
  for (const time of document.querySelectorAll("time")) {
    const age = time.dataset.age;
    time.textContent = age ? ago(Number(age)) : moments.format(new Date(time.dateTime));
  }
}

function ago(ms        )         {
  const days = Math.max(0, (Date.now() - ms) / DAY_MS);
  const [unit, length] = UNITS.find(([, length]) => days >= length) ?? ["day", 1];
  return ages.format(-Math.floor(days / length), unit);
}
