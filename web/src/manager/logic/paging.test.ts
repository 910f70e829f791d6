import { describe, expect, it } from "vitest";
import { goesOn, type Page, progressOf, readFilters, writeFilters } from "./paging";

const page = (n: number, next: string | null, searched = 1000): Page<number> => ({
  items: Array.from({ length: n }, (_, i) => i),
  next,
  searched,
});

describe("a search over many pages", () => {
  it("adds up what was found and looked through", () => {
    expect(progressOf([page(3, "a"), page(0, "b")])).toEqual({ found: 3, searched: 2000, more: true });
    expect(progressOf([page(3, null)]).more).toBe(false);
  });

  it("goes on by itself while it has found too little", () => {
    expect(goesOn([page(0, "a")], 0, 20, 5)).toBe(true);
    expect(goesOn([page(20, "a")], 0, 20, 5)).toBe(false);
    expect(goesOn([page(0, null)], 0, 20, 5)).toBe(false);
  });

  it("asks the reader when its patience is over, and starts anew from there", () => {
    const five = Array.from({ length: 5 }, () => page(0, "a"));
    expect(goesOn(five, 0, 20, 5)).toBe(false);
    expect(goesOn([...five, page(0, "b")], 5, 20, 5)).toBe(true);
  });
});

describe("filters in the address", () => {
  it("survive the way there and back", () => {
    const filters = { state: "labeled", search: "a & b", round: "3" };
    expect(readFilters(writeFilters(filters))).toEqual(filters);
  });

  it("leave out blanks and strangers", () => {
    expect(readFilters("?state=&evil=1&label= x ")).toEqual({ label: "x" });
    expect(writeFilters({ search: "  " })).toBe("");
  });
});
