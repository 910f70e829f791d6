import { Fragment } from "react";

import type { Json } from "../../api/types";
import { answerText } from "../logic/format";
import classes from "./parts.module.css";

/** An answer on one line, which may break after an underscore, a dash or a slash, as long class names have. */
export function Answer({ value }: { value: Json }) {
  const parts = answerText(value).split(/(?<=[_/-])/);
  return (
    <span className={classes.answer}>
      {parts.map((part, i) => (
        <Fragment key={`${i} ${part}`}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  );
}
