import type { Job } from "../../api/types";
import { jobWords, stageIndex, STAGES } from "../logic/standing";
import classes from "./job.module.css";

const AFTER_MEASURING = STAGES.findIndex(({ value }) => value === "scoring");

/** How far a job is: its stages in order, those done, the one at work, those to come. */
export function JobSteps({ job }: { job: Job }) {
  const at = stageIndex(job);
  const stages = job.kind === "train" ? STAGES.slice(0, AFTER_MEASURING) : STAGES;
  return (
    <div className={classes.job}>
      <ol className={classes.steps} aria-label="Stages">
        {stages.map(({ value, words }, i) => (
          <li
            key={value}
            data-is={i < at ? "done" : i === at ? (job.state === "failed" ? "failed" : "now") : "later"}
            aria-current={i === at ? "step" : undefined}
          >
            {words}
          </li>
        ))}
      </ol>
      <span className={classes.words} data-failed={job.state === "failed" || undefined}>
        {jobWords(job)}
        {job.attempts > 1 && `, attempt ${job.attempts}`}
      </span>
    </div>
  );
}
