import type { ItemRow, Project } from "../../api/types";

/** An item's content, each field as the project shows it. */
export function ItemFields({ project, item }: { project: Project; item: ItemRow }) {
  return <pre>{JSON.stringify([Object.keys(project.display), item.fields], null, 1)}</pre>;
}
