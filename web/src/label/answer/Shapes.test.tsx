import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

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
const said = () => place.querySelector("[data-testid=shape-said]")?.textContent;

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

interface Shown {
  display?: string;
  task?: string;
  drawn?: Json;
  keys?: Record<string, Json>;
}

async function show(value: Json, { display = "image", task = "boxes", drawn = null, keys = {} }: Shown = {}): Promise<void> {
  const project = { name: "p", display: { picture: display }, schema: { classes: ["cat", "dog"], task } } as unknown as Project;
  const work = { id: "1", value: drawn, assignment: { fields: { picture: value }, suggestion: null } } as unknown as Work;
  await act(async () => {
    root.render(
      <MantineProvider env="test">
        <Keys bound={bindings({ keys })} off={false} settled={() => true}>
          <Shapes
            work={work}
            project={project}
            setValue={() => undefined}
            submit={submit}
            frame={(given) => {
              parts = given;
              return (
                <main tabIndex={0}>
                  {given.instead?.picture}
                  {given.answer}
                </main>
              );
            }}
          />
        </Keys>
      </MantineProvider>,
    );
  });
}

/** Press keys where the focus is, as "n", "Enter" or "Shift+ArrowLeft". */
async function press(...words: string[]): Promise<void> {
  for (const word of words) {
    const key = word.split("+").at(-1) ?? "";
    const held = { shiftKey: word.startsWith("Shift+"), ctrlKey: word.startsWith("Control+") };
    const event = new KeyboardEvent("keydown", { key, ...held, bubbles: true, cancelable: true });
    await act(async () => void (document.activeElement ?? document.body).dispatchEvent(event));
  }
}

const enter = () => press("Enter");

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
  await show(value, { display });
  await enter();
  expect(submit).not.toHaveBeenCalled();
  expect(parts.stuck).toContain("cannot be shown");
});

describe("an outline by keyboard alone", () => {
  const square: [number, number][] = [[10, 10], [30, 10], [30, 25], [10, 25]];
  const outline = (points: [number, number][], label = "cat") => ({ points, label });

  async function open(drawn: Json = [outline(square)], keys: Record<string, Json> = {}): Promise<void> {
    await show("cats/1.png", { task: "polygons", drawn, keys });
    await loaded(100, 80);
  }

  async function answered(): Promise<Json> {
    await press("Control+Enter");
    return submit.mock.lastCall?.[0] as Json;
  }

  test("is drawn point by point with the pen, and closed", async () => {
    await open(null);
    await press("n");
    expect(said()).toBe("Pen 50 from the left, 40 from the top; 0 points set");
    await press("a", "Shift+ArrowRight", "a", "Shift+ArrowDown", "ArrowLeft", "a");
    expect(said()).toBe("Pen 59 from the left, 50 from the top; 3 points set");
    await press("Enter");
    expect(submit).not.toHaveBeenCalled();
    expect(said()).toMatch(/^cat, outline of 3 points 1 of 1/);
    expect(await answered()).toEqual([outline([[50, 40], [60, 40], [59, 50]])]);
  });

  test("is not closed before it has an area, and says why", async () => {
    await open(null);
    await press("n", "a", "Shift+ArrowRight", "a", "Enter");
    expect(said()).toMatch(/at least 3 points; this one has 2/);
    await press("ArrowRight", "a", "Enter");
    expect(said()).toMatch(/on one line/);
    expect(parts.submit?.ready).toBe(false);
    await press("Control+Enter");
    expect(submit).not.toHaveBeenCalled();
  });

  test("is taken back point by point, or given up at once", async () => {
    await open(null);
    await press("n", "a", "ArrowRight", "a", "Backspace");
    expect(said()).toMatch(/1 point set/);
    await press("Escape");
    expect(said()).toBe("");
    expect(await answered()).toEqual([]);
  });

  test("a point is chosen, moved by one pixel or ten, and let go of", async () => {
    await open();
    await press("e", "e");
    expect(said()).toBe("Point 2 of 4: 30 from the left, 10 from the top");
    await press("ArrowUp", "Shift+ArrowRight");
    expect(said()).toBe("Point 2 of 4: 40 from the left, 9 from the top");
    await press("Shift+E");
    expect(said()).toMatch(/^Point 1 of 4/);
    await press("Escape");
    expect(said()).toMatch(/^cat, outline of 4 points/);
    expect(await answered()).toEqual([outline([[10, 10], [40, 9], [30, 25], [10, 25]])]);
  });

  test("a point does not leave the picture", async () => {
    await open();
    await press("e", ...Array.from({ length: 3 }, () => "Shift+ArrowLeft"));
    expect(said()).toBe("Point 1 of 4: 0 from the left, 10 from the top");
  });

  test("points are added and removed, of which three stay", async () => {
    await open();
    await press("e", "a");
    expect(said()).toBe("Point 2 of 5: 20 from the left, 10 from the top");
    await press("d", "d", "d");
    expect(said()).toMatch(/at least three points/);
    expect(await answered()).toEqual([outline([[10, 10], [30, 25], [10, 25]].map(([x, y]) => [x ?? 0, y ?? 0]))]);
  });

  test("each change is undone", async () => {
    await open();
    await press("e", "ArrowUp", "a", "Control+z", "Control+z");
    expect(await answered()).toEqual([outline(square)]);
  });

  test("points are reached by Tab, named, and the focus goes with what is chosen", async () => {
    await open();
    const whole = place.querySelector<SVGElement>("[data-whole]");
    await act(async () => whole?.focus());
    const points = () => [...place.querySelectorAll<SVGElement>("[data-point]")];
    expect(points().map((each) => [each.getAttribute("aria-label"), each.getAttribute("tabindex")])).toEqual(
      square.map(([x, y], i) => [`Point ${i + 1} of 4: ${x} from the left, ${y} from the top`, "0"]),
    );
    await act(async () => points()[2]?.focus());
    await press("ArrowDown");
    expect(said()).toBe("Point 3 of 4: 30 from the left, 26 from the top");
    await press("e");
    expect(document.activeElement).toBe(points()[3]);
    await press("d");
    expect(document.activeElement).toBe(points()[2]);
    await press("Escape");
    expect(document.activeElement).toBe(whole);
    await press("Enter");
    expect(document.activeElement).toBe(points()[0]);
    await press("Escape", "d");
    expect(document.activeElement).toBe(place.querySelector("main"));
    expect(await answered()).toEqual([]);
  });

  test("its keys can be changed", async () => {
    await open(undefined, { "mark.point.next": ["g"] });
    await press("e");
    expect(said()).toBe("");
    await press("g");
    expect(said()).toMatch(/^Point 1 of 4/);
  });

  test("an outline without an area is not sent", async () => {
    await open([outline([[10, 10], [20, 10], [15, 11]])]);
    await press("e", "Shift+E", "ArrowUp");
    expect(await answered()).toBeUndefined();
    expect(said()).toMatch(/no area/);
  });

  test("all of it is there as buttons too", async () => {
    await open();
    const click = async (name: string) => {
      const found = [...place.querySelectorAll("button")].find((each) => (each.getAttribute("aria-label") ?? each.textContent) === name);
      if (!found) throw new Error(`There is no button ${name}.`);
      await act(async () => found.click());
    };
    await click("cat, outline of 4 points 1 of 1: 20 by 15 pixels, 10 from the left, 10 from the top");
    for (let i = 0; i < 3; i++) await click("Next point");
    await click("Move the point down");
    expect(said()).toBe("Point 3 of 4: 30 from the left, 26 from the top");
    await click("Remove point");
    expect(said()).toMatch(/^Point 3 of 3/);
    await click("New outlineN");
    await click("Set point");
    await click("Move the pen right");
    expect(said()).toMatch(/1 point set/);
    await click("Cancel");
    expect(await answered()).toEqual([outline([[10, 10], [30, 10], [10, 25]])]);
  });
});

describe("by clicks alone, without dragging", () => {
  async function click(target: Element | null | undefined, x: number, y: number): Promise<void> {
    for (const type of ["pointerdown", "pointerup"]) {
      const event = new MouseEvent(type, { clientX: x, clientY: y, button: 0, bubbles: true });
      await act(async () => void target?.dispatchEvent(event));
    }
  }

  beforeEach(() => {
    SVGElement.prototype.setPointerCapture = () => undefined;
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(100);
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(80);
  });

  afterEach(() => void vi.restoreAllMocks());

  const layer = () => place.querySelector("svg[role=application]");

  test("two clicks draw a box, and the first can be given up", async () => {
    await show("cats/1.png");
    await loaded(100, 80);
    await click(layer(), 10, 10);
    await press("Escape");
    await click(layer(), 20, 20);
    await click(layer(), 50, 40);
    await enter();
    expect(submit).toHaveBeenCalledExactlyOnceWith([{ x: 20, y: 20, width: 30, height: 20, label: "cat" }]);
  });

  test("a click takes a point up and the next puts it down", async () => {
    await show("cats/1.png", { task: "polygons", drawn: [{ points: [[10, 10], [30, 10], [20, 30]], label: "cat" }] });
    await loaded(100, 80);
    await press(".");
    await click(place.querySelector("[data-corner='2']"), 20, 30);
    expect(said()).toMatch(/^Point 3 of 3: 20 from the left, 30/);
    await click(layer(), 25, 60);
    expect(said()).toMatch(/^Point 3 of 3: 25 from the left, 60/);
    await click(layer(), 90, 70);
    expect(said()).toBe("New outline: 1 point set");
  });
});
