import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";

import { take } from "./live";

const key = (part: string) => ["project", "tickets", part];

function filled(): QueryClient {
  const client = new QueryClient();
  for (const part of ["progress", "people", "rounds", "curve", "jobs"]) client.setQueryData(key(part), { of: part });
  return client;
}

const stale = (client: QueryClient) =>
  ["progress", "people", "rounds", "curve", "jobs"].filter((part) => client.getQueryState(key(part))?.isInvalidated);

describe("an event of the server", () => {
  it("of progress is shown as it is, and the answers behind it are asked for", () => {
    const client = filled();
    take(client, "tickets", "progress", '{"state": "training"}');
    expect(client.getQueryData(key("progress"))).toEqual({ state: "training" });
    expect(stale(client)).toEqual(["people", "rounds"]);
  });

  it("of a model lets the curve be drawn anew", () => {
    const client = filled();
    take(client, "tickets", "model", '{"model": 3}');
    expect(stale(client)).toEqual(["progress", "curve"]);
  });

  it("of a job is put where the project stands", () => {
    const client = filled();
    take(client, "tickets", "job", '{"id": 7, "stage": "scoring"}');
    expect(client.getQueryData(key("progress"))).toEqual({ of: "progress", job: { id: 7, stage: "scoring" } });
    expect(stale(client)).toEqual(["jobs"]);
  });

  it("that cannot be read changes nothing", () => {
    const client = filled();
    take(client, "tickets", "round", "{");
    take(client, "tickets", "round", "null");
    expect(stale(client)).toEqual([]);
  });
});
