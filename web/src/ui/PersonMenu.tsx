import { Avatar, Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { memo } from "react";
import { Link } from "wouter";

import { useMe, useSignOut } from "../api/queries";

/** Who is signed in, light or dark, and the way out. */
export const PersonMenu = memo(function PersonMenu() {
  const me = useMe();
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const shown = me.full_name || me.name;
  return (
    <Menu position="bottom-end" width={240} shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <UnstyledButton aria-label={`Account of ${shown}`} style={{ borderRadius: 99 }}>
          <Avatar name={shown} size={32} radius="xl" color="ink" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--q-text)" truncate>
            {shown}
          </Text>
          <Text size="xs" c="dimmed">
            {me.role}
          </Text>
        </Menu.Label>
        <div style={{ padding: "4px 10px 8px" }}>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label="Colors"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
            data={[
              { value: "light", label: "Light" },
              { value: "dark", label: "Dark" },
              { value: "auto", label: "System" },
            ]}
          />
        </div>
        <Menu.Divider />
        {me.role === "admin" || me.role === "manager" ? (
          <Menu.Item component={Link} href="/admin/people">
            People and keys
          </Menu.Item>
        ) : null}
        <Menu.Item onClick={() => signOut.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
});
