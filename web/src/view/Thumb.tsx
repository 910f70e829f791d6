import { useState } from "react";

import type { Json, Project } from "../api/types";
import { media } from "./media";
import { own } from "./own";
import { Canvas } from "./Pictures";
import { picture } from "./pixels";
import classes from "./view.module.css";

/** The field whose picture stands for an item in a list, if there is one. */
export function pictureField(project: Project): string | undefined {
  return Object.entries(project.display).find(([, display]) => display === "pixels" || display === "image")?.[0];
}

/** A small picture of an item; nothing where the item has none. */
export function Thumb({ project, fields }: { project: Project; fields: Record<string, Json> }) {
  const [failed, setFailed] = useState(false);
  const field = pictureField(project);
  const value = field === undefined ? undefined : own(fields, field);
  if (field === undefined || value === undefined || failed) return null;
  if (project.display[field] === "pixels") {
    const found = picture(value);
    return found && <Canvas picture={found} label={`Its ${field}`} className={classes.thumb} />;
  }
  const found = media(value);
  if (found.kind !== "here") return null;
  return (
    <img
      src={found.url}
      alt={`Its ${field}`}
      loading="lazy"
      decoding="async"
      className={classes.thumb}
      onError={() => setFailed(true)}
    />
  );
}
