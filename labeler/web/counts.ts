// Counts of decisions, in words.

import { say } from "./boot.ts";
import type { Counts, StrokeAnswer } from "./server.ts";

export function sum(counts: Counts): number {
  return counts.keep + counts.reject + counts.unsure + counts.broken;
}

/** The counts that are not zero, in words; `kept` names the text for those that stay. */
export function phrase(counts: Counts, kept: "kept" | "count_keep"): string {
  const parts = (["reject", "unsure", "broken"] as const)
    .filter((decision) => counts[decision] > 0)
    .map((decision) => say(`count_${decision}`, { n: counts[decision] }));
  if (counts.keep > 0 || parts.length === 0) parts.push(say(kept, { n: counts.keep }));
  return parts.join(say("comma"));
}

/** What a stroke said, for the line at the bottom. */
export function told(answer: StrokeAnswer): Record<string, string | number> {
  return { total: sum(answer.counts), parts: phrase(answer.counts, "kept") };
}
