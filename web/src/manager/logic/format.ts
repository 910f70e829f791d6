/** Numbers, times and sums in words people read, and a dash where nothing is known. */

import { ago as since, count as whole, duration as spell } from "../../ui/words";
export { preview } from "../../view/preview";

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const date = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "short" });

/** A count with separators: 12,345. */
export function count(n: number | null | undefined): string {
  return n == null ? "–" : whole(n);
}

/** A count where room is short: 12.3K. */
export function shortCount(n: number): string {
  return n < 10_000 ? whole(n) : compact.format(n);
}

export function money(usd: number | null | undefined): string {
  return usd == null ? "–" : dollars.format(usd);
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A share of one as a percentage; small shares keep a digit. */
export function percent(share: number): string {
  const hundredths = share * 100;
  const digits = hundredths > 0 && hundredths < 1 ? 1 : 0;
  return `${hundredths.toFixed(digits)}%`;
}

/** A metric's value: three significant figures, no trailing noise. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (value == null || !Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  if (Math.abs(value) >= 1000) return whole(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : digits);
}

/** Seconds as people say them: "8 s", "12 min", "3 h 20 min". */
export function duration(seconds: number | null | undefined): string {
  return seconds == null || !Number.isFinite(seconds) ? "–" : spell(seconds);
}

/** How long ago: "just now", "5 min ago", "never". */
export function ago(iso: string | null | undefined, now: number = Date.now()): string {
  if (!iso) return "never";
  return Number.isNaN(Date.parse(iso)) ? "–" : since(iso, now);
}

/** The moment itself, in the reader's own time zone. */
export function moment(iso: string | null | undefined): string {
  if (!iso || Number.isNaN(Date.parse(iso))) return "–";
  return date.format(new Date(iso));
}

/** An answer of any task on one line. */
export function answerText(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return "none";
    if (value.every((one) => typeof one === "string")) return value.join(", ");
    const marks = value as Array<Record<string, unknown>>;
    if (marks.every((one) => one !== null && typeof one === "object" && "label" in one)) return marksText(marks);
  }
  if (typeof value === "object" && "verdict" in value) return String((value as { verdict: unknown }).verdict);
  return JSON.stringify(value);
}

function marksText(marks: Array<Record<string, unknown>>): string {
  const byLabel = new Map<string, number>();
  for (const mark of marks) {
    const label = String(mark.label);
    byLabel.set(label, (byLabel.get(label) ?? 0) + 1);
  }
  return [...byLabel].map(([label, n]) => (n > 1 ? `${label} ×${n}` : label)).join(", ");
}
