import { Button, Group, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { useBindings, useKeys, type Layer } from "../keys/Keys";
import type { ActionName } from "../keys/bindings";
import { show } from "../keys/stroke";
import { Option } from "../answer/Option";
import classes from "./reasons.module.css";

export const REASONS = [
  ["unclear", "I cannot tell"],
  ["not_for_me", "Not for me"],
  ["broken", "The item is broken"],
  ["harmful", "It is harmful"],
] as const;

interface Props {
  kind: "skip" | "flag";
  done: (reason: string, note: string) => void;
  cancel: () => void;
}

/** Why an item is skipped or flagged: a digit says it, and a skip needs no reason at all. */
export function Reasons({ kind, done, cancel }: Props) {
  const bound = useBindings();
  const [note, setNote] = useState("");
  const [reason, setReason] = useState("");
  const section = useRef<HTMLElement | null>(null);
  const words = useRef<HTMLInputElement | null>(null);
  useEffect(() => section.current?.focus(), []);
  const pick = (code: string) => (kind === "skip" ? done(code, "") : setReason(code));
  const finish = () => done(reason, note.trim());
  const actions: Layer["actions"] = { submit: finish };
  REASONS.forEach(([code], i) => {
    actions[`pick.${i + 1}` as ActionName] = () => pick(code);
  });
  if (kind === "skip") actions.skip = finish;
  useKeys({
    actions,
    raw: (word, event) => {
      if (word === "escape") {
        cancel();
        return true;
      }
      // Focused before the key has its effect, the field receives the letter itself.
      if (isLetter(event)) words.current?.focus();
      return false;
    },
    modal: true,
  }, 2);
  return (
    <section ref={section} tabIndex={-1} role="dialog" className={classes.reasons} aria-label={kind === "skip" ? "Skip this item" : "Flag this item"}>
      <p className={classes.reasonsLead}>
        {kind === "skip" ? "Skip: why? You need not say." : "Flag for somebody to look at. The item stays with you."}
      </p>
      {REASONS.map(([code, label], i) => (
        <Option
          key={code}
          small
          label={label}
          hint={show(bound?.[`pick.${i + 1}` as ActionName]?.[0] ?? String(i + 1))}
          chosen={reason === code}
          suggested={false}
          onPick={() => pick(code)}
        />
      ))}
      {kind === "flag" && (
        <TextInput
          ref={words}
          aria-label="What should somebody look at?"
          placeholder="What should somebody look at?"
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === "Enter") {
              event.preventDefault();
              finish();
            }
            if (event.key === "Escape") cancel();
          }}
        />
      )}
      <Group gap="xs" grow>
        <Button variant="default" onClick={cancel}>
          Back
        </Button>
        <Button onClick={finish}>{kind === "skip" ? "Skip" : "Flag"}</Button>
      </Group>
    </section>
  );
}

const isLetter = (event: KeyboardEvent): boolean => /^\p{L}$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
