import { Button, Group, Loader, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type Dispatch, type FormEvent, type ReactNode, type RefObject, useState } from "react";

import type { Imported, Progress } from "../../api/types";
import { taskWords } from "../../ui/words";
import { count, plural } from "../logic/format";
import { jobWords } from "../logic/standing";
import { Details } from "../parts/Facts";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { UploadBar } from "../parts/UploadBar";
import { type Change, classList, columnFor, type Draft, firstBlocked, shown } from "./draft";
import { Ready } from "./Ready";
import { type Made, type Stage, start } from "./start";
import classes from "./wizard.module.css";

interface Props {
  draft: Draft;
  change: Dispatch<Change>;
  /** What was made already, kept above: this step goes whenever another one is looked at. */
  made: RefObject<Made | null>;
  busy: (busy: boolean) => void;
  done: () => void;
}

const ORDER: Stage[] = ["project", "items", "round", "ready"];

/** Name it, look over it once more, and go. */
export function GoStep({ draft, change, made, busy, done }: Props) {
  const client = useQueryClient();
  const [stage, setStage] = useState<Stage | null>(null);
  const [share, setShare] = useState(0);
  const [imported, setImported] = useState<Imported | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<unknown>(null);
  const blocked = firstBlocked(draft);
  const finished = stage === "ready" || stage === "asked";
  const running = stage !== null && !finished && error === null;

  const go = async (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    setShare(0);
    busy(true);
    try {
      await start(draft, made.current, (kept) => (made.current = kept), {
        stage: setStage,
        uploaded: setShare,
        imported: setImported,
        progress: setProgress,
      });
      void client.invalidateQueries({ queryKey: ["projects"] });
      done();
    } catch (caught) {
      setError(caught);
      busy(false);
    }
  };

  if (finished) {
    return <Ready project={made.current?.project ?? draft.name} imported={imported} isOpen={stage === "ready"} />;
  }
  return (
    <form onSubmit={(event) => void go(event)}>
      <Stack gap="md">
        <TextInput
          label="Name of the project"
          value={draft.name}
          onChange={(event) => change({ type: "set", values: { name: event.currentTarget.value } })}
          maxLength={100}
          disabled={running}
          error={blocked === "go" ? "Give the project a name, without / \\ ? # or %." : undefined}
        />
        <Panel title="In short">
          <Details facts={facts(draft)} />
        </Panel>
        {stage && <Doing stage={stage} share={share} imported={imported} progress={progress} failed={error !== null} />}
        <Trouble error={error} title="It stopped here" />
        <Group gap="sm">
          <Button type="submit" loading={running} disabled={blocked !== null}>
            {error ? "Try again" : "Create the project"}
          </Button>
          {!running && (
            <Button variant="default" onClick={() => change({ type: "go to", step: "policy" })}>
              Back
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function facts(draft: Draft) {
  const classes = classList(draft.classes);
  const label = columnFor(draft, "label");
  return [
    { name: "File", value: draft.file?.name ?? "–" },
    { name: "Shown", value: shown(draft).join(", ") },
    {
      name: "Asked",
      value: `${draft.target}: ${(taskWords[draft.task] ?? draft.task).toLowerCase()}`,
      more: classes.length > 0 ? plural(classes.length, "answer") : undefined,
    },
    { name: "Known labels", value: label && draft.labelUse === "known" ? `from “${label}”` : "none" },
    { name: "People per item", value: String(draft.overlap) },
    {
      name: "Chosen by",
      value: draft.strategy,
      more: `${draft.batchSize} a round, ${draft.exploration}% at random`,
    },
    {
      name: "Budget",
      value:
        draft.budgetBy === "none"
          ? "no limit"
          : draft.budgetBy === "labels"
            ? `${count(Number(draft.budgetLabels))} labels`
            : `$${count(Number(draft.budgetUsd))}`,
    },
  ];
}

interface DoingProps {
  stage: Stage;
  share: number;
  imported: Imported | null;
  progress: Progress | null;
  failed: boolean;
}

function Doing({ stage, share, imported, progress, failed }: DoingProps) {
  const at = ORDER.indexOf(stage);
  const line = (i: number, words: string, more?: ReactNode) => {
    const is = i < at ? "done" : i === at ? (failed ? "failed" : "now") : "later";
    return (
      <li data-is={is}>
        <Sign is={is} />
        <span>{words}</span>
        {is === "now" && more}
      </li>
    );
  };
  return (
    <Panel title="Under way">
      <ol className={classes.doing} aria-live="polite">
        {line(0, "Make the project")}
        {line(
          1,
          imported ? `Upload the items: ${count(imported.n_added)}` : "Upload the items",
          <UploadBar share={share} />,
        )}
        {line(
          2,
          "Open the first round",
          progress?.job && (
            <Text size="sm" c="dimmed">
              {jobWords(progress.job)}
            </Text>
          ),
        )}
      </ol>
    </Panel>
  );
}

function Sign({ is }: { is: string }) {
  if (is === "now") return <Loader size={18} aria-hidden="true" />;
  const color = is === "done" ? "var(--q-good)" : is === "failed" ? "var(--q-bad)" : "var(--q-line)";
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke={color} strokeWidth="2" aria-hidden="true">
      {is === "done" ? (
        <path d="m4 10.5 4 4 8-9" />
      ) : is === "failed" ? (
        <path d="m5 5 10 10M15 5 5 15" />
      ) : (
        <circle cx="10" cy="10" r="6" />
      )}
    </svg>
  );
}
