import { ActionIcon } from "@mantine/core";
import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";

import { useKeys } from "../keys/Keys";
import classes from "./answer.module.css";
import { begun, moved, optionsOf } from "./order";
import type { AnswerProps } from "./types";

/** Options to be put in order, by drag, by buttons, or by Alt and the arrows. */
export function Ranking({ work, project, setValue, submit, frame }: AnswerProps) {
  const { sides, classes: known } = project.schema;
  const options = optionsOf(work.assignment.fields, sides, known);
  const suggestion = work.assignment.suggestion;
  const first = begun(work.value, options) ?? (suggestion?.visible ? begun(suggestion.value, options) : null) ?? options;
  const [order, setOrder] = useState(first);
  const [drag, setDrag] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const list = useRef<HTMLOListElement | null>(null);

  const place = (next: string[]) => {
    setOrder(next);
    setValue(next);
  };
  const shift = (from: number, to: number) => {
    if (to < 0 || to >= order.length) return;
    place(moved(order, from, to));
    setSaid(`${order[from]} is now number ${to + 1} of ${order.length}.`);
    requestAnimationFrame(() => list.current?.querySelectorAll<HTMLElement>("li")[to]?.focus());
  };
  const keys = (event: KeyboardEvent, at: number) => {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    if (event.altKey) shift(at, at + by);
    else list.current?.querySelectorAll<HTMLElement>("li")[at + by]?.focus();
  };
  const over = (event: PointerEvent) => {
    if (drag === null) return;
    const rows = [...(list.current?.querySelectorAll("li") ?? [])];
    const to = rows.findIndex((row) => event.clientY < row.getBoundingClientRect().bottom);
    const from = order.indexOf(drag);
    const target = to === -1 ? rows.length - 1 : to;
    if (from !== target) place(moved(order, from, target));
  };

  useKeys({
    actions: { submit: () => submit(order) },
    raw: (word) => {
      if (word !== "arrowdown" && word !== "arrowup") return false;
      list.current?.querySelectorAll<HTMLElement>("li")[word === "arrowdown" ? 0 : order.length - 1]?.focus();
      return true;
    },
  });

  return frame({
    instead: sides?.[0] !== undefined && options !== known ? { [sides[0]]: null } : undefined,
    answer: (
      <>
        <ol ref={list} className={classes.ranking} onPointerMove={over} onPointerUp={() => setDrag(null)} aria-label="Best first">
          {order.map((option, at) => (
            <li
              key={option}
              className={classes.ranked}
              tabIndex={0}
              data-dragged={drag === option || undefined}
              aria-label={`${at + 1}. ${option}`}
              onKeyDown={(event) => keys(event, at)}
            >
              <span
                className={classes.handle}
                aria-hidden
                onPointerDown={(event) => {
                  list.current?.setPointerCapture(event.pointerId);
                  setDrag(option);
                }}
              >
                ⠿
              </span>
              <span className={classes.place}>{at + 1}</span>
              <span className={classes.label} dir="auto">
                {option}
              </span>
              <ActionIcon variant="subtle" color="gray" disabled={at === 0} aria-label={`Move ${option} up`} onClick={() => shift(at, at - 1)}>
                ↑
              </ActionIcon>
              <ActionIcon variant="subtle" color="gray" disabled={at === order.length - 1} aria-label={`Move ${option} down`} onClick={() => shift(at, at + 1)}>
                ↓
              </ActionIcon>
            </li>
          ))}
        </ol>
        <div role="status" className="q-hidden">
          {said}
        </div>
      </>
    ),
    submit: { label: "Submit this order", ready: true, run: () => submit(order) },
    hint: "↑ ↓ choose, Alt + ↑ ↓ move",
  });
}
