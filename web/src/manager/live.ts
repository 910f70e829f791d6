import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { path } from "../api/client";
import type { Job, Progress } from "../api/types";

/** How often what is shown is asked for while the server cannot tell by itself. */
export const POLL_MS = 5_000;

// Beside its events too: a stream that a proxy holds open after the server has gone tells nothing, not even that.
const RENEW_MS = 20_000;

export type Connection = "live" | "polling";

/** How often to ask, by how the server tells. */
export const often = (link: Connection): number => (link === "live" ? RENEW_MS : POLL_MS);

const TELLS = ["progress", "round", "model", "job"] as const;
type Told = (typeof TELLS)[number];

/**
 * Keep what is shown of a project up to date: by the server's own events while they come, else by asking again.
 *
 * The browser opens a broken stream again by itself; until it has, `polling` is what the queries go by.
 */
export function useLive(project: string): Connection {
  const client = useQueryClient();
  const [link, setLink] = useState<Connection>("polling");
  useEffect(() => {
    if (typeof EventSource === "undefined") return;
    const stream = new EventSource(path("projects", project, "events"));
    stream.onopen = () => setLink("live");
    stream.onerror = () => setLink("polling");
    for (const name of TELLS) {
      stream.addEventListener(name, (event) => take(client, project, name, (event as MessageEvent<string>).data));
    }
    return () => stream.close();
  }, [client, project]);
  return link;
}

/** Take one event into the cache: what it says itself, and that what it bears on is to be asked for anew. */
export function take(client: QueryClient, project: string, name: Told, data: string): void {
  const body = read(data);
  if (body === null) return;
  const stale = (...parts: string[]) => {
    for (const part of parts) void client.invalidateQueries({ queryKey: ["project", project, part] });
  };
  switch (name) {
    case "progress":
      client.setQueryData(["project", project, "progress"], body);
      return stale("people", "rounds");
    case "round":
      return stale("rounds", "progress");
    case "model":
      return stale("curve", "evidence", "progress");
    case "job":
      client.setQueryData<Progress>(
        ["project", project, "progress"],
        (was) => was && { ...was, job: body as unknown as Job },
      );
      return stale("jobs");
  }
}

function read(data: string): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(data);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
