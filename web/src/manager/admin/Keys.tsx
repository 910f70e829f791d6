import { Button, Checkbox, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import type { Me } from "../../api/types";
import { Failure, Waiting } from "../../ui/states";
import { apiKeys, useDropKey, useMakeKey } from "../api";
import { moment } from "../logic/format";
import { scopesFor } from "../logic/roles";
import { BELOW } from "../parts/below";
import { Confirm } from "../parts/Confirm";
import { Copyable } from "../parts/Copyable";
import { Dialog } from "../parts/Dialog";
import { Grid } from "../parts/Grid";
import { Head } from "../parts/Head";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { When } from "../parts/When";

/** One's own keys for programs. */
export function Keys({ me }: { me: Me }) {
  const keys = useQuery(apiKeys());
  const drop = useDropKey();
  const [making, make] = useDisclosure(false);
  if (keys.isPending) return <Waiting />;
  if (keys.data === undefined) return <Failure error={keys.error} retry={() => void keys.refetch()} />;
  return (
    <>
      <Head title="API keys" about={`For programs that act as ${me.name}. A key can do no more than you can.`}>
        <Button onClick={make.open}>Make a key</Button>
      </Head>
      <Panel title="Yours" flush={keys.data.length > 0}>
        {keys.data.length === 0 ? (
          <Text size="sm" c="dimmed">
            You have no keys. A program needs one to ask for items and tell answers over HTTP.
          </Text>
        ) : (
          <Grid
            caption="Your API keys"
            rows={keys.data}
            id={(key) => key.id}
            columns={[
              { name: "For", wide: true, cell: (key) => <strong>{key.label}</strong> },
              { name: "May", cell: (key) => key.scopes.join(", ") },
              { name: "Made", cell: (key) => <When at={key.created_at} /> },
              { name: "Used", cell: (key) => <When at={key.used_at} /> },
              { name: "Valid until", cell: (key) => (key.expires_at ? moment(key.expires_at) : "you revoke it") },
              {
                name: "Revoke",
                action: true,
                cell: (key) => (
                  <Confirm
                    title={`Revoke “${key.label}”?`}
                    deed="Revoke the key"
                    act={() => drop.mutateAsync(key.id)}
                    busy={drop.isPending}
                    error={drop.error}
                    opener={(ask) => (
                      <Button size="compact-sm" variant="default" onClick={ask} aria-label={`Revoke ${key.label}`}>
                        Revoke…
                      </Button>
                    )}
                  >
                    Programs that use it are refused from now on. It cannot be brought back.
                  </Confirm>
                ),
              },
            ]}
          />
        )}
      </Panel>
      <Dialog opened={making} onClose={make.close} title="Make a key">
        <KeyForm me={me} done={make.close} />
      </Dialog>
    </>
  );
}

function KeyForm({ me, done }: { me: Me; done: () => void }) {
  const make = useMakeKey();
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const [days, setDays] = useState<number | string>(90);
  const go = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({ label: label.trim(), scopes, ...(days === "" ? {} : { days: Number(days) }) });
  };
  if (make.data) {
    return (
      <Stack gap="md">
        <Text size="sm">Keep it where your program finds it. It is not shown again.</Text>
        <Copyable value={make.data.key ?? ""} label="API key" />
        <Button onClick={done}>Done</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={go}>
      <Stack gap="md">
        <TextInput
          label="What it is for"
          placeholder="Nightly import"
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
          maxLength={200}
          required
          data-autofocus
        />
        <Checkbox.Group label="It may" value={scopes} onChange={setScopes}>
          <Stack gap={10} mt={6}>
            {scopesFor(me.role).map(({ value, label: words, what }) => (
              <Checkbox key={value} value={value} label={words} description={what} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NumberInput
          {...BELOW}
          label="Valid for"
          description="Empty means until it is revoked."
          suffix=" days"
          value={days}
          onChange={setDays}
          min={1}
          max={3650}
          allowDecimal={false}
        />
        <Trouble error={make.error} />
        <Button type="submit" loading={make.isPending} disabled={!label.trim() || scopes.length === 0}>
          Make the key
        </Button>
      </Stack>
    </form>
  );
}
