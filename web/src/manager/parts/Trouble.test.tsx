import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { post } from "../../api/client";
import { refusal } from "../logic/upload";
import { Trouble } from "./Trouble";

// What the server answers, held to by tests/integration/server/test_server_items.py.
const REFUSED = {
  error: {
    code: "rows_rejected",
    message: "x.csv: every row must be right; 1 is not, so none was added.",
    hint: "Mend it, then add again.",
    rows: ["line 3 (2): the label 'biling' is not in the schema; did you mean 'billing'?"],
  },
};

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
  vi.unstubAllGlobals();
});

const show = (error: unknown) =>
  act(async () =>
    root.render(
      <MantineProvider env="test">
        <Trouble error={error} />
      </MantineProvider>,
    ),
  );

test("the rows that an upload was refused for are listed below what is wrong", async () => {
  await show(refusal(422, REFUSED));
  expect(place.textContent).toContain("1 is not, so none was added. Mend it, then add again.");
  expect([...place.querySelectorAll("li")].map((row) => row.textContent)).toEqual(REFUSED.error.rows);
});

test("so are those of any other request", async () => {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(REFUSED), { status: 422 }));
  await show(await post("/api/projects/p/items").catch((error: unknown) => error));
  expect(place.querySelectorAll("li")).toHaveLength(1);
});

test("of very many rows the first are listed, and how many more there are", async () => {
  const rows = Array.from({ length: 50 }, (_, i) => `line ${i}: no`);
  await show(refusal(422, { error: { ...REFUSED.error, rows } }));
  expect(place.querySelectorAll("li")).toHaveLength(21);
  expect(place.textContent).toContain("and 30 more");
});

test("an error that is about no rows lists none", async () => {
  await show(refusal(409, { error: { code: "conflict", message: "No.", hint: "" } }));
  expect(place.textContent).toContain("No.");
  expect(place.querySelector("li")).toBeNull();
});
