import { Button, Group, Text } from "@mantine/core";
import { useEffect, useReducer, useRef, useState } from "react";

import { Shell } from "../../ui/Shell";
import { Head } from "../parts/Head";
import { ColumnStep } from "./ColumnStep";
import { type Draft, EMPTY, problems, reachable, reduce, type Step, STEPS } from "./draft";
import { FileStep } from "./FileStep";
import { GoStep } from "./GoStep";
import { LabelStep } from "./LabelStep";
import { PolicyStep } from "./PolicyStep";
import type { Made } from "./start";
import classes from "./wizard.module.css";

const NAMES: Record<Step, string> = {
  file: "Upload",
  columns: "Columns",
  labels: "Labels",
  policy: "Policy",
  go: "Go",
};

/** A project from a file, in five steps; each is filled in already where the file tells. */
export function NewProject() {
  const [draft, change] = useReducer(reduce, EMPTY);
  const [checked, setChecked] = useState(false);
  // The policy is filled in as it comes, so whatever is wrong there was typed, and is said at once.
  const shown = checked || draft.step === "policy" ? problems(draft, draft.step) : {};
  const [underWay, setUnderWay] = useState(false);
  const [done, setDone] = useState(false);
  const made = useRef<Made | null>(null);
  const at = STEPS.indexOf(draft.step);
  const top = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // A new step begins at its heading, for eyes and for screen readers.
    if (first.current) first.current = false;
    else top.current?.focus();
  }, [draft.step]);

  useEffect(() => {
    if (!underWay || done) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [underWay, done]);

  const go = (step: Step) => {
    setChecked(false);
    change({ type: "go to", step });
  };
  const onward = () => {
    const next = STEPS[at + 1];
    if (Object.keys(problems(draft, draft.step)).length > 0 || !next) setChecked(true);
    else go(next);
  };
  const body = () => {
    switch (draft.step) {
      case "file":
        return <FileStep draft={draft} change={change} />;
      case "columns":
        return <ColumnStep draft={draft} change={change} problems={shown} />;
      case "labels":
        return <LabelStep draft={draft} change={change} problems={shown} />;
      case "policy":
        return <PolicyStep draft={draft} change={change} problems={shown} />;
      case "go":
        return <GoStep draft={draft} change={change} made={made} busy={setUnderWay} done={() => setDone(true)} />;
    }
  };
  return (
    <Shell>
      <Head title="New project" back={{ href: "/", words: "Projects" }} />
      <div className={classes.wizard}>
        <Progress draft={draft} go={go} locked={underWay} />
        <section aria-labelledby="step" className={classes.step}>
          <h2 id="step" tabIndex={-1} ref={top} className={classes.title}>
            <span className={classes.counter}>
              Step {at + 1} of {STEPS.length}
            </span>
            {done ? "Done" : TITLES[draft.step]}
          </h2>
          {body()}
          {draft.step !== "file" && draft.step !== "go" && (
            <Group mt="xl" gap="sm">
              <Button onClick={onward}>Continue</Button>
              <Button variant="default" onClick={() => go(STEPS[at - 1] ?? "file")}>
                Back
              </Button>
              {Object.keys(shown).length > 0 && (
                <Text size="sm" c="var(--q-bad)" role="alert">
                  {Object.values(shown)[0]}
                </Text>
              )}
            </Group>
          )}
        </section>
      </div>
    </Shell>
  );
}

const TITLES: Record<Step, string> = {
  file: "Which items?",
  columns: "What is in the columns?",
  labels: "What is asked?",
  policy: "How are items chosen?",
  go: "Name it, and go",
};

function Progress({ draft, go, locked }: { draft: Draft; go: (step: Step) => void; locked: boolean }) {
  const at = STEPS.indexOf(draft.step);
  return (
    <nav aria-label="Steps">
      <ol className={classes.steps}>
        {STEPS.map((step, i) => (
          <li key={step}>
            <button
              type="button"
              className={classes.stepLink}
              data-is={i < at ? "done" : i === at ? "now" : "later"}
              aria-current={i === at ? "step" : undefined}
              disabled={locked || (i !== at && !reachable(draft, step))}
              onClick={() => go(step)}
            >
              <span aria-hidden="true">{i < at ? "✓" : i + 1}</span>
              {NAMES[step]}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
