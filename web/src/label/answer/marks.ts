import type { Json } from "../../api/types";
import { fromPoints, toPoints, type Text, type Token } from "./texts";

/** A labeled part of a text, in UTF-16 units. */
export interface Mark extends Token {
  label: string;
}

/** Stored spans (code points) as marks of this text; what does not fit it is left out. */
export function marksOf(value: Json, text: Text): Mark[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each): Mark[] => {
    if (typeof each !== "object" || each === null || Array.isArray(each)) return [];
    const { start, end, label } = each;
    if (typeof start !== "number" || typeof end !== "number" || typeof label !== "string") return [];
    const mark = { start: fromPoints(text, start), end: fromPoints(text, end), label };
    return mark.end > mark.start ? [mark] : [];
  });
}

/** Marks as they are stored: code points, in the order of the text. */
export function storedMarks(marks: Mark[], text: Text): Json {
  return ordered(marks).map(({ start, end, label }) => ({ start: toPoints(text, start), end: toPoints(text, end), label }));
}

export const ordered = (marks: Mark[]): Mark[] =>
  [...marks].sort((a, b) => a.start - b.start || b.end - a.end || (a.label < b.label ? -1 : 1));

/** Marks with one more; the very same one again takes it away. */
export function withMark(marks: Mark[], mark: Mark): Mark[] {
  const others = marks.filter((each) => each.start !== mark.start || each.end !== mark.end || each.label !== mark.label);
  return ordered(others.length < marks.length ? others : [...marks, mark]);
}

/** Beneath each other where they overlap: the line of each mark, counted from 0. */
export function lanes(marks: Mark[]): number[] {
  const ends: number[] = [];
  const order = marks.map((_, i) => i).sort((a, b) => (marks[a]?.start ?? 0) - (marks[b]?.start ?? 0) || (marks[b]?.end ?? 0) - (marks[a]?.end ?? 0));
  const found = new Array<number>(marks.length).fill(0);
  for (const i of order) {
    const mark = marks[i];
    if (!mark) continue;
    let lane = ends.findIndex((end) => end <= mark.start);
    if (lane === -1) lane = ends.length;
    ends[lane] = mark.end;
    found[i] = lane;
  }
  return found;
}

export interface Segment extends Token {
  /** Which marks cover it, by their place in the list. */
  covers: number[];
  /** Which marks begin here. */
  begins: number[];
  selected: boolean;
}

/** A piece of text cut wherever a mark or the selection begins or ends. */
export function segments(piece: Token, marks: Mark[], selection: Token | null): Segment[] {
  const here = marks.map((mark, i) => ({ ...mark, i })).filter((mark) => mark.start < piece.end && mark.end > piece.start);
  const edges = new Set([piece.start, piece.end]);
  const within = (at: number) => at > piece.start && at < piece.end && edges.add(at);
  for (const mark of here) {
    within(mark.start);
    within(mark.end);
  }
  if (selection) {
    within(selection.start);
    within(selection.end);
  }
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((start, k) => ({
    start,
    end: sorted[k + 1] ?? piece.end,
    covers: here.filter((mark) => mark.start <= start && mark.end > start).map((mark) => mark.i),
    begins: here.filter((mark) => mark.start === start).map((mark) => mark.i),
    selected: selection !== null && selection.start <= start && selection.end > start,
  }));
}
