import { expect, test } from "vitest";

import { decoded } from "./address";

test("what was escaped is read back, and what cannot have been stays", () => {
  expect(decoded("a%20b%2Fc")).toBe("a b/c");
  expect(decoded("%E0%A4%A")).toBe("%E0%A4%A");
});
