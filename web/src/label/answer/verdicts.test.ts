import { expect, test } from "vitest";

import { judged, noted, reviewOf, stored } from "./verdicts";

test("steps are kept in their order, each once", () => {
  const review = judged(judged(judged(reviewOf(null), 3, "bad"), 1, "good"), 3, "good");
  expect(review.steps.map(({ step, verdict }) => [step, verdict])).toEqual([
    [1, "good"],
    [3, "good"],
  ]);
});

test("the same verdict again takes it back", () => {
  expect(judged(judged(reviewOf(null), 2, "bad"), 2, "bad").steps).toEqual([]);
});

test("a note stays when the verdict changes", () => {
  const review = judged(noted(judged(reviewOf(null), 2, "bad"), 2, "wrong tool"), 2, "good");
  expect(review.steps).toEqual([{ step: 2, verdict: "good", note: "wrong tool" }]);
});

test("what is stored reads back", () => {
  const review = { ...noted(judged(reviewOf(null), 2, "bad"), 2, "wrong tool"), verdict: "partly" };
  expect(reviewOf(stored(review))).toEqual(review);
});

test("nonsense is an empty review", () => {
  expect(reviewOf("x")).toEqual({ verdict: null, steps: [] });
  expect(reviewOf({ verdict: 3, steps: [{ step: "a" }, 1] })).toEqual({ verdict: null, steps: [] });
});
