import { Tooltip } from "@mantine/core";
import { type ReactNode, useId } from "react";

import type { Figure } from "../../api/types";
import { ago } from "../logic/format";
import classes from "./figure.module.css";
import { IntervalStrip } from "./IntervalStrip";

/** One figure: large, with the range that it lies in, what it says, and where it comes from. */
export function FigureCard({ figure, children }: { figure: Figure; children?: ReactNode }) {
  const id = useId();
  const { title, value, sentence, source, page, tone, lines, numbers, model, at } = figure;
  return (
    <section className={`q-card ${classes.card}`} aria-labelledby={id}>
      <header className={classes.head}>
        <h2 id={id} className={classes.title}>
          {title}
        </h2>
        <Tooltip label={source} multiline w={300} withArrow events={{ hover: true, focus: true, touch: true }}>
          <button type="button" className={classes.source} aria-label={`Where this comes from: ${source}`}>
            i
          </button>
        </Tooltip>
      </header>
      <p className={classes.value} data-tone={tone}>
        {value}
      </p>
      <IntervalStrip numbers={numbers} />
      <p className={classes.sentence}>{sentence}</p>
      {lines.length > 0 && (
        <ul className={classes.lines}>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {children && <div className={classes.acts}>{children}</div>}
      <footer className={classes.foot}>
        {model !== null && <span>Model {model}</span>}
        {at !== null && <span>{ago(at)}</span>}
        <span>
          In the docs: <code>{page}</code>
        </span>
      </footer>
    </section>
  );
}
