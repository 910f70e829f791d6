import { expect, test } from "vitest";

import { show, stroke, type Pressed } from "./stroke";

const press = (key: string, code: string, more: Partial<Pressed> = {}): Pressed => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

test("letters are said in lower case, with Shift where it was held", () => {
  expect(stroke(press("u", "KeyU"))).toBe("u");
  expect(stroke(press("U", "KeyU", { shiftKey: true }))).toBe("shift+u");
});

test("digits are digits on the row and on the pad", () => {
  expect(stroke(press("1", "Digit1"))).toBe("1");
  expect(stroke(press("7", "Numpad7"))).toBe("7");
});

test("the digit keys of a French keyboard are digits with and without Shift", () => {
  expect(stroke(press("&", "Digit1"))).toBe("1");
  expect(stroke(press("1", "Digit1", { shiftKey: true }))).toBe("1");
  expect(stroke(press("é", "Digit2"))).toBe("2");
});

test("Shift and a digit key on an English keyboard is not a digit", () => {
  expect(stroke(press("!", "Digit1", { shiftKey: true }))).toBe("!");
});

test("a question mark is one, wherever the keyboard has it", () => {
  expect(stroke(press("?", "Slash", { shiftKey: true }))).toBe("?");
  expect(stroke(press("?", "Minus", { shiftKey: true }))).toBe("?");
});

test("a keyboard of another script works by the places of its keys", () => {
  expect(stroke(press("г", "KeyU"))).toBe("u");
});

test("AltGr is not Ctrl and Alt", () => {
  const altGr = { ctrlKey: true, altKey: true, getModifierState: (name: string) => name === "AltGraph" };
  expect(stroke(press("@", "KeyQ", altGr))).toBe("@");
});

test("keys that compose a word are left alone", () => {
  expect(stroke(press("a", "KeyA", { isComposing: true }))).toBeNull();
  expect(stroke(press("Process", "KeyA", { keyCode: 229 }))).toBeNull();
  expect(stroke(press("Dead", "Quote"))).toBeNull();
});

test("a modifier alone is nothing", () => {
  expect(stroke(press("Shift", "ShiftLeft", { shiftKey: true }))).toBeNull();
});

test("Command counts as Ctrl, and named keys carry their modifiers", () => {
  expect(stroke(press("Enter", "Enter", { metaKey: true }))).toBe("ctrl+enter");
  expect(stroke(press("ArrowLeft", "ArrowLeft", { shiftKey: true }))).toBe("shift+arrowleft");
  expect(stroke(press(" ", "Space"))).toBe("space");
});

test("Option and a letter on a Mac is the letter with Alt, whatever it types", () => {
  expect(stroke(press("å", "KeyA", { altKey: true }))).toBe("alt+a");
});

test("strokes are shown as people read them", () => {
  expect(show("ctrl+enter")).toBe("Ctrl + Enter");
  expect(show("u")).toBe("U");
  expect(show("+")).toBe("+");
});
