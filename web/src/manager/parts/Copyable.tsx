import { Button, Code, CopyButton, Group } from "@mantine/core";

import classes from "./parts.module.css";

/** A link or a secret, whole and selectable, with a button that copies it. */
export function Copyable({ value, label }: { value: string; label: string }) {
  return (
    <Group gap="xs" wrap="nowrap" align="stretch">
      <Code className={classes.copyable} aria-label={label} tabIndex={0} role="textbox" aria-readonly="true">
        {value}
      </Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy} flex="none" miw={92} aria-live="polite">
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
