import { describe, expect, it } from "vitest";
import {
  classList,
  countedIn,
  displayBody,
  type Draft,
  EMPTY,
  firstBlocked,
  itemsForm,
  nameOf,
  problems,
  projectBody,
  reachable,
  reduce,
  unnamed,
  withSide,
} from "./draft";
import type { Display, Look } from "../../api/types";

const column = (name: string, n_missing = 0, display: Display = "text") => ({
  name,
  kind: "text",
  display,
  n_distinct: 9,
  n_missing,
  examples: ["one", "two"],
});

const look = (label: string | null, n_missing = 0): Look => ({
  columns: [column("id"), column("text"), column("category", n_missing)],
  n_rows_seen: 100,
  rows: [],
  suggested: { label, task: "choice", classes: label ? ["card", "cash"] : [], id: "id", text: "text" },
});

const file = new File(["x"], "my train.csv.gz");
const looked = (body: Look): Draft => reduce(EMPTY, { type: "looked", file, look: body });

describe("a file with answers in every row", () => {
  const draft = looked(look("category"));

  it("can be started as it is", () => {
    expect(firstBlocked(draft)).toBeNull();
    expect(draft.name).toBe("my-train");
  });

  it("is asked about anew, since known answers would leave nothing to ask", () => {
    expect(draft.labelUse).toBe("ignore");
    const form = itemsForm(draft);
    expect(form.get("label")).toBeNull();
    expect(form.getAll("drop")).toEqual(["category"]);
    expect(form.get("id_column")).toBe("id");
  });

  it("says so where no column holds the ids", () => {
    expect(itemsForm({ ...draft, uses: { ...draft.uses, id: "show" } }).get("id_column")).toBe("");
  });

  it("shows neither its ids nor its answers", () => {
    expect(displayBody(draft)).toEqual({ text: "text" });
  });
});

describe("a file with some answers", () => {
  it("takes them as known labels", () => {
    const draft = looked(look("category", 60));
    expect(draft.labelUse).toBe("known");
    expect(itemsForm(draft).get("label")).toBe("category");
    expect(itemsForm(draft).getAll("drop")).toEqual([]);
  });
});

describe("a file without answers", () => {
  const draft = looked(look(null));

  it("waits for the classes", () => {
    expect(firstBlocked(draft)).toBe("labels");
    expect(reachable(draft, "labels")).toBe(true);
    expect(reachable(draft, "policy")).toBe(false);
  });

  it("needs none for a number", () => {
    expect(firstBlocked(reduce(draft, { type: "set", values: { task: "number" } }))).toBeNull();
  });
});

describe("columns", () => {
  it("has one column of ids and one of labels at most", () => {
    const draft = reduce(looked(look("category")), { type: "use", column: "text", use: "label" });
    expect(draft.uses).toEqual({ id: "id", text: "label", category: "show" });
    expect(draft.target).toBe("text");
  });

  it("shows at least one", () => {
    const draft = reduce(looked(look("category")), { type: "use", column: "text", use: "leave" });
    expect(problems(draft, "columns")).toHaveProperty("uses");
  });

  it("takes a column that is no longer shown out of a pair's sides", () => {
    let draft = reduce(looked(look(null)), { type: "set", values: { task: "pair", sides: ["text", "category"] } });
    draft = reduce(draft, { type: "use", column: "category", use: "leave" });
    expect(draft.sides).toEqual(["text", ""]);
    expect(problems(draft, "labels")).toHaveProperty("sides");
  });
});

describe("the two sides of a pair", () => {
  it("are kept in their places, and must differ", () => {
    expect(withSide([], 1, "b")).toEqual(["", "b"]);
    expect(withSide(["", "b"], 1, "")).toEqual([]);
    const draft = (sides: string[]) =>
      reduce(looked(look(null)), { type: "set", values: { task: "pair", classes: "a\nb", sides } });
    expect(problems(draft(["text", "text"]), "labels")).toHaveProperty("sides");
    expect(problems(draft(["", "text"]), "labels")).toHaveProperty("sides");
    expect(problems(draft(["category", "text"]), "labels")).toEqual({});
  });
});

describe("a column of labels chosen by hand", () => {
  it("proposes what is seen in it, and says that there may be more", () => {
    const draft = reduce(looked(look(null, 3)), { type: "use", column: "category", use: "label" });
    expect(classList(draft.classes)).toEqual(["one", "two"]);
    expect(unnamed(draft)).toContain("9 different ones");
    expect(unnamed(reduce(draft, { type: "set", values: { labelUse: "ignore" } }))).toBe("");
  });

  it("asks for a number where it holds many numbers", () => {
    const numbers = look(null, 3);
    numbers.columns[2] = { ...column("category", 3), kind: "number", n_distinct: 400 };
    expect(reduce(looked(numbers), { type: "use", column: "category", use: "label" }).task).toBe("number");
  });
});

describe("labels", () => {
  it("are one a line, blanks left out", () => {
    expect(classList(" a \n\n b\r\n")).toEqual(["a", "b"]);
  });

  it("must differ in more than case", () => {
    const draft = reduce(looked(look("category")), { type: "set", values: { classes: "Spam\nham\nspam" } });
    expect(problems(draft, "labels").classes).toContain("spam");
  });

  it("of a pair are among four", () => {
    const draft = reduce(looked(look(null)), {
      type: "set",
      values: { task: "pair", sides: ["text", "category"], classes: "a\nb\ndraw" },
    });
    expect(problems(draft, "labels").classes).toContain("draw");
  });
});

describe("what is counted in a file", () => {
  it("is said to be of its first rows where more may follow", () => {
    expect(countedIn(look("category"))).toBeUndefined();
    expect(countedIn({ ...look("category"), n_rows_seen: 5000 })).toContain("in the first 5,000 rows");
    const draft = looked({ ...look("category", 3), n_rows_seen: 5000 });
    expect(unnamed(draft)).toContain("9 different ones in the first 5,000 rows");
    expect(unnamed(looked(look("category", 3)))).toContain("9 different ones: name");
  });
});

describe("the policy sent", () => {
  it("holds a budget only where one is set, and its share as a fraction", () => {
    const free = projectBody(looked(look("category"))).policy as Record<string, unknown>;
    expect(free).toEqual({ strategy: "auto", batch_size: 20, exploration: 0.1 });
    const draft = reduce(looked(look("category")), {
      type: "set",
      values: { budgetBy: "usd", budgetUsd: "250", perLabel: 0.2, exploration: "12.5" },
    });
    expect(projectBody(draft).policy).toEqual({
      strategy: "auto",
      batch_size: 20,
      exploration: 0.125,
      budget: { usd: 250 },
      costs: { per_label: 0.2 },
    });
  });

  it("is refused while a number is missing", () => {
    const draft = reduce(looked(look("category")), { type: "set", values: { batchSize: "", exploration: "" } });
    expect(Object.keys(problems(draft, "policy")).sort()).toEqual(["batchSize", "exploration"]);
  });

  it("is refused where a number is absurd", () => {
    const values = { batchSize: 10_001, testPerRound: 1e9, budgetBy: "labels" as const, budgetLabels: "99999999999999999999" };
    const draft = reduce(looked(look("category")), { type: "set", values });
    expect(problems(draft, "policy")).toMatchObject({ batchSize: "A whole number from 1 to 10,000." });
    expect(Object.keys(problems(draft, "policy")).sort()).toEqual(["batchSize", "budgetLabels", "testPerRound"]);
  });
});

describe("a name from a file's", () => {
  it.each([
    ["train.csv.gz", "train"],
    ["Intents 2026.xlsx", "Intents-2026"],
    [".csv", "project"],
    ["v1.2.csv", "v1.2"],
  ])("%s gives %s", (from, to) => expect(nameOf(from)).toBe(to));
});

describe("columns called like what every object inherits", () => {
  const names = ["constructor", "toString", "__proto__"];
  const odd = { ...look("category"), columns: names.map((name) => column(name, 0, "markdown")) };

  it("are columns like others", () => {
    const draft = looked(odd);
    expect(Object.entries(displayBody(draft))).toEqual(names.map((name) => [name, "markdown"]));
    const without = reduce(draft, { type: "use", column: "__proto__", use: "leave" });
    expect(itemsForm(without).getAll("drop")).toEqual(["__proto__"]);
    const labels = reduce(without, { type: "use", column: "__proto__", use: "label" });
    const others = reduce(labels, { type: "use", column: "toString", use: "label" });
    expect(Object.entries(others.uses)).toEqual([["constructor", "show"], ["toString", "label"], ["__proto__", "show"]]);
    expect(reduce(draft, { type: "show as", column: "__proto__", display: "json" }).display).toHaveProperty("constructor", "markdown");
  });
});
