import type { ActionName } from "../keys/bindings";
import type { Layer } from "../keys/Keys";

/** So many labels have a digit each. */
export const FEW = 10;

/** The digit of each label: its own where all labels are digits, else by its place, the tenth being 0; null beyond. */
export function digitsOf(labels: string[]): (string | null)[] {
  if (labels.length > 0 && labels.every((label) => /^[0-9]$/.test(label))) return labels;
  return labels.map((_, i) => (i < 9 ? String(i + 1) : i === 9 ? "0" : null));
}

/** The digit keys, each for its label. */
export function digits(labels: string[], pick: (label: string) => void): Layer["actions"] {
  const keys = digitsOf(labels);
  return Object.fromEntries(
    labels.flatMap((label, i) => (keys[i] === null ? [] : [[`pick.${keys[i]}` as ActionName, () => pick(label)]])),
  ) as Layer["actions"];
}
