import { Alert, List, Text } from "@mantine/core";

import { ApiError, said } from "../../api/client";

const ROWS_SHOWN = 20;

/** Why something did not work, and what to do about it, beside where it was tried. Nothing where nothing is wrong. */
export function Trouble({ error, title }: { error: unknown; title?: string }) {
  if (!error) return null;
  const { message, hint } = said(error);
  const rows = error instanceof ApiError ? error.rows : [];
  return (
    <Alert color="red" variant="light" role="alert" title={title} p="sm">
      <Text size="sm">
        {message} {hint}
      </Text>
      {rows.length > 0 && (
        <List size="sm" mt="xs" spacing={2}>
          {rows.slice(0, ROWS_SHOWN).map((row) => (
            <List.Item key={row}>{row}</List.Item>
          ))}
          {rows.length > ROWS_SHOWN && <List.Item>and {rows.length - ROWS_SHOWN} more</List.Item>}
        </List>
      )}
    </Alert>
  );
}
