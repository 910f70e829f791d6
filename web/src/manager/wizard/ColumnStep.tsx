import { Radio, Select, Stack, Text } from "@mantine/core";
import type { Dispatch } from "react";

import type { Display, Json, Look } from "../../api/types";
import { Item } from "../../view/FieldView";
import { own } from "../../view/own";
import { count } from "../logic/format";
import { DISPLAYS } from "../logic/settings";
import { Grid } from "../parts/Grid";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { type Change, columnFor, countedIn, type Draft, type LabelUse, shown, type Use } from "./draft";
import classes from "./wizard.module.css";

interface Props {
  draft: Draft;
  change: Dispatch<Change>;
  problems: Record<string, string>;
}

const USES: { value: Use; label: string }[] = [
  { value: "show", label: "Show it" },
  { value: "label", label: "Holds labels" },
  { value: "id", label: "Is the id" },
  { value: "leave", label: "Leave it out" },
];

type ColumnOf = Look["columns"][number];

/** Which columns people see and how, which is the id, and which holds labels already. */
export function ColumnStep({ draft, change, problems }: Props) {
  const label = columnFor(draft, "label");
  const column = draft.look?.columns.find(({ name }) => name === label);
  return (
    <Stack gap="md">
      <Panel title={draft.file?.name ?? "The file"} about={draft.look && countedIn(draft.look)} flush>
        <Grid
          caption="Columns of the file"
          rows={draft.look?.columns ?? []}
          id={({ name }) => name}
          columns={[
            {
              name: "Column",
              wide: true,
              cell: (one) => (
                <>
                  <strong>{one.name}</strong>
                  <span className={classes.examples}>{examples(one)}</span>
                </>
              ),
            },
            { name: "Distinct", number: true, minor: true, cell: (one) => count(one.n_distinct) },
            { name: "Empty", number: true, minor: true, cell: (one) => count(one.n_missing) },
            {
              name: "Use",
              cell: (one) => (
                <Select
                  aria-label={`Use of ${one.name}`}
                  data={USES}
                  value={own(draft.uses, one.name) ?? "show"}
                  onChange={(use) => use && change({ type: "use", column: one.name, use: use as Use })}
                  allowDeselect={false}
                  w={150}
                />
              ),
            },
            {
              name: "As",
              cell: (one) =>
                own(draft.uses, one.name) === "show" ? (
                  <Select
                    aria-label={`Show ${one.name} as`}
                    data={DISPLAYS}
                    value={own(draft.display, one.name) ?? "text"}
                    onChange={(display) =>
                      display && change({ type: "show as", column: one.name, display: display as Display })
                    }
                    allowDeselect={false}
                    w={140}
                  />
                ) : null,
            },
          ]}
        />
      </Panel>
      {problems.uses && <Trouble error={new Error(problems.uses)} />}
      {label && column && (
        <Panel title={`The answers in “${label}”`}>
          <Radio.Group
            aria-label={`What to do with the answers in ${label}`}
            value={draft.labelUse}
            onChange={(value) => change({ type: "set", values: { labelUse: value as LabelUse } })}
          >
            <Stack gap="sm">
              <Radio
                value="known"
                label="Take them as known labels"
                description={
                  column.n_missing > 0
                    ? "The rows without one are what is asked about."
                    : "Every row seen has one: there may be nothing left to ask."
                }
              />
              <Radio
                value="ignore"
                label="Ask people anew, and leave the column out"
                description="Only its classes are proposed. Nobody sees the answers, and no model reads them."
              />
            </Stack>
          </Radio.Group>
        </Panel>
      )}
      <Panel title="The first item, as it will be read">
        <Sample draft={draft} />
      </Panel>
    </Stack>
  );
}

function examples(column: ColumnOf): string {
  return column.examples.map(words).filter(Boolean).join(" · ");
}

function words(value: Json): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Sample({ draft }: { draft: Draft }) {
  const row = draft.look?.rows[0];
  const names = shown(draft);
  if (!row || names.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing is shown yet.
      </Text>
    );
  }
  return (
    <Item
      fields={Object.fromEntries(names.map((name) => [name, own(row, name) ?? null]))}
      display={Object.fromEntries(names.map((name) => [name, own(draft.display, name) ?? "text"]))}
    />
  );
}
