import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { post, said } from "../api/client";
import { keepMe } from "../api/queries";
import type { Me } from "../api/types";

interface Props {
  url: string;
  token: string;
  button: string;
  onDone: () => void;
}

/** Name and password of somebody new, with the token that lets them in. */
export function NewAccount({ url, token, button, onDone }: Props) {
  const [name, setName] = useState("");
  const [fullName, setFullName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const make = useMutation({
    mutationFn: () =>
      post<Me>(url, { token, name: name.trim(), ...(fullName.trim() ? { full_name: fullName.trim() } : {}), password }),
    onSuccess: (me) => {
      keepMe(me);
      onDone();
    },
  });
  const differ = again !== "" && again !== password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (password === again) make.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {make.error && (
          <Alert color="red" variant="light" role="alert">
            {said(make.error).message} {said(make.error).hint}
          </Alert>
        )}
        <TextInput
          label="Name"
          description="To sign in with, and beside your answers"
          autoComplete="username"
          autoCapitalize="none"
          required
          withAsterisk={false}
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Full name"
          description="Optional"
          autoComplete="name"
          value={fullName}
          onChange={(event) => setFullName(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <PasswordInput
          label="The same password again"
          autoComplete="new-password"
          required
          withAsterisk={false}
          error={differ ? "The two passwords differ." : null}
          value={again}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
        <Button type="submit" loading={make.isPending} fullWidth mt="xs" disabled={differ}>
          {button}
        </Button>
      </Stack>
    </form>
  );
}
