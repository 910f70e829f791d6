import { Button, Text } from "@mantine/core";

import { manages, useMe } from "../../api/queries";
import type { Job } from "../../api/types";
import { useRetryJob } from "../api";
import { duration } from "../logic/format";
import { jobWords, sentence, tone } from "../logic/standing";
import { State } from "./Dot";
import { Grid } from "./Grid";
import { Panel } from "./Panel";
import { Trouble } from "./Trouble";
import { When } from "./When";

const KINDS: Record<Job["kind"], string> = { round: "Next round", train: "Training", import: "Import" };

/** The machine's work, the latest first, and another try for what failed. */
export function JobList({ project, jobs, error }: { project: string; jobs: Job[]; error: unknown }) {
  const me = useMe();
  const retry = useRetryJob(project);
  return (
    <Panel title="Jobs" about="Training and choosing, done by the machine between rounds." flush={jobs.length > 0}>
      <Trouble error={retry.error ?? (jobs.length === 0 ? error : null)} />
      {jobs.length === 0 ? (
        <Text size="sm" c="dimmed">
          None yet.
        </Text>
      ) : (
        <Grid
          caption="Jobs, the latest first"
          rows={jobs}
          id={(job) => job.id}
          columns={[
            { name: "Job", title: true, cell: (job) => KINDS[job.kind] },
            { name: "State", cell: (job) => <State tone={tone(job.state)}>{sentence(job.state)}</State> },
            {
              name: "What happened",
              wide: true,
              cell: (job) =>
                job.error && job.state !== "done" ? (
                  <Text size="sm" c="var(--q-bad)">
                    {job.error}
                  </Text>
                ) : (
                  <Text size="sm" c="dimmed">
                    {job.state === "done" && job.started_at && job.finished_at
                      ? `Took ${duration((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000)}`
                      : jobWords(job)}
                    {job.attempts > 1 && `, attempt ${job.attempts}`}
                  </Text>
                ),
            },
            { name: "Asked for by", minor: true, cell: (job) => job.requested_by ?? "the queue" },
            { name: "When", cell: (job) => <When at={job.created_at} /> },
            {
              name: "Try again",
              action: true,
              cell: (job) =>
                job.state === "failed" && manages(me) ? (
                  <Button
                    size="compact-sm"
                    variant="default"
                    loading={retry.isPending && retry.variables === job.id}
                    onClick={() => retry.mutate(job.id)}
                    aria-label={`Try job ${job.id} again`}
                  >
                    Try again
                  </Button>
                ) : null,
            },
          ]}
        />
      )}
    </Panel>
  );
}
