import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { useMe } from "../../api/queries";
import { Shell } from "../../ui/Shell";
import { TabLinks } from "./TabLinks";
import classes from "./parts.module.css";

/** The address of a project's page: `to("a b", "items", "x/1")`. */
export function to(project: string, ...rest: (string | number)[]): string {
  return ["/p", project, ...rest].map((part, i) => (i ? encodeURIComponent(String(part)) : part)).join("/");
}

const PAGES = [
  ["", "Overview"],
  ["evidence", "Evidence"],
  ["rounds", "Rounds"],
  ["items", "Items"],
  ["people", "People"],
  ["exports", "Exports"],
  ["settings", "Settings"],
] as const;

/** The bar, the project's pages beneath it, and the one chosen. */
export function ProjectShell({ name, section, children }: { name: string; section: string; children: ReactNode }) {
  const me = useMe();
  return (
    <Shell
      crumbs={
        <>
          <span aria-hidden="true" className={classes.slash}>
            /
          </span>
          <Link href={to(name)} className={classes.crumb}>
            {name}
          </Link>
        </>
      }
      aside={
        me.role === "auditor" ? null : (
          <Button component={Link} href={to(name, "label")} size="xs">
            Label
          </Button>
        )
      }
      nav={
        <TabLinks
          label="Project"
          here={section}
          tabs={PAGES.map(([value, words]) => ({ value, words, href: value ? to(name, value) : to(name) }))}
        />
      }
    >
      {children}
    </Shell>
  );
}
