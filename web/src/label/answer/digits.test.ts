import { expect, test } from "vitest";

import { digits, digitsOf } from "./digits";

test("labels have the digit of their place, the tenth has 0", () => {
  expect(digitsOf(["a", "b"])).toEqual(["1", "2"]);
  expect(digitsOf(Array.from({ length: 12 }, (_, i) => `label ${i}`)).slice(8)).toEqual(["9", "0", null, null]);
});

test("labels that are digits are picked by themselves", () => {
  const labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  expect(digitsOf(labels)).toEqual(labels);
  const picked: string[] = [];
  const actions = digits(labels, (label) => picked.push(label));
  actions?.["pick.5"]?.({} as KeyboardEvent);
  actions?.["pick.0"]?.({} as KeyboardEvent);
  expect(picked).toEqual(["5", "0"]);
});

test("one label that is none makes all go by their place", () => {
  expect(digitsOf(["0", "1", "other"])).toEqual(["1", "2", "3"]);
});
