import { Stack, Text } from "@mantine/core";
import { type Dispatch, useState } from "react";

import { path } from "../../api/client";
import type { Look } from "../../api/types";
import { plural } from "../logic/format";
import { upload } from "../logic/upload";
import { FileDrop } from "../parts/FileDrop";
import { Trouble } from "../parts/Trouble";
import type { Change, Draft } from "./draft";

interface Props {
  draft: Draft;
  change: Dispatch<Change>;
}

/** Choose a file; the server looks at its first rows, and nothing is stored. */
export function FileStep({ draft, change }: Props) {
  const [file, setFile] = useState<File | null>(draft.file);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const look = async (chosen: File) => {
    setFile(chosen);
    setError(null);
    setBusy(true);
    const form = new FormData();
    form.append("file", chosen, chosen.name);
    try {
      change({ type: "looked", file: chosen, look: await upload<Look>(path("look"), form, () => undefined) });
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Stack gap="md">
      <FileDrop file={file} pick={(chosen) => void look(chosen)} busy={busy} />
      <Trouble error={error} title="This file cannot be read" />
      <Text size="sm" c="dimmed" role="status">
        {busy
          ? "Looking at the columns…"
          : draft.look
            ? `${plural(draft.look.columns.length, "column")} found. Choose another file to begin anew.`
            : "The first rows are looked at to propose the next steps. Nothing is stored until you say go."}
      </Text>
    </Stack>
  );
}
