/** What happened to one item, as one story. No DOM. */

import type { ItemLife, LabelEvent } from "../../api/types";
import type { Tone } from "../parts/Dot";
import { answerText } from "./format";

const DEEDS: Record<string, { words: string; tone: Tone }> = {
  submit: { words: "answered", tone: "good" },
  revise: { words: "changed the answer to", tone: "wait" },
  undo: { words: "took the answer back", tone: "wait" },
  skip: { words: "skipped it", tone: "wait" },
  flag: { words: "flagged it", tone: "bad" },
  adjudicate: { words: "decided", tone: "accent" },
  withdraw: { words: "withdrew the answer", tone: "wait" },
  erase: { words: "erased the words of", tone: "quiet" },
  import: { words: "came with the file as", tone: "quiet" },
};

export interface Deed {
  id: string;
  who: string;
  words: string;
  answer: string | null;
  tone: Tone;
  at: string;
  /** Quiet facts beside it: late, how long it took, which versions were shown. */
  facts: string[];
  note: string;
  superseded: boolean;
  hash: string;
}

/** The events in order, each as a deed; those a later one replaced are marked. */
export function deeds(events: LabelEvent[]): Deed[] {
  const replaced = new Set(
    events
      .map((event) => event.supersedes)
      .filter((id) => id !== null)
      .map(String),
  );
  return [...events]
    .sort((a, b) => a.seq - b.seq)
    .map((event) => {
      const known = DEEDS[event.action];
      const answered = event.value !== null && event.action !== "undo" && event.action !== "skip";
      return {
        id: String(event.id),
        who: event.annotator,
        words: known?.words ?? event.action,
        answer: answered ? answerText(event.value) : null,
        tone: known?.tone ?? "quiet",
        at: event.submitted_at ?? event.received_at,
        facts: eventFacts(event),
        note: [event.reason?.replace(/_/g, " "), event.note].filter(Boolean).join(": "),
        superseded: replaced.has(String(event.id)),
        hash: event.hash,
      };
    });
}

function eventFacts(event: LabelEvent): string[] {
  const facts: string[] = [];
  if (event.late) facts.push("late: the lease had lapsed");
  if (event.active_ms != null) facts.push(`${(event.active_ms / 1000).toFixed(1)} s at it`);
  if (event.round != null) facts.push(`round ${event.round}`);
  const suggested = suggestionWords(event.suggestion);
  if (suggested) facts.push(suggested);
  facts.push(`schema ${event.schema_version}`);
  if (event.instruction_version != null) facts.push(`instructions ${event.instruction_version}`);
  return facts;
}

/** What the model suggested, and whether it was in sight. */
export function suggestionWords(suggestion: unknown): string {
  if (suggestion === null || typeof suggestion !== "object") return "";
  const { value, confidence, visible } = suggestion as Record<string, unknown>;
  if (value === undefined || value === null) return "";
  const sure = typeof confidence === "number" ? ` at ${Math.round(confidence * 100)}%` : "";
  return `model said ${answerText(value)}${sure}${visible === false ? ", hidden" : ""}`;
}

/** The sentence that says where an item stands. */
export function lifeWords({ item, events, queries }: Pick<ItemLife, "item" | "events" | "queries">): string {
  const asked =
    queries.length === 0 ? "never asked" : queries.length === 1 ? "asked once" : `asked ${queries.length} times`;
  const answers = events.filter((event) => event.action === "submit").length;
  const answered = answers === 1 ? "1 answer" : `${answers} answers`;
  return `In the ${item.split} split, ${asked}, ${answered}.`;
}
