/** A learning curve as numbers and words: what the chart draws and the table says. No DOM. */

import type { Curve, CurvePoint } from "../../api/types";
import { count, figure } from "../logic/format";
import { between, extent } from "./scale";

export type { CurvePoint };
export type RandomPoint = NonNullable<Curve["random"]>[number];

const SHARES = new Set([
  "accuracy",
  "balanced_accuracy",
  "macro_f1",
  "micro_f1",
  "span_f1",
  "token_f1",
  "roc_auc",
  "average_precision",
]);

/** A metric's name as words: "macro_f1" gives "macro F1". */
export function metricWords(metric: string): string {
  const words = metric.replace(/_/g, " ");
  return words
    .replace(/\bf1\b/, "F1")
    .replace(/\broc auc\b/, "ROC AUC")
    .replace(/\brmse\b/, "RMSE")
    .replace(/\br2\b/, "R²")
    .replace(/\bece\b/, "ECE");
}

/** The points in the order of labels, unusable ones left out; of several models at one count the last one. */
export function ordered<P extends { n_labels: number; value: number }>(points: P[]): P[] {
  const byLabels = new Map<number, P>();
  for (const point of points) {
    if (Number.isFinite(point.value) && Number.isFinite(point.n_labels)) byLabels.set(point.n_labels, point);
  }
  return [...byLabels.values()].sort((a, b) => a.n_labels - b.n_labels);
}

/** So much of the scale is shown at least, lest noise look like a rise. */
const LEAST_SPAN = 0.2;

/** What the vertical axis must span; shares of one never past 0 and 1. */
export function valueDomain(metric: string, points: CurvePoint[], random: RandomPoint[]): [number, number] {
  const all = [...points, ...random].flatMap((point) => [point.value, point.low, point.high]);
  const [low, high] = extent(all) ?? [0, 1];
  const share = SHARES.has(metric);
  const missing = (share ? LEAST_SPAN : LEAST_SPAN * Math.max(Math.abs(low), Math.abs(high))) - (high - low);
  const [from, to] = missing > 0 ? [low - missing / 2, high + missing / 2] : [low, high];
  if (!share) return [from, to];
  // What would stand past one end is added at the other.
  return [Math.max(0, from - Math.max(0, to - 1)), Math.min(1, to + Math.max(0, -from))];
}

/** How far the horizontal axis goes: one model alone stands in the middle, since it ends no curve yet. */
export function labelsDomain(points: CurvePoint[], random: RandomPoint[]): [number, number] {
  const most = Math.max(0, ...[...points, ...random].map((point) => point.n_labels));
  const [only] = points;
  return [0, Math.max(most, points.length === 1 && only ? 2 * only.n_labels : 0) || 1];
}

/** What random labels would have reached at this many, read off the expectation between its points. */
export function randomAt(random: RandomPoint[], nLabels: number): number | null {
  return between(
    random.map((point) => ({ x: point.n_labels, y: point.value })),
    nLabels,
  );
}

/** One point in a sentence, for the line above the chart and for screen readers. */
export function pointWords(metric: string, point: CurvePoint, random: RandomPoint[]): string {
  const name = metricWords(metric);
  const band = point.low != null && point.high != null ? ` (${figure(point.low)} to ${figure(point.high)})` : "";
  const chance = randomAt(random, point.n_labels);
  const versus = chance == null ? "" : `, ${figure(chance)} expected at random`;
  return `${count(point.n_labels)} labels: ${name} ${figure(point.value)}${band}${versus}`;
}

/** The whole chart in a sentence. */
export function summary(metric: string, points: CurvePoint[], random: RandomPoint[]): string {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return "No model has been measured yet.";
  if (points.length === 1) return `One model so far. ${pointWords(metric, last, random)}.`;
  const name = metricWords(metric);
  return (
    `${points.length} models, from ${name} ${figure(first.value)} at ${count(first.n_labels)} labels ` +
    `to ${figure(last.value)} at ${count(last.n_labels)}.`
  );
}
