import { Button, Checkbox, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { manages, useMe } from "../../api/queries";
import type { Project, Webhook } from "../../api/types";
import { deliveriesOf, useAddWebhook, useDropWebhook, useRetryDelivery, webhooksOf } from "../api";
import { count } from "../logic/format";
import { Confirm } from "../parts/Confirm";
import { Copyable } from "../parts/Copyable";
import { Dialog } from "../parts/Dialog";
import { State } from "../parts/Dot";
import { Grid } from "../parts/Grid";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { When } from "../parts/When";

const EVENTS = [
  { value: "answer.recorded", label: "An answer is recorded" },
  { value: "label.changed", label: "A label is set or changes" },
  { value: "round.opened", label: "A round opens" },
  { value: "round.closed", label: "A round closes" },
  { value: "model.trained", label: "A model is trained" },
];

const STATES = {
  waiting: { words: "Waiting", tone: "accent" },
  sent: { words: "Delivered", tone: "good" },
  dead: { words: "Given up", tone: "bad" },
} as const;

/** Who is told of what happens in the project, and what became of each message. */
export function Webhooks({ project }: { project: Project }) {
  const me = useMe();
  const hooks = useQuery(webhooksOf(project.name));
  const [adding, add] = useDisclosure(false);
  return (
    <Stack gap="md">
      <Panel
        title="Webhooks"
        about="Signed as Standard Webhooks say, sent again with growing pauses until they are taken."
        aside={
          manages(me) && (
            <Button variant="default" onClick={add.open}>
              Add a webhook
            </Button>
          )
        }
      >
        <Trouble error={hooks.error} />
        {!hooks.error && (hooks.data ?? []).length === 0 && (
          <Text size="sm" c="dimmed">
            {hooks.isPending ? "Loading…" : "None. Add one to hear of answers and rounds as they happen."}
          </Text>
        )}
      </Panel>
      {(hooks.data ?? []).map((hook) => (
        <Hook key={hook.id} project={project.name} hook={hook} />
      ))}
      <Dialog opened={adding} onClose={add.close} title="Add a webhook">
        <AddWebhook project={project.name} done={add.close} />
      </Dialog>
    </Stack>
  );
}

function AddWebhook({ project, done }: { project: string; done: () => void }) {
  const make = useAddWebhook(project);
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<string[]>(["answer.recorded"]);
  const go = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({ url: url.trim(), events });
  };
  if (make.data) {
    return (
      <Stack gap="md">
        <Text size="sm">Check signatures with this secret. It is not shown again.</Text>
        <Copyable value={make.data.secret ?? ""} label="Secret of the webhook" />
        <Button onClick={done}>Done</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={go}>
      <Stack gap="md">
        <TextInput
          label="Address"
          type="url"
          placeholder="https://example.org/querist"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          required
          data-autofocus
        />
        <Checkbox.Group label="Tell it when" value={events} onChange={setEvents}>
          <Stack gap={8} mt={6}>
            {EVENTS.map(({ value, label }) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Trouble error={make.error} />
        <Button type="submit" loading={make.isPending} disabled={!url.trim() || events.length === 0}>
          Add
        </Button>
      </Stack>
    </form>
  );
}

function Hook({ project, hook }: { project: string; hook: Webhook }) {
  const me = useMe();
  const drop = useDropWebhook(project);
  const retry = useRetryDelivery(project, hook.id);
  const deliveries = useQuery({ ...deliveriesOf(project, hook.id), refetchInterval: 10_000 });
  const list = deliveries.data ?? [];
  const dead = list.filter((one) => one.state === "dead").length;
  return (
    <Panel
      title={hook.url}
      about={
        <>
          {hook.events.join(", ")}
          {dead > 0 && (
            <>
              {" · "}
              <State tone="bad">{`${dead} given up`}</State>
            </>
          )}
        </>
      }
      aside={
        manages(me) && (
          <Confirm
            title="Remove this webhook?"
            deed="Remove"
            act={() => drop.mutateAsync(hook.id)}
            busy={drop.isPending}
            error={drop.error}
            opener={(open) => (
              <Button variant="default" size="xs" onClick={open} aria-label={`Remove ${hook.url}`}>
                Remove…
              </Button>
            )}
          >
            {hook.url} will hear nothing more, messages that wait included. Its secret cannot be had back.
          </Confirm>
        )
      }
      flush={list.length > 0}
    >
      <Trouble error={retry.error ?? deliveries.error} />
      {list.length === 0 ? (
        <Text size="sm" c="dimmed">
          No message was sent yet.
        </Text>
      ) : (
        <Grid
          caption={`Messages to ${hook.url}, the latest first`}
          rows={list}
          id={(one) => one.id}
          columns={[
            { name: "Event", title: true, cell: (one) => one.event },
            {
              name: "State",
              cell: (one) => <State tone={STATES[one.state].tone}>{STATES[one.state].words}</State>,
            },
            { name: "Tries", number: true, cell: (one) => count(one.attempts) },
            {
              name: "Last answer",
              wide: true,
              cell: (one) => one.last_error || (one.last_status ? `HTTP ${one.last_status}` : "–"),
            },
            { name: "When", cell: (one) => <When at={one.created_at} /> },
            {
              name: "Send again",
              action: true,
              cell: (one) =>
                one.state === "dead" && manages(me) ? (
                  <Button
                    size="compact-sm"
                    variant="default"
                    loading={retry.isPending && retry.variables === one.id}
                    onClick={() => retry.mutate(one.id)}
                    aria-label={`Send message ${one.id} again`}
                  >
                    Send again
                  </Button>
                ) : null,
            },
          ]}
        />
      )}
    </Panel>
  );
}
