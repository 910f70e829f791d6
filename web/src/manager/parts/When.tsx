import { ago, moment } from "../logic/format";
import classes from "./parts.module.css";

/** How long ago, with the moment itself on hover. */
export function When({ at }: { at: string | null | undefined }) {
  return (
    <time className={classes.when} dateTime={at ?? undefined} title={at ? moment(at) : undefined}>
      {ago(at)}
    </time>
  );
}
