import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import type { Project } from "../../api/types";
import { roundOf } from "../api";
import { plural } from "../logic/format";
import { Panel } from "./Panel";
import { to } from "./ProjectShell";
import { QueryTable } from "./QueryTable";
import { heldBack } from "./rounds";
import { Trouble } from "./Trouble";

const SHOWN = 8;

/** What was asked in the latest round, and why. */
export function RoundNow({ project, number }: { project: Project; number: number }) {
  const round = useQuery({ ...roundOf(project.name, number), enabled: number > 0 });
  if (number === 0) {
    return (
      <Panel title="What was asked, and why">
        <Text size="sm" c="dimmed">
          No round has been opened yet. Each one shows here with the reason why its items were chosen.
        </Text>
      </Panel>
    );
  }
  const held = round.data && heldBack(round.data.round);
  return (
    <Panel
      title={`Round ${number}: what was asked, and why`}
      about={
        round.data && (
          <>
            {plural(round.data.round.n_asked, "item")} by {round.data.round.strategy}
            {round.data.round.n_random > 0 && `, ${round.data.round.n_random} of them at random`}.{held && ` ${held}`}
          </>
        )
      }
      aside={
        <Anchor component={Link} href={to(project.name, "rounds", number)} size="sm">
          Whole round
        </Anchor>
      }
      flush={round.data !== undefined}
    >
      {round.data ? (
        <QueryTable project={project} queries={round.data.queries.slice(0, SHOWN)} caption={`Round ${number}`} brief />
      ) : (
        <Trouble error={round.error} />
      )}
    </Panel>
  );
}
