import { memo, type ReactNode } from "react";

import type { Display, Json } from "../api/types";
import { AudioView } from "./AudioView";
import { JsonTree } from "./JsonTree";
import { LongText } from "./LongText";
import { Markdown } from "./Markdown";
import { asJson } from "./media";
import { own } from "./own";
import { ImageView, Pixels } from "./Pictures";
import { Steps } from "./Steps";
import { stepsOf } from "./steps";
import classes from "./view.module.css";

interface Props {
  name: string;
  value: Json;
  display: Display;
  /** Of a text so many characters are shown at first; all where it is left out. */
  most?: number;
}

/** One field of an item, the way the project shows it. All of it is data; none of it can run. */
export const FieldView = memo(function FieldView({ name, value, display, most = Infinity }: Props) {
  if (value === null || value === undefined || value === "") return <span className="q-quiet">none</span>;
  switch (display) {
    case "markdown":
      return <LongText text={plain(value)} most={most} draw={(text) => <Markdown text={text} />} />;
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
      return <LongText text={plain(value)} most={most} draw={words} />;
  }
});

const words = (text: string): ReactNode => (
  <div className={classes.text} dir="auto">
    {text}
  </div>
);

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
  /** Of each text so many characters are shown at first; all where it is left out. */
  most?: number;
}

const NONE: Record<string, ReactNode> = {};

/** The fields of an item that the project shows, in its order; short neighbors as a table, others one below the other. */
export const Item = memo(function Item({ fields, display, instead = NONE, most }: ItemProps) {
  const chosen = Object.keys(display).filter((name) => Object.hasOwn(fields, name));
  const names = chosen.length > 0 ? chosen : Object.keys(fields);
  const kind = (name: string): Display => own(display, name) ?? "text";
  const value = (name: string): Json => own(fields, name) ?? null;
  const otherwise = (name: string) => Object.hasOwn(instead, name);
  const shown = names.filter((name) => own(instead, name) !== null);
  const groups = runs(shown, (name) => !otherwise(name) && isShort(value(name), kind(name)));
  const view = (name: string) => <FieldView name={name} value={value(name)} display={kind(name)} most={most} />;
  return (
    <div className={classes.item}>
      {groups.map((group) => {
        const [name] = group;
        if (name === undefined) return null;
        if (group.length > 1) {
          return (
            <dl key={name} className={classes.table}>
              {group.map((each) => (
                <div key={each} className={classes.row}>
                  <dt>{each}</dt>
                  <dd>{view(each)}</dd>
                </div>
              ))}
            </dl>
          );
        }
        return (
          <section key={name} className={classes.field}>
            {shown.length > 1 && !otherwise(name) && <h2 className={classes.fieldName}>{name}</h2>}
            {otherwise(name) ? instead[name] : view(name)}
          </section>
        );
      })}
    </div>
  );
});

/** The names in their order, short neighbors together, others each alone. */
export function runs(names: string[], short: (name: string) => boolean): string[][] {
  const groups: string[][] = [];
  names.forEach((name, i) => {
    const before = names[i - 1];
    if (before !== undefined && short(name) && short(before)) groups.at(-1)?.push(name);
    else groups.push([name]);
  });
  return groups;
}
