/** A number as people type it: 1234.5, 1,234.5, 12,5, -3, 1e3; null for anything else. */
export function readNumber(text: string): number | null {
  let typed = text.trim().replace(/[\s\u00a0\u202f]/g, "").replace(/^\u2212/, "-");
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(typed)) typed = typed.replaceAll(",", "");
  else if (/^[+-]?\d+,\d+$/.test(typed)) typed = typed.replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(typed)) return null;
  const found = Number(typed);
  return Number.isFinite(found) ? found : null;
}

/** The grades of a rating, as a list, where there are few enough to show each. */
export function grades(low: number, high: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(high - low + 1, 21)) }, (_, i) => low + i);
}

/** Which grade a digit key means: the digit itself where the grades hold it, else the grade at its place. */
export function gradeOf(digit: number, all: number[]): number | null {
  if (all.includes(digit)) return digit;
  const low = all[0] ?? 0;
  return low > 9 || low < 0 ? (all[digit - 1] ?? null) : null;
}
