import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";

import type { Imported } from "../../api/types";
import { plural } from "../logic/format";
import { InviteForm } from "../parts/InviteForm";
import { Panel } from "../parts/Panel";
import { to } from "../parts/ProjectShell";

interface Props {
  project: string;
  imported: Imported | null;
  /** Whether the first round is open; else the server is still at it. */
  isOpen: boolean;
}

/** The project is made: what came in, and where to go from here. */
export function Ready({ project, imported, isOpen }: Props) {
  const [inviting, setInviting] = useState(false);
  const round = isOpen ? "The first round is open." : "The first round is still being worked on.";
  const overview = (
    <Button
      component={Link}
      href={to(project)}
      variant={isOpen ? "default" : "filled"}
      data-autofocus={!isOpen || undefined}
    >
      See how it goes
    </Button>
  );
  return (
    <Stack gap="md">
      <Panel
        title={isOpen ? `${project} is ready` : `${project} is made`}
        about={`${imported ? `${added(imported)} ` : ""}${round}`}
      >
        <Group gap="sm">
          {isOpen ? (
            <Button component={Link} href={to(project, "label")} data-autofocus>
              Label the first items
            </Button>
          ) : (
            overview
          )}
          <Button variant="default" onClick={() => setInviting(true)} disabled={inviting}>
            Invite someone
          </Button>
          {isOpen && overview}
        </Group>
        {imported && imported.notes.length > 0 && (
          <Stack gap={4} mt="md">
            {imported.notes.map((note) => (
              <Text key={note} size="sm" c="dimmed">
                {note}
              </Text>
            ))}
          </Stack>
        )}
      </Panel>
      {inviting && (
        <Panel title={`Invite someone to ${project}`}>
          <InviteForm project={project} done={() => setInviting(false)} />
        </Panel>
      )}
    </Stack>
  );
}

function added({ n_added, n_repeated }: Imported): string {
  const repeated = n_repeated > 0 ? `, ${plural(n_repeated, "repeated row")} left out` : "";
  return `${plural(n_added, "item")} added${repeated}.`;
}
