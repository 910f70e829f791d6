/** Where numbers lie on a strip that holds all of them, with room at both ends. No DOM. */

export interface Span {
  start: number;
  end: number;
  /** Of a number, in percent of the strip. */
  place: (at: number) => number;
}

export function span(numbers: number[]): Span {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const room = Math.max((high - low) * 0.15, 1e-3);
  const start = low >= 0 ? Math.max(0, low - room) : low - room;
  const end = low >= 0 && high <= 1 ? Math.min(1, high + room) : high + room;
  const width = end - start || 1;
  return { start, end, place: (at) => (100 * (at - start)) / width };
}
