import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, expect, test, vi } from "vitest";

import { queries } from "./api/queries";
import { App } from "./App";

afterEach(() => vi.unstubAllGlobals());

test("an invitation whose address is broken is one that cannot be used", async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const refused = { error: { code: "not_found", message: "There is no such invitation.", hint: "Ask for another one." } };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(refused), { status: 404 }));
  window.history.replaceState(null, "", "/invite/%E0%A4%A");
  const place = document.createElement("div");
  const root = createRoot(place);
  await act(async () =>
    root.render(
      <MantineProvider env="test">
        <QueryClientProvider client={queries}>
          <App />
        </QueryClientProvider>
      </MantineProvider>,
    ),
  );
  for (let i = 0; i < 100 && !place.querySelector("[role=alert]"); i++) {
    await act(async () => void (await new Promise((resolve) => setTimeout(resolve, 5))));
  }
  expect(place.textContent).toContain("This invitation cannot be used");
  await act(async () => root.unmount());
});
