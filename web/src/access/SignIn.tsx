import { Alert, Button, Divider, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Redirect, useSearch } from "wouter";

import { ApiError, path, post, said } from "../api/client";
import { keepMe, useSession, useWelcome } from "../api/queries";
import type { Me } from "../api/types";
import { Frame } from "./Frame";

/** Only a path of this page: a full address in `next` could lead elsewhere. */
export function safeNext(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/";
}

export function SignIn() {
  const session = useSession();
  const welcome = useWelcome();
  const search = useSearch();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({
    mutationFn: () => post<Me>(path("session"), { name: name.trim(), password }),
    onSuccess: keepMe,
  });
  if (session.data) return <Redirect to={safeNext(search)} replace />;
  const wrong = enter.error instanceof ApiError && enter.error.status === 401;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <Frame title="Sign in to Querist">
      <form onSubmit={submit}>
        <Stack gap="md">
          {welcome.data?.needs_setup && (
            <Alert color="ink" variant="light">
              Nobody has an account yet. Open the link that the server printed when it started.
            </Alert>
          )}
          {enter.error && (
            <Alert color="red" variant="light" role="alert">
              {wrong ? "That name and password do not belong together." : said(enter.error).message}{" "}
              {wrong ? "" : said(enter.error).hint}
            </Alert>
          )}
          <TextInput
            label="Name"
            autoComplete="username"
            autoCapitalize="none"
            required
            withAsterisk={false}
            autoFocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={enter.isPending} fullWidth mt="xs">
            Sign in
          </Button>
          {welcome.data?.oidc && (
            <>
              <Divider label="or" />
              <Button component="a" href="/api/oidc/login" variant="default" fullWidth>
                Continue with {welcome.data.oidc.name}
              </Button>
            </>
          )}
        </Stack>
      </form>
    </Frame>
  );
}
