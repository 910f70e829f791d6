import { Button, Menu, NumberInput, SegmentedControl, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";

import { said } from "../../api/client";
import { manages, useMe } from "../../api/queries";
import type { Progress, Project } from "../../api/types";
import { useForceRound, usePause, useTrain } from "../api";
import { Dialog } from "./Dialog";
import { Trouble } from "./Trouble";

/** What a manager may do to the loop: pause it, ask now, train now. */
export function Control({ project, progress }: { project: Project; progress: Progress }) {
  const me = useMe();
  const pause = usePause(project.name);
  const train = useTrain(project.name);
  const [asking, ask] = useDisclosure(false);
  if (!manages(me)) return null;
  const { paused } = progress;
  const tell = (error: Error) => {
    const { message, hint } = said(error);
    notifications.show({ color: "red", title: message, message: hint, role: "alert" });
  };
  return (
    <>
      <Button variant="default" loading={pause.isPending} onClick={() => pause.mutate(!paused, { onError: tell })}>
        {paused ? "Resume" : "Pause"}
      </Button>
      <Menu position="bottom-end" width={260} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="default" loading={train.isPending}>
            Act now
            <span aria-hidden="true" style={{ marginLeft: 6 }}>
              ▾
            </span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={ask.open}>
            Open a round now…
            <Text size="xs" c="dimmed">
              Without waiting for the answers of this one
            </Text>
          </Menu.Item>
          <Menu.Item
            onClick={() =>
              train.mutate(undefined, {
                onError: tell,
                onSuccess: () => notifications.show({ message: "Training starts with the labels there are." }),
              })
            }
          >
            Train now
            <Text size="xs" c="dimmed">
              With the labels there are, asking nothing
            </Text>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog
        opened={asking}
        onClose={ask.close}
        title="Open a round now"
        // Not the default, which scales: the segmented control would measure itself too small.
        transitionProps={{ transition: "fade", duration: 120 }}
      >
        <ForceRound project={project} done={ask.close} />
      </Dialog>
    </>
  );
}

function ForceRound({ project, done }: { project: Project; done: () => void }) {
  const force = useForceRound(project.name);
  const usual = typeof project.policy.batch_size === "number" ? project.policy.batch_size : 20;
  const [n, setN] = useState<number | string>(usual);
  const [split, setSplit] = useState<"pool" | "test">("pool");
  const go = (event: FormEvent) => {
    event.preventDefault();
    force.mutate({ n: Number(n), split }, { onSuccess: done });
  };
  return (
    <form onSubmit={go}>
      <Stack gap="md">
        <SegmentedControl
          aria-label="Asked of"
          value={split}
          onChange={(value) => setSplit(value as "pool" | "test")}
          data={[
            { value: "pool", label: "To learn" },
            { value: "test", label: "To measure" },
          ]}
        />
        <Text size="sm" c="dimmed">
          {split === "pool"
            ? "Items of the pool, chosen by the strategy. They come before what is still unshown."
            : "Random items of the test set: labels to measure every model on."}
        </Text>
        <NumberInput label="Items" value={n} onChange={setN} min={1} max={10_000} allowDecimal={false} data-autofocus />
        <Trouble error={force.error} />
        <Button type="submit" loading={force.isPending} disabled={!(Number(n) >= 1)}>
          Open the round
        </Button>
      </Stack>
    </form>
  );
}
