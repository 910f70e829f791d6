/** A new project as it is filled in: what the file proposes, what was changed, what still stands in the way. No DOM. */

import type { Display, Look, Task } from "../../api/types";
import { own } from "../../view/own";
import { MOST_A_ROUND, MOST_LABELS, MOST_USD, numberProblem } from "../logic/numbers";

export const STEPS = ["file", "columns", "labels", "policy", "go"] as const;
export type Step = (typeof STEPS)[number];

/** What a column is for. */
export type Use = "show" | "id" | "label" | "leave";

/** Whether the label column's answers are taken as labels, or only its classes are read. */
export type LabelUse = "known" | "ignore";

export interface Draft {
  step: Step;
  file: File | null;
  look: Look | null;
  name: string;
  uses: Record<string, Use>;
  display: Record<string, Display>;
  labelUse: LabelUse;
  target: string;
  task: Task;
  classes: string;
  low: number | string;
  high: number | string;
  sides: string[];
  overlap: number | string;
  instructions: string;
  strategy: string;
  batchSize: number | string;
  exploration: number | string;
  budgetBy: "none" | "labels" | "usd";
  budgetLabels: number | string;
  budgetUsd: number | string;
  perLabel: number | string;
  suggestions: "visible" | "hidden" | "after";
  testPerRound: number | string;
  openToAll: boolean;
}

export const EMPTY: Draft = {
  step: "file",
  file: null,
  look: null,
  name: "",
  uses: {},
  display: {},
  labelUse: "ignore",
  target: "label",
  task: "choice",
  classes: "",
  low: 1,
  high: 5,
  sides: [],
  overlap: 1,
  instructions: "",
  strategy: "auto",
  batchSize: 20,
  exploration: 10,
  budgetBy: "none",
  budgetLabels: 1000,
  budgetUsd: 500,
  perLabel: 0.1,
  suggestions: "visible",
  testPerRound: 5,
  openToAll: true,
};

export type Change =
  | { type: "looked"; file: File; look: Look }
  | { type: "set"; values: Partial<Draft> }
  | { type: "use"; column: string; use: Use }
  | { type: "show as"; column: string; display: Display }
  | { type: "go to"; step: Step }
  | { type: "forget" };

/** The draft after a change. */
export function reduce(draft: Draft, change: Change): Draft {
  switch (change.type) {
    case "looked":
      return proposed(change.file, change.look);
    case "set":
      return { ...draft, ...change.values };
    case "use":
      return withUse(draft, change.column, change.use);
    case "show as":
      return { ...draft, display: { ...draft.display, [change.column]: change.display } };
    case "go to":
      return { ...draft, step: change.step };
    case "forget":
      return EMPTY;
  }
}

/** What a file proposes: a draft that can be started as it is, where its classes are plain. */
function proposed(file: File, look: Look): Draft {
  const { suggested } = look;
  const use = (name: string): Use => (name === suggested.label ? "label" : name === suggested.id ? "id" : "show");
  // From entries, since a column may be called `__proto__`, which cannot be assigned by that name.
  const uses = Object.fromEntries(look.columns.map(({ name }) => [name, use(name)]));
  const display = Object.fromEntries(look.columns.map((column) => [column.name, column.display]));
  const label = look.columns.find((column) => column.name === suggested.label);
  return {
    ...EMPTY,
    step: "columns",
    file,
    look,
    name: nameOf(file.name),
    uses,
    display,
    // Answers in every row leave nothing to ask; answers in some are what is known already.
    labelUse: label && label.n_missing > 0 ? "known" : "ignore",
    target: suggested.label ?? "label",
    task: suggested.task,
    classes: suggested.classes.join("\n"),
  };
}

/** A project's name from a file's: "train.csv.gz" gives "train". */
export function nameOf(fileName: string): string {
  const base = fileName
    .replace(/\.(gz|bz2|zst|zip|xz)$/i, "")
    .replace(/\.[a-z0-9]{1,8}$/i, "")
    .replace(/[?#%]/g, "");
  return base.replace(/[\s_/\\]+/g, "-").replace(/^-+|-+$/g, "") || "project";
}

function withUse(draft: Draft, column: string, use: Use): Draft {
  // One column at most holds the ids, and one the labels: the one before goes back to being shown.
  const alone = use === "id" || use === "label";
  const others = Object.entries(draft.uses).map(([name, was]): [string, Use] => [name, alone && was === use ? "show" : was]);
  const uses = { ...Object.fromEntries(others), [column]: use };
  const next = { ...draft, uses, sides: draft.sides.map((side) => (own(uses, side) === "show" ? side : "")) };
  if (use !== "label") return next;
  const found = draft.look?.columns.find((one) => one.name === column);
  const labelUse = found && found.n_missing > 0 ? "known" : "ignore";
  const task = found?.kind === "number" && found.n_distinct > FEW ? "number" : draft.task;
  return { ...next, labelUse, task, target: column, classes: draft.classes || seenClasses(draft, column) };
}

/** The columns of the sides with one of them changed; "" where none is chosen yet. */
export function withSide(sides: string[], at: number, column: string): string[] {
  const next = [...sides];
  while (next.length <= at) next.push("");
  next[at] = column;
  return next.some(Boolean) ? next : [];
}

/** How many rows the server looks at to tell what a file holds. */
const LOOKED_AT = 5000;

/** Of which rows the counts of a file's columns are, where it may have more of them. */
export function countedIn(look: Look): string | undefined {
  if (look.n_rows_seen < LOOKED_AT) return undefined;
  return `Counted in the first ${look.n_rows_seen.toLocaleString("en-US")} rows; there may be more in the rest.`;
}

/** That a column of labels holds more classes than are named, where it does: those are refused at the import. */
export function unnamed(draft: Draft): string {
  const label = columnFor(draft, "label");
  const column = draft.look?.columns.find(({ name }) => name === label);
  if (!column || draft.labelUse !== "known" || column.n_distinct <= classList(draft.classes).length) return "";
  return ` “${column.name}” holds ${column.n_distinct} different ones${inTheFirst(draft)}: name them all.`;
}

function inTheFirst({ look }: Draft): string {
  return look && countedIn(look) ? ` in the first ${look.n_rows_seen.toLocaleString("en-US")} rows` : "";
}

function seenClasses(draft: Draft, column: string): string {
  const seen = new Set<string>();
  const examples = draft.look?.columns.find((one) => one.name === column)?.examples ?? [];
  for (const value of [...examples, ...(draft.look?.rows ?? []).map((row) => own(row, column))]) {
    if (value !== null && value !== undefined && value !== "") seen.add(String(value));
  }
  return [...seen].sort(byName.compare).join("\n");
}

/** The classes as written, one a line, blank lines left out. */
export function classList(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

export const NO_CLASSES: ReadonlySet<Task> = new Set<Task>(["number", "rating", "text"]);
const byName = new Intl.Collator("en", { numeric: true });
const FEW = 20; // different numbers, up to which they may as well be names of classes
const TWO_OR_MORE: ReadonlySet<Task> = new Set<Task>(["choice", "ranking", "pair", "review"]);

/** What is wrong with a step, by field; empty where nothing is. */
export function problems(draft: Draft, step: Step): Record<string, string> {
  switch (step) {
    case "file":
      return draft.look ? {} : { file: "Choose a file first." };
    case "columns":
      return columnProblems(draft);
    case "labels":
      return labelProblems(draft);
    case "policy":
      return policyProblems(draft);
    case "go":
      return /^[^/\\?#%]+$/.test(draft.name.trim()) ? {} : { name: "Give the project a name, without / \\ ? # or %." };
  }
}

function columnProblems(draft: Draft): Record<string, string> {
  const shown = Object.values(draft.uses).filter((use) => use === "show").length;
  return shown ? {} : { uses: "Show at least one column: it is what people read to answer." };
}

function labelProblems(draft: Draft): Record<string, string> {
  const found: Record<string, string> = {};
  if (!draft.target.trim()) found.target = "Name what is asked, for example “topic”.";
  const classes = classList(draft.classes);
  const least = NO_CLASSES.has(draft.task) ? 0 : TWO_OR_MORE.has(draft.task) ? 2 : 1;
  const twice = firstTwice(classes);
  if (classes.length < least) {
    found.classes = least === 2 ? "Name at least two answers, one a line." : "Name at least one, one a line.";
  } else if (twice && least) {
    found.classes = `“${twice}” stands twice. Answers must differ in more than case.`;
  } else if (draft.task === "pair") {
    const odd = classes.find((one) => !["a", "b", "tie", "neither"].includes(one));
    if (odd) found.classes = `A pair is answered with a, b, tie or neither; not “${odd}”.`;
  }
  if (draft.task === "pair" && (new Set(draft.sides).size !== 2 || draft.sides.includes(""))) {
    found.sides = "Pick two different columns to be shown side by side.";
  }
  if (
    draft.task === "rating" &&
    !(isWhole(draft.low) && isWhole(draft.high) && Number(draft.low) < Number(draft.high))
  ) {
    found.high = "The scale runs from a whole number up to a larger one.";
  }
  const overlap = numberProblem(draft.overlap, { least: 1, most: 50 });
  if (overlap) found.overlap = overlap;
  return found;
}

function firstTwice(names: string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => {
    const folded = name.toLocaleLowerCase("en").replace(/\s+/g, " ");
    if (seen.has(folded)) return true;
    seen.add(folded);
    return false;
  });
}

function policyProblems(draft: Draft): Record<string, string> {
  const found: Record<string, string | undefined> = {
    batchSize: numberProblem(draft.batchSize, { least: 1, most: MOST_A_ROUND }),
    exploration: numberProblem(draft.exploration, { least: 0, most: 100, fractions: true }),
    testPerRound: numberProblem(draft.testPerRound, { least: 0, most: MOST_A_ROUND }),
  };
  if (draft.budgetBy === "labels") found.budgetLabels = numberProblem(draft.budgetLabels, { least: 1, most: MOST_LABELS });
  if (draft.budgetBy === "usd") {
    found.budgetUsd = numberProblem(draft.budgetUsd, { least: 0.01, most: MOST_USD, fractions: true });
    found.perLabel = numberProblem(draft.perLabel, { least: 0, most: MOST_USD, fractions: true });
  }
  return Object.fromEntries(Object.entries(found).filter((one): one is [string, string] => one[1] !== undefined));
}

function isWhole(value: number | string): boolean {
  return value !== "" && Number.isInteger(Number(value));
}

/** The first step from `from` that something stands in the way of, or null. */
export function firstBlocked(draft: Draft): Step | null {
  return STEPS.find((step) => Object.keys(problems(draft, step)).length > 0) ?? null;
}

/** Whether a step can be gone to: everything before it is in order. */
export function reachable(draft: Draft, step: Step): boolean {
  return STEPS.slice(0, STEPS.indexOf(step)).every((one) => Object.keys(problems(draft, one)).length === 0);
}

/** The column used so, if any. */
export function columnFor(draft: Draft, use: Use): string | null {
  return Object.entries(draft.uses).find(([, one]) => one === use)?.[0] ?? null;
}

/** The columns shown, in the file's order. */
export function shown(draft: Draft): string[] {
  return (draft.look?.columns ?? []).map((column) => column.name).filter((name) => own(draft.uses, name) === "show");
}

/** The body that creates the project. */
export function projectBody(draft: Draft): Record<string, unknown> {
  const noClasses = NO_CLASSES.has(draft.task);
  return {
    name: draft.name.trim(),
    target: draft.target.trim(),
    task: draft.task,
    classes: noClasses ? [] : classList(draft.classes),
    ...(draft.task === "rating" ? { low: Number(draft.low), high: Number(draft.high) } : {}),
    ...(draft.sides.some(Boolean) ? { sides: draft.sides } : {}),
    ...(draft.instructions.trim() ? { instructions: draft.instructions } : {}),
    overlap: Number(draft.overlap),
    policy: policyBody(draft),
    settings: {
      suggestions: draft.suggestions,
      test_per_round: Number(draft.testPerRound),
      open_to_all: draft.openToAll,
    },
  };
}

function policyBody(draft: Draft): Record<string, unknown> {
  const budget: Record<string, unknown> = {};
  if (draft.budgetBy === "labels") budget.labels = Number(draft.budgetLabels);
  if (draft.budgetBy === "usd") budget.usd = Number(draft.budgetUsd);
  return {
    strategy: draft.strategy,
    batch_size: Number(draft.batchSize),
    exploration: Math.round(Number(draft.exploration) * 100) / 10_000,
    ...(draft.budgetBy === "none" ? {} : { budget }),
    ...(draft.budgetBy === "usd" ? { costs: { per_label: Number(draft.perLabel) } } : {}),
  };
}

/** The form that uploads the items. */
export function itemsForm(draft: Draft): FormData {
  const form = new FormData();
  const label = columnFor(draft, "label");
  const id = columnFor(draft, "id");
  if (label && draft.labelUse === "known") form.append("label", label);
  form.append("id_column", id ?? ""); // left out, a column named id would be taken for it, whatever was chosen
  for (const [name, use] of Object.entries(draft.uses)) {
    if (use === "leave" || (use === "label" && draft.labelUse === "ignore")) form.append("drop", name);
  }
  if (draft.file) form.append("file", draft.file, draft.file.name);
  return form;
}

/** How the page shows each field, in order. */
export function displayBody(draft: Draft): Record<string, Display> {
  return Object.fromEntries(shown(draft).map((name) => [name, own(draft.display, name) ?? "text"]));
}
