import { Button, Group, Loader, Select, Stack, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useMemo, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";

import { manages, useMe } from "../../api/queries";
import type { ItemRow, Project } from "../../api/types";
import { Empty, Failure } from "../../ui/states";
import { itemsOf, PAGE, workingOn } from "../api";
import { count, plural, preview } from "../logic/format";
import { type FilterName, type Filters, goesOn, progressOf, readFilters, writeFilters } from "../logic/paging";
import { sentence, tone } from "../logic/standing";
import { AddItems } from "../parts/AddItems";
import { Answer } from "../parts/Answer";
import { State } from "../parts/Dot";
import { Grid } from "../parts/Grid";
import { Head } from "../parts/Head";
import { to } from "../parts/ProjectShell";
import { Thumb } from "../parts/Thumb";
import partsClasses from "../parts/parts.module.css";
import classes from "./items.module.css";

const PATIENCE = 10; // pages a search looks through before it asks whether to go on
const SETTLED_MS = 300; // after the last key, so that a word is searched for once

/** All items, by what they say and where they stand. */
export function Items({ project }: { project: Project }) {
  const me = useMe();
  const [, navigate] = useLocation();
  const filters = readFilters(useSearch());
  const set = (changes: Filters) => {
    const words = writeFilters({ ...filters, ...changes });
    navigate(to(project.name, "items") + (words ? `?${words}` : ""), { replace: true });
  };
  return (
    <>
      <Head title="Items" tab={`Items of ${project.name}`}>
        {manages(me) && <AddItems project={project} />}
      </Head>
      <Stack gap="md">
        <FilterBar project={project} filters={filters} set={set} />
        <Found
          key={writeFilters(filters)}
          project={project}
          filters={filters}
          clear={() => navigate(to(project.name, "items"))}
        />
      </Stack>
    </>
  );
}

interface BarProps {
  project: Project;
  filters: Filters;
  set: (changes: Filters) => void;
}

function FilterBar({ project, filters, set }: BarProps) {
  const [words, setWords] = useState(filters.search ?? "");
  const [round, setRound] = useState(filters.round ?? "");
  const people = useQuery(workingOn(project.name));
  const later = useDebouncedCallback(set, SETTLED_MS);
  useEffect(() => {
    if (filters.search === undefined) setWords("");
    if (filters.round === undefined) setRound("");
  }, [filters.search, filters.round]);
  const pick = (name: FilterName, label: string, data: { value: string; label: string }[]) => (
    <Select
      key={name}
      aria-label={label}
      placeholder={label}
      data={data}
      value={filters[name] ?? null}
      onChange={(value) => set({ [name]: value ?? "" })}
      clearable
      searchable={data.length > 8}
      limit={200}
      className={classes.filter}
    />
  );
  return (
    <search className={classes.bar}>
      <TextInput
        type="search"
        aria-label="Search in the items"
        placeholder="Search in the items"
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          later({ search: event.currentTarget.value });
        }}
        className={classes.search}
      />
      {pick("state", "Any state", [
        { value: "unlabeled", label: "Unlabeled" },
        { value: "pending", label: "Pending" },
        { value: "labeled", label: "Labeled" },
      ])}
      {project.schema.classes.length > 0 &&
        pick(
          "label",
          "Any label",
          project.schema.classes.map((name) => ({ value: name, label: name })),
        )}
      {pick("split", "Any split", [
        { value: "pool", label: "Pool" },
        { value: "test", label: "Test" },
        { value: "calibration", label: "Calibration" },
      ])}
      {pick(
        "annotator",
        "Anyone",
        (people.data ?? []).map(({ name }) => ({ value: name, label: name })),
      )}
      <TextInput
        aria-label="Round"
        placeholder="Any round"
        inputMode="numeric"
        value={round}
        onChange={(event) => {
          const digits = event.currentTarget.value.replace(/\D/g, "");
          setRound(digits);
          later({ round: digits });
        }}
        className={classes.round}
      />
    </search>
  );
}

function Found({ project, filters, clear }: { project: Project; filters: Filters; clear: () => void }) {
  const found = useInfiniteQuery(itemsOf(project.name, filters));
  const pages = useMemo(() => found.data?.pages ?? [], [found.data]);
  const [since, setSince] = useState(0);
  const { fetchNextPage, isFetching, isError } = found;
  const onward = !isError && goesOn(pages, since, PAGE, PATIENCE);
  useEffect(() => {
    if (onward && !isFetching) void fetchNextPage();
  }, [onward, isFetching, fetchNextPage]);
  const rows = useMemo(() => pages.flatMap((page) => page.items), [pages]);
  const state = progressOf(pages);
  const filtered = Object.keys(filters).length > 0;
  const busy = isFetching || onward;

  if (found.isError && rows.length === 0) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (rows.length === 0 && !busy && !state.more) {
    return (
      <div className="q-card">
        {filtered ? (
          <Empty
            title="Nothing matches"
            action={
              <Button variant="default" onClick={clear}>
                Clear the filters
              </Button>
            }
          >
            All {plural(state.searched, "item")} were looked through.
          </Empty>
        ) : (
          <Empty title="No items yet">Upload a file with “Add items”.</Empty>
        )}
      </div>
    );
  }
  return (
    <div className="q-card">
      {rows.length > 0 && <ItemTable project={project} rows={rows} />}
      {isError && <Failure error={found.error} retry={() => void fetchNextPage()} />}
      <Group justify="center" gap="md" p="md" role="status">
        {busy && <Loader size="xs" aria-hidden="true" />}
        <Text size="sm" c="dimmed">
          {footWords(rows.length, state.searched, busy, state.more, filtered)}
        </Text>
        {state.more && !busy && (
          <Button
            variant="default"
            size="xs"
            onClick={() => {
              setSince(pages.length);
              void fetchNextPage();
            }}
          >
            {filtered ? "Keep looking" : "Load more"}
          </Button>
        )}
      </Group>
    </div>
  );
}

function footWords(found: number, searched: number, busy: boolean, more: boolean, filtered: boolean): string {
  const rows = plural(found, "item");
  if (!filtered) return busy ? "Loading…" : more ? `${rows} shown` : `All ${rows} shown`;
  const looked = `looked through ${count(searched)}`;
  if (busy) return searched > 0 ? `${rows} found, ${looked} so far…` : "Looking…";
  return more ? `${rows} found, ${looked} so far` : `${rows} found, ${looked}: that is all`;
}

function ItemTable({ project, rows }: { project: Project; rows: ItemRow[] }) {
  return (
    <Grid
      caption="Items"
      rows={rows}
      id={(row) => row.item_id}
      columns={[
        {
          name: "Item",
          wide: true,
          cell: (row) => (
            <div className={partsClasses.withThumb}>
              <Thumb project={project} fields={row.fields} />
              <div>
                <Link
                  href={to(project.name, "items", row.item_id)}
                  className={`${partsClasses.rowLink} ${partsClasses.twoLines}`}
                  dir="auto"
                >
                  {preview(row.fields, project.display) || row.item_id}
                </Link>
                {preview(row.fields, project.display) !== "" && (
                  <Text size="xs" c="dimmed" mt={2}>
                    {row.item_id}
                  </Text>
                )}
              </div>
            </div>
          ),
        },
        {
          name: "Label",
          cell: (row) => (row.label === null ? null : <Answer value={row.label} />),
        },
        { name: "State", cell: (row) => <State tone={tone(row.state)}>{sentence(row.state)}</State> },
        { name: "Answers", number: true, minor: true, cell: (row) => count(row.n_answers) },
        { name: "Round", number: true, minor: true, cell: (row) => count(row.round) },
        { name: "Split", minor: true, cell: (row) => row.split },
      ]}
    />
  );
}
