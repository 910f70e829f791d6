import { describe, expect, test } from "vitest";

import type { Project } from "../../api/types";
import type { Given } from "../work/board";
import { needsFields, wordsOf } from "./Past";

const project = (display: Project["display"]) => ({ name: "p", display, fields: {} }) as Project;
const given = (preview: string) => ({ itemId: "item-7", preview }) as Given;

describe("what an answer was about", () => {
  test("is the first words of its item", () => {
    const texts = project({ text: "text" });
    expect(wordsOf(given(""), texts, { text: "The card  was\ndeclined" })).toBe("The card was declined");
    expect(wordsOf(given("The card"), texts, undefined)).toBe("The card");
    expect(needsFields(given("The card"), texts)).toBe(false);
  });

  test("is never the name of a field, where the item can be asked for", () => {
    const digits = project({ pixels: "pixels" });
    expect(needsFields(given("pixels"), digits)).toBe(true);
    expect(wordsOf(given("pixels"), digits, { pixels: [0, 1, 1, 0] })).toBe("");
    expect(needsFields(given("item-7"), project({ text: "text" }))).toBe(true);
  });

  test("is its id only where nothing else is known", () => {
    expect(wordsOf(given(""), project({ text: "text" }), undefined)).toBe("item-7");
  });

  test("says the words beside a picture, and not the name of its file", () => {
    expect(wordsOf(given("cats/1.png"), project({ picture: "image", title: "text" }), { picture: "cats/1.png", title: "A cat" })).toBe("A cat");
  });
});
