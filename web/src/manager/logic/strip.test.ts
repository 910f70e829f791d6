import { expect, test } from "vitest";

import { span } from "./strip";

test("every number lies on the strip, in order, with room at both ends", () => {
  const { start, end, place } = span([1.9, 1.2, 3.1, 1]);
  expect(start).toBeLessThan(1);
  expect(end).toBeGreaterThan(3.1);
  const places = [1, 1.2, 1.9, 3.1].map(place);
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(places[0]).toBeGreaterThan(0);
  expect(places[3]).toBeLessThan(100);
});

test("shares stay within 0 and 1", () => {
  expect(span([0.98, 0.95, 1]).end).toBe(1);
  expect(span([0, 0.01]).start).toBe(0);
});

test("one number alone is no division by zero", () => {
  const { place } = span([0.5]);
  expect(place(0.5)).toBeCloseTo(50);
});
