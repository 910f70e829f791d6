import { beforeEach, describe, expect, test } from "vitest";

import { ApiError, Unreachable } from "../../api/client";
import type { Act, Acted } from "../../api/types";
import { inMemory, type Keep, type Waiting } from "./keep";
import { Outbox, type Refused, type Saving } from "./outbox";

const act = (key: string, more: Partial<Act> = {}): Act => ({
  key,
  action: "submit",
  slot: 1,
  token: "t",
  item_id: `item-${key}`,
  value: "yes",
  note: "",
  reason: "",
  supersedes: null,
  shown_at: "2026-01-01T00:00:00Z",
  submitted_at: "2026-01-01T00:00:01Z",
  active_ms: 1000,
  schema_version: 1,
  instruction_version: null,
  suggestion_visible: null,
  suggestion_accepted: null,
  content_hash: "h",
  ...more,
});

const entry = (key: string, more: Partial<Waiting> = {}) => ({
  key,
  project: "p",
  act: act(key),
  supersedesKey: null,
  slotFromKey: null,
  ...more,
});

const acted = (event_id: number, more: Partial<Acted> = {}): Acted => ({
  event_id: `e${event_id}`,
  seq: event_id,
  action: "submit",
  late: false,
  repeated: false,
  state: "done",
  label: null,
  n_answers: 1,
  assignment: null,
  ...more,
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

let keep: Keep;
let sent: Act[];
let saved: string[];
let refused: Refused[];
let states: Saving[];
let timers: (() => void)[];
let server: (act: Act) => Promise<Acted>;

function outbox(): Outbox {
  return new Outbox(keep, "ada", {
    send: async (waiting) => {
      const answer = await server(waiting.act);
      sent.push(waiting.act);
      return answer;
    },
    onSaved: (waiting) => saved.push(waiting.key),
    onRefused: (what) => refused.push(what),
    onSignedOut: () => undefined,
    onState: (saving) => states.push(saving),
    wait: (_, then) => timers.push(then),
  });
}

beforeEach(() => {
  keep = inMemory();
  sent = [];
  saved = [];
  refused = [];
  states = [];
  timers = [];
  let number = 100;
  server = async () => acted(++number);
});

test("acts arrive in the order they were made", async () => {
  const box = outbox();
  for (const key of ["a", "b", "c"]) box.add(entry(key));
  await turn();
  expect(saved).toEqual(["a", "b", "c"]);
  expect(states.at(-1)?.state).toBe("saved");
});

test("without a network acts wait, and go in order when it is back", async () => {
  const works = server;
  server = async () => {
    throw new Unreachable();
  };
  const box = outbox();
  box.add(entry("a"));
  box.add(entry("b"));
  await turn();
  expect(states.at(-1)).toMatchObject({ state: "offline", waiting: 2 });
  server = works;
  box.retry();
  await turn();
  expect(saved).toEqual(["a", "b"]);
});

test("what an earlier visit left is sent by the next, with the same keys", async () => {
  const works = server;
  server = async () => {
    throw new Unreachable();
  };
  const first = outbox();
  first.add(entry("a"));
  first.add(entry("b"));
  await turn();
  first.close();
  server = works;
  await outbox().start();
  await turn();
  expect(sent.map((each) => each.key)).toEqual(["a", "b"]);
  expect(await keep.waiting("ada")).toEqual([]);
});

test("a busy server is asked again after a while", async () => {
  let calls = 0;
  server = async () => {
    calls += 1;
    if (calls === 1) throw new ApiError(503, "busy", "The database is busy.", "", {});
    return acted(1);
  };
  const box = outbox();
  box.add(entry("a"));
  await turn();
  expect(states.at(-1)?.state).toBe("not_saved");
  timers[0]?.();
  await turn();
  expect(saved).toEqual(["a"]);
});

test("what the server refuses is told, and does not hold up the rest", async () => {
  server = async (what) => {
    if (what.key === "a") throw new ApiError(422, "invalid_input", "value: not a class.", "", {});
    return acted(1);
  };
  const box = outbox();
  box.add(entry("a"));
  box.add(entry("b"));
  await turn();
  expect(refused.map((each) => each.entry.key)).toEqual(["a"]);
  expect(saved).toEqual(["b"]);
});

test("being signed out keeps every act", async () => {
  server = async () => {
    throw new ApiError(401, "not_signed_in", "Sign in.", "", {});
  };
  const box = outbox();
  box.add(entry("a"));
  await turn();
  expect(box.size).toBe(1);
  expect(await keep.waiting("ada")).toHaveLength(1);
  expect(states.at(-1)?.state).toBe("not_saved");
});

describe("an act that depends on one not yet saved", () => {
  test("learns the number of the event it takes the place of", async () => {
    const box = outbox();
    box.add(entry("a"));
    box.add(entry("undo", { act: act("undo", { action: "undo" }), supersedesKey: "a" }));
    await turn();
    expect(sent[1]).toMatchObject({ action: "undo", supersedes: "e101" });
  });

  test("submits to the slot that its undo brought back", async () => {
    server = async (what) =>
      what.action === "undo"
        ? acted(7, { assignment: { slot: 55, token: "new" } as Acted["assignment"] })
        : acted(8);
    const box = outbox();
    box.add(entry("undo", { act: act("undo", { action: "undo", supersedes: "e3" }) }));
    box.add(entry("again", { slotFromKey: "undo" }));
    await turn();
    expect(sent[1]).toMatchObject({ slot: 55, token: "new" });
  });
});

test("the outbox of one person is not sent by another", async () => {
  await keep.put({ ...entry("b"), person: "bob", at: 1 });
  await outbox().start();
  await turn();
  expect(sent).toEqual([]);
});
