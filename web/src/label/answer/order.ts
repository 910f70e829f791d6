import type { Json } from "../../api/types";
import { asJson } from "../../view/media";
import { own } from "../../view/own";

/** What is to be ordered: the list that the item brings along, else the project's options. */
export function optionsOf(fields: Record<string, Json>, sides: string[] | null | undefined, options: string[]): string[] {
  const name = sides?.[0];
  const brought = name === undefined ? null : asJson(own(fields, name) ?? null);
  if (Array.isArray(brought) && brought.length > 0) return brought.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
  return options;
}

/** The list with the entry at `from` at `to`. */
export function moved<T>(list: T[], from: number, to: number): T[] {
  const at = Math.max(0, Math.min(list.length - 1, to));
  const next = [...list];
  const [taken] = next.splice(from, 1);
  if (taken !== undefined) next.splice(at, 0, taken);
  return next;
}

/** An order begun earlier, if it has just these options. */
export function begun(value: Json, options: string[]): string[] | null {
  if (!Array.isArray(value) || value.length !== options.length) return null;
  const texts = value.filter((each): each is string => typeof each === "string");
  return options.every((option) => texts.includes(option)) ? texts : null;
}
