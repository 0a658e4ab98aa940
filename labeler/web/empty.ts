// What is said and offered when a queue gives no sheet.

import { element, say, type InboxBoot, type Progress, type Queue } from "./boot.ts";

/** Shows why there is no sheet; the text that says so. `failed`: the slice's sample can allow nothing more. */
export function showEmpty(inbox: InboxBoot, { total, done }: Progress, failed: boolean): string {
  const state = why(inbox.order, total, failed ? 0 : total - done);
  element("empty").hidden = false;
  element("empty-what").textContent = say(state, { total, n: total - done });
  element("empty-hint").textContent = say(`${state}_hint`);
  const command = element("empty-command");
  command.hidden = state !== "no_covers";
  command.textContent = command.hidden ? "" : `crawler import FOLDER --pool ${inbox.pool}`;
  element("empty-on").hidden = state !== "all_decided";
  element("empty-again").hidden = state !== "elsewhere" && state !== "no_covers";
  element("empty-audit").hidden = state !== "audit_done";
  return state;
}

function why(queue: Queue, total: number, left: number): string {
  if (queue === "second") return total === 0 ? "no_kept" : "second_done";
  if (total > 0 && left > 0) return "elsewhere";
  switch (queue) {
    case "suspects":
      return total === 0 ? "no_suspects" : "suspects_done";
    case "audit":
      return total === 0 ? "no_kept" : "audit_done";
    case "below":
      return "slice_done";
    default:
      return total === 0 ? "no_covers" : "all_decided";
  }
}
