import { Anchor, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import type { Project, Round } from "../../api/types";
import { Empty, Failure, Waiting } from "../../ui/states";
import { jobsOf, progressOf, roundsOf } from "../api";
import { count } from "../logic/format";
import { PURPOSES } from "../logic/settings";
import { sentence, tone } from "../logic/standing";
import { often, useLive } from "../live";
import { Control } from "../parts/Control";
import { State } from "../parts/Dot";
import { Grid } from "../parts/Grid";
import { Head } from "../parts/Head";
import { JobList } from "../parts/JobList";
import { Meter } from "../parts/Meter";
import { Panel } from "../parts/Panel";
import { to } from "../parts/ProjectShell";
import partsClasses from "../parts/parts.module.css";
import { heldBack } from "../parts/rounds";
import { When } from "../parts/When";

/** Every round, the latest first, and the machine's work behind them. */
export function Rounds({ project }: { project: Project }) {
  const link = useLive(project.name);
  const interval = often(link);
  const rounds = useQuery({ ...roundsOf(project.name), refetchInterval: interval });
  const progress = useQuery({ ...progressOf(project.name), refetchInterval: interval });
  const jobs = useQuery({ ...jobsOf(project.name), refetchInterval: interval });
  if (rounds.isPending) return <Waiting />;
  if (rounds.data === undefined) return <Failure error={rounds.error} retry={() => void rounds.refetch()} />;
  const latest = [...rounds.data].sort((a, b) => b.number - a.number);
  return (
    <>
      <Head title="Rounds" about="What was asked together, who chose it, and what came of it.">
        {progress.data && <Control project={project} progress={progress.data} />}
      </Head>
      <Stack gap="md">
        {latest.length === 0 ? (
          <div className="q-card">
            <Empty title="No round yet">The first one opens when items are there. “Act now” opens one at once.</Empty>
          </div>
        ) : (
          <Panel title="All rounds" flush>
            <Grid
              caption="Rounds, the latest first"
              rows={latest}
              id={(round) => round.number}
              columns={[
                {
                  name: "Round",
                  title: true,
                  cell: (round) => (
                    <Anchor
                      component={Link}
                      href={to(project.name, "rounds", round.number)}
                      size="sm"
                      fw={500}
                      className={partsClasses.when}
                    >
                      Round {round.number}
                    </Anchor>
                  ),
                },
                { name: "State", cell: (round) => <State tone={tone(round.state)}>{sentence(round.state)}</State> },
                { name: "Chosen by", wide: true, cell: (round) => <ChosenBy round={round} /> },
                {
                  name: "Answered",
                  cell: (round) => (
                    <Meter n={round.n_answered} of={round.n_asked} label={`Round ${round.number} answered`} />
                  ),
                },
                { name: "Random", number: true, minor: true, cell: (round) => count(round.n_random) },
                { name: "Model", number: true, minor: true, cell: (round) => count(round.model) },
                {
                  name: "Opened",
                  cell: (round) => <When at={round.created_at} />,
                },
              ]}
            />
          </Panel>
        )}
        <JobList project={project.name} jobs={jobs.data ?? []} error={jobs.error} />
      </Stack>
    </>
  );
}

function ChosenBy({ round }: { round: Round }) {
  const held = heldBack(round);
  return (
    <>
      {round.strategy}
      {round.purpose === "evaluation" && (
        <Text component="span" size="xs" c="dimmed">{` · ${PURPOSES.evaluation?.toLowerCase()}`}</Text>
      )}
      {held && (
        <Text size="xs" c="dimmed">
          {held}
        </Text>
      )}
    </>
  );
}
