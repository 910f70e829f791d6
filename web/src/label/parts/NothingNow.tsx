import { Anchor, Button, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link } from "wouter";

import type { State } from "../work/board";
import classes from "./nothing.module.css";

const TITLES: Record<string, string> = {
  all_done: "All done",
  held_by_you: "Open in your other window",
  done_by_you: "You answered everything",
  paused: "Paused",
  cap_reached: "Enough for today",
  training: "The model is learning",
  stopped: "Finished",
  budget_spent: "Finished",
  no_items: "No items yet",
};

/** There is nothing to answer: why, in the server's words, and when the page looks again. */
export function NothingNow({ state, again, take }: { state: State; again: () => void; take: () => void }) {
  const { nothing, retryAt, saving } = state;
  const left = useCountdown(retryAt);
  const offline = saving.state === "offline" || (!nothing && state.error !== null);
  if (!nothing && !offline) {
    return (
      <div className={classes.nothing} role="status">
        <Loader type="dots" aria-hidden />
        <Text c="dimmed">Looking for the next item</Text>
      </div>
    );
  }
  return (
    <div className={classes.nothing} role="status" data-testid="nothing">
      <Stack align="center" gap="xs" maw={440} ta="center">
        <Title order={2} size="h3">
          {offline ? "You are offline" : (TITLES[nothing?.code ?? ""] ?? "Nothing for you right now")}
        </Title>
        <Text c="dimmed">
          {offline
            ? saving.waiting > 0
              ? `${saving.waiting} answers are kept on this device, and go to the server when it can be reached.`
              : "New items come when the server can be reached."
            : nothing?.message}
        </Text>
        {left !== null && left > 0 && (
          <Text size="sm" c="dimmed">
            Looking again in {left} s
          </Text>
        )}
        <Group mt="sm">
          {!offline && nothing?.code === "held_by_you" && <Button onClick={take}>Take them here</Button>}
          <Button variant="default" onClick={again}>
            Look now
          </Button>
          <Anchor component={Link} href="/" size="sm">
            All projects
          </Anchor>
        </Group>
      </Stack>
    </div>
  );
}

function useCountdown(until: number | null): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (until === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? null : Math.max(0, Math.ceil((until - now) / 1000));
}
