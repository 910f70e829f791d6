/** Every setting of a project's queue and policy, each with the one line that says what it does. */

import { MOST_A_ROUND, numberProblem } from "./numbers";

export type Control =
  | { kind: "whole"; least: number; most: number; optional?: boolean; unit?: string }
  | { kind: "share" }
  | { kind: "flag" }
  | { kind: "choice"; options: Array<{ value: string; label: string }> }
  | { kind: "field"; optional: true }
  | { kind: "wholes" };

export interface Setting {
  name: string;
  label: string;
  what: string;
  control: Control;
}

export interface Group {
  title: string;
  settings: Setting[];
}

export const QUEUE: Group[] = [
  {
    title: "Who gets what",
    settings: [
      {
        name: "overlap",
        label: "People per item",
        what: "How many different people answer each item before it is settled.",
        control: { kind: "whole", least: 1, most: 50 },
      },
      {
        name: "max_skips",
        label: "Skips",
        what: "When so many people have skipped an item, nobody else is asked.",
        control: { kind: "whole", least: 1, most: 50, unit: "people" },
      },
      {
        name: "open_to_all",
        label: "Open to everyone who signs in",
        what: "Otherwise only people invited to this project see it.",
        control: { kind: "flag" },
      },
      {
        name: "daily_cap",
        label: "Answers a day",
        what: "The most one person may answer here in a day. Empty means no cap.",
        control: { kind: "whole", least: 1, most: 100_000, optional: true, unit: "a person" },
      },
      {
        name: "skill_field",
        label: "Skill field",
        what: "A field of the item that names the skill needed, for example its language. Empty means no skill is needed.",
        control: { kind: "field", optional: true },
      },
      {
        name: "slot_tiers",
        label: "Tiers",
        what: "The least tier for the first, second, … answer to an item, for example 0, 2 for a senior second look.",
        control: { kind: "wholes" },
      },
    ],
  },
  {
    title: "What annotators see",
    settings: [
      {
        name: "suggestions",
        label: "Model's suggestion",
        what: "A visible suggestion speeds people up and biases them; it is recorded either way.",
        control: {
          kind: "choice",
          options: [
            { value: "visible", label: "Shown beside the item" },
            { value: "after", label: "Shown after they answer" },
            { value: "hidden", label: "Never shown" },
          ],
        },
      },
      {
        name: "show_reason",
        label: "Say why an item was asked",
        what: "One sentence under the item, for example “the two likeliest classes are 0.04 apart”.",
        control: { kind: "flag" },
      },
      {
        name: "digits_submit",
        label: "A digit answers at once",
        what: "In single-choice tasks one key both picks and submits; otherwise Enter submits.",
        control: { kind: "flag" },
      },
    ],
  },
  {
    title: "Rounds",
    settings: [
      {
        name: "auto_rounds",
        label: "Open the next round by itself",
        what: "When a round is answered, train and ask the next one without anyone pressing a button.",
        control: { kind: "flag" },
      },
      {
        name: "quorum",
        label: "Quorum",
        what: "The share of a round that must be answered before the next one opens.",
        control: { kind: "share" },
      },
      {
        name: "deadline_s",
        label: "Deadline",
        what: "Close a round this long after it opened, whatever is missing. Empty means wait.",
        control: { kind: "whole", least: 1, most: 31_536_000, optional: true, unit: "seconds" },
      },
      {
        name: "test_per_round",
        label: "Random items to measure on",
        what: "Drawn from the test set with each round, so that the learning curve stays honest.",
        control: { kind: "whole", least: 0, most: MOST_A_ROUND, unit: "a round" },
      },
      {
        name: "test_labels",
        label: "Enough to measure on",
        what: "Once so many items of the test set are labeled, no more of them are asked.",
        control: { kind: "whole", least: 0, most: 1_000_000, unit: "labels" },
      },
    ],
  },
  {
    title: "Leases",
    settings: [
      {
        name: "lease_s",
        label: "Lease",
        what: "How long an item stays with someone who has gone silent before another person may get it.",
        control: { kind: "whole", least: 10, most: 86_400, unit: "seconds" },
      },
      {
        name: "prefetch",
        label: "Items loaded ahead",
        what: "How many items a browser holds, so that the next one shows at once.",
        control: { kind: "whole", least: 0, most: 50 },
      },
      {
        name: "max_leases",
        label: "Items held at once",
        what: "The most one person may hold over all tabs.",
        control: { kind: "whole", least: 1, most: 50 },
      },
    ],
  },
];

export const STARTS: Array<{ value: string; label: string; what: string }> = [
  { value: "k_means", label: "k-means", what: "Spread over the clusters of the data." },
  { value: "max_herding", label: "Max herding", what: "Items that together stand for the whole pool." },
  { value: "typiclust", label: "TypiClust", what: "The most typical item of each cluster." },
  { value: "probcover", label: "ProbCover", what: "Items whose neighborhoods cover the most of the pool." },
  { value: "random", label: "Random", what: "A plain random draw." },
  { value: "stratified", label: "Stratified", what: "Random within the groups of the strata field." },
];

/** Strategies worth offering by name in the page; any other name can be typed. */
export const STRATEGIES: Array<{ value: string; label: string; what: string }> = [
  {
    value: "auto",
    label: "Automatic",
    what: "Picks by what is known: the task, how many classes there are, the kind of model and the size of the pool. Until a model can be trusted it spreads over the data.",
  },
  { value: "margin", label: "Margin", what: "Items whose two likeliest answers are closest together." },
  { value: "entropy", label: "Entropy", what: "Items the model is least sure of, over all answers." },
  { value: "least_confidence", label: "Least confidence", what: "Items whose likeliest answer is least likely." },
  { value: "random", label: "Random", what: "No choosing: the baseline every strategy is held against." },
];

/** Why a strategy is used, in a sentence: what is shown under the choice. */
export function whyStrategy(strategy: string, task: string, nClasses: number): string {
  const known = STRATEGIES.find((one) => one.value === strategy);
  if (strategy !== "auto") return known ? known.what : "A strategy by name; the server checks that it fits the task.";
  const forTask = AUTO_FOR[task];
  if (forTask) return `${known?.what} ${forTask}`;
  const many =
    nClasses > 20
      ? " With this many classes it weighs how unsure the model is by how crowded that part of the data is."
      : "";
  return `${known?.what}${many}`;
}

const AUTO_FOR: Record<string, string> = {
  labels: "For several labels an item it prefers items that lower the model's variance the most.",
  spans: "For spans it prefers texts whose likeliest reading is least likely, per word.",
  boxes: "For boxes it prefers images whose boxes the model is least sure of.",
  number: "For a number it prefers items unlike those it knows, in the model's own eyes.",
};

export const TASKS: Array<{ value: string; label: string; what: string }> = [
  { value: "choice", label: "One of several", what: "One class for each item." },
  { value: "labels", label: "Any of several", what: "None, one or more classes for each item." },
  { value: "spans", label: "Spans in a text", what: "Passages, each of a class; they may overlap." },
  { value: "boxes", label: "Boxes on an image", what: "Rectangles, each of a class." },
  { value: "polygons", label: "Outlines on an image", what: "Polygons and rectangles, each of a class." },
  { value: "pair", label: "Which of two", what: "Two columns side by side: a, b, a tie or neither." },
  { value: "ranking", label: "A ranking", what: "The options in order, best first." },
  { value: "rating", label: "A rating", what: "A whole number on a scale." },
  { value: "number", label: "A number", what: "Any number, for example a price." },
  { value: "text", label: "A text", what: "Free text, or a rewrite of a column." },
  { value: "review", label: "Review of a chat or trace", what: "A verdict on the whole, and on single steps." },
];

export const DISPLAYS: Array<{ value: string; label: string }> = [
  { value: "text", label: "Text" },
  { value: "markdown", label: "Markdown" },
  { value: "json", label: "JSON" },
  { value: "chat", label: "Chat" },
  { value: "trace", label: "Agent trace" },
  { value: "image", label: "Image" },
  { value: "audio", label: "Audio" },
  { value: "pixels", label: "Pixels" },
  { value: "number", label: "Number" },
];

/** Why a setting's number is not taken, or undefined where it is, and for settings that are no numbers. */
export function settingProblem({ control }: Setting, value: unknown): string | undefined {
  if (control.kind === "share") {
    return typeof value === "number" ? numberProblem(value * 100, { least: 0, most: 100, fractions: true }) : numberProblem(value, { least: 0, most: 100 });
  }
  return control.kind === "whole" ? numberProblem(value, control) : undefined;
}

/** Only what differs, for a PATCH that merges; null where nothing does. */
export function changed<T extends Record<string, unknown>>(before: T, after: T): Partial<T> | null {
  const found: Partial<T> = {};
  for (const key of Object.keys(after) as Array<keyof T>) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) found[key] = after[key];
  }
  return Object.keys(found).length ? found : null;
}

/** Whole numbers as they were typed, "0, 2"; null where they do not read as such. */
export function readWholes(value: unknown): number[] | null {
  if (Array.isArray(value)) return value.map(Number);
  const parts = String(value ?? "")
    .split(/[\s,;]+/)
    .filter(Boolean);
  return parts.every((part) => /^\d{1,4}$/.test(part)) ? parts.map(Number) : null;
}

/** What a round, or one of its questions, was asked for, where that is not simply to learn. */
export const PURPOSES: Record<string, string> = {
  strategy: "To learn",
  start: "To learn, before a model is trusted",
  exploration: "At random",
  quota: "For a quota",
  evaluation: "To measure",
};
