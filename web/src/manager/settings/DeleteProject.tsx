import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";

import type { Project } from "../../api/types";
import { progressOf, useDeleteProject } from "../api";
import { whyKept } from "../logic/standing";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";

/** The end of a project that nobody has answered in yet. */
export function DeleteProject({ project }: { project: Project }) {
  const [, go] = useLocation();
  const progress = useQuery(progressOf(project.name));
  const drop = useDeleteProject(project.name);
  const [typed, setTyped] = useState("");
  const kept = progress.data && whyKept(progress.data);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() === project.name) drop.mutate(undefined, { onSuccess: () => go("/", { replace: true }) });
  };
  return (
    <Panel title="Delete this project" about={kept || "It is taken out of every list, for everybody, and its name is free again."}>
      {!kept && (
        <form onSubmit={submit}>
          <Stack gap="md" align="flex-start">
            <TextInput
              label={
                <>
                  To confirm, type its name: <b>{project.name}</b>
                </>
              }
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              w="100%"
              maw={400}
            />
            <Trouble error={drop.error} title="It was not deleted" />
            <Button type="submit" color="red.9" loading={drop.isPending} disabled={typed.trim() !== project.name || progress.isPending}>
              Delete this project
            </Button>
            <Text size="sm" c="dimmed">
              Only projects that nobody has answered in can be deleted.
            </Text>
          </Stack>
        </form>
      )}
    </Panel>
  );
}
