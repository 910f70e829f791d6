import { expect, test } from "vitest";

import { ago, count, duration } from "./words";

test("counts are grouped by thousands", () => {
  expect(count(1234567)).toBe("1,234,567");
});

test.each([
  [0.42, "0.4 s"],
  [8, "8 s"],
  [59.6, "1 min"],
  [180, "3 min"],
  [7800, "2 h 10 min"],
  [3600 * 24 * 4, "4 d"],
])("%d seconds are said as %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test("what happened now is said so", () => {
  expect(ago(new Date(1000).toISOString(), 2000)).toBe("just now");
  expect(ago(new Date(0).toISOString(), 300_000)).toBe("5 min ago");
});
