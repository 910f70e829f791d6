import { expect, test } from "vitest";

import { keepMe, queries } from "./queries";
import type { Me } from "./types";

const me = (name: string): Me => ({ name, full_name: null, role: "annotator", csrf: "", must_set_up: false, preferences: {} });

test("what the server said to one person is gone once another signs in", () => {
  keepMe(me("ada"));
  queries.setQueryData(["pace", "p", "ada"], 7);
  keepMe(me("ada"));
  expect(queries.getQueryData(["pace", "p", "ada"])).toBe(7);
  queries.setQueryData(["session"], null);
  keepMe(me("bo"));
  expect(queries.getQueryData(["pace", "p", "ada"])).toBeUndefined();
  expect(queries.getQueryData<Me>(["session"])?.name).toBe("bo");
});
