import { Autocomplete, Text } from "@mantine/core";

import type { Task } from "../../api/types";
import { STRATEGIES, whyStrategy } from "../logic/settings";
import { BELOW } from "./below";

interface Props {
  value: string;
  set: (strategy: string) => void;
  task: Task;
  nClasses: number;
  disabled?: boolean;
}

/** Which strategy chooses: a few by name with what each does, any other typed; and why, in a sentence. */
export function StrategyInput({ value, set, task, nClasses, disabled }: Props) {
  return (
    <Autocomplete
      {...BELOW}
      label="Strategy"
      description={whyStrategy(value, task, nClasses)}
      data={STRATEGIES.map((one) => one.value)}
      // All are offered, whatever is chosen: it is a choice first, and a search only for who types.
      filter={({ options }) => options}
      renderOption={({ option }) => (
        <div>
          <Text size="sm" fw={500}>
            {option.value}
          </Text>
          <Text size="xs" c="dimmed">
            {STRATEGIES.find((one) => one.value === option.value)?.what}
          </Text>
        </div>
      )}
      value={value}
      onChange={set}
      disabled={disabled}
    />
  );
}
