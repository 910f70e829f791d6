import { SegmentedControl, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { manages, useMe } from "../../api/queries";
import type { Project } from "../../api/types";
import { Markdown } from "../../view/Markdown";
import { useSetProject } from "../api";
import { ago } from "../logic/format";
import { Panel } from "../parts/Panel";
import { SaveBar } from "./SaveBar";
import classes from "./settings.module.css";

/** What annotators are told, in Markdown. Each change is a new version, which they are told of. */
export function InstructionSettings({ project }: { project: Project }) {
  const me = useMe();
  const set = useSetProject(project.name);
  const now = project.instructions?.text ?? "";
  const [text, setText] = useState(now);
  const [view, setView] = useState("write");
  const version = project.instructions?.version ?? 0;
  const save = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ instructions: text });
  };
  return (
    <form onSubmit={save}>
      <Panel
        title="Instructions"
        about={
          project.instructions
            ? `Version ${version}, written ${ago(project.instructions.created_at)}. Whoever labels sees that they changed, and every answer keeps which version it was given by.`
            : "None yet. They stand beside each item, and every answer keeps which version it was given by."
        }
        aside={
          <SegmentedControl
            size="xs"
            aria-label="Write or preview"
            value={view}
            onChange={setView}
            data={[
              { value: "write", label: "Write" },
              { value: "preview", label: "Preview" },
            ]}
          />
        }
      >
        {view === "write" ? (
          <Textarea
            aria-label="Instructions in Markdown"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={12}
            maxRows={30}
            readOnly={!manages(me)}
            classNames={{ input: classes.mono }}
          />
        ) : (
          <div className={classes.preview}>
            {text.trim() ? <Markdown text={text} /> : <Text c="dimmed">Nothing to show yet.</Text>}
          </div>
        )}
      </Panel>
      {manages(me) && (
        <SaveBar
          dirty={text !== now}
          busy={set.isPending}
          saved={set.isSuccess}
          error={set.error}
          reset={() => setText(now)}
          words={`Publish version ${version + 1}`}
        />
      )}
    </form>
  );
}
