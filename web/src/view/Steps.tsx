import type { ReactNode } from "react";

import type { Json } from "../api/types";
import { JsonTree } from "./JsonTree";
import { Markdown } from "./Markdown";
import type { Step } from "./steps";
import classes from "./view.module.css";

interface Props {
  steps: Step[];
  /** What to show beside a step, to judge it. */
  aside?: (index: number) => ReactNode;
  current?: number | null;
}

/** A chat, or what an agent did, message by message; calls of tools are folded. */
export function Steps({ steps, aside, current = null }: Props) {
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => (
        <li
          key={index}
          id={`step-${index}`}
          className={classes.step}
          data-role={step.role}
          data-current={index === current || undefined}
        >
          <div className={classes.stepHead}>
            <span className={classes.role}>{step.role}</span>
            <span className={classes.stepNumber}>{index + 1}</span>
            {aside && <span className={classes.stepAside}>{aside(index)}</span>}
          </div>
          {step.thought && (
            <div className={classes.thought} dir="auto">
              {step.thought}
            </div>
          )}
          {step.text && <Markdown text={step.text} />}
          {step.calls.map((call, i) => (
            <Fold key={i} title={call.name} kind="calls" preview={brief(call.input)} value={call.input} />
          ))}
          {step.result !== undefined && (
            <Fold title="Result" kind="gives" preview={brief(step.result)} value={step.result} />
          )}
        </li>
      ))}
    </ol>
  );
}

function Fold({ title, kind, preview, value }: { title: string; kind: string; preview: string; value: Json }) {
  return (
    <details className={classes.fold}>
      <summary>
        <span className={classes.foldKind}>{kind}</span> <b>{title}</b>{" "}
        <span className={classes.foldPreview}>{preview}</span>
      </summary>
      {typeof value === "string" ? (
        <div className={classes.text} dir="auto">
          {value}
        </div>
      ) : (
        <JsonTree value={value} open={3} />
      )}
    </details>
  );
}

const brief = (value: Json): string => {
  const text = typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
};
