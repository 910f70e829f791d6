import type { Json } from "../../api/types";
import { useBindings, useKeys } from "../keys/Keys";
import type { ActionName } from "../keys/bindings";
import { show } from "../keys/stroke";
import classes from "./answer.module.css";
import { digits, digitsOf, FEW } from "./digits";
import { ManyLabels } from "./ManyLabels";
import { Option } from "./Option";
import type { AnswerProps } from "./types";

/** One of several classes: a digit or a touch answers. */
export function Choice(props: AnswerProps) {
  return props.project.schema.classes.length <= FEW ? <Few {...props} /> : <Many {...props} />;
}

const asked = (props: AnswerProps) => {
  const { work, project } = props;
  const suggestion = work.assignment.suggestion;
  const suggested = suggestion?.visible && typeof suggestion.value === "string" ? suggestion.value : null;
  const chosen = typeof work.value === "string" ? work.value : null;
  return { suggestion, suggested, chosen, atOnce: project.settings.digits_submit };
};

function Few(props: AnswerProps) {
  const { project, setValue, submit, frame } = props;
  const labels = project.schema.classes;
  const { suggestion, suggested, chosen, atOnce } = asked(props);
  const pick = (label: string) => (atOnce ? submit(label) : setValue(label));
  const ready = chosen ?? suggested;
  useKeys({ actions: { ...digits(labels, pick), submit: () => (ready === null ? false : submit(ready)) } });
  return frame({
    answer: (
      <Options
        labels={labels}
        chosen={chosen === null ? [] : [chosen]}
        suggested={suggested === null ? [] : [suggested]}
        confidence={suggestion?.confidence ?? null}
        onPick={pick}
      />
    ),
    submit: atOnce
      ? undefined
      : { label: "Submit", ready: ready !== null, run: () => ready !== null && submit(ready), why: "Choose one first" },
    hint: atOnce && suggested !== null ? "Enter takes the suggestion" : undefined,
  });
}

function Many(props: AnswerProps) {
  const { project, setValue, submit, frame } = props;
  const { suggestion, suggested, chosen, atOnce } = asked(props);
  const pick = (label: string) => (atOnce ? submit(label) : setValue(label));
  const ready = chosen ?? suggested;
  useKeys({ actions: { submit: () => (ready === null ? false : submit(ready)) } });
  return frame({
    answer: (
      <ManyLabels
        project={project.name}
        labels={project.schema.classes}
        chosen={chosen === null ? [] : [chosen]}
        suggested={suggested === null ? [] : [suggested]}
        confidence={suggestion?.confidence ?? null}
        onPick={pick}
      />
    ),
    submit: atOnce
      ? undefined
      : { label: "Submit", ready: ready !== null, run: () => ready !== null && submit(ready), why: "Choose one first" },
    hint: suggested !== null && atOnce ? "Enter takes the suggestion" : undefined,
  });
}

interface OptionsProps {
  labels: string[];
  chosen: string[];
  suggested: string[];
  confidence: number | null;
  onPick: (label: string) => void;
  many?: boolean;
  colored?: boolean;
}

/** A few labels, each with the key that picks it. */
export function Options({ labels, chosen, suggested, confidence, onPick, many = false, colored = false }: OptionsProps) {
  const bound = useBindings();
  const keys = digitsOf(labels);
  const longest = Math.max(...labels.map((label) => label.length));
  return (
    <div
      role="group"
      aria-label={many ? "Labels" : "Options"}
      className={classes.options}
      data-short={(labels.length > 4 && longest <= 14) || undefined}
      data-tiny={(labels.length > 4 && longest <= 3) || undefined}
    >
      {labels.map((label, i) => {
        const key = keys[i] == null ? null : bound?.[`pick.${keys[i]}` as ActionName]?.[0];
        return (
          <Option
            key={label}
            label={label}
            hint={key && show(key) !== label ? show(key) : null}
            chosen={chosen.includes(label)}
            suggested={suggested.includes(label)}
            confidence={confidence}
            onPick={() => onPick(label)}
            color={colored ? i : undefined}
            many={many}
          />
        );
      })}
    </div>
  );
}

export const listOf = (value: Json): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
