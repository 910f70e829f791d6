import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { manages, useMe } from "../../api/queries";
import type { Project } from "../../api/types";
import { Failure, Waiting } from "../../ui/states";
import { evidenceOf, useLookAt } from "../api";
import { often, useLive } from "../live";
import { FigureCard } from "../parts/FigureCard";
import { Head } from "../parts/Head";
import { Trouble } from "../parts/Trouble";
import classes from "./evidence.module.css";

/** What somebody must ask for: each look at two models spends some certainty, and new items come when they come. */
const LOOKS: Record<string, string> = { gate: "Decide about the newest model", drift: "Look for drift" };

/** Whether the labels were worth their price, and how much of what is said of the model can be believed. */
export function Evidence({ project }: { project: Project }) {
  const me = useMe();
  const link = useLive(project.name);
  const figures = useQuery({ ...evidenceOf(project.name), refetchInterval: often(link) });
  if (figures.isPending) return <Waiting />;
  if (figures.data === undefined) return <Failure error={figures.error} retry={() => void figures.refetch()} />;
  return (
    <>
      <Head
        title="Evidence"
        tab={`Evidence · ${project.name}`}
        about="Was it worth it, when to stop, and numbers that stay true although the labels were chosen."
      />
      <Stack gap="md">
        <div className={classes.figures}>
          {figures.data.map((figure) => (
            <FigureCard key={figure.name} figure={figure}>
              {LOOKS[figure.name] && manages(me) && <Look project={project.name} figure={figure.name} />}
            </FigureCard>
          ))}
        </div>
        <Text size="xs" c="dimmed">
          Found anew after each model. <code>querist evidence</code> tells the same on the command line.
        </Text>
      </Stack>
    </>
  );
}

function Look({ project, figure }: { project: string; figure: string }) {
  const look = useLookAt(project);
  return (
    <>
      <Button size="xs" variant="default" loading={look.isPending} onClick={() => look.mutate(figure)}>
        {LOOKS[figure]}
      </Button>
      <Trouble error={look.error} />
    </>
  );
}
