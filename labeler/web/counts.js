// Counts of decisions, in words.

import { say } from "./boot.js";


export function sum(counts        )         {
  return counts.keep + counts.reject + counts.unsure + counts.broken;
}

/** The counts that are not zero, in words; `kept` names the text for those that stay. */
export function phrase(counts        , kept                       )         {
  const parts = (["reject", "unsure", "broken"]         )
    .filter((decision) => counts[decision] > 0)
    .map((decision) => say(`count_${decision}`, { n: counts[decision] }));
  if (counts.keep > 0 || parts.length === 0) parts.push(say(kept, { n: counts.keep }));
  return parts.join(say("comma"));
}

/** What a stroke said, for the line at the bottom. */
export function told(answer              )                                  {
  return { total: sum(answer.counts), parts: phrase(answer.counts, "kept") };
}
