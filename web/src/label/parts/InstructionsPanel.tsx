import { ActionIcon, Badge, Drawer } from "@mantine/core";
import { memo } from "react";

import type { Instructions } from "../../api/types";
import { CloseIcon } from "../../ui/icons";
import { Markdown } from "../../view/Markdown";
import classes from "./instructions.module.css";

interface Props {
  /** Whether there is room for it beside the item. */
  wide: boolean;
  instructions: Instructions | null;
  changed: boolean;
  opened: boolean;
  close: () => void;
}

/** What annotators are told: docked where there is room, over the page where there is not. */
export const InstructionsPanel = memo(function InstructionsPanel({ wide, instructions, changed, opened, close }: Props) {
  const text = instructions?.text?.trim() ? (
    <Markdown text={instructions.text} />
  ) : (
    <p className="q-quiet">There are no instructions for this project.</p>
  );
  const mark = changed ? (
    <Badge variant="light" color="ink">
      Changed since you last read
    </Badge>
  ) : null;
  if (!wide) {
    return (
      <Drawer opened={opened} onClose={close} title="Instructions" position="bottom" size="85%" closeButtonProps={{ "aria-label": "Close" }}>
        {mark}
        <div className={classes.instructionsText}>{text}</div>
      </Drawer>
    );
  }
  if (!opened) return null;
  return (
    <aside className={classes.instructions} aria-label="Instructions">
      <div className={classes.instructionsHead}>
        <h2>Instructions</h2>
        <ActionIcon variant="subtle" color="gray" aria-label="Close the instructions" onClick={close}>
          <CloseIcon />
        </ActionIcon>
      </div>
      {mark}
      {/* A region that scrolls has to be reachable by keyboard. */}
      <div className={classes.instructionsText} tabIndex={0} role="region" aria-label="Text of the instructions">
        {text}
      </div>
    </aside>
  );
});
