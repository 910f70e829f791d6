import { Anchor, Button, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import { manages, useMe } from "../../api/queries";
import type { Curve, Progress, Project } from "../../api/types";
import { Failure, Waiting } from "../../ui/states";
import { curveOf, progressOf, roundsOf, useRetryJob } from "../api";
import { CurveChart } from "../chart/CurveChart";
import { CurveTable } from "../chart/CurveTable";
import { metricWords, ordered } from "../chart/curve";
import { ago, count, figure, percent, plural } from "../logic/format";
import { budgetLeft, latestToLearn, paceOf, standing } from "../logic/standing";
import { type Connection, often, POLL_MS, useLive } from "../live";
import { Control } from "../parts/Control";
import { State } from "../parts/Dot";
import { Facts } from "../parts/Facts";
import { Head } from "../parts/Head";
import { JobSteps } from "../parts/JobSteps";
import { Panel } from "../parts/Panel";
import { to } from "../parts/ProjectShell";
import { QueuePanel } from "../parts/QueuePanel";
import { RoundNow } from "../parts/RoundNow";
import { Trouble } from "../parts/Trouble";
import { WorkingPanel } from "../parts/WorkingPanel";
import classes from "./pages.module.css";

/** How a project is doing, live. */
export function Overview({ project }: { project: Project }) {
  const link = useLive(project.name);
  const renewed = { refetchInterval: often(link) };
  const progress = useQuery({ ...progressOf(project.name), ...renewed });
  const curve = useQuery({ ...curveOf(project.name), ...renewed });
  const rounds = useQuery({ ...roundsOf(project.name), ...renewed });
  if (progress.isPending) return <Waiting />;
  if (progress.data === undefined) return <Failure error={progress.error} retry={() => void progress.refetch()} />;
  const now = standing(progress.data, rounds.data);
  const learning = latestToLearn(rounds.data ?? [])?.number ?? progress.data.rounds.number;
  return (
    <>
      <Head
        title={project.name}
        about={
          <span className={classes.standing} role="status">
            <State tone={now.tone}>{now.words}</State>
            <span>{now.more}</span>
          </span>
        }
      >
        <Control project={project} progress={progress.data} />
      </Head>
      <Stack gap="md">
        <Job project={project.name} progress={progress.data} />
        <Figures progress={progress.data} curve={curve.data} />
        {progress.data.state === "empty" ? (
          <NoItems project={project.name} />
        ) : (
          <div className={classes.board}>
            <CurvePanel curve={curve.data} error={curve.error} />
            <Stack gap="md" miw={0}>
              <QueuePanel progress={progress.data} />
              <WorkingPanel project={project.name} often={renewed.refetchInterval} />
              <Freshness link={link} lost={progress.isError} since={progress.dataUpdatedAt} />
            </Stack>
            <RoundNow project={project} number={learning} />
          </div>
        )}
      </Stack>
    </>
  );
}

/** How fresh what is shown is. */
function Freshness({ link, lost, since }: { link: Connection; lost: boolean; since: number }) {
  if (lost) {
    return (
      <Text size="xs" c="var(--q-bad)" role="status">
        The server does not answer. What is shown was so {ago(new Date(since).toISOString())}.
      </Text>
    );
  }
  return (
    <Text size="xs" c="dimmed">
      {link === "live" ? "Live: changes show as they happen." : `Updated every ${POLL_MS / 1000} seconds.`}
    </Text>
  );
}

function Job({ project, progress }: { project: string; progress: Progress }) {
  const me = useMe();
  const retry = useRetryJob(project);
  const { job } = progress;
  if (!job || job.state === "done") return null;
  return (
    <div className={`q-card ${classes.job}`}>
      <JobSteps job={job} />
      {job.state === "failed" && manages(me) && (
        <Button size="xs" variant="default" loading={retry.isPending} onClick={() => retry.mutate(job.id)}>
          Try again
        </Button>
      )}
      <Trouble error={retry.error} />
    </div>
  );
}

function Figures({ progress, curve }: { progress: Progress; curve: Curve | undefined }) {
  const { items, labeled } = progress;
  const all = items.pool + items.test + items.calibration;
  const done = (labeled.pool ?? 0) + (labeled.test ?? 0) + (labeled.calibration ?? 0);
  const left = budgetLeft(progress.budget);
  const last = curve && ordered(curve.points).at(-1);
  return (
    <Facts
      facts={[
        {
          name: "Labeled",
          value: count(done),
          more: `${all > 0 ? percent(done / all) : "0%"} of ${plural(all, "item")}`,
        },
        { name: "Budget left", ...left },
        { name: "Pace", ...paceOf(progress) },
        {
          name: curve?.metric ? `Model's ${metricWords(curve.metric)}` : "Model",
          value: last ? figure(last.value) : "–",
          more: last
            ? last.low != null && last.high != null
              ? `${figure(last.low)} to ${figure(last.high)}`
              : `at ${plural(last.n_labels, "label")}`
            : curve?.metric === ""
              ? "none for this kind of answer"
              : "no model measured yet",
        },
      ]}
    />
  );
}

function CurvePanel({ curve, error }: { curve: Curve | undefined; error: unknown }) {
  const [view, setView] = useState("chart");
  const measured = curve !== undefined && curve.points.length > 0;
  return (
    <Panel
      title="Learning curve"
      about={measured ? curve.note : undefined}
      aside={
        measured && (
          <SegmentedControl
            size="xs"
            aria-label="Show the learning curve as"
            value={view}
            onChange={setView}
            data={[
              { value: "chart", label: "Chart" },
              { value: "table", label: "Table" },
            ]}
          />
        )
      }
      flush={measured && view === "table"}
    >
      {measured ? (
        view === "chart" ? (
          <CurveChart metric={curve.metric} points={curve.points} random={curve.random} />
        ) : (
          <CurveTable metric={curve.metric} points={curve.points} random={curve.random} />
        )
      ) : error ? (
        <Trouble error={error} />
      ) : (
        <div className={classes.noCurve}>
          <Text size="sm" c="dimmed">
            {curve?.note || "A point appears here for each model, once random test items are labeled to measure it on."}
          </Text>
        </div>
      )}
    </Panel>
  );
}

function NoItems({ project }: { project: string }) {
  return (
    <Panel title="No items yet">
      <Text size="sm" c="dimmed">
        The project is made, but holds nothing to ask about. Upload a file on the{" "}
        <Anchor component={Link} href={to(project, "items")}>
          items
        </Anchor>{" "}
        page.
      </Text>
    </Panel>
  );
}
