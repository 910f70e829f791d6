import { Anchor, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import type { ItemLife, Project } from "../../api/types";
import { Failure, Waiting } from "../../ui/states";
import { Item } from "../../view/FieldView";
import { itemOf } from "../api";
import { ago, answerText, count, figure, moment, money, preview } from "../logic/format";
import { deeds, lifeWords, suggestionWords } from "../logic/life";
import { PURPOSES } from "../logic/settings";
import { sentence, tone } from "../logic/standing";
import { State } from "../parts/Dot";
import { Details } from "../parts/Facts";
import { Grid } from "../parts/Grid";
import { Head } from "../parts/Head";
import { Panel } from "../parts/Panel";
import { to } from "../parts/ProjectShell";
import classes from "./life.module.css";
import pageClasses from "./pages.module.css";

const READ_AT_ONCE = 20_000; // characters of a text, before somebody asks for all of it

/** One item's whole life: what it is, when and why it was asked, who said what. */
export function ItemLifePage({ project, item }: { project: Project; item: string }) {
  const life = useQuery(itemOf(project.name, item));
  if (life.isPending) return <Waiting />;
  if (life.data === undefined) {
    return (
      <>
        <Head title={item} back={{ href: to(project.name, "items"), words: "Items" }} />
        <Failure error={life.error} retry={() => void life.refetch()} />
      </>
    );
  }
  const { item: row, queries, slots, versions } = life.data;
  return (
    <>
      <Head
        title={preview(row.fields, project.display, 90) || row.item_id}
        tab={row.item_id}
        back={{ href: to(project.name, "items"), words: "Items" }}
        about={
          <span className={pageClasses.standing}>
            <State tone={tone(row.state)}>{sentence(row.state)}</State>
            <span>{lifeWords(life.data)}</span>
          </span>
        }
      />
      <div className={pageClasses.twoColumns}>
        <Stack gap="md" miw={0}>
          <Panel title="Content">
            <Item fields={row.fields} display={project.display} most={READ_AT_ONCE} />
          </Panel>
          <Story life={life.data} />
          <Panel title="Why it was asked" flush={queries.length > 0}>
            {queries.length === 0 ? (
              <Text size="sm" c="dimmed">
                No round has asked about it.
              </Text>
            ) : (
              <Grid
                caption="Each time it was asked about"
                rows={queries}
                id={(query) => query.round}
                columns={[
                  {
                    name: "Round",
                    title: true,
                    cell: (query) => (
                      <Anchor component={Link} href={to(project.name, "rounds", query.round)} size="sm">
                        {query.round}
                      </Anchor>
                    ),
                  },
                  {
                    name: "Reason",
                    wide: true,
                    cell: (query) => (
                      <>
                        {query.reason ?? "–"}
                        <Text size="xs" c="dimmed">
                          {[query.strategy, PURPOSES[query.purpose]?.toLowerCase(), suggestionWords(query.suggestion)]
                            .filter(Boolean)
                            .join(" · ")}
                        </Text>
                      </>
                    ),
                  },
                  { name: "Place", number: true, cell: (query) => query.rank + 1 },
                  { name: "Utility", number: true, cell: (query) => figure(query.utility) },
                  { name: "Propensity", number: true, cell: (query) => figure(query.propensity) },
                  {
                    name: "Cost",
                    number: true,
                    minor: true,
                    cell: (query) => (query.cost_usd ? money(query.cost_usd) : "–"),
                  },
                  { name: "State", cell: (query) => <State tone={tone(query.state)}>{sentence(query.state)}</State> },
                ]}
              />
            )}
          </Panel>
        </Stack>
        <Stack gap="md" miw={0}>
          <Panel title="Standing">
            <Details
              facts={[
                { name: "Label", value: row.label === null ? "none yet" : answerText(row.label) },
                { name: "Answers", value: count(row.n_answers) },
                { name: "Id", value: row.item_id },
                { name: "Split", value: row.split },
                {
                  name: "In dataset versions",
                  value: versions.length > 0 ? versions.join(", ") : "none",
                },
              ]}
            />
          </Panel>
          <Panel title="Slots" about="Each is one answer wanted of one person." flush={slots.length > 0}>
            {slots.length === 0 ? (
              <Text size="sm" c="dimmed">
                None.
              </Text>
            ) : (
              <Grid
                caption="Slots"
                rows={slots}
                id={(slot) => slot.id}
                columns={[
                  { name: "State", cell: (slot) => <State tone={tone(slot.state)}>{sentence(slot.state)}</State> },
                  {
                    name: "Who",
                    cell: (slot) => slot.annotator ?? "nobody yet",
                  },
                  { name: "Lapsed", number: true, cell: (slot) => count(slot.n_lapsed) },
                ]}
              />
            )}
          </Panel>
        </Stack>
      </div>
    </>
  );
}

function Story({ life }: { life: ItemLife }) {
  const story = deeds(life.events);
  return (
    <Panel title="What happened" about="Every act in order. Nothing here is ever changed or removed.">
      {story.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody has answered yet.
        </Text>
      ) : (
        <ol className={classes.story}>
          {story.map((deed) => (
            <li key={deed.id} data-superseded={deed.superseded || undefined}>
              <i data-tone={deed.tone} aria-hidden="true" />
              <div>
                <p className={classes.deed}>
                  <strong>{deed.who}</strong> {deed.words} {deed.answer && <strong>{deed.answer}</strong>}
                  {deed.superseded && <span className={classes.quiet}> (replaced since)</span>}
                </p>
                {deed.note && <p className={classes.note}>“{deed.note}”</p>}
                <p className={classes.quiet}>
                  <time dateTime={deed.at} title={moment(deed.at)}>
                    {ago(deed.at)}
                  </time>
                  {deed.facts.map((fact) => ` · ${fact}`)}
                  {" · "}
                  <span title={deed.hash}>{deed.hash.slice(0, 8)}</span>
                </p>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
