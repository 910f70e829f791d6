import { Anchor, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { Brand } from "./Brand";
import { PersonMenu } from "./PersonMenu";
import classes from "./Shell.module.css";

interface Props {
  /** Beside the name of the product: where one is. */
  crumbs?: ReactNode;
  /** At the right of the bar, before the person's menu. */
  aside?: ReactNode;
  /** Beneath the bar: the pages of a project, as links. */
  nav?: ReactNode;
  children: ReactNode;
}

/** The bar on top and the page beneath, the same everywhere but on the labeling page. */
export function Shell({ crumbs, aside, nav, children }: Props) {
  return (
    <div className={classes.shell}>
      <Anchor href="#main" className="q-skip-link">
        Skip to the content
      </Anchor>
      <header className={classes.bar}>
        <Group gap="sm" wrap="nowrap" className={classes.left}>
          <Link href="/" className={classes.home} aria-label="Querist, all projects">
            <Brand />
          </Link>
          {crumbs}
        </Group>
        <Group gap="xs" wrap="nowrap">
          {aside}
          <PersonMenu />
        </Group>
      </header>
      {nav}
      <main id="main" tabIndex={-1} className={classes.main}>
        {children}
      </main>
    </div>
  );
}
