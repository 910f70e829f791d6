import { Button, Select, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { path } from "../../api/client";
import type { Imported, Project } from "../../api/types";
import { plural } from "../logic/format";
import { upload } from "../logic/upload";
import { BELOW } from "./below";
import { Dialog } from "./Dialog";
import { FileDrop } from "./FileDrop";
import { Trouble } from "./Trouble";
import { UploadBar } from "./UploadBar";

/** More items of the same columns, from another file. */
export function AddItems({ project }: { project: Project }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button onClick={open}>Add items</Button>
      <Dialog opened={opened} onClose={close} title="Add items" size="lg">
        <AddForm project={project} done={close} />
      </Dialog>
    </>
  );
}

function AddForm({ project, done }: { project: Project; done: () => void }) {
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [split, setSplit] = useState<string>("");
  const [share, setShare] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [added, setAdded] = useState<Imported | null>(null);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    if (!file) return;
    const form = new FormData();
    if (split) form.append("split", split);
    form.append("file", file, file.name);
    setError(null);
    setShare(0);
    try {
      setAdded(await upload<Imported>(path("projects", project.name, "items"), form, setShare));
      void client.invalidateQueries({ queryKey: ["project", project.name] });
    } catch (caught) {
      setError(caught);
    } finally {
      setShare(null);
    }
  };
  if (added) {
    return (
      <Stack gap="sm">
        <Text>
          {plural(added.n_added, "item")} added
          {added.n_repeated > 0 && `, ${plural(added.n_repeated, "row")} already here`}
          {added.n_labels > 0 && `, ${plural(added.n_labels, "known label")}`}.
        </Text>
        {added.notes.map((note) => (
          <Text key={note} size="sm" c="dimmed">
            {note}
          </Text>
        ))}
        <Button onClick={done}>Done</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={(event) => void go(event)}>
      <Stack gap="md">
        <FileDrop file={file} pick={setFile} busy={share !== null} />
        <Select
          {...BELOW}
          label="Split"
          description="By default they are shared out as the items before them were."
          value={split}
          onChange={(value) => setSplit(value ?? "")}
          data={[
            { value: "", label: "As before" },
            { value: "pool", label: "Pool: to be asked about" },
            { value: "test", label: "Test: to measure on" },
          ]}
          allowDeselect={false}
        />
        <Trouble error={error} title="Nothing was added" />
        {share !== null && <UploadBar share={share} />}
        <Button type="submit" disabled={!file} loading={share !== null}>
          Add items
        </Button>
      </Stack>
    </form>
  );
}
