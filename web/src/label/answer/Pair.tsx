import type { ActionName } from "../keys/bindings";
import { useBindings, useKeys } from "../keys/Keys";
import { show } from "../keys/stroke";
import { FieldView } from "../../view/FieldView";
import { own } from "../../view/own";
import classes from "./answer.module.css";
import { Option } from "./Option";
import type { AnswerProps } from "./types";

const WORDS: Record<string, string> = { a: "A is better", b: "B is better", tie: "Equally good", neither: "Neither is good" };

/** The better of two, side by side. */
export function Pair({ work, project, setValue, submit, frame }: AnswerProps) {
  const bound = useBindings();
  const { classes: options, sides } = project.schema;
  const { suggestion, fields } = work.assignment;
  const suggested = suggestion?.visible && typeof suggestion.value === "string" ? suggestion.value : null;
  const chosen = typeof work.value === "string" ? work.value : null;
  const atOnce = project.settings.digits_submit;
  const pick = (option: string) => (atOnce ? submit(option) : setValue(option));
  const ready = chosen ?? suggested;
  const keys = Object.fromEntries(
    options.flatMap((option, i) => [
      [`pair.${option}`, () => pick(option)],
      [`pick.${i + 1}`, () => pick(option)],
    ]),
  );
  useKeys({ actions: { ...keys, submit: () => (ready === null ? false : submit(ready)) } });
  const [left, right] = sides ?? [];
  // Beneath all else: what the two answer is read before them.
  const order = Object.keys(project.display);
  const last = left !== undefined && right !== undefined && order.indexOf(left) > order.indexOf(right) ? left : right;
  const first = last === left ? right : left;
  const instead =
    left !== undefined && right !== undefined && first !== undefined && last !== undefined
      ? {
          [first]: null,
          [last]: (
            <div className={classes.sides}>
              {[left, right].map((name, i) => (
                <section key={name} className={classes.side} aria-label={i === 0 ? "A" : "B"}>
                  <h2 className={classes.sideName}>{i === 0 ? "A" : "B"}</h2>
                  <FieldView name={name} value={own(fields, name) ?? null} display={own(project.display, name) ?? "text"} />
                </section>
              ))}
            </div>
          ),
        }
      : undefined;
  return frame({
    instead,
    answer: (
      <div role="group" aria-label="Which is better" style={{ display: "grid", gap: 8 }}>
        {options.map((option) => {
          const key = bound?.[`pair.${option}` as ActionName]?.[0];
          return (
            <Option
              key={option}
              label={WORDS[option] ?? option}
              hint={key ? show(key) : null}
              chosen={chosen === option}
              suggested={suggested === option}
              confidence={suggestion?.confidence ?? null}
              onPick={() => pick(option)}
            />
          );
        })}
      </div>
    ),
    submit: atOnce
      ? undefined
      : { label: "Submit", ready: ready !== null, run: () => ready !== null && submit(ready), why: "Choose one first" },
  });
}
