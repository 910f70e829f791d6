import type { Progress } from "../../api/types";
import { count } from "../logic/format";
import { queueParts, queueWords } from "../logic/standing";
import { Panel } from "./Panel";
import classes from "./queue.module.css";

/** The queue: what is done, with someone, open, skipped and flagged, and when it will be empty. */
export function QueuePanel({ progress }: { progress: Progress }) {
  const parts = queueParts(progress.queue);
  const total = parts.reduce((sum, { n }) => sum + n, 0);
  return (
    <Panel title="Queue" about={queueWords(progress)}>
      {total > 0 && (
        <div className={classes.bar} aria-hidden="true">
          {parts.map(({ name, n, tone }) => n > 0 && <i key={name} data-tone={tone} style={{ flexGrow: n }} />)}
        </div>
      )}
      <dl className={classes.parts}>
        {parts.map(({ name, n, tone }) => (
          <div key={name} data-none={n === 0 || undefined}>
            <dt>
              <i data-tone={tone} aria-hidden="true" />
              {name}
            </dt>
            <dd>{count(n)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
