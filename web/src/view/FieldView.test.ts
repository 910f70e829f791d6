import { expect, test } from "vitest";

import { isShort, runs } from "./FieldView";

test("words and numbers are short, long texts and lists are not", () => {
  expect(isShort("red", "text")).toBe(true);
  expect(isShort(3, "number")).toBe(true);
  expect(isShort("x".repeat(80), "text")).toBe(false);
  expect(isShort("two\nlines", "text")).toBe(false);
  expect(isShort([1], "json")).toBe(false);
});

test("short neighbors stand together, and the order stays", () => {
  const short = (name: string) => name !== "TEXT";
  expect(runs(["a", "TEXT", "b", "c"], short)).toEqual([["a"], ["TEXT"], ["b", "c"]]);
});
