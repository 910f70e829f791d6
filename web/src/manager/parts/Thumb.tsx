import { useQuery } from "@tanstack/react-query";

import type { Project } from "../../api/types";
import { pictureField, Thumb } from "../../view/Thumb";
import { itemOf } from "../api";

export { pictureField, Thumb };

/** The picture of an item of which only the id is at hand. An item's content never changes, so it is asked for once. */
export function ThumbOf({ project, item }: { project: Project; item: string }) {
  const life = useQuery({
    ...itemOf(project.name, item),
    enabled: pictureField(project) !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return life.data ? <Thumb project={project} fields={life.data.item.fields} /> : null;
}
