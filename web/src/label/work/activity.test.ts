import { beforeEach, expect, test } from "vitest";

import { Activity } from "./activity";

let now = 0;
let activity: Activity;

beforeEach(() => {
  now = 1000;
  activity = new Activity(() => now);
  activity.start();
});

test("time with an item on the screen counts", () => {
  now += 5000;
  expect(activity.read()).toBe(5000);
});

test("time while the page is hidden does not count", () => {
  now += 2000;
  activity.hide();
  now += 60_000;
  activity.show();
  now += 1000;
  expect(activity.read()).toBe(3000);
});

test("after half a minute of stillness the clock stands", () => {
  now += 90_000;
  expect(activity.read()).toBe(30_000);
});

test("it goes on with the next sign of life", () => {
  now += 90_000;
  activity.input();
  now += 4000;
  expect(activity.read()).toBe(34_000);
});

test("many small inputs add up to the whole time", () => {
  for (let i = 0; i < 100; i++) {
    now += 1000;
    activity.input();
  }
  expect(activity.read()).toBe(100_000);
});

test("a new item begins at nothing", () => {
  now += 5000;
  activity.start();
  expect(activity.read()).toBe(0);
});
