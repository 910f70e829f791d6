import { expect, test } from "vitest";

import { diff } from "./diff";

const joined = (before: string, after: string, kinds: string[]) =>
  diff(before, after)
    .filter((piece) => kinds.includes(piece.kind))
    .map((piece) => piece.text)
    .join("");

test.each([
  ["the old cat sat", "the new cat sat down"],
  ["", "all new"],
  ["all gone", ""],
  ["渡辺さんは東京へ", "渡辺さんは大阪へ"],
  ["a\n\nb 👩🏽‍⚕️ c", "a\nb 👩🏽‍⚕️ d"],
])("%j to %j keeps every sign of both", (before, after) => {
  expect(joined(before, after, ["same", "gone"])).toBe(before);
  expect(joined(before, after, ["same", "new"])).toBe(after);
});

test("a word that changed is the only change", () => {
  expect(diff("one two three", "one too three")).toEqual([
    { kind: "same", text: "one " },
    { kind: "gone", text: "two " },
    { kind: "new", text: "too " },
    { kind: "same", text: "three" },
  ]);
});

test("equal texts have no change", () => {
  expect(diff("same here", "same here")).toEqual([{ kind: "same", text: "same here" }]);
});

test("long texts do not hold up the page", () => {
  const before = "word and another ".repeat(6000);
  const start = performance.now();
  diff(before, `x ${before.replace("another", "other")} y`);
  expect(performance.now() - start).toBeLessThan(500);
});
