import { expect, test } from "vitest";

import { beyond } from "./beyond";

test("a row fades where it goes on out of sight", () => {
  expect(beyond({ scrollLeft: 0, clientWidth: 390, scrollWidth: 500 })).toEqual({ before: false, after: true });
  expect(beyond({ scrollLeft: 50, clientWidth: 390, scrollWidth: 500 })).toEqual({ before: true, after: true });
  expect(beyond({ scrollLeft: 109.6, clientWidth: 390, scrollWidth: 500 })).toEqual({ before: true, after: false });
  expect(beyond({ scrollLeft: 0, clientWidth: 390, scrollWidth: 390 })).toEqual({ before: false, after: false });
});
