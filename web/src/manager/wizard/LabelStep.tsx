import { NumberInput, Select, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import type { Dispatch } from "react";

import type { Task } from "../../api/types";
import { plural } from "../logic/format";
import { TASKS } from "../logic/settings";
import { BELOW } from "../parts/below";
import { Panel } from "../parts/Panel";
import { type Change, classList, type Draft, NO_CLASSES, shown, unnamed, withSide } from "./draft";

interface Props {
  draft: Draft;
  change: Dispatch<Change>;
  problems: Record<string, string>;
}

interface Side {
  label: string;
  what: string;
}

const SIDES: Partial<Record<Task, Side[]>> = {
  pair: [
    { label: "Left side, “a”", what: "The column shown on the left." },
    { label: "Right side, “b”", what: "The column shown on the right." },
  ],
  ranking: [{ label: "Options of each item", what: "The column that lists them, where they are not those below." }],
  text: [{ label: "Text to rewrite", what: "The column the answer begins with. Empty begins with nothing." }],
};

/** The question, its answers, how many people answer, and what they are told. */
export function LabelStep({ draft, change, problems }: Props) {
  const set = (values: Partial<Draft>) => change({ type: "set", values });
  const task = TASKS.find(({ value }) => value === draft.task);
  const sides = SIDES[draft.task];
  const found = classList(draft.classes).length;
  return (
    <Stack gap="md">
      <Panel title="The question">
        <Stack gap="md">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <Select
              {...BELOW}
              label="Kind of answer"
              description={task?.what}
              data={TASKS.map(({ value, label }) => ({ value, label }))}
              value={draft.task}
              onChange={(value) =>
                value && set({ task: value as Task, sides: [], ...(value === "pair" ? { classes: "a\nb\ntie" } : {}) })
              }
              allowDeselect={false}
            />
            <TextInput
              {...BELOW}
              label="What is asked"
              description="The name of the column of labels in every export."
              value={draft.target}
              onChange={(event) => set({ target: event.currentTarget.value })}
              error={problems.target}
              maxLength={200}
            />
          </SimpleGrid>
          {sides && (
            <SimpleGrid cols={{ base: 1, sm: sides.length }}>
              {sides.map(({ label, what }, i) => (
                <Select
                  {...BELOW}
                  key={label}
                  label={label}
                  description={what}
                  data={shown(draft)}
                  value={draft.sides[i] || null}
                  onChange={(column) => set({ sides: withSide(draft.sides, i, column ?? "") })}
                  error={i === sides.length - 1 ? problems.sides : undefined}
                  clearable
                />
              ))}
            </SimpleGrid>
          )}
          {!NO_CLASSES.has(draft.task) && (
            <Textarea
              {...BELOW}
              label={draft.task === "ranking" ? "Options" : "Answers"}
              description={`One a line, in the order people see them. ${plural(found, "answer")} so far.${unnamed(draft)}`}
              value={draft.classes}
              onChange={(event) => set({ classes: event.currentTarget.value })}
              error={problems.classes}
              autosize
              minRows={4}
              maxRows={14}
              spellCheck={false}
            />
          )}
          {draft.task === "rating" && (
            <SimpleGrid cols={2}>
              <NumberInput label="From" value={draft.low} onChange={(low) => set({ low })} allowDecimal={false} />
              <NumberInput
                label="To"
                value={draft.high}
                onChange={(high) => set({ high })}
                allowDecimal={false}
                error={problems.high}
              />
            </SimpleGrid>
          )}
        </Stack>
      </Panel>
      <Panel title="The people">
        <Stack gap="md">
          <NumberInput
            {...BELOW}
            label="People per item"
            description="Two or more show where people disagree, and cost as many times as much."
            value={draft.overlap}
            onChange={(overlap) => set({ overlap })}
            min={1}
            max={50}
            allowDecimal={false}
            error={problems.overlap}
            maw={260}
          />
          <Textarea
            {...BELOW}
            label="Instructions"
            description="Markdown, shown beside each item. You can write and change them later, and every answer keeps the version it was given by."
            value={draft.instructions}
            onChange={(event) => set({ instructions: event.currentTarget.value })}
            autosize
            minRows={3}
            maxRows={14}
          />
        </Stack>
      </Panel>
    </Stack>
  );
}
