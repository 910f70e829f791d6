import { expect, test } from "vitest";

import { actionNames, actionsOf, bindings, clashes } from "./bindings";

test("without preferences every action has its usual keys", () => {
  expect(bindings({}).undo).toEqual(["u", "backspace"]);
});

test("a person's own keys take the place of the usual ones", () => {
  const mine = bindings({ keys: { undo: ["z"] } });
  expect(actionsOf("z", mine)).toEqual(["undo"]);
  expect(actionsOf("u", mine)).toEqual([]);
});

test("nonsense in the preferences changes nothing", () => {
  expect(bindings({ keys: "x" })).toEqual(bindings({}));
  expect(bindings({ keys: { undo: 3 } }).undo).toEqual(["u", "backspace"]);
});

test("with single keys off, only combinations work", () => {
  expect(actionsOf("u", bindings({}), true)).toEqual([]);
  expect(actionsOf("1", bindings({}), true)).toEqual([]);
  expect(actionsOf("ctrl+enter", bindings({}), true)).toEqual(["submit"]);
});

test("no two actions of one screen share a usual key", () => {
  const usual = bindings({});
  for (const name of actionNames) {
    for (const key of usual[name]) expect(clashes(name, key, usual)).toEqual([]);
  }
});

test("a key that is taken is known to be", () => {
  expect(clashes("skip", "u", bindings({}))).toEqual(["undo"]);
});

test("keys of two kinds of tasks do not clash, as they are never on one screen", () => {
  expect(clashes("mark.point.add", "b", bindings({}))).toEqual([]);
  expect(clashes("mark.point.add", "d", bindings({}))).toEqual(["mark.delete"]);
});
