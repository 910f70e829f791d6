import { Alert } from "@mantine/core";
import { useLocation, useSearch } from "wouter";

import { path } from "../api/client";
import { Frame } from "./Frame";
import { NewAccount } from "./NewAccount";

/** The first visit of all: the one-time link of the server makes the first administrator. */
export function Setup() {
  const token = new URLSearchParams(useSearch()).get("token");
  const [, go] = useLocation();
  return (
    <Frame title="Welcome to Querist" lead="Make the first account. It may do everything.">
      {token ? (
        <NewAccount url={path("setup")} token={token} button="Create account" onDone={() => go("/", { replace: true })} />
      ) : (
        <Alert color="red" variant="light" role="alert">
          This link has no token. Use the whole link that the server printed when it started.
        </Alert>
      )}
    </Frame>
  );
}
