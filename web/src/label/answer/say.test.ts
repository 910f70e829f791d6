import { expect, test } from "vitest";

import { sayAnswer } from "./say";

test("answers are said in a few words", () => {
  expect(sayAnswer("choice", "billing")).toBe("billing");
  expect(sayAnswer("labels", [])).toBe("none");
  expect(sayAnswer("labels", ["a", "b"])).toBe("a, b");
  expect(sayAnswer("ranking", ["a", "b"])).toBe("a > b");
  expect(sayAnswer("pair", "tie")).toBe("equal");
  expect(sayAnswer("number", 3.5)).toBe("3.5");
  expect(sayAnswer("spans", [{ label: "DATE" }, { label: "DATE" }, { label: "PLACE" }])).toBe("2 DATE, 1 PLACE");
  expect(sayAnswer("review", { verdict: "partly", steps: [] })).toBe("partly");
});
