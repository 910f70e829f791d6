import { Text } from "@mantine/core";
import { Link } from "wouter";

import type { Project, RoundQuery } from "../../api/types";
import { figure } from "../logic/format";
import { sentence, tone } from "../logic/standing";
import { Answer } from "./Answer";
import { State } from "./Dot";
import { type Column, Grid } from "./Grid";
import { to } from "./ProjectShell";
import { pictureField, ThumbOf } from "./Thumb";
import classes from "./parts.module.css";

const WORDS_FOR: Record<string, string> = { exploration: "random", evaluation: "random, to measure" };

interface Props {
  project: Project;
  queries: RoundQuery[];
  caption: string;
  /** Only what a first look needs. */
  brief?: boolean;
}

/** The items of a round in the order they were asked: the reason, and what came of it. */
export function QueryTable({ project, queries, caption, brief }: Props) {
  const columns: Column<RoundQuery>[] = [
    { name: "Place", title: true, head: "#", number: true, cell: (query) => query.rank + 1 },
    {
      name: "Item",
      wide: true,
      cell: (query) => (
        <div className={classes.withThumb}>
          <ThumbOf project={project} item={query.item_id} />
          <div>
            <Link
              href={to(project.name, "items", query.item_id)}
              className={`${classes.rowLink} ${classes.twoLines}`}
              dir="auto"
            >
              {query.preview && query.preview !== pictureField(project) ? query.preview : query.item_id}
            </Link>
            {query.reason && (
              <Text size="xs" c="dimmed" mt={2}>
                {query.reason}
              </Text>
            )}
          </div>
        </div>
      ),
    },
    ...(brief
      ? []
      : ([
          {
            name: "Utility",
            number: true,
            cell: (query) => figure(query.utility),
          },
          {
            name: "Propensity",
            number: true,
            minor: true,
            cell: (query) => figure(query.propensity),
          },
          { name: "By", minor: true, cell: (query) => WORDS_FOR[query.purpose] ?? query.strategy },
        ] satisfies Column<RoundQuery>[])),
    {
      name: "Outcome",
      cell: (query) =>
        query.value === null ? (
          <State tone={tone(query.state)}>{sentence(query.state)}</State>
        ) : (
          <div>
            <Answer value={query.value} />
            {query.annotator && <span className={classes.more}> {query.annotator}</span>}
          </div>
        ),
    },
  ];
  return <Grid caption={caption} rows={queries} id={(query) => query.item_id} columns={columns} />;
}
