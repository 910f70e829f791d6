import { useKeys } from "../keys/Keys";
import { listOf, Options } from "./Choice";
import { digits, FEW } from "./digits";
import { ManyLabels } from "./ManyLabels";
import type { AnswerProps } from "./types";

/** Any of several labels: digits switch them on and off, Enter submits. */
export function Labels({ work, project, setValue, submit, frame }: AnswerProps) {
  const { classes } = project.schema;
  const suggestion = work.assignment.suggestion;
  const suggested = suggestion?.visible ? listOf(suggestion.value) : [];
  // A visible suggestion is where one starts; unlike one's own choice it stays marked as what it is.
  const chosen = work.value === null ? suggested : listOf(work.value);
  const toggle = (label: string) => {
    const next = chosen.includes(label) ? chosen.filter((each) => each !== label) : [...chosen, label];
    setValue(classes.filter((each) => next.includes(each)));
  };
  const few = classes.length <= FEW;
  const send = () => submit(classes.filter((each) => chosen.includes(each)));
  useKeys({ actions: { ...(few ? digits(classes, toggle) : {}), submit: send } });
  const shared = { labels: classes, chosen, suggested, confidence: suggestion?.confidence ?? null, onPick: toggle, many: true };
  return frame({
    answer: few ? <Options {...shared} /> : <ManyLabels project={project.name} {...shared} />,
    submit: {
      label: chosen.length === 0 ? "Submit: none of these" : `Submit ${chosen.length} ${chosen.length === 1 ? "label" : "labels"}`,
      ready: true,
      run: send,
    },
  });
}
