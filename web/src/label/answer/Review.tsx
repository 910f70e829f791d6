import { ActionIcon, Group, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";

import { own } from "../../view/own";
import { Steps } from "../../view/Steps";
import { stepsOf } from "../../view/steps";
import { useKeys } from "../keys/Keys";
import classes from "./answer.module.css";
import { Options } from "./Choice";
import { digits } from "./digits";
import type { AnswerProps } from "./types";
import { judged, noted, reviewOf, stored } from "./verdicts";

/** A chat or an agent's trace: a verdict on steps, and one on the whole. */
export function Review({ work, project, setValue, submit, frame }: AnswerProps) {
  const { fields, suggestion } = work.assignment;
  const field = useMemo(
    () => Object.keys(project.display).find((name) => ["chat", "trace"].includes(project.display[name] ?? "")) ?? null,
    [project.display],
  );
  const steps = useMemo(() => (field === null ? null : stepsOf(own(fields, field) ?? null)), [field, fields]);
  const suggested = suggestion?.visible ? reviewOf(suggestion.value) : null;
  const review = work.value === null && suggested ? suggested : reviewOf(work.value);
  const [at, setAt] = useState<number | null>(null);
  const change = (next: typeof review) => setValue(stored(next));
  const pick = (verdict: string) => change({ ...review, verdict });
  const go = (by: number) => {
    if (!steps) return false;
    const next = Math.max(0, Math.min(steps.length - 1, (at ?? (by > 0 ? -1 : steps.length)) + by));
    setAt(next);
    document.getElementById(`step-${next}`)?.scrollIntoView({ block: "nearest" });
    return true;
  };
  const ready = review.verdict !== null;
  const send = () => ready && submit(stored(review));
  useKeys({
    actions: { ...digits(project.schema.classes, pick), submit: () => (ready ? void send() : false) },
    raw: (word) => {
      if (word === "arrowdown" || word === "arrowup") return go(word === "arrowdown" ? 1 : -1);
      if (at !== null && (word === "g" || word === "b")) {
        change(judged(review, at, word === "g" ? "good" : "bad"));
        return true;
      }
      return false;
    },
  });
  const aside = (index: number) => {
    const mine = review.steps.find((each) => each.step === index);
    return (
      <Group gap={4} wrap="nowrap">
        {(["good", "bad"] as const).map((verdict) => (
          <ActionIcon
            key={verdict}
            size={28}
            variant={mine?.verdict === verdict ? "filled" : "subtle"}
            color={mine?.verdict === verdict ? (verdict === "good" ? "teal.9" : "red.8") : "gray"}
            aria-label={`Step ${index + 1} is ${verdict}`}
            aria-pressed={mine?.verdict === verdict}
            onClick={() => {
              setAt(index);
              change(judged(review, index, verdict));
            }}
          >
            {verdict === "good" ? "✓" : "✗"}
          </ActionIcon>
        ))}
      </Group>
    );
  };
  return frame({
    instead: field !== null && steps ? { [field]: <Steps steps={steps} aside={aside} current={at} /> } : undefined,
    answer: (
      <div className={classes.rewrite}>
        <Options
          labels={project.schema.classes}
          chosen={review.verdict === null ? [] : [review.verdict]}
          suggested={suggested?.verdict ? [suggested.verdict] : []}
          confidence={suggestion?.confidence ?? null}
          onPick={pick}
        />
        {review.steps.map((each) => (
          <TextInput
            key={each.step}
            size="xs"
            label={`Step ${each.step + 1} is ${each.verdict}`}
            placeholder="Why? (optional)"
            value={each.note}
            onChange={(event) => change(noted(review, each.step, event.currentTarget.value))}
          />
        ))}
      </div>
    ),
    submit: { label: "Submit", ready, run: send, why: "Give a verdict on the whole first" },
    hint: "↑ ↓ choose a step, G good, B bad",
  });
}
