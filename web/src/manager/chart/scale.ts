/** The arithmetic of the charts: round ticks, straight scales, paths. No DOM. */

export interface Scale {
  (value: number): number;
  domain: [number, number];
  ticks: number[];
}

/** Round numbers that cover `low` to `high`, about `wanted` of them, a step of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, wanted: number): number[] {
  if (!(high > low) || wanted < 1) return [low];
  const step = niceStep((high - low) / wanted);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const found: number[] = [];
  for (let i = first; i <= last; i += 1) found.push(tidy(i * step));
  return found;
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  const factor = share < 1.42 ? 1 : share < 3.17 ? 2 : share < 7.08 ? 5 : 10;
  return factor * power;
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** A straight scale from `domain` to `range`, its domain widened to the next round ticks where `nice`. */
export function linear(
  domain: [number, number],
  range: [number, number],
  { wanted = 5, nice = false }: { wanted?: number; nice?: boolean } = {},
): Scale {
  let [low, high] = domain;
  if (low === high) {
    const around = Math.abs(low) * 0.1 || 1;
    [low, high] = [low - around, high + around];
  }
  if (nice) {
    const step = niceStep((high - low) / wanted);
    low = tidy(Math.floor(low / step + 1e-9) * step);
    high = tidy(Math.ceil(high / step - 1e-9) * step);
  }
  const [from, to] = range;
  const scale = ((value: number) => from + ((value - low) / (high - low)) * (to - from)) as Scale;
  scale.domain = [low, high];
  scale.ticks = ticks(low, high, wanted);
  return scale;
}

/** What the values span, those that are finite numbers; null where none is. */
export function extent(values: Iterable<number | null | undefined>): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value == null || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : null;
}

export interface Dot {
  x: number;
  y: number;
}

export function linePath(dots: Dot[]): string {
  return dots.map(({ x, y }, i) => `${i ? "L" : "M"}${round(x)},${round(y)}`).join("");
}

/** The outline of a band: along its upper edge, back along its lower one. */
export function bandPath(upper: Dot[], lower: Dot[]): string {
  if (upper.length < 2 || upper.length !== lower.length) return "";
  return `${linePath(upper)}${linePath([...lower].reverse()).replace("M", "L")}Z`;
}

/** Which of the sorted `positions` lies nearest. */
export function nearest(positions: number[], at: number): number {
  let best = 0;
  for (let i = 1; i < positions.length; i += 1) {
    if (Math.abs((positions[i] ?? 0) - at) < Math.abs((positions[best] ?? 0) - at)) best = i;
  }
  return best;
}

/** The value of a curve of points at `x`, by straight lines between them; null outside. */
export function between(points: Array<{ x: number; y: number }>, x: number): number | null {
  for (let i = 0; i < points.length; i += 1) {
    const here = points[i];
    if (!here) continue;
    if (here.x === x) return here.y;
    const next = points[i + 1];
    if (next && here.x < x && x < next.x) return here.y + ((x - here.x) / (next.x - here.x)) * (next.y - here.y);
  }
  return null;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
