import { TextInput } from "@mantine/core";
import { useState } from "react";

import { useKeys } from "../keys/Keys";
import { readNumber } from "./numbers";
import type { AnswerProps } from "./types";

/** A number, typed; Enter submits. */
export function NumberAnswer({ work, project, setValue, submit, frame }: AnswerProps) {
  const suggestion = work.assignment.suggestion;
  const suggested = suggestion?.visible && typeof suggestion.value === "number" ? suggestion.value : null;
  const first = typeof work.value === "number" ? work.value : suggested;
  const [text, setText] = useState(first === null ? "" : String(first));
  const number = readNumber(text);
  const send = () => number !== null && submit(number);
  useKeys({ actions: { submit: () => (number === null ? false : void send()) } });
  return frame({
    answer: (
      <TextInput
        size="md"
        label="Number"
        description={suggested !== null ? `Suggested: ${suggested}` : undefined}
        inputMode="decimal"
        autoComplete="off"
        autoFocus
        value={text}
        error={text.trim() !== "" && number === null ? "This is no number." : null}
        onChange={(event) => {
          setText(event.currentTarget.value);
          const now = readNumber(event.currentTarget.value);
          if (now !== null) setValue(now);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.nativeEvent.isComposing && !event.repeat) {
            event.preventDefault();
            send();
          }
        }}
        data-project={project.name}
      />
    ),
    submit: { label: "Submit", ready: number !== null, run: send, why: "Type a number first" },
  });
}
