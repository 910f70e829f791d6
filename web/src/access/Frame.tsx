import { Center, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** The quiet card in the middle, for those who are not signed in yet. */
export function Frame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w="100%" maw={380} gap="lg">
        <Stack gap="xs" align="center" ta="center">
          <img src="/icon.svg" alt="" width={40} height={40} />
          <Title order={1} size="h2">
            {title}
          </Title>
          {lead && <Text c="dimmed">{lead}</Text>}
        </Stack>
        <div className="q-card" style={{ padding: 24 }}>
          {children}
        </div>
      </Stack>
    </Center>
  );
}
