import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Act, Assignment, QueueSettings } from "../../api/types";
import { Desk } from "./desk";
import { inMemory, type Keep } from "./keep";

const settings: QueueSettings = {
  overlap: 1,
  lease_s: 600,
  prefetch: 3,
  suggestions: "visible",
  show_reason: true,
  digits_submit: true,
  auto_rounds: true,
  quorum: 1,
  deadline_s: null,
  test_per_round: 0,
  max_leases: 20,
  skill_field: null,
  slot_tiers: [],
  open_to_all: true,
  daily_cap: null,
};

/** A server in a few lines: items in order, leases by token, acts kept by key. */
class Server {
  acts: Act[] = [];
  claims: { n: number; have: number[]; take?: boolean }[] = [];
  elsewhere = 0;
  instructions: number | null = null;
  online = true;
  lost: number[] = [];
  late = false;
  next = 1;
  tokens = 0;
  refuse: { status: number; body: unknown } | null = null;
  last = 10;

  assignment(n: number): Assignment {
    return {
      slot: n,
      token: `token-${++this.tokens}`,
      lease_until: "",
      lease_s: 600,
      item_id: `item-${n}`,
      content_hash: `hash-${n}`,
      fields: { text: `text ${n}` },
      round: 1,
      rank: n,
      reason: null,
      suggestion: { value: "yes", confidence: 0.5, model: 1, visible: true },
      schema_version: 1,
      instruction_version: this.instructions,
      draft: null,
      purpose: "label",
    };
  }

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (!this.online) throw new TypeError("no network");
    const body = typeof init.body === "string" ? JSON.parse(init.body) : {};
    const json = (status: number, value: unknown) => new Response(JSON.stringify(value), { status });
    if (url.endsWith("/claims")) {
      this.claims.push(body);
      if (body.take) {
        this.last += this.elsewhere;
        this.elsewhere = 0;
      }
      const assignments = [];
      for (let n = body.have.length; n < body.n && this.next <= this.last; n++) assignments.push(this.assignment(this.next++));
      const code = this.elsewhere > 0 ? "held_by_you" : "all_done";
      const nothing = assignments.length ? null : { code, message: "All done.", retry_s: 60 };
      return json(200, { assignments, nothing });
    }
    if (url.endsWith("/leases")) {
      const asked = (body.slots as { slot: number }[]).map((each) => each.slot);
      const kept = asked.filter((slot) => !this.lost.includes(slot)).map((slot) => ({ slot }));
      return json(200, { kept, lost: this.lost });
    }
    if (url.endsWith("/answers")) {
      if (this.refuse) {
        const { status, body: said } = this.refuse;
        this.refuse = null;
        return json(status, said);
      }
      const act = body as Act;
      this.acts.push(act);
      const back = act.action === "undo" ? this.assignment(Number(act.item_id.slice(5))) : null;
      const answer = { event_id: `e${this.acts.length}`, seq: this.acts.length, action: act.action, late: this.late, repeated: false };
      return json(201, { ...answer, state: "done", label: null, n_answers: 1, assignment: back });
    }
    return new Response(null, { status: 204 });
  };
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
};

let server: Server;
let keep: Keep;
let desks: Desk[];

async function open(): Promise<Desk> {
  const desk = new Desk({ project: "p", person: "ada", settings, keep, csrf: () => "" });
  desks.push(desk);
  await desk.start();
  await settle();
  return desk;
}

const shown = (desk: Desk) => desk.snapshot().work?.assignment.item_id ?? null;

function answer(desk: Desk, value: string): void {
  const work = desk.snapshot().work;
  if (!work) throw new Error("Nothing is shown.");
  desk.submit(work.id, value);
}

beforeEach(() => {
  server = new Server();
  sessionStorage.clear();
  keep = inMemory();
  desks = [];
  vi.stubGlobal("fetch", server.fetch);
  navigator.sendBeacon = () => true;
});

afterEach(() => {
  for (const desk of desks) desk.close();
  vi.unstubAllGlobals();
});

test("the next item is there at once, without the network", async () => {
  const desk = await open();
  expect(shown(desk)).toBe("item-1");
  answer(desk, "yes");
  expect(shown(desk)).toBe("item-2");
});

test("an answer carries what was shown, and whether the suggestion was taken", async () => {
  const desk = await open();
  answer(desk, "no");
  await settle();
  expect(server.acts[0]).toMatchObject({
    action: "submit",
    slot: 1,
    token: "token-1",
    item_id: "item-1",
    value: "no",
    content_hash: "hash-1",
    suggestion_visible: true,
    suggestion_accepted: false,
  });
});

test("an answer meant for another showing is not taken", async () => {
  const desk = await open();
  const first = desk.snapshot().work?.id ?? "";
  expect(desk.submit(first, "yes")).toBe(true);
  expect(desk.submit(first, "yes")).toBe(false);
  await settle();
  expect(server.acts).toHaveLength(1);
});

test("more items are asked for before the last is answered, and no item is shown twice", async () => {
  const desk = await open();
  const seen = [];
  while (shown(desk) !== null && seen.length < 20) {
    seen.push(shown(desk));
    answer(desk, "yes");
    await settle();
  }
  expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `item-${i + 1}`));
  expect(desk.snapshot()).toMatchObject({ phase: "nothing", nothing: { code: "all_done" } });
});

test("what my other window holds is taken over only when I ask for it", async () => {
  server.last = 0;
  server.elsewhere = 2;
  const desk = await open();
  expect(desk.snapshot()).toMatchObject({ phase: "nothing", nothing: { code: "held_by_you" } });
  await desk.claim();
  expect(server.claims.some((claim) => claim.take)).toBe(false);
  await desk.takeHere();
  await settle();
  expect(server.claims.filter((claim) => claim.take)).toHaveLength(1);
  expect(shown(desk)).toBe("item-1");
});

test("an item that was shown here, and taken by my other window, is shown again when it is taken back", async () => {
  server.last = 1;
  const desk = await open();
  answer(desk, "yes");
  await settle();
  server.next = 1;
  server.last = 0;
  server.elsewhere = 1;
  await desk.takeHere();
  await settle();
  expect(shown(desk)).toBe("item-1");
});

test("items that come after there was nothing are told of, and others are not", async () => {
  const desk = await open();
  answer(desk, "yes");
  await settle();
  expect(desk.snapshot().renewed).toBe(0);
  for (let i = 0; i < 9; i++) {
    answer(desk, "yes");
    await settle();
  }
  expect(desk.snapshot().phase).toBe("nothing");
  server.last = 12;
  await desk.claim();
  expect(desk.snapshot()).toMatchObject({ phase: "working", renewed: 1 });
});

test("the newest version of the instructions that came with an item is known", async () => {
  const desk = await open();
  expect(desk.snapshot().instructions).toBeNull();
  server.instructions = 3;
  answer(desk, "yes");
  await settle();
  expect(desk.snapshot().instructions).toBe(3);
});

describe("undo", () => {
  test("shows the item with its answer, and sends an event", async () => {
    const desk = await open();
    answer(desk, "no");
    await settle();
    desk.undo();
    expect(shown(desk)).toBe("item-1");
    expect(desk.snapshot().work?.value).toBe("no");
    await settle();
    expect(server.acts[1]).toMatchObject({ action: "undo", supersedes: "e1", value: null });
  });

  test("leads to a new answer by the new lease, and then to the item that waited", async () => {
    const desk = await open();
    answer(desk, "no");
    await settle();
    desk.undo();
    await settle();
    answer(desk, "yes");
    await settle();
    expect(server.acts[2]).toMatchObject({ action: "submit", item_id: "item-1", value: "yes" });
    expect(server.acts[2]?.token).not.toBe("token-1");
    expect(server.acts[2]?.token).not.toBeNull();
    expect(shown(desk)).toBe("item-2");
  });

  test("goes as far back as one likes", async () => {
    const desk = await open();
    for (let i = 0; i < 4; i++) {
      answer(desk, "yes");
      await settle();
    }
    for (let i = 0; i < 4; i++) desk.undo();
    expect(shown(desk)).toBe("item-1");
    await settle();
    expect(server.acts.slice(4).map((act) => [act.action, act.supersedes])).toEqual([
      ["undo", "e4"],
      ["undo", "e3"],
      ["undo", "e2"],
      ["undo", "e1"],
    ]);
  });

  test("works while the answer is not saved yet, and all arrive in order", async () => {
    const desk = await open();
    server.online = false;
    answer(desk, "no");
    desk.undo();
    answer(desk, "yes");
    await settle();
    expect(desk.snapshot().saving).toMatchObject({ state: "offline", waiting: 3 });
    server.online = true;
    desk.retry();
    await settle();
    expect(server.acts.map((act) => act.action)).toEqual(["submit", "undo", "submit"]);
    expect(server.acts[1]?.supersedes).toBe("e1");
    expect(server.acts[2]?.token).not.toBeNull();
    expect(desk.snapshot().saving.state).toBe("saved");
  });

  /** A device that takes its time to write: what comes of an act made at the very moment that the server has answered. */
  async function whileWriting(then: () => void): Promise<void> {
    const { drop } = keep;
    keep.drop = async (key) => {
      keep.drop = drop;
      then();
      await drop(key);
    };
    await settle();
  }

  test("brings its lease to an answer given before the device has written that the undo is saved", async () => {
    const desk = await open();
    answer(desk, "no");
    await settle();
    desk.undo();
    await whileWriting(() => answer(desk, "yes"));
    expect(server.acts.map((act) => act.action)).toEqual(["submit", "undo", "submit"]);
    expect(server.acts[2]?.token).not.toBeNull();
  });

  test("knows the answer it takes back before the device has written that it is saved", async () => {
    const desk = await open();
    answer(desk, "no");
    await whileWriting(() => desk.undo());
    expect(server.acts.map((act) => [act.action, act.supersedes])).toEqual([
      ["submit", null],
      ["undo", "e1"],
    ]);
  });
});

test("an answer of before can be changed, and what was on the screen comes back", async () => {
  const desk = await open();
  answer(desk, "no");
  await settle();
  desk.setNote("half done");
  const given = desk.snapshot().given[0];
  if (!given?.assignment) throw new Error("The answer is not remembered.");
  desk.reopen(given, given.assignment);
  expect(shown(desk)).toBe("item-1");
  answer(desk, "yes");
  expect(shown(desk)).toBe("item-2");
  expect(desk.snapshot().work?.note).toBe("half done");
  await settle();
  expect(server.acts[1]).toMatchObject({ action: "revise", supersedes: "e1", value: "yes" });
  expect(desk.snapshot().given).toHaveLength(1);
});

test("a skip says why, and can be taken back", async () => {
  const desk = await open();
  desk.skip(desk.snapshot().work?.id ?? "", "unclear");
  await settle();
  expect(server.acts[0]).toMatchObject({ action: "skip", value: null, reason: "unclear", suggestion_accepted: null });
  desk.undo();
  expect(shown(desk)).toBe("item-1");
  expect(desk.snapshot().work?.value).toBeNull();
});

test("a flag leaves the item where it is", async () => {
  const desk = await open();
  desk.flag(desk.snapshot().work?.id ?? "", "broken", "no picture");
  await settle();
  expect(server.acts[0]).toMatchObject({ action: "flag", reason: "broken", note: "no picture" });
  expect(shown(desk)).toBe("item-1");
});

test("a lease that lapses while one writes loses nothing", async () => {
  const desk = await open();
  desk.setValue("half an answer");
  server.lost = [1];
  await desk.heartbeat();
  expect(shown(desk)).toBe("item-1");
  expect(desk.snapshot().work?.value).toBe("half an answer");
  expect(desk.snapshot().told?.text).toMatch(/ran out/);
  server.late = true;
  answer(desk, "whole");
  await settle();
  expect(server.acts[0]).toMatchObject({ value: "whole", token: "token-1" });
  expect(desk.snapshot().told?.text).toMatch(/late/);
});

test("prefetched items that were lost are not shown", async () => {
  const desk = await open();
  server.lost = [2, 3];
  await desk.heartbeat();
  await settle();
  answer(desk, "yes");
  expect(shown(desk)).toBe("item-4");
});

test("what another window changed is shown beside what is said here", async () => {
  const desk = await open();
  answer(desk, "no");
  await settle();
  const given = desk.snapshot().given[0];
  if (!given?.assignment) throw new Error("The answer is not remembered.");
  desk.reopen(given, given.assignment);
  server.refuse = {
    status: 409,
    body: { error: { code: "conflict", message: "x", hint: "" }, mine: "yes", theirs: { id: "e77", value: "maybe" } },
  };
  answer(desk, "yes");
  await settle();
  expect(desk.snapshot().clash).toMatchObject({ mine: "yes", theirs: "maybe" });
  desk.settleClash(true);
  await settle();
  expect(server.acts.at(-1)).toMatchObject({ action: "revise", supersedes: "e77", value: "yes" });
});

test("an answer that the server refuses is told, and can be sent again", async () => {
  const desk = await open();
  server.refuse = { status: 422, body: { error: { code: "invalid_input", message: "value: no class.", hint: "" } } };
  answer(desk, "yes");
  await settle();
  const refused = desk.snapshot().refused[0];
  expect(refused?.error.message).toBe("value: no class.");
  if (refused) desk.settleRefused(refused, true);
  await settle();
  expect(server.acts).toHaveLength(1);
});

test("what was not sent before a reload is sent after it, once", async () => {
  const before = await open();
  server.online = false;
  answer(before, "a");
  answer(before, "b");
  await settle();
  before.close();
  server.online = true;
  const after = await open();
  expect(server.acts.map((act) => act.value)).toEqual(["a", "b"]);
  expect(new Set(server.acts.map((act) => act.key)).size).toBe(2);
  expect(after.snapshot().saving.state).toBe("saved");
});

test("what one has begun to write is there after a reload", async () => {
  const before = await open();
  before.setValue("half");
  before.saveDraft();
  await settle();
  before.close();
  server.next = 1;
  const after = await open();
  expect(after.snapshot().work?.value).toBe("half");
});

test("closing gives back what nobody here will answer", async () => {
  const sent: string[] = [];
  navigator.sendBeacon = (_, body) => sent.push(String(body)) > 0;
  const desk = await open();
  answer(desk, "yes");
  await settle();
  desk.close();
  const slots = (JSON.parse(sent[0] ?? "{}") as { slots: { slot: number }[] }).slots.map((each) => each.slot);
  expect(slots).not.toContain(1);
  expect(slots).toContain(2);
});

describe("items that could not be given back when the page was left", () => {
  test("are the first ones at the next visit", async () => {
    const before = await open();
    before.close();
    const after = await open();
    expect(shown(after)).toBe("item-1");
    answer(after, "yes");
    await settle();
    expect(server.acts[0]).toMatchObject({ item_id: "item-1", token: "token-1" });
  });

  test("are left alone where they went back to the queue", async () => {
    const before = await open();
    before.close();
    server.lost = [1, 2, 3, 4];
    const after = await open();
    expect(shown(after)).toBe("item-5");
  });
});
