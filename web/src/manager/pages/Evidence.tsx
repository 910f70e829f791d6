import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Project } from "../../api/types";
import { Failure, Waiting } from "../../ui/states";
import { evidenceOf } from "../api";
import { often, useLive } from "../live";
import { FigureCard } from "../parts/FigureCard";
import { Head } from "../parts/Head";
import classes from "./evidence.module.css";

/** Whether the labels were worth their price, and how much of what is said of the model can be believed. */
export function Evidence({ project }: { project: Project }) {
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
            <FigureCard key={figure.name} figure={figure} />
          ))}
        </div>
        <Text size="xs" c="dimmed">
          Found anew after each model. <code>querist evidence</code> tells the same on the command line.
        </Text>
      </Stack>
    </>
  );
}
