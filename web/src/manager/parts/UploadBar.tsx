import { Progress, Stack, Text } from "@mantine/core";

import { percent } from "../logic/format";

/** How much of a file has reached the server, and that it is read after that. */
export function UploadBar({ share }: { share: number }) {
  const reading = share >= 1;
  return (
    <Stack gap={6} role="status">
      <Progress value={share * 100} animated={reading} aria-label="Uploaded" />
      <Text size="sm" c="dimmed">
        {reading ? "Uploaded. The server is reading the rows…" : `Uploading, ${percent(share)}`}
      </Text>
    </Stack>
  );
}
