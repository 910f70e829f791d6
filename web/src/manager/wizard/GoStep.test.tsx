import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, expect, test, vi } from "vitest";

import { Unreachable } from "../../api/client";
import { upload } from "../logic/upload";
import { type Draft, EMPTY } from "./draft";
import { GoStep } from "./GoStep";
import type { Made } from "./start";

vi.mock("../logic/upload", () => ({ upload: vi.fn() }));

const look = { columns: [], rows: [], n_rows_seen: 1, suggested: { label: null, id: null, task: "choice", classes: [] } };
const draft = { ...EMPTY, name: "p", classes: "a\nb", look, uses: { text: "show" } } as unknown as Draft;
const made: { current: Made | null } = { current: null };

afterEach(() => vi.unstubAllGlobals());

/** Look at the step, press its button, and look away. */
async function visit(): Promise<void> {
  const place = document.createElement("div");
  document.body.append(place);
  const root = createRoot(place);
  const nothing = () => undefined;
  await act(async () =>
    root.render(
      <QueryClientProvider client={new QueryClient()}>
        <MantineProvider env="test">
          <GoStep draft={draft} change={nothing} made={made} busy={nothing} done={nothing} />
        </MantineProvider>
      </QueryClientProvider>,
    ),
  );
  await act(async () => place.querySelector<HTMLButtonElement>("button[type=submit]")?.click());
  await act(async () => root.unmount());
  place.remove();
}

test("what a try left half made is cleared away by the next one, also after another step was looked at", async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${url}`);
    return init.method === "DELETE" ? new Response(null, { status: 204 }) : new Response(JSON.stringify({ name: "p" }));
  });
  vi.mocked(upload).mockRejectedValue(new Unreachable());
  await visit();
  await visit();
  expect(asked).toEqual(["POST /api/projects", "DELETE /api/projects/p", "POST /api/projects"]);
});
