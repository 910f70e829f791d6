import { Button, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";

import { manages, useMe } from "../../api/queries";
import type { Project } from "../../api/types";
import { Empty, Failure, Waiting } from "../../ui/states";
import { workingOn } from "../api";
import { count, duration } from "../logic/format";
import { often, useLive } from "../live";
import { Dialog } from "../parts/Dialog";
import { State } from "../parts/Dot";
import { Grid } from "../parts/Grid";
import { Head } from "../parts/Head";
import { InviteForm } from "../parts/InviteForm";
import { Panel } from "../parts/Panel";
import { When } from "../parts/When";

/** Who labels here, and how it goes. */
export function ProjectPeople({ project }: { project: Project }) {
  const me = useMe();
  const link = useLive(project.name);
  const [inviting, invite] = useDisclosure(false);
  const people = useQuery({ ...workingOn(project.name), refetchInterval: often(link) });
  if (people.isPending) return <Waiting />;
  if (people.data === undefined) return <Failure error={people.error} retry={() => void people.refetch()} />;
  const rows = [...people.data].sort((a, b) => Number(b.working) - Number(a.working) || b.total - a.total);
  return (
    <>
      <Head
        title="People"
        tab={`People of ${project.name}`}
        about={
          project.settings.open_to_all
            ? "Everyone who can sign in may label here."
            : "Only people invited to this project may label here."
        }
      >
        {manages(me) && <Button onClick={invite.open}>Invite someone</Button>}
      </Head>
      <Stack gap="md">
        {rows.length === 0 ? (
          <div className="q-card">
            <Empty title="Nobody has labeled here yet">
              Send an invitation, or label the first items yourself: a handful is enough for a first model.
            </Empty>
          </div>
        ) : (
          <Panel title="At work and before" flush>
            <Grid
              caption="People of this project"
              rows={rows}
              id={(one) => one.name}
              columns={[
                { name: "Name", title: true, cell: (one) => <strong>{one.name}</strong> },
                {
                  name: "Now",
                  cell: (one) => (one.working ? <State tone="good">At work</State> : <State tone="quiet">Away</State>),
                },
                { name: "Holds", number: true, minor: true, cell: (one) => count(one.leased) },
                { name: "Today", number: true, cell: (one) => count(one.today) },
                { name: "In all", number: true, cell: (one) => count(one.total) },
                { name: "Median time", number: true, cell: (one) => duration(one.median_s) },
                { name: "Skipped", number: true, cell: (one) => count(one.skipped) },
                { name: "Last answer", cell: (one) => <When at={one.last_at} /> },
              ]}
            />
          </Panel>
        )}
      </Stack>
      <Dialog opened={inviting} onClose={invite.close} title={`Invite someone to ${project.name}`}>
        <InviteForm project={project.name} done={invite.close} />
      </Dialog>
    </>
  );
}
