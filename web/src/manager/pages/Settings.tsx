import { manages, useMe } from "../../api/queries";
import type { Project } from "../../api/types";
import { NotFound } from "../../ui/states";
import { Head } from "../parts/Head";
import { to } from "../parts/ProjectShell";
import { SideNav } from "../parts/SideNav";
import { DeleteProject } from "../settings/DeleteProject";
import { FieldSettings } from "../settings/FieldSettings";
import { InstructionSettings } from "../settings/InstructionSettings";
import { PolicySettings } from "../settings/PolicySettings";
import { QueueForm } from "../settings/QueueForm";
import { Webhooks } from "../settings/Webhooks";

const SECTIONS = [
  ["", "Instructions"],
  ["policy", "Policy"],
  ["queue", "Queue"],
  ["fields", "Fields"],
  ["webhooks", "Webhooks"],
  ["delete", "Delete"],
] as const;

const MANAGERS: ReadonlySet<string> = new Set(["webhooks", "delete"]);

/** Everything about a project that can be changed after it was made. */
export function Settings({ project, section }: { project: Project; section: string }) {
  const me = useMe();
  const body = () => {
    switch (section) {
      case "":
        return <InstructionSettings project={project} />;
      case "policy":
        return <PolicySettings project={project} />;
      case "queue":
        return <QueueForm project={project} />;
      case "fields":
        return <FieldSettings project={project} />;
      case "webhooks":
        return manages(me) ? <Webhooks project={project} /> : <NotFound />;
      case "delete":
        return manages(me) ? <DeleteProject project={project} /> : <NotFound />;
      default:
        return <NotFound />;
    }
  };
  return (
    <>
      <Head title="Settings" tab={`Settings of ${project.name}`} />
      <SideNav
        label="Settings"
        here={section}
        links={SECTIONS.filter(([value]) => !MANAGERS.has(value) || manages(me)).map(([value, words]) => ({
          value,
          words,
          href: value ? to(project.name, "settings", value) : to(project.name, "settings"),
        }))}
      >
        {body()}
      </SideNav>
    </>
  );
}
