import type { Assignment, HistoryAct, Json } from "../../api/types";
import type { Given } from "./board";

const SHOWN_GIVEN = 50;

/** My answers with those of earlier visits beneath, as the server tells them. */
export function recalled(given: Given[], acts: HistoryAct[], remembered: Assignment[]): Given[] {
  const items = new Map(remembered.map((item) => [item.item_id, item]));
  const here = new Set(given.map((each) => each.eventId));
  const told = new Set<string>();
  const earlier = acts
    .filter((act) => act.action === "submit" || act.action === "revise" || act.action === "skip")
    // Newest first: of an item that was answered, changed and changed again, the last word is the answer.
    .filter((act) => act.undone || (!told.has(act.item_id) && Boolean(told.add(act.item_id))))
    .filter((act) => !here.has(act.event_id))
    .map((act): Given => ({
      key: `event-${act.event_id}`,
      eventId: act.event_id,
      itemId: act.item_id,
      action: act.action === "skip" ? "skip" : "submit",
      value: act.value,
      note: act.note ?? "",
      preview: act.preview ?? "",
      at: act.submitted_at,
      undone: act.undone,
      editable: act.editable,
      late: false,
      assignment: items.get(act.item_id) ?? null,
    }));
  return [...given, ...earlier].slice(0, Math.max(SHOWN_GIVEN, given.length));
}

/** The first words of an item, to know it by. */
export function firstWords(fields: Record<string, Json>): string {
  for (const value of Object.values(fields)) {
    if (typeof value === "string" && value.trim() !== "" && !value.startsWith("data:")) return value.trim().slice(0, 80);
  }
  for (const value of Object.values(fields)) {
    if (typeof value === "number") return Object.values(fields).slice(0, 3).join(", ").slice(0, 80);
  }
  return "";
}
