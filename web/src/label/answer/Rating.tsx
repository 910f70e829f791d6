import { useKeys, type Layer } from "../keys/Keys";
import type { ActionName } from "../keys/bindings";
import classes from "./answer.module.css";
import { gradeOf, grades } from "./numbers";
import type { AnswerProps } from "./types";

/** A grade between two: a digit or a touch answers. */
export function Rating({ work, project, setValue, submit, frame }: AnswerProps) {
  const { low, high } = project.schema;
  const all = grades(low ?? 1, high ?? 5);
  const suggestion = work.assignment.suggestion;
  const suggested = suggestion?.visible && typeof suggestion.value === "number" ? suggestion.value : null;
  const chosen = typeof work.value === "number" ? work.value : null;
  const atOnce = project.settings.digits_submit;
  const pick = (grade: number) => (atOnce ? submit(grade) : setValue(grade));
  const ready = chosen ?? suggested;
  const actions: Layer["actions"] = { submit: () => (ready === null ? false : submit(ready)) };
  for (let digit = 1; digit <= 9; digit++) {
    const grade = gradeOf(digit, all);
    if (grade !== null) actions[`pick.${digit}` as ActionName] = () => pick(grade);
  }
  useKeys({
    actions,
    raw: (word) => {
      if (word !== "0" || !all.includes(0)) return false;
      pick(0);
      return true;
    },
  });
  return frame({
    answer: (
      <div role="group" aria-label={`From ${all[0]} to ${all.at(-1)}`} className={classes.grades}>
        {all.map((grade) => (
          <button
            key={grade}
            type="button"
            className={classes.grade}
            aria-pressed={grade === chosen}
            data-suggested={grade === suggested || undefined}
            onClick={() => pick(grade)}
          >
            {grade}
            {grade === suggested && <span className={classes.gradeNote}>suggested</span>}
          </button>
        ))}
      </div>
    ),
    submit: atOnce
      ? undefined
      : { label: "Submit", ready: ready !== null, run: () => ready !== null && submit(ready), why: "Choose a grade first" },
    hint: atOnce && suggested !== null ? "Enter takes the suggestion" : undefined,
  });
}
