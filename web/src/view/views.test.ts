import { expect, test } from "vitest";

import { pinched } from "./pinch";
import { fitted, revealed, zoomed } from "./views";

test("a large picture is made to fit, and stands in the middle", () => {
  expect(fitted(4000, 2000, 800, 600)).toEqual({ scale: 0.2, x: 0, y: 100 });
});

test("a tiny picture is not blown up without end", () => {
  expect(fitted(10, 10, 800, 600).scale).toBe(4);
});

test("the point under the pointer stays under it", () => {
  const before = { scale: 0.5, x: 30, y: 10 };
  const after = zoomed(before, 2, 100, 80);
  const at = (view: typeof before) => [(100 - view.x) / view.scale, (80 - view.y) / view.scale];
  expect(at(after)).toEqual(at(before));
});

test("the view moves just so far that a place is in it, and not where it is already", () => {
  const view = { scale: 2, x: 0, y: 0 };
  expect(revealed(view, 50, 40, 200, 100)).toBe(view);
  expect(revealed(view, 150, 40, 200, 100)).toEqual({ scale: 2, x: -124, y: 0 });
  expect(revealed(view, 50, -5, 200, 100)).toEqual({ scale: 2, x: 0, y: 34 });
});

test("two fingers take the picture along, and what was between them stays there", () => {
  const view = { scale: 1, x: 10, y: 20 };
  expect(pinched(view, { x: 50, y: 60, apart: 40 }, { x: 70, y: 55, apart: 40 })).toEqual({ scale: 1, x: 30, y: 15 });
  expect(pinched(view, { x: 50, y: 60, apart: 40 }, { x: 50, y: 60, apart: 80 })).toEqual({ scale: 2, x: -30, y: -20 });
});
