import { Button, NumberInput, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { useMe } from "../../api/queries";
import type { Role } from "../../api/types";
import { useInvite } from "../api";
import { rolesFor } from "../logic/roles";
import { BELOW } from "./below";
import { Copyable } from "./Copyable";
import { Trouble } from "./Trouble";

/** A link that lets one person in; it is shown once. */
export function InviteForm({ project, done }: { project?: string; done: () => void }) {
  const me = useMe();
  const invite = useInvite();
  const [role, setRole] = useState<Role>("annotator");
  const [skills, setSkills] = useState<string[]>([]);
  const [note, setNote] = useState("");
  const [days, setDays] = useState<number | string>(7);
  const go = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({
      role,
      ...(project ? { project } : {}),
      ...(skills.length > 0 ? { skills } : {}),
      ...(note.trim() ? { note: note.trim() } : {}),
      days: Number(days),
    });
  };
  if (invite.data) {
    return (
      <Stack gap="md">
        <Text size="sm">Send this link to one person. It works once and is not shown again.</Text>
        <Copyable value={absolute(invite.data.url, invite.data.token)} label="Invitation link" />
        <Button onClick={done}>Done</Button>
      </Stack>
    );
  }
  const roles = rolesFor(me.role);
  return (
    <form onSubmit={go}>
      <Stack gap="md">
        <Select
          {...BELOW}
          label="Role"
          data={roles.map(({ value, label }) => ({ value, label }))}
          description={roles.find((one) => one.value === role)?.what}
          value={role}
          onChange={(value) => value && setRole(value as Role)}
          allowDeselect={false}
        />
        <TagsInput
          {...BELOW}
          label="Skills"
          description="For items that need one, for example a language. Enter adds it."
          value={skills}
          onChange={setSkills}
          maxTags={100}
        />
        <TextInput
          {...BELOW}
          label="Note"
          description="For your own list of invitations."
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          maxLength={200}
        />
        <NumberInput
          label="Valid for"
          suffix=" days"
          value={days}
          onChange={setDays}
          min={1}
          max={90}
          allowDecimal={false}
        />
        <Trouble error={invite.error} />
        <Button type="submit" loading={invite.isPending} disabled={!(Number(days) >= 1)}>
          Make the link
        </Button>
      </Stack>
    </form>
  );
}

/** A link that works from anywhere: the server's own where it is whole, else of the place we are at. */
export function absolute(url: string | undefined, token: string | undefined): string {
  const there = url || `/invite/${encodeURIComponent(token ?? "")}`;
  return new URL(there, window.location.origin).href;
}
