import { describe, expect, it } from "vitest";

import type { LabelEvent } from "../../api/types";
import { deeds, suggestionWords } from "./life";

const event = (changes: Partial<LabelEvent>): LabelEvent => ({
  id: "e1",
  seq: 1,
  action: "submit",
  annotator: "ada",
  role: "annotator",
  value: "spam",
  note: "",
  reason: "",
  round: 2,
  schema_version: 1,
  instruction_version: null,
  suggestion: null,
  acquisition: null,
  shown_at: null,
  submitted_at: "2026-11-26T12:00:00Z",
  received_at: "2026-11-26T12:00:01Z",
  active_ms: 2500,
  supersedes: null,
  late: false,
  hash: "ab12",
  ...changes,
});

describe("an item's story", () => {
  it("is told in order, and marks what a later event replaced", () => {
    const story = deeds([
      event({ id: "e2", seq: 2, action: "undo", value: null, supersedes: "e1" }),
      event({ id: "e1", seq: 1 }),
    ]);
    expect(story.map((one) => [one.words, one.superseded])).toEqual([
      ["answered", true],
      ["took the answer back", false],
    ]);
  });

  it("says what was late, and how long it took", () => {
    expect(deeds([event({ late: true })])[0]?.facts).toEqual([
      "late: the lease had lapsed",
      "2.5 s at it",
      "round 2",
      "schema 1",
    ]);
  });

  it("keeps the reason and the words of a skip", () => {
    const [skip] = deeds([event({ action: "skip", value: null, reason: "not_for_me", note: "medical" })]);
    expect(skip).toMatchObject({ answer: null, note: "not for me: medical" });
  });

  it("tells of acts it does not know by their own name", () => {
    expect(deeds([event({ action: "restore" })])[0]?.words).toBe("restore");
  });
});

it("says what the model suggested and whether it was in sight", () => {
  expect(suggestionWords({ value: "ham", confidence: 0.414, visible: false })).toBe("model said ham at 41%, hidden");
  expect(suggestionWords(null)).toBe("");
});
