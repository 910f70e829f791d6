import { expect, test } from "vitest";

import { begun, moved, optionsOf } from "./order";

test("options come from the item where it brings them", () => {
  expect(optionsOf({ list: ["x", "y"] }, ["list"], ["a"])).toEqual(["x", "y"]);
  expect(optionsOf({ list: '["x", "y"]' }, ["list"], ["a"])).toEqual(["x", "y"]);
  expect(optionsOf({}, null, ["a", "b"])).toEqual(["a", "b"]);
});

test("an entry moves and the others close up", () => {
  expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b", "c"], 2, -5)).toEqual(["c", "a", "b"]);
});

test("an order of other options is not taken up", () => {
  expect(begun(["b", "a"], ["a", "b"])).toEqual(["b", "a"]);
  expect(begun(["b", "c"], ["a", "b"])).toBeNull();
  expect(begun(["a", "a"], ["a", "b"])).toBeNull();
});
