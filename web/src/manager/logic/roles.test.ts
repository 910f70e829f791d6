import { expect, it } from "vitest";

import { rolesFor, scopesFor } from "./roles";

it("lets a manager invite only those who label", () => {
  expect(rolesFor("manager").map(({ value }) => value)).toEqual(["annotator", "adjudicator"]);
  expect(rolesFor("admin")).toHaveLength(5);
});

it("gives a key no more than its owner may do", () => {
  expect(scopesFor("auditor").map(({ value }) => value)).toEqual(["read"]);
  expect(scopesFor("manager").map(({ value }) => value)).toEqual(["read", "annotate", "manage"]);
});
