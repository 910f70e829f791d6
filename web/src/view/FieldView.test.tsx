import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, test } from "vitest";

import type { Display, Json } from "../api/types";
import { isShort, Item, runs } from "./FieldView";
import { preview } from "./preview";

test("words and numbers are short, long texts and lists are not", () => {
  expect(isShort("red", "text")).toBe(true);
  expect(isShort(3, "number")).toBe(true);
  expect(isShort("x".repeat(80), "text")).toBe(false);
  expect(isShort("two\nlines", "text")).toBe(false);
  expect(isShort([1], "json")).toBe(false);
});

test("short neighbors stand together, and the order stays", () => {
  const short = (name: string) => name !== "TEXT";
  expect(runs(["a", "TEXT", "b", "c"], short)).toEqual([["a"], ["TEXT"], ["b", "c"]]);
});

// As the server sends them: by JSON even `__proto__` is a field like any other.
const read = <T,>(text: string) => JSON.parse(text) as Record<string, T>;
const INHERITED = ["constructor", "toString", "__proto__"];
const fields = read<Json>('{"constructor": "Ford", "toString": "Cord", "__proto__": "Bord"}');
const display = read<Display>('{"constructor": "text", "toString": "text", "__proto__": "text"}');

async function shown(of: typeof fields, as: typeof display, most?: number): Promise<HTMLElement> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const place = document.createElement("div");
  await act(async () =>
    createRoot(place).render(
      <MantineProvider env="test">
        <Item fields={of} display={as} most={most} />
      </MantineProvider>,
    ),
  );
  return place;
}

test("columns called like what every object inherits are shown like others", async () => {
  const place = await shown(fields, display);
  expect([...place.querySelectorAll("dt")].map((name) => name.textContent)).toEqual(INHERITED);
  expect([...place.querySelectorAll("dd")].map((value) => value.textContent)).toEqual(["Ford", "Cord", "Bord"]);
  expect(preview(fields, display)).toBe("Ford · Cord · Bord");
});

test("an item that lacks such a column shows nothing for it", async () => {
  const place = await shown({ text: "words" }, { ...display, text: "text" });
  expect([...place.querySelectorAll("section")].map((field) => field.textContent)).toEqual(["words"]);
  expect(preview({ text: "words" }, { ...display, text: "text" })).toBe("words");
});

test.each(["text", "markdown"] as Display[])("of a very long %s the beginning is drawn, and all of it on demand", async (kind) => {
  const text = "word ".repeat(1000);
  const place = await shown({ text }, { text: kind }, 19);
  const section = place.querySelector("section") as HTMLElement;
  expect(section.textContent).toBe("word word word word…Show all 5,000 characters");
  await act(async () => section.querySelector("button")?.click());
  expect(section.textContent?.trimEnd()).toBe(text.trimEnd());
});

test("a text is not cut within a letter, nor where it is not too long", async () => {
  const cut = await shown({ text: "ab😀cd" }, { text: "markdown" }, 3);
  expect(cut.querySelector("section")?.textContent).toBe("ab…Show all 6 characters");
  const whole = await shown({ text: "ab😀cd" }, { text: "markdown" }, 6);
  expect(whole.querySelector("section")?.textContent).toBe("ab😀cd");
  expect(preview({ text: "😀".repeat(200) }, {}, 3)).toBe("😀😀😀…");
});
