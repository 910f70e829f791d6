import { describe, expect, it } from "vitest";

import type { Job, Progress, Round } from "../../api/types";
import { budgetLeft, jobWords, latestToLearn, paceOf, queueWords, sentence, standing, whyKept } from "./standing";

const job: Job = {
  id: 1,
  kind: "round",
  state: "running",
  stage: "scoring",
  done: 2,
  total: 5,
  attempts: 1,
  error: null,
  created_at: "",
  started_at: null,
  finished_at: null,
  requested_by: null,
};

const progress: Progress = {
  items: { pool: 100, test: 20, calibration: 5 },
  labeled: {},
  queue: { open: 1, leased: 0, done: 0, skipped: 0, flagged: 0 },
  rounds: { number: 2, n_asked: 20, n_answered: 7 },
  budget: { labels: null, labels_left: null, usd: null, usd_left: null, spent_usd: null },
  paused: false,
  state: "labeling",
  stopped_because: null,
  job: null,
  rate_per_hour: null,
  drain_s: null,
};

describe("a project to be deleted", () => {
  it("is kept once anybody has answered in it", () => {
    const fresh = { ...progress, rounds: { number: 1, n_asked: 20, n_answered: 0 } };
    expect(whyKept(fresh)).toBeNull();
    expect(whyKept({ ...fresh, queue: { ...fresh.queue, done: 1 } })).toContain("cannot be deleted");
    expect(whyKept({ ...fresh, queue: { ...fresh.queue, skipped: 1 } })).toContain("cannot be deleted");
  });
});

describe("the pace", () => {
  it("is not said to be none where there is one, and the other way round", () => {
    expect(paceOf({ ...progress, rate_per_hour: 70, drain_s: null })).toEqual({ value: "70 / h", more: "nothing is waiting" });
    expect(paceOf({ ...progress, rate_per_hour: 60, drain_s: 480 })).toEqual({ value: "60 / h", more: "queue empty in about 8 min" });
    expect(paceOf({ ...progress, rate_per_hour: 0 })).toEqual({ value: "–", more: "no answers in the last 15 minutes" });
  });
});

describe("where a project stands", () => {
  it("says how far the round is", () => {
    expect(standing(progress).more).toBe("Round 2: 7 of 20 answered.");
  });

  it("counts what is asked to measure on beside the round", () => {
    const round = (number: number, purpose: string, n_asked: number, n_answered: number) =>
      ({ number, purpose, n_asked, n_answered, state: "open" }) as Round;
    const rounds = [round(3, "strategy", 20, 7), round(4, "evaluation", 5, 2)];
    expect(standing(progress, rounds).more).toBe("Round 3: 7 of 20 answered, and 2 of 5 to measure on.");
    expect(latestToLearn(rounds)?.number).toBe(3);
    expect(latestToLearn([])).toBeUndefined();
  });

  it("says which stage a job is in, and how far", () => {
    expect(standing({ ...progress, state: "training", job }).words).toBe("Scoring the pool, 40%");
    expect(jobWords({ ...job, state: "waiting" })).toBe("Waiting to start");
    expect(jobWords({ ...job, stage: null, total: 0, kind: "train" })).toBe("Training");
  });

  it("puts a failure before everything, then a pause", () => {
    const failed = { ...job, state: "failed" as const, error: "disk full" };
    expect(standing({ ...progress, paused: true, job: failed })).toMatchObject({ tone: "bad", more: "disk full" });
    expect(standing({ ...progress, paused: true }).words).toBe("Paused");
  });

  it("says why it stopped", () => {
    expect(standing({ ...progress, state: "stopped", stopped_because: "The budget is spent." }).more).toBe(
      "The budget is spent.",
    );
  });
});

describe("the budget", () => {
  it("is said in labels, in money, or as none", () => {
    expect(budgetLeft({ ...progress.budget, labels: 1000, labels_left: 760 })).toEqual({
      value: "760",
      more: "of 1,000 labels bought in all",
    });
    expect(budgetLeft({ ...progress.budget, usd: 500, usd_left: 120.5 }).value).toBe("$120.50");
    expect(budgetLeft(progress.budget).value).toBe("No limit");
  });
});

describe("the queue", () => {
  const queue = { open: 3, leased: 1, done: 9, skipped: 0, flagged: 0 };

  it("says when it will be empty", () => {
    expect(queueWords({ queue, drain_s: 150 })).toBe("Empty in about 3 min at this pace.");
    expect(queueWords({ queue: { ...queue, open: 0, leased: 0 }, drain_s: 0 })).toContain("Everything asked");
    expect(queueWords({ queue, drain_s: null })).toContain("once answers come in");
  });

  it("says how to go on where only what was skipped is left", () => {
    expect(queueWords({ queue: { ...queue, leased: 0, skipped: 1 }, drain_s: 10 })).toContain("Act now");
  });
});

it("reads the server's words as people write them", () => {
  expect(sentence("lease_lapsed")).toBe("Lease lapsed");
});
