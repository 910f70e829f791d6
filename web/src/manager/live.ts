import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { path } from "../api/client";
import type { Job, Progress } from "../api/types";

/** How often what is shown is asked for while the server cannot tell by itself. */
export const POLL_MS = 5_000;

export type Link = "live" | "polling";

/**
 * Keep what is shown of a project up to date: by the server's own events while they come, else by asking again.
 *
 * The browser opens a broken stream again by itself; until it has, `polling` is what the queries go by.
 */
export function useLive(project: string): Link {
  const client = useQueryClient();
  const [link, setLink] = useState<Link>("polling");
  useEffect(() => {
    if (typeof EventSource === "undefined") return;
    const stream = new EventSource(path("projects", project, "events"));
    const stale = (...parts: string[]) => {
      for (const part of parts) void client.invalidateQueries({ queryKey: ["project", project, part] });
    };
    const hear = <T>(name: string, act: (body: T) => void) =>
      stream.addEventListener(name, (event) => {
        const body = read<T>((event as MessageEvent<string>).data);
        if (body !== null) act(body);
      });
    stream.onopen = () => setLink("live");
    stream.onerror = () => setLink("polling");
    hear<Progress>("progress", (body) => {
      client.setQueryData(["project", project, "progress"], body);
      stale("people");
    });
    hear("round", () => stale("rounds", "progress"));
    hear("model", () => stale("curve", "progress"));
    hear<Job>("job", (job) => {
      client.setQueryData<Progress>(["project", project, "progress"], (was) => was && { ...was, job });
      stale("jobs");
    });
    return () => stream.close();
  }, [client, project]);
  return link;
}

function read<T>(data: string): T | null {
  try {
    return JSON.parse(data) as T;
  } catch {
    return null;
  }
}
