import { Button, Group, SimpleGrid, Stack, Title } from "@mantine/core";
import { Link } from "wouter";

import { manages, useMe, useProjects } from "../api/queries";
import { Shell } from "../ui/Shell";
import { Empty, Failure, Waiting } from "../ui/states";
import { Card } from "./Card";

export function Home() {
  const me = useMe();
  const projects = useProjects();
  const add = manages(me) ? (
    <Button component={Link} href="/new">
      New project
    </Button>
  ) : null;
  return (
    <Shell>
      {projects.isPending ? (
        <Waiting />
      ) : projects.data === undefined ? (
        <Failure error={projects.error} retry={() => void projects.refetch()} />
      ) : projects.data.length === 0 ? (
        <Empty title="No projects yet" action={add}>
          {manages(me)
            ? "Upload a file, say what to ask, and label the first items in a minute."
            : "When somebody adds you to a project, it appears here."}
        </Empty>
      ) : (
        <Stack gap="lg">
          <Group justify="space-between">
            <Title order={1} size="h2">
              Projects
            </Title>
            {add}
          </Group>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
            {projects.data.map((project) => (
              <Card key={project.name} project={project} me={me} />
            ))}
          </SimpleGrid>
        </Stack>
      )}
    </Shell>
  );
}
