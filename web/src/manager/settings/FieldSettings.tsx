import { ActionIcon, Group, Select, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { manages, useMe } from "../../api/queries";
import type { Display, Project } from "../../api/types";
import { own } from "../../view/own";
import { useSetProject } from "../api";
import { DISPLAYS } from "../logic/settings";
import { Panel } from "../parts/Panel";
import { SaveBar } from "./SaveBar";
import classes from "./settings.module.css";

type Row = [name: string, display: Display];

/** How the page shows each field of an item, and in which order. */
export function FieldSettings({ project }: { project: Project }) {
  const me = useMe();
  const set = useSetProject(project.name);
  const before = Object.entries(project.display) as Row[];
  const [rows, setRows] = useState(before);
  const dirty = JSON.stringify(rows) !== JSON.stringify(before);
  const disabled = !manages(me);
  const move = (at: number, by: number) =>
    setRows((was) => {
      const next = [...was];
      const [row] = next.splice(at, 1);
      if (row) next.splice(at + by, 0, row);
      return next;
    });
  const save = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ display: Object.fromEntries(rows) });
  };
  return (
    <form onSubmit={save}>
      <Panel
        title="Fields"
        about="What annotators see of an item, from top to bottom. How a model reads a field is not changed by this."
      >
        {rows.length === 0 ? (
          <Text size="sm" c="dimmed">
            The fields show here once there are items.
          </Text>
        ) : (
          <div>
            {rows.map(([name, display], i) => (
              <div key={name} className={classes.row}>
                <div>
                  <span className={classes.name}>{name}</span>
                  <p className={classes.what}>Read by the model as {own(project.fields, name) ?? "ignored"}.</p>
                </div>
                <Select
                  aria-label={`Show ${name} as`}
                  data={DISPLAYS}
                  value={display}
                  onChange={(value) =>
                    value && setRows((was) => was.map((row) => (row[0] === name ? [name, value as Display] : row)))
                  }
                  allowDeselect={false}
                  disabled={disabled}
                />
                <Group gap={4} wrap="nowrap">
                  <ActionIcon
                    variant="default"
                    size="lg"
                    aria-label={`Move ${name} up`}
                    disabled={disabled || i === 0}
                    onClick={() => move(i, -1)}
                  >
                    ↑
                  </ActionIcon>
                  <ActionIcon
                    variant="default"
                    size="lg"
                    aria-label={`Move ${name} down`}
                    disabled={disabled || i === rows.length - 1}
                    onClick={() => move(i, 1)}
                  >
                    ↓
                  </ActionIcon>
                </Group>
              </div>
            ))}
          </div>
        )}
      </Panel>
      {!disabled && (
        <SaveBar
          dirty={dirty}
          busy={set.isPending}
          saved={set.isSuccess}
          error={set.error}
          reset={() => setRows(before)}
        />
      )}
    </form>
  );
}
