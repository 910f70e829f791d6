/** Where a project stands, in words. No DOM. */

import type { Job, Progress, Round } from "../../api/types";
import type { Tone } from "../parts/Dot";
import { count, duration, money, plural } from "./format";

export const STAGES: { value: NonNullable<Job["stage"]>; words: string }[] = [
  { value: "freezing", words: "Freezing the labels" },
  { value: "training", words: "Training" },
  { value: "evaluating", words: "Evaluating" },
  { value: "scoring", words: "Scoring the pool" },
  { value: "selecting", words: "Selecting" },
  { value: "opening", words: "Opening the round" },
];

export interface Standing {
  tone: Tone;
  words: string;
  more: string;
}

/** Why a project cannot be deleted, where that is known already; the server has the last word. */
export function whyKept({ queue, rounds }: Progress): string | null {
  if (queue.done + queue.skipped + queue.flagged + rounds.n_answered === 0) return null;
  return "People have answered here, and answers are never thrown away: this project cannot be deleted. It can be paused.";
}

/** How fast answers come, and how long what is asked lasts at that rate. */
export function paceOf({ rate_per_hour: rate, drain_s: drain }: Progress): { value: string; more: string } {
  if (!rate) return { value: "–", more: "no answers in the last 15 minutes" };
  const more = drain == null ? "nothing is waiting" : `queue empty in about ${duration(drain)}`;
  return { value: `${count(Math.max(1, Math.round(rate)))} / h`, more };
}

/** What the project is doing now, and what that means for who looks at it. */
export function standing(progress: Progress, rounds: Round[] = []): Standing {
  const { job } = progress;
  if (job?.state === "failed") {
    return { tone: "bad", words: "A job failed", more: job.error ?? "It says no reason." };
  }
  if (progress.paused) return { tone: "wait", words: "Paused", more: "Nobody is given items until it is resumed." };
  switch (progress.state) {
    case "labeling":
      return { tone: "good", words: "Labeling", more: answeredWords(progress, rounds) };
    case "training":
      return {
        tone: "accent",
        words: job ? jobWords(job) : "Training",
        more: "The next round opens when this is done.",
      };
    case "stopped":
      return { tone: "quiet", words: "Stopped", more: progress.stopped_because ?? "A stopping rule fired." };
    case "empty":
      return { tone: "quiet", words: "No items yet", more: "Upload a file to begin." };
    case "idle":
      return { tone: "quiet", words: "Idle", more: "No round is open. Open one to go on." };
  }
}

/** The latest round that was asked to learn from; those to measure on stand beside it. */
export function latestToLearn(rounds: Round[]): Round | undefined {
  return rounds.reduce<Round | undefined>(
    (latest, round) => (round.purpose !== "evaluation" && round.number > (latest?.number ?? 0) ? round : latest),
    undefined,
  );
}

/** How far the open rounds are: "Round 3: 7 of 20 answered, and 2 of 5 to measure on." */
function answeredWords({ rounds: last }: Progress, rounds: Round[]): string {
  const learning = latestToLearn(rounds);
  const measuring = rounds.filter((round) => round.purpose === "evaluation" && round.state === "open");
  if (!learning) return last.number > 0 ? `Round ${last.number}: ${last.n_answered} of ${last.n_asked} answered.` : "";
  const asked = measuring.reduce((sum, round) => sum + round.n_asked, 0);
  const answered = measuring.reduce((sum, round) => sum + round.n_answered, 0);
  const beside = asked > 0 ? `, and ${count(answered)} of ${count(asked)} to measure on` : "";
  return `Round ${learning.number}: ${count(learning.n_answered)} of ${count(learning.n_asked)} answered${beside}.`;
}

/** What a job does at the moment: "Scoring the pool, 40%". */
export function jobWords(job: Job): string {
  if (job.state === "waiting") return "Waiting to start";
  const stage =
    STAGES.find((one) => one.value === job.stage)?.words ??
    { round: "Next round", train: "Training", import: "Import" }[job.kind];
  if (job.state === "failed") return `${stage} failed`;
  if (job.state === "done") return "Done";
  return job.total ? `${stage}, ${Math.floor((100 * job.done) / job.total)}%` : stage;
}

/** How far through its stages a job is: those before it, itself, those to come. */
export function stageIndex(job: Job): number {
  return STAGES.findIndex((one) => one.value === job.stage);
}

/** What is left of the budget, and how it was said. */
export function budgetLeft(budget: Progress["budget"]): { value: string; more: string } {
  if (budget.labels != null) {
    return { value: count(budget.labels_left), more: `of ${plural(budget.labels, "label")} bought in all` };
  }
  if (budget.usd != null) return { value: money(budget.usd_left), more: `of ${money(budget.usd)}` };
  const spent = budget.spent_usd ? `${money(budget.spent_usd)} spent` : "label as many as you like";
  return { value: "No limit", more: spent };
}

export interface Part {
  name: string;
  n: number;
  tone: Tone;
}

/** The queue as parts of a whole, in the order a slot passes through them. */
export function queueParts(queue: Progress["queue"]): Part[] {
  return [
    { name: "Done", n: queue.done, tone: "good" },
    { name: "With someone", n: queue.leased, tone: "accent" },
    { name: "Open", n: queue.open, tone: "quiet" },
    { name: "Skipped", n: queue.skipped, tone: "wait" },
    { name: "Flagged", n: queue.flagged, tone: "bad" },
  ];
}

/** When the queue will be empty, or why that cannot be said. */
export function queueWords({ queue, drain_s }: Pick<Progress, "queue" | "drain_s">): string {
  if (queueParts(queue).every(({ n }) => n === 0)) return "Nothing is asked at the moment.";
  if (queue.open + queue.leased === 0) return "Everything asked has its answers.";
  if (queue.skipped > 0 && queue.leased === 0) {
    return "What somebody skipped waits for another person. “Act now” goes on without it.";
  }
  if (drain_s == null) return "When it will be empty shows once answers come in.";
  return `Empty in about ${duration(drain_s)} at this pace.`;
}

/** The state of a round or a query, with the color it has everywhere. */
export function tone(state: string): Tone {
  switch (state) {
    case "open":
    case "running":
    case "leased":
    case "pending":
    case "asked":
    case "waiting":
      return "accent";
    case "answered":
    case "done":
    case "closed":
    case "labeled":
    case "delivered":
      return "good";
    case "skipped":
    case "retrying":
      return "wait";
    case "failed":
    case "flagged":
    case "dead":
      return "bad";
    default:
      return "quiet";
  }
}

/** A word of the server's as the start of a line: "lease_lapsed" gives "Lease lapsed". */
export function sentence(word: string): string {
  const words = word.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
