import { expect, test } from "vitest";

import { picture } from "./pixels";

test("a flat list of square length is a square picture", () => {
  const found = picture([0, 1, 2, 4]);
  expect(found).toMatchObject({ width: 2, height: 2 });
  expect([...(found?.gray ?? [])]).toEqual([0, 64, 128, 255]);
});

test("rows of numbers keep their shape", () => {
  expect(picture([[0, 255, 0], [0, 10, 0]])).toMatchObject({ width: 3, height: 2 });
});

test("bytes keep their brightness", () => {
  expect([...(picture([[0, 200]])?.gray ?? [])]).toEqual([0, 200]);
});

test("what is no picture is none", () => {
  expect(picture([1, 2, 3])).toBeNull();
  expect(picture([[1, 2], [3]])).toBeNull();
  expect(picture("text")).toBeNull();
  expect(picture(["a", "b", "c", "d"])).toBeNull();
});
