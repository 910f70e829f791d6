import { UnstyledButton } from "@mantine/core";
import { useEffect, useState } from "react";

import type { Saving } from "../work/outbox";
import classes from "./save.module.css";

const SLOW_MS = 1000;

/** The four states of saving, in words. */
export function savingWords(saving: Saving): string {
  if (saving.state === "saved") return "Saved";
  if (saving.state === "saving") return "Saving";
  if (saving.state === "not_saved") return "Not saved";
  return `Offline (${saving.waiting} waiting)`;
}

/** Whether what I answered is safe, always at the same place. */
export function SaveState({ saving, retry }: { saving: Saving; retry: () => void }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (saving.state !== "saving" || saving.since === null) return;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [saving.state, saving.since]);
  const words = savingWords(saving);
  const trouble = saving.state === "not_saved" || saving.state === "offline";
  const [said, setSaid] = useState("");
  useEffect(() => {
    // Every single answer would be too much to hear; trouble, and its end, are not.
    if (trouble) setSaid(words);
    else if (saving.state === "saved") setSaid((before) => (before === "" ? "" : "Saved"));
  }, [trouble, words, saving.state]);
  const tone = saving.state === "saving" ? (slow ? "slow" : "busy") : saving.state;
  return (
    <div className={classes.save} data-testid="save-state" data-state={saving.state} data-tone={tone} title={saving.why ?? undefined}>
      <span className={classes.saveDot} aria-hidden />
      <span>{words}</span>
      {trouble && (
        <UnstyledButton className={classes.retry} onClick={retry}>
          Retry
        </UnstyledButton>
      )}
      <span className="q-hidden" role="status">
        {said}
      </span>
    </div>
  );
}
