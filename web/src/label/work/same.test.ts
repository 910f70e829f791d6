import { expect, test } from "vitest";

import { same } from "./same";

test("answers are the same whatever the order of their keys", () => {
  expect(same({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
  expect(same({ a: 1 }, { a: 2 })).toBe(false);
});

test("what every object inherits is no answer", () => {
  expect(same({ constructor: null }, { other: null })).toBe(false);
});
