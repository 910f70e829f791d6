import { memo, type ReactNode } from "react";

import type { Display, Json } from "../api/types";
import { AudioView } from "./AudioView";
import { JsonTree } from "./JsonTree";
import { Markdown } from "./Markdown";
import { asJson } from "./media";
import { ImageView, Pixels } from "./Pictures";
import { Steps } from "./Steps";
import { stepsOf } from "./steps";
import classes from "./view.module.css";

interface Props {
  name: string;
  value: Json;
  display: Display;
}

/** One field of an item, the way the project shows it. All of it is data; none of it can run. */
export const FieldView = memo(function FieldView({ name, value, display }: Props) {
  if (value === null || value === undefined || value === "") return <span className="q-quiet">none</span>;
  switch (display) {
    case "markdown":
      return <Markdown text={plain(value)} />;
    case "json":
      return <JsonTree value={asJson(value)} />;
    case "chat":
    case "trace": {
      const steps = stepsOf(value);
      return steps ? <Steps steps={steps} /> : <JsonTree value={asJson(value)} />;
    }
    case "image":
      return <ImageView name={name} value={value} />;
    case "audio":
      return <AudioView name={name} value={value} />;
    case "pixels":
      return <Pixels name={name} value={value} />;
    case "number":
      return <span className={classes.number}>{plain(value)}</span>;
    default:
      if (typeof value === "object") return <JsonTree value={value} />;
      return (
        <div className={classes.text} dir="auto">
          {plain(value)}
        </div>
      );
  }
});

const plain = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Whether a field is a word or a number, and so stands in the table of such fields. */
export function isShort(value: Json, display: Display): boolean {
  if (display === "number") return true;
  if (display !== "text") return false;
  return value === null || typeof value !== "object" && String(value).length <= 60 && !String(value).includes("\n");
}

interface ItemProps {
  fields: Record<string, Json>;
  display: Record<string, Display>;
  /** Fields shown some other way, by name; null leaves one out. */
  instead?: Record<string, ReactNode>;
}

/** All fields of an item in their order: short ones as a table, others one below the other. */
export function Item({ fields, display, instead = {} }: ItemProps) {
  const names = [...Object.keys(display).filter((name) => name in fields), ...Object.keys(fields).filter((name) => !(name in display))];
  const kind = (name: string): Display => display[name] ?? "text";
  const shown = names.filter((name) => instead[name] !== null);
  const short = shown.filter((name) => !(name in instead) && isShort(fields[name] ?? null, kind(name)));
  const inTable = shown.length > 1 && short.length > 0 ? short : [];
  const large = shown.filter((name) => !inTable.includes(name));
  return (
    <div className={classes.item}>
      {large.map((name) => (
        <section key={name} className={classes.field}>
          {shown.length > 1 && <h3 className={classes.fieldName}>{name}</h3>}
          {name in instead ? instead[name] : <FieldView name={name} value={fields[name] ?? null} display={kind(name)} />}
        </section>
      ))}
      {inTable.length > 0 && (
        <dl className={classes.table}>
          {inTable.map((name) => (
            <div key={name} className={classes.row}>
              <dt>{name}</dt>
              <dd>
                <FieldView name={name} value={fields[name] ?? null} display={kind(name)} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
