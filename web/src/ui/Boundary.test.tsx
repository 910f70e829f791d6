import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Boundary } from "./Boundary";

let element: HTMLElement;
let root: Root;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  element = document.createElement("div");
  document.body.append(element);
  root = createRoot(element, { onCaughtError: () => undefined });
});

afterEach(async () => {
  await act(async () => root.unmount());
  element.remove();
});

function Page({ at }: { at: string }): string {
  if (at === "/broken") throw new Error("of somebody's answer");
  return "a page";
}

async function draw(at: string, reload?: () => void): Promise<void> {
  await act(async () =>
    root.render(
      <MantineProvider>
        <Boundary at={at} reload={reload}>
          <Page at={at} />
        </Boundary>
      </MantineProvider>,
    ),
  );
}

test("an error in drawing leaves a message and a way on, and none of its own words", async () => {
  const reload = vi.fn();
  await draw("/broken", reload);
  expect(element.querySelector("[role=alert]")?.textContent).toContain("This page cannot be shown");
  expect(element.textContent).not.toContain("of somebody's answer");
  const button = [...element.querySelectorAll("button")].find((each) => each.textContent === "Load again");
  await act(async () => button?.click());
  expect(reload).toHaveBeenCalledOnce();
});

test("another page is drawn where one could not be", async () => {
  await draw("/");
  expect(element.textContent).toContain("a page");
  await draw("/broken");
  await draw("/other");
  expect(element.textContent).toContain("a page");
  expect(element.querySelector("[role=alert]")).toBeNull();
});
