import type { Json, Task } from "../../api/types";

/** An answer in a few words, for the strip of answers. */
export function sayAnswer(task: Task, value: Json): string {
  if (value === null) return "";
  if (typeof value === "string") return task === "pair" ? PAIR[value] ?? value : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) {
    if (task === "spans" || task === "boxes" || task === "polygons") return counted(value);
    if (value.length === 0) return "none";
    return value.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join(task === "ranking" ? " > " : ", ");
  }
  return typeof value.verdict === "string" ? value.verdict : JSON.stringify(value);
}

const PAIR: Record<string, string> = { a: "A is better", b: "B is better", tie: "equal", neither: "neither" };

function counted(marks: Json[]): string {
  if (marks.length === 0) return "no marks";
  const counts = new Map<string, number>();
  for (const mark of marks) {
    const label = typeof mark === "object" && mark !== null && !Array.isArray(mark) ? String(mark.label ?? "") : "";
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].map(([label, n]) => `${n} ${label}`).join(", ");
}
