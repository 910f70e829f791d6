import { Button, Group, Text } from "@mantine/core";

import { Trouble } from "../parts/Trouble";
import classes from "./settings.module.css";

interface Props {
  dirty: boolean;
  busy: boolean;
  saved: boolean;
  error: unknown;
  reset: () => void;
  words?: string;
  disabled?: boolean;
}

/** The end of a form: save, take back, and whether it worked. In sight while there is something to save. */
export function SaveBar({ dirty, busy, saved, error, reset, words = "Save", disabled }: Props) {
  return (
    <div className={classes.saveBar} data-dirty={dirty || undefined}>
      <Trouble error={error} title="Nothing was changed" />
      <Group gap="xs">
        <Button type="submit" disabled={!dirty || disabled} loading={busy}>
          {words}
        </Button>
        {dirty && (
          <Button variant="subtle" color="gray" onClick={reset}>
            Discard
          </Button>
        )}
        <Text size="sm" c="var(--q-good)" role="status">
          {saved && !dirty ? "Saved" : ""}
        </Text>
      </Group>
    </div>
  );
}
