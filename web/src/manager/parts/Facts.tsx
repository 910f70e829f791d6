import type { ReactNode } from "react";

import classes from "./parts.module.css";

export interface Fact {
  name: string;
  value: ReactNode;
  /** A quiet line beneath. */
  more?: ReactNode;
}

/** A few figures side by side, each with its name. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className={`q-card ${classes.facts}`}>
      {facts.map(({ name, value, more }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span className={classes.figure}>{value}</span>
            {more && <span className={classes.more}>{more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Names and values beneath one another, for what is known of one thing. */
export function Details({ facts }: { facts: Fact[] }) {
  return (
    <dl className={classes.details}>
      {facts.map(({ name, value, more }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {more && <span className={classes.more}>{more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
