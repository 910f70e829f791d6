export interface Piece {
  kind: "same" | "gone" | "new";
  text: string;
}

const MOST = 4_000_000;

/** What was taken out of a text and put in, word by word. Texts too long to compare are said to differ as a whole. */
export function diff(before: string, after: string): Piece[] {
  const a = words(before);
  const b = words(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middleA = a.slice(start, a.length - end);
  const middleB = b.slice(start, b.length - end);
  const pieces: Piece[] = [];
  add(pieces, "same", a.slice(0, start).join(""));
  if (middleA.length * middleB.length > MOST) {
    add(pieces, "gone", middleA.join(""));
    add(pieces, "new", middleB.join(""));
  } else middle(middleA, middleB, pieces);
  add(pieces, "same", a.slice(a.length - end).join(""));
  return pieces;
}

function middle(a: string[], b: string[], pieces: Piece[]): void {
  const wide = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * wide + j] =
        a[i] === b[j]
          ? 1 + (longest[(i + 1) * wide + j + 1] ?? 0)
          : Math.max(longest[(i + 1) * wide + j] ?? 0, longest[i * wide + j + 1] ?? 0);
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add(pieces, "same", a[i] ?? "");
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || (longest[(i + 1) * wide + j] ?? 0) >= (longest[i * wide + j + 1] ?? 0))) {
      add(pieces, "gone", a[i++] ?? "");
    } else add(pieces, "new", b[j++] ?? "");
  }
}

function add(pieces: Piece[], kind: Piece["kind"], text: string): void {
  if (text === "") return;
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}

/** Words with the blanks after them; scripts without blanks go sign by sign. */
function words(text: string): string[] {
  return text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}_'’]+\s*|\s+|[^\s]/gu) ?? [];
}
