import { figure } from "../logic/format";
import { span } from "../logic/strip";
import classes from "./figure.module.css";

const MARKS: Record<string, string> = { naive: "naive mean", even: "no difference", margin: "margin" };

/** A range as a bar with its middle marked, and beside it what it is compared with. */
export function IntervalStrip({ numbers }: { numbers: Record<string, number> }) {
  const { low, high, value } = numbers;
  if (low === undefined || high === undefined || value === undefined) return null;
  const marks = Object.entries(MARKS).flatMap(([name, words]) => {
    const at = numbers[name];
    return at === undefined ? [] : [{ name, words, at }];
  });
  const { place, start, end } = span([low, high, value, ...marks.map((mark) => mark.at)]);
  const said = [`${figure(value)}, between ${figure(low)} and ${figure(high)}`];
  for (const { words, at } of marks) said.push(`${words} ${figure(at)}`);
  return (
    <div className={classes.strip} role="img" aria-label={said.join("; ")}>
      {marks.length > 0 && (
        <div className={classes.marks}>
          {marks.map(({ name, words, at }) => (
            <span key={name} style={{ left: `clamp(44px, ${place(at)}%, calc(100% - 44px))` }}>
              {words}
            </span>
          ))}
        </div>
      )}
      <div className={classes.track}>
        <i className={classes.range} style={{ left: `${place(low)}%`, width: `${place(high) - place(low)}%` }} />
        <i className={classes.middle} style={{ left: `${place(value)}%` }} />
        {marks.map(({ name, at }) => (
          <i key={name} className={classes.mark} style={{ left: `${place(at)}%` }} />
        ))}
      </div>
      <div className={classes.scale}>
        <span>{figure(start, 2)}</span>
        <span>{figure(end, 2)}</span>
      </div>
    </div>
  );
}
