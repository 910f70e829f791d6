import classes from "./parts.module.css";

export type Tone = "good" | "wait" | "bad" | "quiet" | "accent";

/** A state in a word, with a dot of its color: the word says it, the color only helps to find it. */
export function State({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes.state}>
      <i data-tone={tone} />
      {children}
    </span>
  );
}
