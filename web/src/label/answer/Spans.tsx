import { ActionIcon, Button } from "@mantine/core";
import { useMemo, useRef, useState, type MouseEvent } from "react";

import { CloseIcon } from "../../ui/icons";
import { useKeys } from "../keys/Keys";
import { labelColor } from "../parts/colors";
import classes from "./answer.module.css";
import { digits, digitsOf, FEW } from "./digits";
import { ManyLabels } from "./ManyLabels";
import { MarkedText } from "./MarkedText";
import { lanes as lanesOf, marksOf, storedMarks, withMark, type Mark } from "./marks";
import { Option } from "./Option";
import { boxOf, placeAt, placeOf } from "./places";
import spans from "./spans.module.css";
import { cut, tokenAfter, tokenAt, tokenBefore, trimmed, whole, type Token } from "./texts";
import type { AnswerProps } from "./types";

/** Parts of a text, labeled with the mouse or by keys; offsets are code points, and marks may overlap. */
export default function Spans({ work, project, setValue, submit, frame }: AnswerProps) {
  const { classes: labels } = project.schema;
  const { fields, suggestion } = work.assignment;
  const field = useMemo(() => textField(project.fields, project.display, fields), [project, fields]);
  const text = useMemo(() => cut(typeof fields[field] === "string" ? fields[field] : ""), [fields, field]);
  const suggested = useMemo(() => (suggestion?.visible ? marksOf(suggestion.value, text) : []), [suggestion, text]);
  const [marks, setMarks] = useState<Mark[]>(() => (work.value === null ? suggested : marksOf(work.value, text)));
  const [ends, setEnds] = useState<{ anchor: Token; focus: Token } | null>(null);
  const [armed, setArmed] = useState<string | null>(null);
  const [active, setActive] = useState<number | null>(null);
  const past = useRef<Mark[][]>([]);
  const root = useRef<HTMLDivElement | null>(null);
  const finger = useRef(false);
  const lanes = useMemo(() => lanesOf(marks), [marks]);
  const selection = ends
    ? { start: Math.min(ends.anchor.start, ends.focus.start), end: Math.max(ends.anchor.end, ends.focus.end) }
    : null;

  const change = (next: Mark[]) => {
    past.current.push(marks);
    setMarks(next);
    setValue(storedMarks(next, text));
  };
  const add = (range: Token, label: string) => {
    const next = withMark(marks, { ...range, label });
    change(next);
    setEnds(null);
    const at = next.findIndex((mark) => mark.start === range.start && mark.end === range.end && mark.label === label);
    setActive(at === -1 ? null : at);
  };
  const pick = (label: string) => {
    const chosen = active === null ? undefined : marks[active];
    if (selection) add(selection, label);
    else if (chosen) {
      const others = marks.filter((_, i) => i !== active);
      const next = withMark(others, { ...chosen, label });
      change(next);
      setActive(next.findIndex((mark) => mark.start === chosen.start && mark.end === chosen.end && mark.label === label));
    } else setArmed(armed === label ? null : label);
  };
  const remove = (at: number) => {
    change(marks.filter((_, i) => i !== at));
    setActive(null);
  };

  const select = (focus: Token | null, extend: boolean) => {
    if (!focus) return;
    setActive(null);
    setEnds({ anchor: extend && ends ? ends.anchor : focus, focus });
    requestAnimationFrame(() => {
      const box = root.current && boxOf(root.current, focus.start);
      const pane = root.current?.closest("main");
      if (!box || !pane) return;
      const view = pane.getBoundingClientRect();
      if (box.top < view.top + 60) pane.scrollBy(0, box.top - view.top - 120);
      else if (box.bottom > view.bottom - 60) pane.scrollBy(0, box.bottom - view.bottom + 120);
    });
  };
  const step = (forward: boolean, extend: boolean) => {
    if (!ends) {
      const chosen = active === null ? undefined : marks[active];
      if (chosen) return select(forward ? tokenAfter(text, chosen.end) : tokenBefore(text, chosen.start), false);
      return select(tokenAt(text, firstSeen(root.current)), false);
    }
    select(forward ? tokenAfter(text, ends.focus.end) : tokenBefore(text, ends.focus.start), extend);
  };
  const line = (down: boolean, extend: boolean) => {
    const box = ends && root.current ? boxOf(root.current, ends.focus.start) : null;
    if (!box || !root.current) return step(down, extend);
    for (let lines = 1; lines <= 4; lines++) {
      const y = down ? box.bottom + 14 * lines : box.top - 14 * lines;
      const at = placeAt(root.current, box.left + 1, y);
      const token = at === null ? null : tokenAt(text, at);
      if (token && ends && (down ? token.start > ends.focus.start : token.start < ends.focus.start)) return select(token, extend);
    }
    step(down, extend);
  };

  useKeys({
    actions: {
      ...(labels.length <= FEW ? digits(labels, pick) : {}),
      submit: () => submit(storedMarks(marks, text)),
      "mark.delete": () => (active === null ? false : remove(active)),
      "mark.next": () => {
        if (marks.length === 0) return false;
        setEnds(null);
        setActive(active === null ? 0 : (active + 1) % marks.length);
        return true;
      },
      "mark.undo": () => {
        const before = past.current.pop();
        if (!before) return false;
        setMarks(before);
        setValue(storedMarks(before, text));
        setActive(null);
        return true;
      },
    },
    raw: (word) => {
      const extend = word.startsWith("shift+");
      const key = word.replace("shift+", "");
      if (key === "arrowright" || key === "arrowleft") {
        const rtl = root.current !== null && getComputedStyle(lineOf(root.current, ends?.focus.start ?? 0) ?? root.current).direction === "rtl";
        step((key === "arrowright") !== rtl, extend);
      } else if (key === "arrowdown" || key === "arrowup") line(key === "arrowdown", extend);
      else if (word === "escape" && (selection || armed || active !== null)) {
        setEnds(null);
        setArmed(null);
        setActive(null);
      } else return false;
      return true;
    },
  });

  const mouseUp = (event: MouseEvent) => {
    const chosen = window.getSelection();
    if (!root.current || !chosen) return;
    const range = chosen.rangeCount > 0 && !chosen.isCollapsed ? chosen.getRangeAt(0) : null;
    if (range && root.current.contains(range.commonAncestorContainer)) {
      const from = placeOf(root.current, range.startContainer, range.startOffset);
      const to = placeOf(root.current, range.endContainer, range.endOffset);
      const inner = from === null || to === null ? null : trimmed(text.text, from, to);
      chosen.removeAllRanges();
      if (!inner) return;
      const found = whole(text, inner.start, inner.end);
      if (armed) return add(found, armed);
      setActive(null);
      return setEnds({ anchor: found, focus: found });
    }
    const at = placeAt(root.current, event.clientX, event.clientY);
    if (at === null) return;
    // A finger has no Shift, and cannot drag without scrolling: its second tap is where what it marks ends.
    if (ends && (finger.current || event.shiftKey)) {
      const token = tokenAt(text, at);
      return within(selection, token) ? setEnds(null) : select(token, true);
    }
    const covering = marks.map((mark, i) => ({ mark, i })).filter(({ mark }) => mark.start <= at && mark.end > at);
    covering.sort((a, b) => a.mark.end - a.mark.start - (b.mark.end - b.mark.start));
    const place = covering.findIndex(({ i }) => i === active);
    setEnds(null);
    setActive(covering.length === 0 ? null : (covering[(place + 1) % covering.length]?.i ?? null));
    const token = covering.length === 0 && finger.current ? tokenAt(text, at) : null;
    if (token && armed) add(token, armed);
    else select(token, false);
  };

  const excerpt = (mark: Mark) => {
    const found = text.text.slice(mark.start, mark.end).replace(/\s+/g, " ");
    return found.length > 60 ? `${found.slice(0, 58)}…` : found;
  };

  return frame({
    instead: {
      [field]: (
        <div
          ref={root}
          className={spans.text}
          data-armed={armed ?? undefined}
          style={armed ? ({ "--mark": labelColor(labels.indexOf(armed)) } as React.CSSProperties) : undefined}
          onPointerDown={(event) => void (finger.current = event.pointerType === "touch")}
          onMouseUp={mouseUp}
          data-testid="span-text"
        >
          <MarkedText text={text} marks={marks} lanes={lanes} labels={labels} selection={selection} active={active} />
        </div>
      ),
    },
    answer: (
      <>
        {labels.length <= FEW ? (
          <div role="group" aria-label="Labels" className={spans.palette}>
            {labels.map((label, i) => (
              <Option
                key={label}
                small
                label={label}
                hint={digitsOf(labels)[i] ?? null}
                chosen={armed === label}
                suggested={false}
                color={i}
                onPick={() => pick(label)}
              />
            ))}
          </div>
        ) : (
          <ManyLabels project={project.name} labels={labels} chosen={armed ? [armed] : []} suggested={[]} confidence={null} onPick={pick} many />
        )}
        <div className="q-hidden" role="status">
          {selection ? `Selected: ${text.text.slice(selection.start, selection.end).slice(0, 100)}` : ""}
        </div>
        {suggested.length > 0 && work.value === null && (
          <p className={spans.note}>
            {suggested.length === 1 ? "This mark is" : `These ${suggested.length} marks are`} the model's suggestion.{" "}
            <Button size="compact-xs" variant="subtle" onClick={() => change([])}>
              Remove all
            </Button>
          </p>
        )}
        {marks.length > 0 && (
          <ul className={spans.list} aria-label="Marks">
            {marks.map((mark, i) => (
              <li key={`${mark.start}-${mark.end}-${mark.label}`} className={spans.row} data-active={i === active || undefined}>
                <button type="button" className={spans.rowMain} onClick={() => setActive(i)} aria-pressed={i === active}>
                  <span className={classes.dot} style={{ background: labelColor(labels.indexOf(mark.label)) }} aria-hidden />
                  <span className={spans.rowText} dir="auto">
                    {excerpt(mark)}
                  </span>
                  <span className={spans.rowLabel}>{mark.label}</span>
                </button>
                <ActionIcon variant="subtle" color="gray" size={30} aria-label={`Remove ${mark.label}: ${excerpt(mark)}`} onClick={() => remove(i)}>
                  <CloseIcon />
                </ActionIcon>
              </li>
            ))}
          </ul>
        )}
      </>
    ),
    submit: {
      label: marks.length === 0 ? "Submit: nothing to mark" : `Submit ${marks.length} ${marks.length === 1 ? "mark" : "marks"}`,
      ready: true,
      run: () => submit(storedMarks(marks, text)),
    },
    hint: armed ? `Select text to mark it as ${armed}` : "Select text, then press a label's digit",
    touch: armed ? `Tap a word to mark it as ${armed}` : "Tap the first word, then the last, then a label",
  });
}

const within = (range: Token | null, token: Token | null): boolean =>
  range !== null && token !== null && token.start >= range.start && token.end <= range.end;

/** The field that is marked: the only one that is text to a learner, else the first that is shown as text. */
function textField(kinds: Record<string, string>, display: Record<string, string>, fields: Record<string, unknown>): string {
  const texts = Object.keys(fields).filter((name) => typeof fields[name] === "string");
  return (
    texts.find((name) => kinds[name] === "text") ??
    texts.find((name) => display[name] === "text" || display[name] === "markdown") ??
    texts[0] ??
    ""
  );
}

function lineOf(root: Element, at: number): Element | null {
  let found: Element | null = null;
  for (const line of root.querySelectorAll("[data-line]")) {
    const first = line.querySelector("[data-o]");
    if (first && Number(first.getAttribute("data-o")) > at) break;
    found = line;
  }
  return found;
}

/** The first place of the text that is in view, so that the keyboard begins where one reads. */
function firstSeen(root: Element | null): number {
  const top = root?.closest("main")?.getBoundingClientRect().top ?? 0;
  for (const line of root?.querySelectorAll("[data-line]") ?? []) {
    if (line.getBoundingClientRect().bottom > top + 10) return Number(line.querySelector("[data-o]")?.getAttribute("data-o") ?? 0);
  }
  return 0;
}
