import { Switch, Textarea } from "@mantine/core";
import { useDeferredValue, useMemo, useState } from "react";

import { useKeys } from "../keys/Keys";
import classes from "./answer.module.css";
import { diff } from "./diff";
import type { AnswerProps } from "./types";

/** A text, written or rewritten; what changed against the source is shown beneath. */
export function Rewrite({ work, project, setValue, submit, frame }: AnswerProps) {
  const source = project.schema.sides?.[0];
  const from = source !== undefined && typeof work.assignment.fields[source] === "string" ? work.assignment.fields[source] : "";
  const suggestion = work.assignment.suggestion;
  const suggested = suggestion?.visible && typeof suggestion.value === "string" ? suggestion.value : null;
  const [text, setText] = useState(typeof work.value === "string" ? work.value : (suggested ?? from));
  const [showDiff, setShowDiff] = useState(true);
  const ready = text.trim() !== "";
  const send = () => ready && submit(text);
  useKeys({ actions: { submit: () => (ready ? void send() : false) } });
  return frame({
    answer: (
      <div className={classes.rewrite}>
        <Textarea
          label="Your text"
          description={suggested !== null ? "It begins with what the model suggests." : undefined}
          autosize
          minRows={5}
          maxRows={16}
          dir="auto"
          autoFocus
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setValue(event.currentTarget.value);
          }}
        />
        {from !== "" && (
          <>
            <Switch
              size="sm"
              label="Show what changed"
              checked={showDiff}
              onChange={(event) => setShowDiff(event.currentTarget.checked)}
            />
            {showDiff && <Changes before={from} after={text} />}
          </>
        )}
      </div>
    ),
    submit: { label: "Submit", ready, run: send, why: "Write something first" },
    hint: "Ctrl + Enter submits while you write",
  });
}

function Changes({ before, after }: { before: string; after: string }) {
  const late = useDeferredValue(after);
  const pieces = useMemo(() => diff(before, late), [before, late]);
  return (
    <p className={classes.diff} dir="auto" aria-label="What changed">
      {pieces.map((piece, i) =>
        piece.kind === "same" ? (
          <span key={i}>{piece.text}</span>
        ) : piece.kind === "new" ? (
          <ins key={i}>{piece.text}</ins>
        ) : (
          <del key={i}>{piece.text}</del>
        ),
      )}
    </p>
  );
}
