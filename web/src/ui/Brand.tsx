import { Group, Text } from "@mantine/core";

/** The mark and, where there is room, the name. */
export function Brand({ bare = false }: { bare?: boolean }) {
  return (
    <Group gap={8} wrap="nowrap" component="span">
      <img src="/icon.svg" alt="" width={24} height={24} />
      {!bare && (
        <Text component="span" fw={650} lh={1} visibleFrom="xs">
          Querist
        </Text>
      )}
    </Group>
  );
}
