/**
 * A long text in pieces that are drawn apart, and its two ways of counting.
 *
 * JavaScript counts UTF-16 units, the server code points: an emoji is two of the one and one of the other. Here `at`, `start`
 * and `end` are units; what is stored is converted at the edge.
 */

export interface Piece {
  index: number;
  start: number;
  end: number;
  /** Code points before it. */
  points: number;
}

export interface Paragraph {
  pieces: Piece[];
}

export interface Text {
  text: string;
  paragraphs: Paragraph[];
  pieces: Piece[];
}

export interface Token {
  start: number;
  end: number;
}

const LONG = 800;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const words = new Intl.Segmenter(undefined, { granularity: "word" });

/** Cut a text at its line ends, and lines that are very long at a blank; never within what is seen as one sign. */
export function cut(text: string): Text {
  const paragraphs: Paragraph[] = [];
  const pieces: Piece[] = [];
  let points = 0;
  let start = 0;
  while (start < text.length || paragraphs.length === 0) {
    const newline = text.indexOf("\n", start);
    const lineEnd = newline === -1 ? text.length : newline + 1;
    const paragraph: Paragraph = { pieces: [] };
    let at = start;
    do {
      const end = pieceEnd(text, at, lineEnd);
      const piece = { index: pieces.length, start: at, end, points };
      points += codePoints(text, at, end);
      pieces.push(piece);
      paragraph.pieces.push(piece);
      at = end;
    } while (at < lineEnd);
    paragraphs.push(paragraph);
    start = lineEnd;
    if (text.length === 0) break;
  }
  return { text, paragraphs, pieces };
}

function pieceEnd(text: string, start: number, lineEnd: number): number {
  if (lineEnd - start <= LONG) return lineEnd;
  const blank = text.lastIndexOf(" ", start + LONG);
  if (blank > start + LONG / 2) return blank + 1;
  const window = text.slice(start, start + LONG + 64);
  let end = 0;
  for (const { index } of graphemes.segment(window)) {
    if (index > LONG) break;
    end = index;
  }
  return start + (end || LONG);
}

function codePoints(text: string, start: number, end: number): number {
  let n = end - start;
  for (let i = start; i < end - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff && isLow(text, i + 1)) {
      n--;
      i++;
    }
  }
  return n;
}

const isLow = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
};

/** The piece that a place is in; the last one for the end of the text. */
export function pieceAt({ pieces }: Text, at: number): Piece {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.start ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return pieces[low] ?? { index: 0, start: 0, end: 0, points: 0 };
}

/** How many code points stand before a place. */
export function toPoints(cutText: Text, at: number): number {
  const piece = pieceAt(cutText, at);
  return piece.points + codePoints(cutText.text, piece.start, Math.min(at, cutText.text.length));
}

/** The place before which so many code points stand. */
export function fromPoints({ text, pieces }: Text, points: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.points ?? 0) <= points) low = middle;
    else high = middle - 1;
  }
  const piece = pieces[low];
  let at = piece?.start ?? 0;
  for (let left = points - (piece?.points ?? 0); left > 0 && at < text.length; left--) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}

/** The range widened so that it splits nothing that is seen as one sign. */
export function whole(cutText: Text, start: number, end: number): Token {
  return { start: edge(cutText, start, false), end: edge(cutText, end, true) };
}

function edge(cutText: Text, at: number, up: boolean): number {
  const { text } = cutText;
  if (at <= 0) return 0;
  if (at >= text.length) return text.length;
  const piece = pieceAt(cutText, at);
  if (at === piece.start) return at;
  const found = graphemes.segment(text.slice(piece.start, piece.end)).containing(at - piece.start);
  if (!found || found.index === at - piece.start) return at;
  return piece.start + found.index + (up ? found.segment.length : 0);
}

const known = new WeakMap<Piece, Token[]>();

/** The words and signs of a piece, without blanks. */
export function tokensOf({ text }: Text, piece: Piece): Token[] {
  const before = known.get(piece);
  if (before) return before;
  const tokens: Token[] = [];
  for (const { segment, index } of words.segment(text.slice(piece.start, piece.end))) {
    if (segment.trim() === "") continue;
    tokens.push({ start: piece.start + index, end: piece.start + index + segment.length });
  }
  known.set(piece, tokens);
  return tokens;
}

/** The token at a place, or the next one after it. */
export function tokenAt(cutText: Text, at: number): Token | null {
  for (let i = pieceAt(cutText, at).index; i < cutText.pieces.length; i++) {
    const piece = cutText.pieces[i];
    const token = piece && tokensOf(cutText, piece).find((each) => each.end > at);
    if (token) return token;
  }
  return tokenBefore(cutText, cutText.text.length + 1);
}

export function tokenBefore(cutText: Text, at: number): Token | null {
  for (let i = pieceAt(cutText, Math.max(0, at - 1)).index; i >= 0; i--) {
    const piece = cutText.pieces[i];
    const token = piece && tokensOf(cutText, piece).findLast((each) => each.end <= at && each.start < at);
    if (token) return token;
  }
  return null;
}

export function tokenAfter(cutText: Text, at: number): Token | null {
  for (let i = pieceAt(cutText, at).index; i < cutText.pieces.length; i++) {
    const piece = cutText.pieces[i];
    const token = piece && tokensOf(cutText, piece).find((each) => each.start >= at);
    if (token) return token;
  }
  return null;
}

/** A range without the blanks at its ends; null where nothing else is in it. */
export function trimmed(text: string, start: number, end: number): Token | null {
  let from = start;
  let to = end;
  while (from < to && /\s/.test(text[from] ?? "")) from++;
  while (to > from && /\s/.test(text[to - 1] ?? "")) to--;
  return from < to ? { start: from, end: to } : null;
}
