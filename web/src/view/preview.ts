/** An item in a line. No DOM. */

import type { Display, Json } from "../api/types";
import { own } from "./own";
import { stepsOf } from "./steps";

/** A line of an item for a list: the words of its fields in the order they are shown, cut. */
export function preview(fields: Record<string, Json>, display: Record<string, Display>, limit = 160): string {
  const shown = Object.keys(display).filter((name) => Object.hasOwn(fields, name));
  const words = (shown.length > 0 ? shown : Object.keys(fields))
    .map((name) => fieldText(own(fields, name) ?? null, own(display, name) ?? "text"))
    .filter(Boolean)
    .join(" · ");
  // A letter takes two places at most; what is far beyond the cut need not be taken apart.
  const letters = [...words.slice(0, 2 * limit + 1)];
  return letters.length > limit ? `${letters.slice(0, limit).join("").trimEnd()}…` : words;
}

function fieldText(value: Json, display: Display): string {
  if (value === null || display === "pixels" || display === "image" || display === "audio") return "";
  if (display === "chat" || display === "trace") {
    const said = stepsOf(value)?.map(({ text, calls }) => text || calls.map(({ name }) => name).join(", "));
    if (said) return oneLine(said.filter(Boolean).join(" · "));
  }
  if (typeof value === "string") return oneLine(value);
  if (Array.isArray(value) && value.length > 12 && value.every((one) => typeof one === "number")) {
    return `${value.length} numbers`;
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
