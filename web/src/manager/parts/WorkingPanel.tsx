import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import { workingOn } from "../api";
import { ago, count, plural } from "../logic/format";
import { State } from "./Dot";
import { Panel } from "./Panel";
import { to } from "./ProjectShell";
import { Trouble } from "./Trouble";
import classes from "./working.module.css";

const SHOWN = 8;

/** Who is at work now, and what each has done today. */
export function WorkingPanel({ project, often }: { project: string; often: number }) {
  const people = useQuery({ ...workingOn(project), refetchInterval: often });
  const sorted = [...(people.data ?? [])].sort((a, b) => Number(b.working) - Number(a.working) || b.today - a.today);
  const working = sorted.filter((one) => one.working).length;
  return (
    <Panel
      title="People"
      about={
        people.data && (working > 0 ? `${plural(working, "person", "people")} at work now.` : "Nobody is at work now.")
      }
      aside={
        <Anchor component={Link} href={to(project, "people")} size="sm">
          All
        </Anchor>
      }
    >
      {people.error && !people.data ? (
        <Trouble error={people.error} />
      ) : sorted.length === 0 ? (
        <Text size="sm" c="dimmed">
          {people.isPending ? "Loading…" : "Nobody has labeled here yet."}
        </Text>
      ) : (
        <ul className={classes.list}>
          {sorted.slice(0, SHOWN).map((one) => (
            <li key={one.name}>
              <span className={classes.name}>{one.name}</span>
              <span className={classes.what}>
                {one.working ? <State tone="good">{`at work, holds ${one.leased}`}</State> : `last ${ago(one.last_at)}`}
              </span>
              <span className={classes.today}>
                {count(one.today)} <span className={classes.what}>today</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
