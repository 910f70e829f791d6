import { describe, expect, it } from "vitest";

import { draftOf, policyChanges } from "./policy";

const policy = {
  strategy: "margin",
  params: { beta: 2 },
  start: "k_means",
  trust: true,
  batch_size: 20,
  exploration: 0.1,
  costs: { per_label: 0, per_character: 0.001, per_utility: false },
  budget: { labels: 500, usd: null },
};

describe("the policy's form", () => {
  it("changes nothing by being looked at", () => {
    expect(policyChanges(policy, draftOf(policy))).toBeNull();
    expect(policyChanges({}, draftOf({}))).toBeNull();
  });

  it("sends only what differs", () => {
    expect(policyChanges(policy, { ...draftOf(policy), exploration: 12.5 })).toEqual({ exploration: 0.125 });
  });

  it("drops the arguments of the strategy before", () => {
    expect(policyChanges(policy, { ...draftOf(policy), strategy: "auto" })).toEqual({ strategy: "auto", params: {} });
  });

  it("keeps what it does not show of the costs, and lifts a budget", () => {
    expect(policyChanges(policy, { ...draftOf(policy), perLabel: 0.2, labels: "" })).toEqual({
      costs: { per_label: 0.2, per_character: 0.001, per_utility: false },
      budget: { labels: null, usd: null },
    });
  });
});
