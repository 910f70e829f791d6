import { Alert, Button, Group, Modal, SegmentedControl, Stack, Switch, Text, UnstyledButton } from "@mantine/core";
import { useState, type KeyboardEvent } from "react";

import type { Json } from "../../api/types";
import { ACTIONS, actionNames, bindings, clashes, type ActionName, type Bindings } from "../keys/bindings";
import { show, stroke } from "../keys/stroke";
import classes from "./keys.module.css";

interface Props {
  preferences: Record<string, Json>;
  prefer: (changes: Record<string, Json>) => void;
  close: () => void;
}

/** How the page looks and which key does what, for oneself. */
export function Settings({ preferences, prefer, close }: Props) {
  const bound = bindings(preferences);
  const usual = bindings({});
  const [recording, setRecording] = useState<ActionName | null>(null);
  const [taken, setTaken] = useState<{ word: string; by: ActionName[]; name: ActionName } | null>(null);

  const save = (next: Bindings) => {
    const own = Object.fromEntries(
      actionNames.filter((name) => next[name].join(" ") !== usual[name].join(" ")).map((name) => [name, next[name]]),
    );
    prefer({ keys: own });
  };
  const assign = (name: ActionName, word: string, others: ActionName[] = []) => {
    const next = { ...bound, [name]: [word] };
    for (const other of others) next[other] = next[other].filter((each) => each !== word);
    save(next);
    setTaken(null);
  };
  const record = (event: KeyboardEvent) => {
    if (recording === null) return;
    if (event.key === "Tab") return setRecording(null);
    const word = stroke(event.nativeEvent);
    if (word === null) return;
    event.preventDefault();
    event.stopPropagation();
    const name = recording;
    setRecording(null);
    if (word === "escape") return;
    const by = clashes(name, word, bound);
    if (by.length > 0) setTaken({ word, by, name });
    else assign(name, word);
  };
  return (
    <Modal opened onClose={close} title="Settings" size="lg" closeOnEscape={recording === null} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="lg">
        <Group justify="space-between">
          <Text size="sm" id="text-size">
            Size of texts
          </Text>
          <SegmentedControl
            size="xs"
            aria-labelledby="text-size"
            value={typeof preferences.text_size === "string" ? preferences.text_size : "m"}
            onChange={(size) => prefer({ text_size: size })}
            data={[
              { value: "s", label: "Small" },
              { value: "m", label: "Normal" },
              { value: "l", label: "Large" },
              { value: "xl", label: "Larger" },
            ]}
          />
        </Group>
        <Switch
          label="Single keys answer"
          description="Off: only combinations with Ctrl or Alt work."
          checked={preferences.keys_off !== true}
          onChange={(event) => prefer({ keys_off: !event.currentTarget.checked })}
        />
        <div>
          <Group justify="space-between" mb={6}>
            <Text fw={600} size="sm">
              Keys
            </Text>
            <Button size="compact-xs" variant="subtle" onClick={() => prefer({ keys: {} })}>
              Usual keys again
            </Button>
          </Group>
          {taken && (
            <Alert color="yellow" variant="light" mb="xs" role="alert">
              <Group justify="space-between">
                <Text size="sm">
                  {show(taken.word)} is the key of “{taken.by.map((other) => ACTIONS[other].label).join("”, “")}”.
                </Text>
                <Group gap="xs">
                  <Button size="compact-sm" variant="default" onClick={() => setTaken(null)}>
                    Leave it
                  </Button>
                  <Button size="compact-sm" onClick={() => assign(taken.name, taken.word, taken.by)}>
                    Take it
                  </Button>
                </Group>
              </Group>
            </Alert>
          )}
          <ul className={classes.keyList}>
            {actionNames.map((name) => (
              <li key={name} className={classes.helpRow}>
                <span>{ACTIONS[name].label}</span>
                <Group gap={6} wrap="nowrap">
                  <UnstyledButton
                    className={classes.record}
                    data-recording={recording === name || undefined}
                    aria-label={`Key for: ${ACTIONS[name].label}. Now ${bound[name].map(show).join(" or ") || "none"}. Press to change.`}
                    onClick={() => setRecording(name)}
                    onKeyDown={record}
                    onBlur={() => setRecording(null)}
                  >
                    {recording === name ? "Press a key" : bound[name].map(show).join(" or ") || "none"}
                  </UnstyledButton>
                  <UnstyledButton
                    className={classes.offKey}
                    aria-label={`No key for: ${ACTIONS[name].label}`}
                    onClick={() => save({ ...bound, [name]: [] })}
                  >
                    Off
                  </UnstyledButton>
                </Group>
              </li>
            ))}
          </ul>
        </div>
      </Stack>
    </Modal>
  );
}
