import { describe, expect, it } from "vitest";

import { MOST_A_ROUND, numberProblem } from "./numbers";

const round = { least: 1, most: MOST_A_ROUND };

describe("a number that was typed", () => {
  it("is taken within its bounds, both included", () => {
    for (const value of [1, 10_000, "20"]) expect(numberProblem(value, round)).toBeUndefined();
  });

  it("is refused with its bounds where it is absurd", () => {
    for (const value of [0, -3, 10_001, 1e21, "99999999999999999999", 1.5, "x", Number.NaN]) {
      expect(numberProblem(value, round)).toBe("A whole number from 1 to 10,000.");
    }
    expect(numberProblem(101, { least: 0, most: 100, fractions: true })).toBe("A number from 0 to 100.");
    expect(numberProblem(12.5, { least: 0, most: 100, fractions: true })).toBeUndefined();
  });

  it("may be left out only where that means something", () => {
    expect(numberProblem("", round)).toBe("A number is needed here.");
    expect(numberProblem("", { ...round, optional: true })).toBeUndefined();
    expect(numberProblem(null, { ...round, optional: true })).toBeUndefined();
  });
});
