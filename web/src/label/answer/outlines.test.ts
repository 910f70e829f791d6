import { expect, test } from "vitest";

import {
  begin,
  bounds,
  boxBetween,
  cornerAt,
  grownBy,
  movedBy,
  sayPoint,
  shapesOf,
  storedShapes,
  unfinished,
  withoutPoint,
  withPointAfter,
  type Box,
  type Polygon,
} from "./outlines";

const size = { width: 100, height: 80 };
const box: Box = { kind: "box", x: 10, y: 10, width: 30, height: 20, label: "a" };
const triangle: Polygon = { kind: "polygon", points: [[0, 0], [20, 0], [10, 10]], label: "b" };

test("a box is the same whichever corner it was begun at", () => {
  expect(boxBetween({ x: 40, y: 30 }, { x: 10, y: 10 }, size, "a")).toEqual(box);
  expect(boxBetween({ x: 10.3, y: 9.7 }, { x: 40.2, y: 30.1 }, size, "a")).toEqual(box);
});

test("a box stays within the picture, and has an area", () => {
  expect(boxBetween({ x: -20, y: 5 }, { x: 500, y: 500 }, size, "a")).toEqual({ kind: "box", x: 0, y: 5, width: 100, height: 75, label: "a" });
  expect(boxBetween({ x: 5, y: 5 }, { x: 5.2, y: 40 }, size, "a")).toBeNull();
});

test("moving stops at the edge", () => {
  expect(movedBy(box, -50, 500, size)).toMatchObject({ x: 0, y: 60, width: 30, height: 20 });
  expect(bounds(movedBy(triangle, 500, 3, size))).toEqual({ x: 80, y: 3, width: 20, height: 10 });
});

test("growing stops at the edge and at one pixel", () => {
  expect(grownBy(box, 500, -500, size)).toMatchObject({ width: 90, height: 1 });
  expect(bounds(grownBy(triangle, 20, 10, size))).toEqual({ x: 0, y: 0, width: 40, height: 20 });
});

test("a corner that is drawn over the opposite one turns the box around", () => {
  expect(cornerAt(box, 0, { x: 60, y: 50 }, size)).toMatchObject({ x: 40, y: 30, width: 20, height: 20 });
});

test("a point of an outline moves alone", () => {
  expect(cornerAt(triangle, 2, { x: 12, y: 300 }, size)).toMatchObject({ points: [[0, 0], [20, 0], [12, 80]] });
});

test("what is stored reads back, and nonsense is left out", () => {
  expect(shapesOf(storedShapes([box, triangle]))).toEqual([box, triangle]);
  expect(shapesOf([{ label: "x" }, { points: [[1, 2]], label: "x" }, 3, null])).toEqual([]);
});

test("a shape begun by keyboard lies in the picture", () => {
  for (let n = 0; n < 7; n++) {
    const { x, y, width, height } = bounds(begin("polygon", { width: 8, height: 8 }, "a", n));
    expect(x).toBeGreaterThanOrEqual(0);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(8);
    expect(y + height).toBeLessThanOrEqual(8);
  }
});

test("a point is added halfway to the next one, also from the last to the first", () => {
  expect(withPointAfter(triangle, 0).points).toEqual([[0, 0], [10, 0], [20, 0], [10, 10]]);
  expect(withPointAfter(triangle, 2).points).toEqual([[0, 0], [20, 0], [10, 10], [5, 5]]);
});

test("a point is taken away as long as three are left", () => {
  const four = withPointAfter(triangle, 0);
  expect(withoutPoint(four, 1)?.points).toEqual(triangle.points);
  expect(withoutPoint(triangle, 1)).toBeNull();
});

test("too few points, or points on one line, make no outline", () => {
  expect(unfinished(triangle.points)).toBeNull();
  expect(unfinished([[0, 0], [5, 5]])).toMatch(/at least 3 points; this one has 2/);
  expect(unfinished([[0, 0], [5, 5], [9, 9]])).toMatch(/on one line/);
});

test("a point is said by its number and where it is", () => {
  expect(sayPoint(triangle.points, 2)).toBe("Point 3 of 3: 10 from the left, 10 from the top");
});
