import { expect, test } from "vitest";

import { gradeOf, grades, readNumber } from "./numbers";

test.each([
  ["3.5", 3.5],
  ["12,5", 12.5],
  ["1,234.5", 1234.5],
  ["1,234", 1234],
  ["−3", -3],
  ["1 000", 1000],
  ["1e3", 1000],
  [".5", 0.5],
])("%s is read as %d", (text, number) => {
  expect(readNumber(text)).toBe(number);
});

test.each(["", "abc", "1.2.3", "12,34,5", "Infinity", "--1"])("%j is no number", (text) => {
  expect(readNumber(text)).toBeNull();
});

test("grades run from low to high", () => {
  expect(grades(1, 5)).toEqual([1, 2, 3, 4, 5]);
});

test("a digit means itself where it is a grade, else the grade at its place", () => {
  expect(gradeOf(3, grades(1, 5))).toBe(3);
  expect(gradeOf(7, grades(1, 5))).toBeNull();
  expect(gradeOf(1, grades(-2, 2))).toBe(1);
  expect(gradeOf(1, grades(10, 15))).toBe(10);
});
