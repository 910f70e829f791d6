import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Json, Project } from "../../api/types";
import { media } from "../../view/media";
import { Canvas } from "../../view/Pictures";
import { picture } from "../../view/pixels";
import { itemOf } from "../api";
import classes from "./parts.module.css";

/** The field whose picture stands for an item in a list, if there is one. */
export function pictureField(project: Project): string | undefined {
  return Object.entries(project.display).find(([, display]) => display === "pixels" || display === "image")?.[0];
}

/** A small picture of an item; nothing where the item has none. */
export function Thumb({ project, fields }: { project: Project; fields: Record<string, Json> }) {
  const [failed, setFailed] = useState(false);
  const field = pictureField(project);
  const value = field === undefined ? undefined : fields[field];
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

/** The same for an item of which only the id is at hand. An item's content never changes, so it is asked for once. */
export function ThumbOf({ project, item }: { project: Project; item: string }) {
  const life = useQuery({
    ...itemOf(project.name, item),
    enabled: pictureField(project) !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return life.data ? <Thumb project={project} fields={life.data.item.fields} /> : null;
}
