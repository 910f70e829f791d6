import { Alert, Anchor, Button, Center, Group, Loader, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { said } from "../api/client";

/** A page that is still on its way. */
export function Waiting() {
  return (
    <Center mih="60vh" role="status" aria-label="Loading">
      <Loader type="dots" />
    </Center>
  );
}

/** Something went wrong; what, what to do, and a way to try again. */
export function Failure({ error, retry, title }: { error: unknown; retry?: () => void; title?: string }) {
  const { message, hint } = said(error);
  return (
    <Alert color="red" variant="light" title={title ?? "That did not work"} role="alert" m="md">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {message} {hint}
        </Text>
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** A place where there is nothing yet, and what to do about it. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Center mih="40vh" p="xl">
      <Stack align="center" gap="sm" maw={460} ta="center">
        <Title order={2} size="h3">
          {title}
        </Title>
        {children && <Text c="dimmed">{children}</Text>}
        {action && <Group mt="xs">{action}</Group>}
      </Stack>
    </Center>
  );
}

export function NotFound() {
  return (
    <Empty title="There is no such page" action={<Anchor component={Link} href="/">All projects</Anchor>}>
      The address may be old, or the project has another name.
    </Empty>
  );
}
