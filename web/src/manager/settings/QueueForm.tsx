import { Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { manages, useMe } from "../../api/queries";
import type { Json, Project } from "../../api/types";
import { useSetProject } from "../api";
import { changed, QUEUE, readWholes, settingProblem } from "../logic/settings";
import { Panel } from "../parts/Panel";
import { SaveBar } from "./SaveBar";
import { SettingRow } from "./SettingRow";

/** How work is handed out: every setting of the queue, each with a line that explains it. */
export function QueueForm({ project }: { project: Project }) {
  const me = useMe();
  const set = useSetProject(project.name);
  const before = { ...project.settings } as unknown as Record<string, Json>;
  const [values, setValues] = useState(before);
  const after = { ...values };
  const tiers = readWholes(values.slot_tiers);
  if (tiers) after.slot_tiers = tiers;
  const changes = changed(before, after);
  const wrong = QUEUE.flatMap(({ settings }) => settings).some(
    (setting) => setting.name in values && settingProblem(setting, values[setting.name]) !== undefined,
  );
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (changes && !wrong) {
      set.mutate(
        { settings: changes },
        { onSuccess: (saved) => setValues({ ...saved.settings } as unknown as Record<string, Json>) },
      );
    }
  };
  return (
    <form onSubmit={save}>
      <Stack gap="md">
        {QUEUE.map(({ title, settings }) => (
          <Panel key={title} title={title}>
            {settings.map((setting) => (
              <SettingRow
                key={setting.name}
                setting={setting}
                value={values[setting.name] ?? null}
                fields={Object.keys(project.fields)}
                set={(value) => setValues((was) => ({ ...was, [setting.name]: value }))}
                disabled={!manages(me)}
              />
            ))}
          </Panel>
        ))}
      </Stack>
      {manages(me) && (
        <SaveBar
          dirty={changes !== null}
          busy={set.isPending}
          saved={set.isSuccess}
          error={
            set.error ?? (tiers ? null : new Error("Tiers: write whole numbers with commas between them, as in 0, 2."))
          }
          reset={() => setValues(before)}
          disabled={!tiers || wrong}
        />
      )}
    </form>
  );
}
