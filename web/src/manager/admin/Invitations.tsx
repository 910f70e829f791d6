import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";

import { manages } from "../../api/queries";
import type { Me } from "../../api/types";
import { Failure, Waiting } from "../../ui/states";
import { invitations, useUninvite } from "../api";
import { moment } from "../logic/format";
import { sentence } from "../logic/standing";
import { Confirm } from "../parts/Confirm";
import { Dialog } from "../parts/Dialog";
import { Grid } from "../parts/Grid";
import { Head } from "../parts/Head";
import { InviteForm } from "../parts/InviteForm";
import { Panel } from "../parts/Panel";

/** Links that are out and not used yet. */
export function Invitations({ me }: { me: Me }) {
  const open = useQuery(invitations());
  const drop = useUninvite();
  const [inviting, invite] = useDisclosure(false);
  if (open.isPending) return <Waiting />;
  if (open.data === undefined) return <Failure error={open.error} retry={() => void open.refetch()} />;
  return (
    <>
      <Head title="Invitations" about="Links that let one person in each. They work once.">
        {manages(me) && <Button onClick={invite.open}>Invite someone</Button>}
      </Head>
      <Panel title="Open" flush={open.data.length > 0}>
        {open.data.length === 0 ? (
          <Text size="sm" c="dimmed">
            No invitation is open.
          </Text>
        ) : (
          <Grid
            caption="Open invitations"
            rows={open.data}
            id={(one) => one.id}
            columns={[
              { name: "Role", title: true, cell: (one) => <strong>{sentence(one.role)}</strong> },
              { name: "Project", cell: (one) => one.project ?? "all that are open to them" },
              { name: "Note", wide: true, cell: (one) => one.note || "–" },
              { name: "Valid until", cell: (one) => moment(one.expires_at) },
              {
                name: "Withdraw",
                action: true,
                cell: (one) =>
                  manages(me) && (
                    <Confirm
                      title="Withdraw this invitation?"
                      deed="Withdraw"
                      act={() => drop.mutateAsync(one.id)}
                      busy={drop.isPending}
                      error={drop.error}
                      opener={(ask) => (
                        <Button
                          size="compact-sm"
                          variant="default"
                          onClick={ask}
                          aria-label={`Withdraw the invitation ${one.note ? `“${one.note}”` : one.id}`}
                        >
                          Withdraw…
                        </Button>
                      )}
                    >
                      Its link stops working at once. Whoever has used it already stays.
                    </Confirm>
                  ),
              },
            ]}
          />
        )}
      </Panel>
      <Dialog opened={inviting} onClose={invite.close} title="Invite someone">
        <InviteForm done={invite.close} />
      </Dialog>
    </>
  );
}
