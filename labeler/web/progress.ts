// How far a queue is, in one line of numbers that calm. Pure but for the words.

import { percent, say, type Pool, type Progress, type Queue } from "./boot.ts";
import { kind } from "./desk.ts";

export function progressLine(progress: Progress, pool: Pool, queue: Queue): string {
  const { done, rejected, paced, paced_ms, bound } = progress;
  if (progress.total === 0) return "";
  const audits = queue === "audit" || queue === "below";
  // An audit can end as soon as enough is known; of a slice all of the sample is asked for.
  const goal = queue === "audit" ? bound?.goal : null;
  const total = goal ? Math.min(progress.total, bound!.checked + goal.more) : progress.total;
  const parts = [say("done_of", { done, total })];
  if (paced > 0 && done < total && queue !== "second") parts.push(left(((total - done) * paced_ms) / paced));
  parts.push(say(audits ? "found_so_far" : kind(queue) === "waits" ? "rejected_so_far" : "changed_so_far", { n: rejected }));
  if (bound && bound.checked > 0) {
    const values = { share: percent(bound.at_most), n: bound.checked, frame: bound.frame };
    parts.push(say(queue === "below" ? "bound_slice" : `bound_${pool}`, values));
  }
  if (goal) parts.push(say("goal", { n: goal.more, share: percent(goal.at_most) }));
  return parts.join(" · ");
}

function left(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  const hours = Math.round(minutes / 6) / 10;
  return minutes < 90 ? say("minutes_left", { n: minutes }) : say("hours_left", { n: hours });
}
