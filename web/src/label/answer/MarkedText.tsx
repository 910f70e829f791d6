import { memo, type CSSProperties } from "react";

import { labelColor } from "../parts/colors";
import { segments, type Mark } from "./marks";
import classes from "./spans.module.css";
import type { Paragraph, Text, Token } from "./texts";

interface Props {
  text: Text;
  marks: Mark[];
  lanes: number[];
  labels: string[];
  selection: Token | null;
  active: number | null;
}

/** A text with its marks. Of a long one, only the paragraphs that changed are drawn again. */
export function MarkedText({ text, marks, lanes, labels, selection, active }: Props) {
  return (
    <>
      {text.paragraphs.map((paragraph, i) => {
        const start = paragraph.pieces[0]?.start ?? 0;
        const end = paragraph.pieces.at(-1)?.end ?? 0;
        const near = marks.flatMap((mark, at) => (mark.start < end && mark.end > start ? [at] : []));
        const selected = selection && selection.start < end && selection.end > start ? selection : null;
        const sign =
          near.map((at) => `${marks[at]?.start}-${marks[at]?.end}-${marks[at]?.label}-${lanes[at]}-${at === active}`).join() +
          (selected ? `|${selected.start}-${selected.end}` : "");
        return (
          <Line
            key={i}
            sign={sign}
            text={text}
            paragraph={paragraph}
            marks={near.map((at) => marks[at]).filter((mark) => mark !== undefined)}
            lanes={near.map((at) => lanes[at] ?? 0)}
            active={active === null ? -1 : near.indexOf(active)}
            labels={labels}
            selection={selected}
          />
        );
      })}
    </>
  );
}

interface LineProps {
  sign: string;
  text: Text;
  paragraph: Paragraph;
  marks: Mark[];
  lanes: number[];
  active: number;
  labels: string[];
  selection: Token | null;
}

const Line = memo(
  function Line({ text, paragraph, marks, lanes, active, labels, selection }: LineProps) {
    const color = (at: number) => labelColor(labels.indexOf(marks[at]?.label ?? ""));
    return (
      <div className={classes.line} dir="auto" data-line>
        {paragraph.pieces.map((piece) =>
          segments(piece, marks, selection).map((segment) => {
            const shown = text.text.slice(segment.start, segment.end);
            const tags = segment.begins.map((at) => (
              <span
                key={`tag-${at}`}
                className={classes.tag}
                data-label={marks[at]?.label}
                style={{ "--mark": color(at) } as CSSProperties}
                aria-hidden
              />
            ));
            return [
              ...tags,
              <span
                key={segment.start}
                data-o={segment.start}
                data-selected={segment.selected || undefined}
                data-marked={segment.covers.length > 0 || undefined}
                className={classes.segment}
                style={segment.covers.length > 0 ? drawn(segment.covers, lanes, color, active) : undefined}
              >
                {shown}
              </span>,
            ];
          }),
        )}
      </div>
    );
  },
  (before, after) => before.sign === after.sign && before.text === after.text && before.labels === after.labels,
);

/** A tint, and a line for each mark, one beneath the other. */
function drawn(covers: number[], lanes: number[], color: (at: number) => string, active: number): CSSProperties {
  const tint = color(covers.at(-1) ?? 0);
  const lines = covers.map((at) => {
    const thick = at === active ? 4 : 2.5;
    const y = `calc(100% - ${1 + (lanes[at] ?? 0) * 5}px)`;
    return `linear-gradient(${color(at)}, ${color(at)}) 0 ${y} / 100% ${thick}px no-repeat`;
  });
  const strength = covers.includes(active) ? 34 : 16;
  return {
    background: [...lines, `color-mix(in srgb, ${tint} ${strength}%, transparent)`].join(", "),
    paddingBottom: 3 + 5 * Math.max(...covers.map((at) => lanes[at] ?? 0)),
  };
}
