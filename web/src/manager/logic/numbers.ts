/** What stands in the way of a number that was typed, in a sentence. No DOM. */

const shown = new Intl.NumberFormat("en-US");

export interface Bounds {
  least: number;
  most: number;
  /** An empty field is no error. */
  optional?: boolean;
  /** Fractions are taken as well. */
  fractions?: boolean;
}

/** The most items that one round may ask for. */
export const MOST_A_ROUND = 10_000;
export const MOST_LABELS = 1_000_000_000;
export const MOST_USD = 1_000_000_000;

/** Why `value` is not taken, or undefined where it is. */
export function numberProblem(value: unknown, { least, most, optional = false, fractions = false }: Bounds): string | undefined {
  if (value === "" || value === null || value === undefined) {
    return optional ? undefined : "A number is needed here.";
  }
  const number = Number(value);
  if (Number.isFinite(number) && number >= least && number <= most && (fractions || Number.isInteger(number))) return undefined;
  return `${fractions ? "A" : "A whole"} number from ${shown.format(least)} to ${shown.format(most)}.`;
}
