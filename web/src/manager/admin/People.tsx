import { Button, NumberInput, Select, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";

import { manages } from "../../api/queries";
import type { Me, Person, Role } from "../../api/types";
import { Failure, Waiting } from "../../ui/states";
import { everybody, useSetPerson } from "../api";
import { count } from "../logic/format";
import { ROLES } from "../logic/roles";
import { changed } from "../logic/settings";
import { sentence } from "../logic/standing";
import { BELOW } from "../parts/below";
import { Dialog } from "../parts/Dialog";
import { State } from "../parts/Dot";
import { type Column, Grid } from "../parts/Grid";
import { Head } from "../parts/Head";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { When } from "../parts/When";

/** Everybody who can sign in, and what each may do. */
export function People({ me }: { me: Me }) {
  const people = useQuery(everybody());
  const [words, setWords] = useState("");
  const [open, setOpen] = useState<Person | null>(null);
  if (people.isPending) return <Waiting />;
  if (people.data === undefined) return <Failure error={people.error} retry={() => void people.refetch()} />;
  const wanted = words.trim().toLocaleLowerCase();
  const rows = people.data.filter(
    ({ name, full_name, skills }) =>
      !wanted || [name, full_name ?? "", ...skills].some((word) => word.toLocaleLowerCase().includes(wanted)),
  );
  const edits = me.role === "admin";
  const columns: Column<Person>[] = [
    {
      name: "Name",
      wide: true,
      cell: (one) => (
        <>
          <strong>{one.name}</strong>
          {one.full_name && (
            <Text component="span" size="sm" c="dimmed">
              {" "}
              {one.full_name}
            </Text>
          )}
        </>
      ),
    },
    { name: "Role", cell: (one) => sentence(one.role) },
    { name: "Skills", minor: true, cell: (one) => one.skills.join(", ") || "–" },
    { name: "Tier", number: true, minor: true, cell: (one) => count(one.tier) },
    {
      name: "A day",
      number: true,
      minor: true,
      cell: (one) => (one.daily_cap == null ? "no cap" : count(one.daily_cap)),
    },
    {
      name: "State",
      cell: (one) => (one.disabled ? <State tone="bad">Disabled</State> : <State tone="good">Active</State>),
    },
    { name: "Last seen", cell: (one) => <When at={one.last_seen_at} /> },
  ];
  if (edits) {
    columns.push({
      name: "Change",
      action: true,
      cell: (one) => (
        <Button size="compact-sm" variant="default" onClick={() => setOpen(one)} aria-label={`Change ${one.name}`}>
          Change
        </Button>
      ),
    });
  }
  return (
    <>
      <Head title="People" about={edits ? undefined : "Only an admin changes roles."}>
        {manages(me) && (
          <Button component={Link} href="/admin/invitations">
            Invite someone
          </Button>
        )}
      </Head>
      <Stack gap="md">
        {people.data.length > 8 && (
          <TextInput
            type="search"
            aria-label="Search people"
            placeholder="Name or skill"
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            maw={320}
          />
        )}
        <Panel title={wanted ? `${count(rows.length)} of ${count(people.data.length)}` : "Everybody"} flush>
          <Grid caption="People" rows={rows} id={(one) => one.name} columns={columns} />
        </Panel>
      </Stack>
      <Dialog opened={open !== null} onClose={() => setOpen(null)} title={open ? `Change ${open.name}` : ""}>
        {open && <PersonForm key={open.name} person={open} self={open.name === me.name} done={() => setOpen(null)} />}
      </Dialog>
    </>
  );
}

function PersonForm({ person, self, done }: { person: Person; self: boolean; done: () => void }) {
  const save = useSetPerson();
  const before = {
    full_name: person.full_name ?? "",
    role: person.role,
    skills: person.skills,
    tier: person.tier,
    daily_cap: person.daily_cap,
    disabled: person.disabled,
  };
  const [values, setValues] = useState(before);
  const set = (changes: Partial<typeof before>) => setValues((was) => ({ ...was, ...changes }));
  const changes = changed(before, values);
  const go = (event: FormEvent) => {
    event.preventDefault();
    if (changes) save.mutate({ name: person.name, ...changes }, { onSuccess: done });
  };
  return (
    <form onSubmit={go}>
      <Stack gap="md">
        <TextInput
          label="Full name"
          value={values.full_name}
          onChange={(event) => set({ full_name: event.currentTarget.value })}
          maxLength={200}
        />
        <Select
          {...BELOW}
          label="Role"
          data={ROLES.map(({ value, label }) => ({ value, label }))}
          description={self ? "Nobody changes their own role." : ROLES.find(({ value }) => value === values.role)?.what}
          value={values.role}
          onChange={(role) => role && set({ role: role as Role })}
          allowDeselect={false}
          disabled={self}
        />
        <TagsInput
          {...BELOW}
          label="Skills"
          description="Items that need a skill go only to those who have it. Enter adds one."
          value={values.skills}
          onChange={(skills) => set({ skills })}
        />
        <NumberInput
          {...BELOW}
          label="Tier"
          description="For slots kept for senior people; 0 is everybody."
          value={values.tier}
          onChange={(tier) => set({ tier: Number(tier) })}
          min={0}
          max={1000}
          allowDecimal={false}
        />
        <NumberInput
          label="Answers a day"
          placeholder="No cap"
          value={values.daily_cap ?? ""}
          onChange={(cap) => set({ daily_cap: cap === "" ? null : Number(cap) })}
          min={0}
          allowDecimal={false}
        />
        {!self && (
          <Switch
            label="Disabled: cannot sign in, and gets no items"
            checked={values.disabled}
            onChange={(event) => set({ disabled: event.currentTarget.checked })}
          />
        )}
        <Trouble error={save.error} />
        <Button type="submit" loading={save.isPending} disabled={!changes}>
          Save
        </Button>
      </Stack>
    </form>
  );
}
