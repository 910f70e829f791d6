import { useInViewport } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { get, path } from "../../api/client";
import type { Json, Project } from "../../api/types";
import { preview } from "../../view/preview";
import { pictureField, Thumb } from "../../view/Thumb";
import type { Given } from "../work/board";
import classes from "./past.module.css";

type Fields = Record<string, Json>;

/** What one of my answers was about: a small picture, the first words, or as a last resort its id. */
export function Past({ given, project, person, children }: { given: Given; project: Project; person: string; children: ReactNode }) {
  const fields = given.assignment?.fields;
  if (fields === undefined && needsFields(given, project)) {
    return (
      <Fetched given={given} project={project} person={person}>
        {children}
      </Fetched>
    );
  }
  return (
    <Told given={given} project={project} fields={fields}>
      {children}
    </Told>
  );
}

/** An answer of an earlier visit, or another device: what it was about is asked for once it is in sight. */
function Fetched({ given, project, person, children }: { given: Given; project: Project; person: string; children: ReactNode }) {
  const { ref, inViewport } = useInViewport<HTMLSpanElement>();
  const item = useQuery({
    queryKey: ["mine", project.name, person, given.itemId],
    queryFn: () => get<{ fields: Fields }>(path("projects", project.name, "mine", given.itemId)),
    enabled: inViewport,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    refetchOnWindowFocus: false,
  });
  return (
    <span ref={ref} className={classes.past}>
      <Told given={given} project={project} fields={item.data?.fields}>
        {children}
      </Told>
    </span>
  );
}

function Told({ given, project, fields, children }: { given: Given; project: Project; fields: Fields | undefined; children: ReactNode }) {
  const words = wordsOf(given, project, fields);
  return (
    <span className={classes.past}>
      {fields && pictureField(project) !== undefined && <Thumb project={project} fields={fields} />}
      <span className={classes.words}>
        {children}
        <span className={classes.item} dir="auto" title={words}>
          {words}
        </span>
      </span>
    </span>
  );
}

/** Whether the server's line of an item does not tell it: of a picture there is no line, only the names of its fields. */
export function needsFields(given: Given, project: Project): boolean {
  return pictureField(project) !== undefined || told(given, project) === "";
}

/** The first words of an item; of a picture alone nothing, where it is seen, and the id where nothing else is known. */
export function wordsOf(given: Given, project: Project, fields: Fields | undefined): string {
  const words = fields === undefined ? told(given, project) : preview(fields, project.display, 80);
  if (words !== "") return words;
  return fields !== undefined && pictureField(project) !== undefined ? "" : given.itemId;
}

function told({ preview: line, itemId }: Given, project: Project): string {
  const names = [...Object.keys(project.display), ...Object.keys(project.fields)];
  return line === itemId || names.includes(line) || line === Object.keys(project.display).join(", ") ? "" : line;
}
