import { useQuery } from "@tanstack/react-query";

import { get, path } from "../api/client";
import { useMe, useProject } from "../api/queries";
import type { Instructions, Project } from "../api/types";
import { Shell } from "../ui/Shell";
import { Empty, Failure, Waiting } from "../ui/states";
import { DeskPage } from "./DeskPage";
import { useDesk } from "./useDesk";

/** The labeling page of one project. */
export default function Label({ project: name }: { project: string }) {
  const me = useMe();
  const project = useProject(name);
  const instructions = useQuery({
    queryKey: ["instructions", name, me.name],
    queryFn: () => get<Instructions>(path("projects", name, "instructions")),
    refetchInterval: 60_000,
  });
  if (me.role === "auditor") {
    return (
      <Shell>
        <Empty title="Auditors do not answer">You can read everything in this project, and change nothing.</Empty>
      </Shell>
    );
  }
  if (project.data) return <Ready key={me.name} project={project.data} person={me.name} instructions={instructions.data ?? null} />;
  if (project.isPending) return <Waiting />;
  return (
    <Shell>
      <Failure error={project.error} retry={() => void project.refetch()} />
    </Shell>
  );
}

function Ready({ project, person, instructions }: { project: Project; person: string; instructions: Instructions | null }) {
  const made = useDesk(project.name, person, project.settings);
  if (!made) return <Waiting />;
  return <DeskPage desk={made.desk} store={made.store} project={project} person={person} instructions={instructions} />;
}
