import { Anchor, Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { manages, useMe } from "../../api/queries";
import type { Project } from "../../api/types";
import { Failure, Waiting } from "../../ui/states";
import { roundOf, useWithdraw } from "../api";
import { ago, count, moment, plural } from "../logic/format";
import { PURPOSES } from "../logic/settings";
import { sentence, tone } from "../logic/standing";
import { often, useLive } from "../live";
import { Confirm } from "../parts/Confirm";
import { State } from "../parts/Dot";
import { Details } from "../parts/Facts";
import { Head } from "../parts/Head";
import { Panel } from "../parts/Panel";
import { to } from "../parts/ProjectShell";
import { QueryTable } from "../parts/QueryTable";
import { heldBack } from "../parts/rounds";

const FIRST = 100;

/** One round: how it was chosen, and each of its questions. */
export function RoundPage({ project, number }: { project: Project; number: number }) {
  const me = useMe();
  const link = useLive(project.name);
  const [all, setAll] = useState(false);
  const withdraw = useWithdraw(project.name);
  const found = useQuery({
    ...roundOf(project.name, number),
    enabled: Number.isInteger(number) && number > 0,
    refetchInterval: often(link),
  });
  if (found.isLoading) return <Waiting />;
  if (found.data === undefined) {
    return (
      <>
        <Head title={`Round ${number}`} back={{ href: to(project.name, "rounds"), words: "Rounds" }} />
        <Failure error={found.error ?? new Error("A round has a number from 1.")} />
      </>
    );
  }
  const { round, queries } = found.data;
  const held = heldBack(round);
  const shown = all ? queries : queries.slice(0, FIRST);
  return (
    <>
      <Head
        title={`Round ${round.number}`}
        tab={`Round ${round.number} of ${project.name}`}
        back={{ href: to(project.name, "rounds"), words: "Rounds" }}
        about={<State tone={tone(round.state)}>{sentence(round.state)}</State>}
      >
        {manages(me) && round.n_pending > 0 && (
          <Confirm
            title={`Undo round ${round.number}?`}
            deed="Undo the round"
            act={() => withdraw.mutateAsync(round.number)}
            busy={withdraw.isPending}
            error={withdraw.error}
            opener={(open) => (
              <Button variant="default" onClick={open}>
                Undo this round…
              </Button>
            )}
          >
            {plural(round.n_pending, "question")} that nobody has answered will be taken back and may be asked again in
            a later round. {plural(round.n_answered, "answer")} given so far {round.n_answered === 1 ? "stays" : "stay"}
            .
          </Confirm>
        )}
      </Head>
      <Stack gap="md">
        <Panel title="How it was chosen" about={held || undefined}>
          <Details
            facts={[
              { name: "Strategy", value: round.strategy },
              { name: "For", value: PURPOSES[round.purpose] ?? sentence(round.purpose) },
              {
                name: "Model",
                value: round.model ?? "none yet",
              },
              { name: "Asked", value: count(round.n_asked), more: `${count(round.n_random)} at random` },
              { name: "Answered", value: count(round.n_answered), more: `${count(round.n_pending)} pending` },
              { name: "Opened", value: ago(round.created_at), more: moment(round.created_at) },
              {
                name: "Closed",
                value: round.closed_at ? ago(round.closed_at) : "still open",
                more: round.closed_at ? moment(round.closed_at) : undefined,
              },
            ]}
          />
        </Panel>
        <Panel
          title="What was asked, and why"
          about="In the order they were ranked: the higher the utility, the sooner it was shown. The propensity is the chance with which an item was picked; unbiased estimates need it."
          flush
        >
          <QueryTable project={project} queries={shown} caption={`Questions of round ${round.number}`} />
          {queries.length > shown.length && (
            <Text ta="center" py="sm">
              <Button variant="default" size="xs" onClick={() => setAll(true)}>
                Show all {count(queries.length)}
              </Button>
            </Text>
          )}
        </Panel>
        <Text size="sm" c="dimmed">
          <Anchor component={Link} href={`${to(project.name, "items")}?round=${round.number}`} size="sm">
            These items in the items browser
          </Anchor>
        </Text>
      </Stack>
    </>
  );
}
