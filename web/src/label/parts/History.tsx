import { Badge, Drawer, Stack, Text, UnstyledButton } from "@mantine/core";
import { memo } from "react";

import type { Project, Task } from "../../api/types";
import { ago } from "../../ui/words";
import { sayAnswer } from "../answer/say";
import type { Given } from "../work/board";
import classes from "./history.module.css";
import { Past } from "./Past";

const SHOWN = 50;

interface Props {
  given: Given[];
  project: Project;
  person: string;
  looking: Given | null;
  open: (given: Given) => void;
}

export const saidGiven = (given: Given, task: Task): string =>
  given.action === "skip" ? `skipped${given.value ? `: ${String(given.value).replaceAll("_", " ")}` : ""}` : sayAnswer(task, given.value);

/** My last answers in a row, the newest first; each can be opened and changed. */
export const Strip = memo(function Strip({ given, project, person, looking, open }: Props) {
  const shown = given.filter((each) => !each.undone).slice(0, SHOWN);
  return (
    <nav className={classes.strip} aria-label="My last answers">
      {shown.length === 0 ? (
        <span className={classes.stripEmpty}>Your answers appear here. Each can be opened and changed.</span>
      ) : (
        <ul className={classes.stripList}>
          {shown.map((each) => (
            <Chip key={each.key} given={each} project={project} person={person} current={looking?.key === each.key} open={open} />
          ))}
        </ul>
      )}
    </nav>
  );
});

interface ChipProps {
  given: Given;
  project: Project;
  person: string;
  current: boolean;
  open: (given: Given) => void;
}

const Chip = memo(function Chip({ given, project, person, current, open }: ChipProps) {
  return (
    <li>
      <UnstyledButton
        className={classes.chip}
        data-skip={given.action === "skip" || undefined}
        aria-current={current || undefined}
        onClick={() => open(given)}
      >
        <Past given={given} project={project} person={person}>
          <span className={classes.chipAnswer} dir="auto">
            {saidGiven(given, project.schema.task)}
          </span>
        </Past>
      </UnstyledButton>
    </li>
  );
});

/** The same answers as a list, with times. */
export function HistoryDrawer({ given, project, person, looking, open, close }: Props & { close: () => void }) {
  const shown = given.slice(0, SHOWN);
  return (
    <Drawer opened onClose={close} position="right" title="My answers" size="md" closeButtonProps={{ "aria-label": "Close" }}>
      {shown.length === 0 && <Text c="dimmed">Nothing yet.</Text>}
      <Stack gap={6} component="ul" className={classes.plainList}>
        {shown.map((each) => (
          <li key={each.key}>
            <UnstyledButton
              className={classes.pastRow}
              disabled={each.undone}
              aria-current={looking?.key === each.key || undefined}
              onClick={() => {
                close();
                open(each);
              }}
            >
              <Past given={each} project={project} person={person}>
                <span className={classes.pastHead}>
                  <b dir="auto">{saidGiven(each, project.schema.task)}</b>
                  {each.undone && (
                    <Badge size="sm" variant="default">
                      undone
                    </Badge>
                  )}
                  {each.late && (
                    <Badge size="sm" variant="default">
                      late
                    </Badge>
                  )}
                  <span className={classes.pastTime}>{ago(each.at)}</span>
                </span>
              </Past>
            </UnstyledButton>
          </li>
        ))}
      </Stack>
    </Drawer>
  );
}
