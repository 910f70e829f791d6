import { describe, expect, it } from "vitest";

import { changed, QUEUE, readWholes, whyStrategy } from "./settings";

describe("settings", () => {
  it("are each explained in one line", () => {
    for (const { settings } of QUEUE) for (const { what } of settings) expect(what).toMatch(/^[A-Z].*\.$/);
  });

  it("stand for every setting of the queue", () => {
    const names = QUEUE.flatMap(({ settings }) => settings.map(({ name }) => name)).sort();
    expect(names).toEqual(
      [
        "auto_rounds",
        "daily_cap",
        "deadline_s",
        "digits_submit",
        "lease_s",
        "max_leases",
        "max_skips",
        "open_to_all",
        "overlap",
        "prefetch",
        "quorum",
        "show_reason",
        "skill_field",
        "slot_tiers",
        "suggestions",
        "test_labels",
        "test_per_round",
      ].sort(),
    );
  });

  it("are sent only where they differ", () => {
    expect(changed({ a: 1, b: [1] }, { a: 2, b: [1] })).toEqual({ a: 2 });
    expect(changed({ a: 1 }, { a: 1 })).toBeNull();
  });

  it("read whole numbers as people type them", () => {
    expect(readWholes("0, 2")).toEqual([0, 2]);
    expect(readWholes("")).toEqual([]);
    expect(readWholes("0, two")).toBeNull();
  });
});

it("says why the automatic strategy, by the task", () => {
  expect(whyStrategy("auto", "spans", 3)).toContain("spans");
  expect(whyStrategy("auto", "choice", 77)).toContain("this many classes");
  expect(whyStrategy("margin", "choice", 2)).toContain("two likeliest");
});
