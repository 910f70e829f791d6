import type { Json } from "../../api/types";

export interface StepVerdict {
  step: number;
  verdict: "good" | "bad";
  note: string;
}

export interface Verdict {
  verdict: string | null;
  steps: StepVerdict[];
}

/** A review begun earlier, as far as it holds together. */
export function reviewOf(value: Json): Verdict {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { verdict: null, steps: [] };
  const steps = Array.isArray(value.steps) ? value.steps : [];
  return {
    verdict: typeof value.verdict === "string" ? value.verdict : null,
    steps: steps.flatMap((each): StepVerdict[] => {
      if (typeof each !== "object" || each === null || Array.isArray(each) || typeof each.step !== "number") return [];
      if (each.verdict !== "good" && each.verdict !== "bad") return [];
      return [{ step: each.step, verdict: each.verdict, note: typeof each.note === "string" ? each.note : "" }];
    }),
  };
}

/** The review with a verdict on one step; the same verdict once more takes it back. */
export function judged(review: Verdict, step: number, verdict: "good" | "bad"): Verdict {
  const before = review.steps.find((each) => each.step === step);
  const others = review.steps.filter((each) => each.step !== step);
  const steps = before?.verdict === verdict ? others : [...others, { step, verdict, note: before?.note ?? "" }];
  return { ...review, steps: steps.sort((a, b) => a.step - b.step) };
}

export function noted(review: Verdict, step: number, note: string): Verdict {
  return { ...review, steps: review.steps.map((each) => (each.step === step ? { ...each, note } : each)) };
}

export const stored = (review: Verdict): Json => ({
  verdict: review.verdict,
  steps: review.steps.map(({ step, verdict, note }) => ({ step, verdict, note: note.trim() })),
});
