import { Alert, Button, Group, Text } from "@mantine/core";

import type { Refused } from "../work/outbox";

/** Answers that the server would not take: what it said, and what to do. */
export function RefusedAlert({ refused, settle }: { refused: Refused[]; settle: (refused: Refused, again: boolean) => void }) {
  const first = refused[0];
  if (!first) return null;
  return (
    <Alert color="red" variant="light" radius={0} role="alert">
      <Group justify="space-between" wrap="wrap">
        <Text size="sm">
          {refused.length === 1 ? "An answer was not taken" : `${refused.length} answers were not taken`} (item{" "}
          {first.entry.act.item_id}): {first.error.message} {first.error.hint}
        </Text>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => settle(first, false)}>
            Give it up
          </Button>
          <Button size="xs" onClick={() => settle(first, true)}>
            Try again
          </Button>
        </Group>
      </Group>
    </Alert>
  );
}
