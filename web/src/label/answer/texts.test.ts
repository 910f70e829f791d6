import { describe, expect, test } from "vitest";

import { lanes, marksOf, segments, storedMarks, withMark, type Mark } from "./marks";
import { cut, fromPoints, toPoints, tokenAfter, tokenAt, tokenBefore, trimmed, whole } from "./texts";

const samples = [
  "",
  "plain words",
  "one\ntwo\n\nthree\n",
  "a\r\nb",
  "Dr. Amélie 👩🏽‍⚕️ met 渡辺 🇯🇵 in e\u0301t\u0301e",
  "وصلت سارة إلى القاهرة 🕌 يوم الجمعة",
  "😀".repeat(2000),
  "word ".repeat(20_000),
  "\ud83d broken surrogate",
];

describe.each(samples.map((text) => [text.slice(0, 24), text] as const))("the text %j", (_, text) => {
  const pieces = cut(text);

  test("is whole when its pieces are joined", () => {
    expect(pieces.pieces.map((piece) => text.slice(piece.start, piece.end)).join("")).toBe(text);
  });

  test("counts code points as the server does", () => {
    const units = [0, 1, Math.floor(text.length / 3), text.length].filter((at) => at <= text.length);
    for (const at of units) {
      const { start } = whole(pieces, at, at);
      expect(toPoints(pieces, start)).toBe([...text.slice(0, start)].length);
      expect(fromPoints(pieces, toPoints(pieces, start))).toBe(start);
    }
  });
});

test("a range never splits what is seen as one sign", () => {
  const text = cut("x👩🏽‍⚕️y");
  const end = text.text.length - 1;
  expect(whole(text, 3, 4)).toEqual({ start: 1, end });
  expect(whole(text, 0, 1)).toEqual({ start: 0, end: 1 });
});

test("tokens are words and signs, one after the other, over line ends", () => {
  const text = cut("Hi, all\n\nof you");
  const seen = [];
  for (let token = tokenAt(text, 0); token; token = tokenAfter(text, token.end)) seen.push(text.text.slice(token.start, token.end));
  expect(seen).toEqual(["Hi", ",", "all", "of", "you"]);
  expect(tokenBefore(text, 9)).toEqual({ start: 4, end: 7 });
  expect(tokenBefore(text, 0)).toBeNull();
});

test("blanks at the ends are no part of a mark", () => {
  expect(trimmed("  ab c ", 0, 7)).toEqual({ start: 2, end: 6 });
  expect(trimmed("   ", 0, 3)).toBeNull();
});

test("what is stored are code points", () => {
  const text = cut("👩🏽‍⚕️ Ann");
  const start = text.text.indexOf("Ann");
  const stored = storedMarks([{ start, end: start + 3, label: "P" }], text);
  expect(stored).toEqual([{ start: [..."👩🏽‍⚕️ "].length, end: [..."👩🏽‍⚕️ Ann"].length, label: "P" }]);
  expect(marksOf(stored, text)).toEqual([{ start, end: start + 3, label: "P" }]);
});

test("the same mark again takes it away, another label stands beside it", () => {
  const mark: Mark = { start: 0, end: 3, label: "A" };
  expect(withMark([mark], mark)).toEqual([]);
  expect(withMark([mark], { ...mark, label: "B" })).toHaveLength(2);
});

test("marks that overlap lie on different lines", () => {
  const marks = [
    { start: 0, end: 10, label: "A" },
    { start: 2, end: 5, label: "B" },
    { start: 4, end: 8, label: "C" },
    { start: 12, end: 14, label: "D" },
  ];
  expect(lanes(marks)).toEqual([0, 1, 2, 0]);
});

test("a piece is cut at every edge of its marks and of the selection", () => {
  const marks = [
    { start: 0, end: 6, label: "A" },
    { start: 4, end: 20, label: "B" },
  ];
  const found = segments({ start: 2, end: 10 }, marks, { start: 5, end: 7 });
  expect(found.map(({ start, end, covers, selected }) => [start, end, covers, selected])).toEqual([
    [2, 4, [0], false],
    [4, 5, [0, 1], false],
    [5, 6, [0, 1], true],
    [6, 7, [1], true],
    [7, 10, [1], false],
  ]);
});

test("a hundred thousand signs are cut quickly", () => {
  const text = "A line of some words, and then another one.\n".repeat(2300);
  const start = performance.now();
  cut(text);
  expect(performance.now() - start).toBeLessThan(200);
});
