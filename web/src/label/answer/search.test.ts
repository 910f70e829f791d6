import { expect, test } from "vitest";

import { search, searchable, used, type Recent } from "./search";

const labels = searchable(["card_arrival", "arrival of cards", "top_up_failed", "Überweisung", "cardinal"]);

test("nothing asked finds everything in its order", () => {
  expect(search(labels, "")).toHaveLength(5);
});

test("what begins with the question comes first", () => {
  expect(search(labels, "card")).toEqual(["card_arrival", "cardinal", "arrival of cards"]);
});

test("words are found in any order, and underscores are spaces", () => {
  expect(search(labels, "failed top")).toEqual(["top_up_failed"]);
});

test("accents and case do not matter", () => {
  expect(search(labels, "uber")).toEqual(["Überweisung"]);
});

test("a thousand labels are searched within a frame", () => {
  const many = searchable(Array.from({ length: 1000 }, (_, i) => `label number ${i} of a thousand`));
  const start = performance.now();
  for (let i = 0; i < 10; i++) search(many, "number 99");
  expect((performance.now() - start) / 10).toBeLessThan(16);
});

test("a label that is used again keeps its digit", () => {
  let recent: Recent = { places: [], order: [] };
  for (const label of ["a", "b", "c", "a"]) recent = used(recent, label);
  expect(recent.places).toEqual(["a", "b", "c"]);
});

test("a tenth label takes the place of the one that was not used for longest", () => {
  let recent: Recent = { places: [], order: [] };
  for (const label of ["a", "b", "c", "a", "d"]) recent = used(recent, label, 3);
  expect(recent.places).toEqual(["a", "d", "c"]);
});
