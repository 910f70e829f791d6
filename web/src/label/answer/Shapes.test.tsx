import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Json, Project } from "../../api/types";
import { bindings } from "../keys/bindings";
import { Keys } from "../keys/Keys";
import type { Work } from "../work/board";
import Shapes from "./Shapes";
import type { Parts } from "./types";

let place: HTMLElement;
let root: Root;
let parts: Parts;
const submit = vi.fn();

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  submit.mockClear();
  place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
});

afterEach(async () => {
  await act(async () => root.unmount());
  place.remove();
});

async function show(value: Json, display = "image"): Promise<void> {
  const project = { name: "p", display: { picture: display }, schema: { classes: ["cat"], task: "boxes" } } as unknown as Project;
  const work = { id: "1", value: null, assignment: { fields: { picture: value }, suggestion: null } } as unknown as Work;
  await act(async () => {
    root.render(
      <MantineProvider env="test">
        <Keys bound={bindings({})} off={false} settled={() => true}>
          <Shapes
            work={work}
            project={project}
            setValue={() => undefined}
            submit={submit}
            frame={(given) => {
              parts = given;
              return <>{given.instead?.picture}</>;
            }}
          />
        </Keys>
      </MantineProvider>,
    );
  });
}

const enter = () => act(async () => void window.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true })));

async function loaded(width: number, height: number): Promise<void> {
  const image = place.querySelector("img");
  if (!image) throw new Error("There is no picture.");
  Object.defineProperty(image, "naturalWidth", { value: width });
  Object.defineProperty(image, "naturalHeight", { value: height });
  await act(async () => void image.dispatchEvent(new Event("load")));
}

test("Enter says nothing about a picture that has not loaded yet", async () => {
  await show("cats/1.png");
  await enter();
  await act(async () => parts.submit?.run());
  expect(submit).not.toHaveBeenCalled();
  expect(parts.submit?.ready).toBe(false);
  expect(parts.stuck).toBeUndefined();
});

test("Enter submits once the picture is there", async () => {
  await show("cats/1.png");
  await loaded(40, 30);
  await enter();
  expect(submit).toHaveBeenCalledExactlyOnceWith([]);
});

test("a picture that cannot be shown is named, and nothing can be said about it", async () => {
  await show("cats/1.png");
  await act(async () => void place.querySelector("img")?.dispatchEvent(new Event("error")));
  await enter();
  expect(submit).not.toHaveBeenCalled();
  expect(place.textContent).toContain("cats/1.png");
  expect(parts.stuck).toContain("cannot be shown");
});

test.each([
  ["https://elsewhere.example/1.png", "image"],
  [null, "image"],
  ["no numbers", "pixels"],
] as [Json, string][])("where there is no picture, as in %j, nothing can be said either", async (value, display) => {
  await show(value, display);
  await enter();
  expect(submit).not.toHaveBeenCalled();
  expect(parts.stuck).toContain("cannot be shown");
});
