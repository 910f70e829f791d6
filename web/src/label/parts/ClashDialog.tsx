import { Button, Group, Modal, SimpleGrid, Text } from "@mantine/core";

import type { Task } from "../../api/types";
import { sayAnswer } from "../answer/say";
import type { Clash } from "../work/board";

/** Another window changed the same answer meanwhile: both, side by side. */
export function ClashDialog({ clash, task, settle }: { clash: Clash | null; task: Task; settle: (mine: boolean) => void }) {
  return (
    <Modal opened={clash !== null} onClose={() => settle(false)} title="This answer was changed meanwhile" closeButtonProps={{ "aria-label": "Close" }}>
      {clash && (
        <>
          <SimpleGrid cols={2}>
            <div className="q-card" style={{ padding: 12 }}>
              <Text size="xs" c="dimmed">
                What you say here
              </Text>
              <Text dir="auto">{sayAnswer(task, clash.mine) || "taken back"}</Text>
            </div>
            <div className="q-card" style={{ padding: 12 }}>
              <Text size="xs" c="dimmed">
                What stands
              </Text>
              <Text dir="auto">{sayAnswer(task, clash.theirs) || "none"}</Text>
            </div>
          </SimpleGrid>
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => settle(false)}>
              Leave what stands
            </Button>
            <Button onClick={() => settle(true)}>Say mine again</Button>
          </Group>
        </>
      )}
    </Modal>
  );
}
