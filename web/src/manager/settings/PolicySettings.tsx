import { NumberInput, Select, SimpleGrid, Stack, Switch, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { manages, useMe } from "../../api/queries";
import type { Json, Project } from "../../api/types";
import { useSetProject } from "../api";
import { STARTS } from "../logic/settings";
import { MOST_A_ROUND, MOST_LABELS, MOST_USD } from "../logic/numbers";
import { BELOW } from "../parts/below";
import { Panel } from "../parts/Panel";
import { StrategyInput } from "../parts/StrategyInput";
import { type Draft, draftOf, policyChanges, policyProblems } from "./policy";
import { SaveBar } from "./SaveBar";
import classes from "./settings.module.css";

/** How batches are chosen, and how many may be bought. */
export function PolicySettings({ project }: { project: Project }) {
  const me = useMe();
  const set = useSetProject(project.name);
  const [draft, setDraft] = useState(() => draftOf(project.policy));
  const change = (values: Partial<Draft>) => setDraft((was) => ({ ...was, ...values }));
  const changes = policyChanges(project.policy, draft);
  const problems = policyProblems(draft);
  const wrong = Object.values(problems).some(Boolean);
  const disabled = !manages(me);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (changes && !wrong) set.mutate({ policy: changes }, { onSuccess: (saved) => setDraft(draftOf(saved.policy)) });
  };
  return (
    <form onSubmit={save}>
      <Stack gap="md">
        <Panel title="Strategy" about="Changes hold from the next round on; what is asked already stays.">
          <Stack gap="md">
            <StrategyInput
              value={draft.strategy}
              set={(strategy) => change({ strategy })}
              task={project.schema.task}
              nClasses={project.schema.classes.length}
              disabled={disabled}
            />
            <Select
              {...BELOW}
              label="Until a model is trusted"
              description={STARTS.find(({ value }) => value === draft.start)?.what}
              data={
                STARTS.some(({ value }) => value === draft.start)
                  ? STARTS
                  : [...STARTS, { value: draft.start, label: draft.start }]
              }
              value={draft.start}
              onChange={(start) => start && change({ start })}
              allowDeselect={false}
              disabled={disabled}
            />
            <Switch
              label="Wait until cross-validation says that the model is better than chance"
              checked={draft.trust}
              onChange={(event) => change({ trust: event.currentTarget.checked })}
              disabled={disabled}
            />
          </Stack>
        </Panel>
        <Panel title="Batches">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <NumberInput
              {...BELOW}
              label="Items a round"
              description="Fewer means a fresher model, more means less waiting."
              value={draft.batchSize}
              onChange={(batchSize) => change({ batchSize })}
              min={1}
              allowDecimal={false}
              max={MOST_A_ROUND}
              error={problems.batchSize}
              disabled={disabled}
            />
            <NumberInput
              {...BELOW}
              label="At random"
              description="The share drawn blindly: it shows blind spots and keeps estimates honest."
              value={draft.exploration}
              onChange={(exploration) => change({ exploration })}
              min={0}
              max={100}
              suffix=" %"
              error={problems.exploration}
              disabled={disabled}
            />
          </SimpleGrid>
        </Panel>
        <Panel title="Budget" about="The loop stops when either is spent. Labels to measure on are not counted.">
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            <NumberInput
              label="Labels"
              placeholder="No limit"
              value={draft.labels}
              onChange={(labels) => change({ labels })}
              min={1}
              allowDecimal={false}
              thousandSeparator=","
              max={MOST_LABELS}
              error={problems.labels}
              disabled={disabled}
            />
            <NumberInput
              label="Dollars"
              placeholder="No limit"
              value={draft.usd}
              onChange={(usd) => change({ usd })}
              min={0}
              prefix="$"
              thousandSeparator=","
              max={MOST_USD}
              error={problems.usd}
              disabled={disabled}
            />
            <NumberInput
              label="Price of a label"
              value={draft.perLabel}
              onChange={(perLabel) => change({ perLabel })}
              min={0}
              prefix="$"
              max={MOST_USD}
              error={problems.perLabel}
              disabled={disabled}
            />
          </SimpleGrid>
        </Panel>
        <details>
          <Text component="summary" size="sm" c="dimmed">
            The whole policy as it is kept
          </Text>
          <pre className={classes.mono}>{JSON.stringify(project.policy as Json, null, 2)}</pre>
        </details>
      </Stack>
      {!disabled && (
        <SaveBar
          dirty={changes !== null}
          busy={set.isPending}
          saved={set.isSuccess}
          error={set.error}
          reset={() => setDraft(draftOf(project.policy))}
          disabled={wrong || draft.strategy.trim() === ""}
        />
      )}
    </form>
  );
}
