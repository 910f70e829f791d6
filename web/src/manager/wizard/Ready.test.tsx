import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test } from "vitest";

import { Ready } from "./Ready";

const imported = { n_rows: 3, n_added: 2, n_repeated: 1, n_labels: 0, splits: {}, kinds: {}, notes: [] };
let place: HTMLElement;
let root: Root;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
});

afterEach(async () => {
  await act(async () => root.unmount());
  place.remove();
});

const show = (isOpen: boolean) =>
  act(async () =>
    root.render(
      <MantineProvider env="test">
        <Ready project="p" imported={imported} isOpen={isOpen} />
      </MantineProvider>,
    ),
  );

test("an open round leads to the desk", async () => {
  await show(true);
  expect(place.textContent).toContain("2 items added, 1 repeated row left out. The first round is open.");
  expect(place.querySelector("a")?.textContent).toBe("Label the first items");
});

test("a round in the making is not said to be open, and leads to where it is watched", async () => {
  await show(false);
  expect(place.textContent).toContain("The first round is still being worked on.");
  expect(place.textContent).not.toContain("is open");
  expect(place.querySelector("a")?.textContent).toBe("See how it goes");
});
