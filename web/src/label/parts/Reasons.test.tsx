import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { bindings } from "../keys/bindings";
import { Keys, useKeys } from "../keys/Keys";
import { Reasons } from "./Reasons";

let place: HTMLElement;
let root: Root;
const done = vi.fn();
const outside = vi.fn();

function Beneath() {
  useKeys({ actions: { skip: outside, undo: outside, instructions: outside, flag: outside, note: outside, "pick.9": outside } }, 0);
  return null;
}

beforeEach(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  done.mockClear();
  outside.mockClear();
  place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
});

afterEach(async () => {
  await act(async () => root.unmount());
  place.remove();
});

const show = (kind: "skip" | "flag") =>
  act(async () =>
    root.render(
      <MantineProvider env="test">
        <Keys bound={bindings({})} off={false} settled={() => true}>
          <Beneath />
          <Reasons kind={kind} done={done} cancel={() => undefined} />
        </Keys>
      </MantineProvider>,
    ),
  );

async function press(key: string): Promise<boolean> {
  const code = /^\d$/.test(key) ? `Digit${key}` : key === " " ? "Space" : /^[a-z]$/.test(key) ? `Key${key.toUpperCase()}` : key;
  const event = new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true });
  await act(async () => void (document.activeElement ?? document.body).dispatchEvent(event));
  return event.defaultPrevented;
}

test("while an item is flagged, no key of the desk does anything", async () => {
  await show("flag");
  for (const key of [" ", "Backspace", "9"]) await press(key);
  expect(outside).not.toHaveBeenCalled();
  expect(done).not.toHaveBeenCalled();
});

test("letters typed while an item is flagged go into its note", async () => {
  await show("flag");
  expect(await press("f")).toBe(false);
  expect(document.activeElement).toBe(place.querySelector("input"));
  expect(await press("h")).toBe(false);
  expect(await press(" ")).toBe(false);
  expect(outside).not.toHaveBeenCalled();
  expect(done).not.toHaveBeenCalled();
});

test("Enter flags, with the reason that a digit chose", async () => {
  await show("flag");
  await press("3");
  await press("Enter");
  expect(done).toHaveBeenCalledExactlyOnceWith("broken", "");
});

test("Space skips without a reason, and letters do nothing", async () => {
  await show("skip");
  await press("h");
  expect(outside).not.toHaveBeenCalled();
  await press(" ");
  expect(done).toHaveBeenCalledExactlyOnceWith("", "");
});
