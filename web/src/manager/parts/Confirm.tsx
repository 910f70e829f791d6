import { Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";

import { Dialog } from "./Dialog";
import { Trouble } from "./Trouble";

interface Props {
  title: string;
  /** What will happen, and what will not. */
  children: ReactNode;
  /** What the button says: the deed, not "OK". */
  deed: string;
  act: () => Promise<unknown>;
  error?: unknown;
  busy?: boolean;
  /** The element that opens it. */
  opener: (open: () => void) => ReactNode;
}

/** A question before what cannot be taken back. */
export function Confirm({ title, children, deed, act, error, busy, opener }: Props) {
  const [opened, { open, close }] = useDisclosure(false);
  const go = () =>
    void act().then(close, () => {
      // Said in the dialog, by `error`.
    });
  return (
    <>
      {opener(open)}
      <Dialog opened={opened} onClose={close} title={title}>
        <Stack gap="md">
          <Text size="sm" component="div">
            {children}
          </Text>
          <Trouble error={error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close} data-autofocus>
              Cancel
            </Button>
            <Button color="red.9" onClick={go} loading={busy}>
              {deed}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  );
}
