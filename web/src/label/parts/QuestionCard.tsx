import { Badge, Button, Group, Textarea } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";

import { FlagIcon, NoteIcon, SkipIcon, UndoIcon } from "../../ui/icons";
import type { SubmitButton } from "../answer/types";
import type { Bindings } from "../keys/bindings";
import { show } from "../keys/stroke";
import type { Work } from "../work/board";
import classes from "./card.module.css";
import { Kbd } from "./Kbd";
import link from "./link.module.css";
import { Reasons } from "./Reasons";

export type Panel = "none" | "skip" | "flag" | "note";

interface Props {
  work: Work;
  question: string;
  showReason: boolean;
  bound: Bindings;
  answer: ReactNode;
  submit: SubmitButton | undefined;
  stuck: string | undefined;
  hint: ReactNode;
  touch: string | undefined;
  still: boolean;
  panel: Panel;
  setPanel: (panel: Panel) => void;
  /** What the model says to the item before. */
  after: string | null;
  canUndo: boolean;
  undo: () => void;
  skip: (reason: string) => void;
  flag: (reason: string, note: string) => void;
  setNote: (note: string) => void;
  leave: () => void;
}

/** The question, how to answer it, and what else can be done with the item: always at the same place. */
export function QuestionCard(props: Props) {
  const { work, question, showReason, bound, answer, submit, stuck, hint, touch, still, panel, setPanel, canUndo } = props;
  const { suggestion, reason } = work.assignment;
  const revising = work.revising;
  const key = (name: keyof Bindings) => show(bound[name][0] ?? "");
  return (
    <aside className={classes.card} data-still={still || undefined} aria-label="Question">
      <div className={classes.cardTop}>
        {revising && (
          <div className={classes.revising} role="status">
            <span>You answered this before. Answer again to change it.</span>
            <button type="button" className={link.link} onClick={props.leave}>
              Back to the next item
            </button>
          </div>
        )}
        <h2 className={classes.question} dir="auto">
          {question}
        </h2>
        {touch && !stuck && <p className={classes.touch}>{touch}</p>}
        {work.flagged && (
          <Badge variant="light" color="orange" leftSection="⚑">
            Flagged
          </Badge>
        )}
      </div>
      <div className={classes.cardMiddle}>
        {panel === "skip" || panel === "flag" ? (
          <Reasons
            key={panel}
            kind={panel}
            cancel={() => setPanel("none")}
            done={(why, note) => {
              setPanel("none");
              if (panel === "skip") props.skip(why);
              else props.flag(why, note);
            }}
          />
        ) : (
          <>
            {!stuck && answer}
            {(panel === "note" || work.note !== "") && (
              <Note note={work.note} setNote={props.setNote} focus={panel === "note"} close={() => setPanel("none")} />
            )}
            {stuck && (
              <div className={classes.stuck} role="status" data-testid="stuck">
                <p>{stuck}</p>
                {!revising && (
                  <Group gap="xs" grow>
                    <Button variant="default" onClick={() => setPanel("skip")}>
                      Skip
                    </Button>
                    <Button variant="default" onClick={() => setPanel("flag")}>
                      Flag
                    </Button>
                  </Group>
                )}
              </div>
            )}
            {submit && !stuck && (
              <Button
                fullWidth
                size="md"
                className={classes.submit}
                disabled={!submit.ready}
                onClick={submit.run}
                rightSection={submit.ready ? <Kbd>{key("submit")}</Kbd> : null}
                data-testid="submit"
              >
                {submit.ready ? submit.label : (submit.why ?? submit.label)}
              </Button>
            )}
            {hint && !stuck && <p className={classes.hint}>{hint}</p>}
          </>
        )}
      </div>
      <div className={classes.cardBottom}>
        {props.after && (
          <p className={classes.why} role="status" data-testid="after">
            <span className={classes.whyWord}>The item before</span> {props.after}
          </p>
        )}
        {showReason && reason && !revising && (
          <p className={classes.why} title={reason}>
            <span className={classes.whyWord}>Why this one</span> {reason}
          </p>
        )}
        {suggestion?.visible && !revising && (
          <p className={classes.why}>
            <span className={classes.whyWord}>Suggestion</span> by{" "}
            {suggestion.model === null ? "the model" : `model ${suggestion.model}`}; it can be wrong.
          </p>
        )}
        <div className={classes.acts}>
          <Act label="Undo" hint={key("undo")} icon={<UndoIcon />} disabled={!canUndo} onClick={props.undo} />
          <Act
            label="Skip"
            hint={key("skip")}
            icon={<SkipIcon />}
            disabled={revising !== null}
            onClick={() => setPanel(panel === "skip" ? "none" : "skip")}
          />
          <Act label="Note" hint={key("note")} icon={<NoteIcon />} onClick={() => setPanel(panel === "note" ? "none" : "note")} />
          <Act
            label="Flag"
            hint={key("flag")}
            icon={<FlagIcon />}
            disabled={revising !== null}
            onClick={() => setPanel(panel === "flag" ? "none" : "flag")}
          />
        </div>
      </div>
    </aside>
  );
}

function Act({ label, hint, icon, disabled, onClick }: { label: string; hint: string; icon: ReactNode; disabled?: boolean; onClick: () => void }) {
  return (
    <button type="button" className={classes.act} disabled={disabled} onClick={onClick} title={hint === "" ? undefined : `${label} (${hint})`}>
      {icon}
      <span>{label}</span>
    </button>
  );
}

function Note({ note, setNote, focus, close }: { note: string; setNote: (note: string) => void; focus: boolean; close: () => void }) {
  const ref = useRef<HTMLTextAreaElement | null>(null);
  useEffect(() => {
    if (focus) ref.current?.focus();
  }, [focus]);
  return (
    <Textarea
      ref={ref}
      label="Note"
      description="Kept with your answer"
      autosize
      minRows={2}
      maxRows={6}
      dir="auto"
      maxLength={10_000}
      value={note}
      onChange={(event) => setNote(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.currentTarget.blur();
        close();
      }}
    />
  );
}
