import { Progress } from "@mantine/core";

import { count } from "../logic/format";
import classes from "./meter.module.css";

/** So many of so many, as words and as a bar. */
export function Meter({ n, of, label }: { n: number; of: number; label: string }) {
  return (
    <span className={classes.meter}>
      <span>
        {count(n)} of {count(of)}
      </span>
      <Progress value={of > 0 ? (100 * n) / of : 0} size={4} aria-label={label} w={72} />
    </span>
  );
}
