/** The policy as the form holds it, and what the form changes of it. No DOM. */

import type { Json } from "../../api/types";
import { MOST_A_ROUND, MOST_LABELS, MOST_USD, numberProblem } from "../logic/numbers";

export interface Draft {
  strategy: string;
  start: string;
  trust: boolean;
  batchSize: number | string;
  exploration: number | string;
  labels: number | string;
  usd: number | string;
  perLabel: number | string;
}

type Policy = Record<string, Json>;

export function draftOf(policy: Policy): Draft {
  const budget = part(policy, "budget");
  const costs = part(policy, "costs");
  return {
    strategy: typeof policy.strategy === "string" ? policy.strategy : "auto",
    start: typeof policy.start === "string" ? policy.start : "k_means",
    trust: policy.trust !== false,
    batchSize: typeof policy.batch_size === "number" ? policy.batch_size : 20,
    exploration: typeof policy.exploration === "number" ? Math.round(policy.exploration * 10_000) / 100 : 10,
    labels: typeof budget.labels === "number" ? budget.labels : "",
    usd: typeof budget.usd === "number" ? budget.usd : "",
    perLabel: typeof costs.per_label === "number" ? costs.per_label : 0,
  };
}

/**
 * The keys of the policy that the form changes; null where it changes none.
 *
 * The budget and the costs are sent whole, with what the form does not show left as it was.
 */
export function policyChanges(policy: Policy, draft: Draft): Policy | null {
  const was = draftOf(policy);
  const changes: Policy = {};
  if (draft.strategy.trim() !== was.strategy) {
    changes.strategy = draft.strategy.trim();
    // Arguments belong to the strategy they were written for.
    changes.params = {};
  }
  if (draft.start !== was.start) changes.start = draft.start;
  if (draft.trust !== was.trust) changes.trust = draft.trust;
  if (Number(draft.batchSize) !== was.batchSize) changes.batch_size = Number(draft.batchSize);
  if (Number(draft.exploration) !== was.exploration)
    changes.exploration = Math.round(Number(draft.exploration) * 100) / 10_000;
  if (draft.labels !== was.labels || draft.usd !== was.usd) {
    changes.budget = { ...part(policy, "budget"), labels: sum(draft.labels), usd: sum(draft.usd) };
  }
  if (Number(draft.perLabel) !== Number(was.perLabel)) {
    changes.costs = { ...part(policy, "costs"), per_label: Number(draft.perLabel) };
  }
  return Object.keys(changes).length > 0 ? changes : null;
}

/** What is wrong with the numbers of the form, by field; undefined where nothing is. */
export function policyProblems(draft: Draft): Partial<Record<keyof Draft, string | undefined>> {
  return {
    batchSize: numberProblem(draft.batchSize, { least: 1, most: MOST_A_ROUND }),
    exploration: numberProblem(draft.exploration, { least: 0, most: 100, fractions: true }),
    labels: numberProblem(draft.labels, { least: 1, most: MOST_LABELS, optional: true }),
    usd: numberProblem(draft.usd, { least: 0, most: MOST_USD, optional: true, fractions: true }),
    perLabel: numberProblem(draft.perLabel, { least: 0, most: MOST_USD, fractions: true }),
  };
}

function part(policy: Policy, name: string): Record<string, Json> {
  const found = policy[name];
  return typeof found === "object" && found !== null && !Array.isArray(found) ? found : {};
}

function sum(value: number | string): number | null {
  return value === "" ? null : Number(value);
}
