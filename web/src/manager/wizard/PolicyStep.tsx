import { NumberInput, Radio, SegmentedControl, SimpleGrid, Stack, Switch, Text } from "@mantine/core";
import type { Dispatch } from "react";

import { MOST_A_ROUND, MOST_LABELS, MOST_USD } from "../logic/numbers";
import { BELOW } from "../parts/below";
import { Panel } from "../parts/Panel";
import { StrategyInput } from "../parts/StrategyInput";
import { type Change, classList, type Draft } from "./draft";

interface Props {
  draft: Draft;
  change: Dispatch<Change>;
  problems: Record<string, string>;
}

/** What chooses, how many at a time, how much may be bought, and what people see of the model. */
export function PolicyStep({ draft, change, problems }: Props) {
  const set = (values: Partial<Draft>) => change({ type: "set", values });
  return (
    <Stack gap="md">
      <Panel title="Choosing">
        <Stack gap="md">
          <StrategyInput
            value={draft.strategy}
            set={(strategy) => set({ strategy })}
            task={draft.task}
            nClasses={classList(draft.classes).length}
          />
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            <NumberInput
              {...BELOW}
              label="Items a round"
              description="After each, the model learns anew."
              value={draft.batchSize}
              onChange={(batchSize) => set({ batchSize })}
              min={1}
              max={MOST_A_ROUND}
              allowDecimal={false}
              error={problems.batchSize}
            />
            <NumberInput
              {...BELOW}
              label="At random"
              description="Drawn blindly, so that blind spots show."
              value={draft.exploration}
              onChange={(exploration) => set({ exploration })}
              min={0}
              max={100}
              suffix=" %"
              error={problems.exploration}
            />
            <NumberInput
              {...BELOW}
              label="To measure on"
              description="Random test items with each round: the curve needs them."
              value={draft.testPerRound}
              onChange={(testPerRound) => set({ testPerRound })}
              min={0}
              max={MOST_A_ROUND}
              allowDecimal={false}
              error={problems.testPerRound}
            />
          </SimpleGrid>
          <Text size="xs" c="dimmed">
            A fifth of the items is kept to measure on, and a twentieth to calibrate on; they are never chosen by a
            strategy.
          </Text>
        </Stack>
      </Panel>
      <Panel title="Budget" about="The loop stops when it is spent. It can be raised later.">
        <Stack gap="md">
          <SegmentedControl
            aria-label="Budget in"
            value={draft.budgetBy}
            onChange={(budgetBy) => set({ budgetBy: budgetBy as Draft["budgetBy"] })}
            data={[
              { value: "none", label: "No limit" },
              { value: "labels", label: "Labels" },
              { value: "usd", label: "Money" },
            ]}
            w="fit-content"
          />
          {draft.budgetBy === "labels" && (
            <NumberInput
              label="Labels in all"
              value={draft.budgetLabels}
              onChange={(budgetLabels) => set({ budgetLabels })}
              min={1}
              max={MOST_LABELS}
              allowDecimal={false}
              thousandSeparator=","
              error={problems.budgetLabels}
              maw={240}
            />
          )}
          {draft.budgetBy === "usd" && (
            <SimpleGrid cols={{ base: 1, sm: 2 }} maw={500}>
              <NumberInput
                label="Dollars in all"
                value={draft.budgetUsd}
                onChange={(budgetUsd) => set({ budgetUsd })}
                min={0}
                max={MOST_USD}
                prefix="$"
                thousandSeparator=","
                error={problems.budgetUsd}
              />
              <NumberInput
                label="Price of a label"
                value={draft.perLabel}
                onChange={(perLabel) => set({ perLabel })}
                min={0}
                max={MOST_USD}
                prefix="$"
                error={problems.perLabel}
              />
            </SimpleGrid>
          )}
        </Stack>
      </Panel>
      <Panel
        title="The model's suggestion"
        about="What the model would answer. It is recorded with each answer either way."
      >
        <Radio.Group
          aria-label="The model's suggestion"
          value={draft.suggestions}
          onChange={(suggestions) => set({ suggestions: suggestions as Draft["suggestions"] })}
        >
          <Stack gap="sm">
            <Radio value="visible" label="Shown" description="Faster, and people lean towards it." />
            <Radio
              value="after"
              label="Shown after they answer"
              description="To see where the model stands, without its pull."
            />
            <Radio
              value="hidden"
              label="Hidden"
              description="The least biased, for labels that models are judged by."
            />
          </Stack>
        </Radio.Group>
      </Panel>
      <Panel title="Who may label">
        <Switch
          label="Everyone who can sign in"
          description="Otherwise only people you invite to this project."
          checked={draft.openToAll}
          onChange={(event) => set({ openToAll: event.currentTarget.checked })}
        />
      </Panel>
    </Stack>
  );
}
