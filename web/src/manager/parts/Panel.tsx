import { Group, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

import classes from "./parts.module.css";

interface Props {
  title: string;
  about?: ReactNode;
  aside?: ReactNode;
  /** Without padding around its content: for tables that reach its edges. */
  flush?: boolean;
  children?: ReactNode;
}

/** A part of a page with a title of its own. */
export function Panel({ title, about, aside, flush, children }: Props) {
  const id = useId();
  return (
    <section className={`q-card ${classes.panel}`} aria-labelledby={id}>
      <Group justify="space-between" align="flex-start" gap="md" wrap="nowrap" className={classes.panelHead}>
        <div className={classes.panelWords}>
          <Title order={2} id={id} className={classes.panelTitle}>
            {title}
          </Title>
          {about && (
            <Text size="sm" c="dimmed" mt={2} component="div" className={classes.panelAbout}>
              {about}
            </Text>
          )}
        </div>
        {aside && <div className={classes.panelAside}>{aside}</div>}
      </Group>
      {children && <div className={flush ? classes.panelFlush : classes.panelBody}>{children}</div>}
    </section>
  );
}
