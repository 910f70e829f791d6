import { memo } from "react";

import type { Json } from "../api/types";
import classes from "./view.module.css";

const MOST = 200;

/** JSON as a tree whose branches open and close. */
export const JsonTree = memo(function JsonTree({ value, open = 2 }: { value: Json; open?: number }) {
  return (
    <div className={classes.json}>
      <Node value={value} depth={0} open={open} />
    </div>
  );
});

function Node({ name, value, depth, open }: { name?: string; value: Json; depth: number; open: number }) {
  const label = name === undefined ? null : <span className={classes.jsonKey}>{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className={classes.jsonLeaf}>
        {label}
        <span data-kind={value === null ? "null" : typeof value} dir="auto">
          {typeof value === "string" ? value : String(value)}
        </span>
      </div>
    );
  }
  const parts = Array.isArray(value) ? value.map((each, i) => [String(i), each] as const) : Object.entries(value);
  if (parts.length === 0) {
    return (
      <div className={classes.jsonLeaf}>
        {label}
        <span className="q-quiet">{Array.isArray(value) ? "empty list" : "empty"}</span>
      </div>
    );
  }
  const shown = parts.slice(0, MOST);
  return (
    <details className={classes.jsonBranch} open={depth < open && parts.length <= 50}>
      <summary>
        {name ?? (Array.isArray(value) ? "List" : "Object")}{" "}
        <span className="q-quiet">
          {Array.isArray(value) ? `[${parts.length}]` : `{${parts.length}}`}
        </span>
      </summary>
      <div className={classes.jsonInside}>
        {shown.map(([key, each]) => (
          <Node key={key} name={key} value={each} depth={depth + 1} open={open} />
        ))}
        {parts.length > MOST && <div className="q-quiet">and {parts.length - MOST} more</div>}
      </div>
    </details>
  );
}
