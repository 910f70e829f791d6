import { Anchor, Button, Group, Radio, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, type MouseEvent, useState } from "react";

import { path, query } from "../../api/client";
import { manages, useMe } from "../../api/queries";
import type { Project } from "../../api/types";
import { useFreeze, useVerify, versionsOf } from "../api";
import { download } from "../logic/download";
import { count, plural } from "../logic/format";
import { BELOW } from "../parts/below";
import { Dialog } from "../parts/Dialog";
import { State } from "../parts/Dot";
import { Grid } from "../parts/Grid";
import { Head } from "../parts/Head";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { When } from "../parts/When";
import classes from "./exports.module.css";

const FORMATS = [
  { value: "csv", label: "CSV", what: "For programs: exact values, one row an item." },
  { value: "excel-csv", label: "CSV for Excel", what: "Cells that could run as formulas are made harmless." },
  { value: "jsonl", label: "JSON Lines", what: "Nested answers stay as they are." },
  { value: "parquet", label: "Parquet", what: "For data frames; small and typed." },
  { value: "arrow", label: "Arrow", what: "For reading without a copy." },
];

/** Taking the labels out, fixing them as a version, and proving that nothing was changed. */
export function Exports({ project }: { project: Project }) {
  const me = useMe();
  const versions = useQuery(versionsOf(project.name));
  const fetched = useMutation({ mutationFn: download });
  const list = [...(versions.data ?? [])].sort((a, b) => b.number - a.number);
  return (
    <>
      <Head title="Exports" tab={`Exports of ${project.name}`} />
      <div className={classes.columns}>
        <Download project={project.name} versions={list.map((one) => one.number)} />
        <Stack gap="md">
          <Panel
            title="Report"
            about="One page with the curve, the rounds and how they were chosen, to keep or to send."
            aside={
              <Button
                component="a"
                href={path("projects", project.name, "report")}
                target="_blank"
                rel="noopener"
                variant="default"
              >
                Open the report ↗
              </Button>
            }
          />
          <Verify project={project.name} />
        </Stack>
      </div>
      <Panel
        title="Versions"
        about="A frozen version never changes: the same labels have the same digest, whenever they are frozen."
        aside={manages(me) && <Freeze project={project.name} />}
        flush={list.length > 0}
      >
        <Trouble error={versions.error ?? fetched.error} />
        {list.length === 0 && !versions.error ? (
          <Text size="sm" c="dimmed">
            {versions.isPending
              ? "Loading…"
              : "None yet. Each model freezes the labels it is trained on; freeze one yourself to share or to cite it."}
          </Text>
        ) : (
          <Grid
            caption="Dataset versions, the latest first"
            rows={list}
            id={(one) => one.number}
            columns={[
              { name: "Version", title: true, cell: (one) => <strong>Version {one.number}</strong> },
              { name: "Labels", number: true, cell: (one) => count(one.n_items) },
              {
                name: "Note",
                wide: true,
                cell: (one) =>
                  one.note || (
                    <Text span size="sm" c="dimmed">
                      no note
                    </Text>
                  ),
              },
              { name: "Digest", minor: true, cell: (one) => <code title={one.digest}>{one.digest.slice(0, 12)}</code> },
              { name: "Frozen", cell: (one) => <When at={one.created_at} /> },
              {
                name: "Download",
                cell: (one) => (
                  <Anchor
                    href={path("projects", project.name, "export") + query({ format: "csv", version: one.number })}
                    download
                    onClick={instead(fetched.mutate)}
                    size="sm"
                    aria-label={`Download version ${one.number} as CSV`}
                  >
                    CSV
                  </Anchor>
                ),
              },
            ]}
          />
        )}
      </Panel>
    </>
  );
}

/** On a plain click a link's address is handed on, to be fetched; other clicks are the browser's, as with any link. */
const instead = (take: (url: string) => void) => (event: MouseEvent<HTMLAnchorElement>) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  take(event.currentTarget.href);
};

function Download({ project, versions }: { project: string; versions: number[] }) {
  const [format, setFormat] = useState("csv");
  const [version, setVersion] = useState("");
  const fetched = useMutation({ mutationFn: download });
  return (
    <Panel title="Download the labels">
      <Stack gap="md">
        <Radio.Group label="Format" value={format} onChange={setFormat}>
          <Stack gap={8} mt={6}>
            {FORMATS.map(({ value, label, what }) => (
              <Radio key={value} value={value} label={label} description={what} />
            ))}
          </Stack>
        </Radio.Group>
        <Select
          label="Labels"
          value={version}
          onChange={(value) => setVersion(value ?? "")}
          allowDeselect={false}
          data={[
            { value: "", label: "As they are now" },
            ...versions.map((number) => ({ value: String(number), label: `Version ${number}` })),
          ]}
        />
        <Button
          component="a"
          href={path("projects", project, "export") + query({ format, version })}
          download
          onClick={instead(fetched.mutate)}
          loading={fetched.isPending}
          w="fit-content"
        >
          Download
        </Button>
        <Trouble error={fetched.error} title="Nothing was downloaded" />
      </Stack>
    </Panel>
  );
}

function Freeze({ project }: { project: string }) {
  const [opened, { open, close }] = useDisclosure(false);
  const [note, setNote] = useState("");
  const freeze = useFreeze(project);
  const go = (event: FormEvent) => {
    event.preventDefault();
    freeze.mutate(note.trim(), {
      onSuccess: ({ number, created }) => {
        setNote("");
        close();
        notifications.show({
          message: created
            ? `Version ${number} is frozen.`
            : `Nothing has changed since version ${number}, which holds these labels already.`,
        });
      },
    });
  };
  return (
    <>
      <Button variant="default" onClick={open}>
        Freeze a version
      </Button>
      <Dialog opened={opened} onClose={close} title="Freeze a version">
        <form onSubmit={go}>
          <Stack gap="md">
            <TextInput
              {...BELOW}
              label="Note"
              description="What it is for, for example “before the new instructions”. May be empty."
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
              data-autofocus
            />
            <Trouble error={freeze.error} />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={freeze.isPending}>
                Freeze
              </Button>
            </Group>
          </Stack>
        </form>
      </Dialog>
    </>
  );
}

function Verify({ project }: { project: string }) {
  const verify = useVerify(project);
  const found = verify.data;
  return (
    <Panel
      title="Verify"
      about={
        <>
          Recompute every hash and count, to see that nothing was changed behind Querist's back.
          <div role="status" className={classes.verdict}>
            {found?.sound && <State tone="good">Everything agrees</State>}
            {found && !found.sound && <State tone="bad">{`${plural(found.problems.length, "problem")} found`}</State>}
          </div>
        </>
      }
      aside={
        <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
          Verify now
        </Button>
      }
    >
      {found && !found.sound && (
        <ul className={classes.problems}>
          {found.problems.map((problem) => (
            <li key={`${problem.kind} ${problem.where} ${problem.message}`}>
              <strong>{problem.where}</strong> {problem.message}
            </li>
          ))}
        </ul>
      )}
      {verify.error && <Trouble error={verify.error} />}
    </Panel>
  );
}
