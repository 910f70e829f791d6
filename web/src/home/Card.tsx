import { Badge, Button, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { Link } from "wouter";

import { oversees } from "../api/queries";
import type { Me, ProjectCard } from "../api/types";
import { count, taskWords } from "../ui/words";

/** One project on the first page: how far it is, and the way in. */
export function Card({ project, me }: { project: ProjectCard; me: Me }) {
  const base = `/p/${encodeURIComponent(project.name)}`;
  const share = project.n_items > 0 ? (100 * project.n_labeled) / project.n_items : 0;
  return (
    <Stack component="article" className="q-card" p="lg" gap="md" aria-label={project.name}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Stack gap={2} miw={0}>
          <Title order={2} size="h4" style={{ overflowWrap: "anywhere" }}>
            {project.name}
          </Title>
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {taskWords[project.task] ?? project.task}: {project.target}
          </Text>
        </Stack>
        {project.paused && (
          <Badge variant="light" color="gray">
            Paused
          </Badge>
        )}
      </Group>
      <Stack gap={6}>
        <Progress value={share} size="sm" aria-label={`${Math.round(share)} percent labeled`} />
        <Text size="sm" c="dimmed">
          {count(project.n_labeled)} of {count(project.n_items)} labeled
          {project.n_waiting > 0 ? `, ${count(project.n_waiting)} waiting for an answer` : ""}
        </Text>
      </Stack>
      <Group gap="xs" mt="auto">
        {me.role !== "auditor" && (
          <Button component={Link} href={`${base}/label`} variant={project.n_waiting > 0 ? "filled" : "default"} size="sm">
            Label
          </Button>
        )}
        {oversees(me) && (
          <Button component={Link} href={base} variant="default" size="sm">
            Manage
          </Button>
        )}
      </Group>
    </Stack>
  );
}
