import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";

interface Props {
  title: ReactNode;
  /** For the window's title, where `title` is not plain text. */
  tab?: string;
  /** One line beneath. */
  about?: ReactNode;
  back?: { href: string; words: string };
  children?: ReactNode;
}

/** A page's title, what it is about, and what can be done on it. */
export function Head({ title, tab, about, back, children }: Props) {
  const name = tab ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    if (name) document.title = `${name} · Querist`;
  }, [name]);
  return (
    <Stack gap={6} mb="lg">
      {back && (
        <Anchor component={Link} href={back.href} size="sm" c="dimmed" w="fit-content">
          ← {back.words}
        </Anchor>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} miw={0} flex="1 1 260px">
          <Title order={1} size="h3" style={{ overflowWrap: "anywhere" }}>
            {title}
          </Title>
          {about && (
            <Text size="sm" c="dimmed" component="div">
              {about}
            </Text>
          )}
        </Stack>
        {children && <Group gap="xs">{children}</Group>}
      </Group>
    </Stack>
  );
}
