import type { Json } from "../src/api/types.ts";
import { demos, picture, type Demo } from "./items.ts";
import { onReset, refuse, route } from "./server.ts";

/** The annotator's desk of the mock: leases, answers, undo and history in memory. */

interface Slot {
  slot: number;
  token: string;
  index: number;
  state: "open" | "leased" | "done";
  leasedAt: number;
}

interface Event {
  event_id: string;
  seq: number;
  item_id: string;
  action: string;
  value: Json;
  note: string;
  submitted_at: string;
  undone: boolean;
  key: string;
  answer: Record<string, unknown>;
}

interface Room {
  demo: Demo;
  slots: Slot[];
  events: Event[];
  read: number | null;
}

let rooms: Record<string, Room> = {};
let slotNumber = 0;
let token = 0;

onReset(() => {
  rooms = Object.fromEntries(
    Object.entries(demos).map(([name, demo]) => [
      name,
      {
        demo,
        events: [],
        read: name === "tickets" ? 1 : null,
        slots: demo.items.map((_, index) => ({ slot: ++slotNumber, token: "", index, state: "open" as const, leasedAt: 0 })),
      },
    ]),
  );
});

const settings = {
  overlap: 1, lease_s: 600, prefetch: 5, suggestions: "visible", show_reason: true, digits_submit: true, auto_rounds: true,
  quorum: 1, deadline_s: null, test_per_round: 0, max_leases: 20, skill_field: null, slot_tiers: [], open_to_all: true, daily_cap: null,
};

export function project(name: string): Record<string, unknown> | null {
  const room = rooms[name];
  if (!room) return null;
  const { demo } = room;
  return {
    name,
    created_at: "2026-11-01T08:00:00Z",
    schema: { target: demo.target, task: demo.task, classes: demo.classes, version: 1, low: demo.low ?? null, high: demo.high ?? null, sides: demo.sides ?? null },
    instructions: demo.instructions ? { version: 2, text: demo.instructions, created_at: "2026-11-20T08:00:00Z" } : null,
    policy: {},
    fields: Object.fromEntries(Object.keys(demo.display).map((field) => [field, "text"])),
    display: demo.display,
    settings: { ...settings, ...demo.settings },
    paused: false,
  };
}

function cards(): Record<string, unknown>[] {
  return Object.entries(rooms).map(([name, room]) => ({
    name, target: room.demo.target, task: room.demo.task, n_items: room.slots.length,
    n_labeled: room.slots.filter((slot) => slot.state === "done").length,
    n_waiting: room.slots.filter((slot) => slot.state === "open").length,
    paused: false, created_at: "2026-11-01T08:00:00Z",
  }));
}

const itemId = (slot: Slot) => `t-${slot.index + 1}`;

function assignment(room: Room, slot: Slot): Record<string, unknown> {
  const fields = room.demo.items[slot.index] ?? {};
  const value = room.demo.suggest?.(fields, slot.index) ?? null;
  return {
    slot: slot.slot, token: slot.token, lease_until: new Date(Date.now() + 600_000).toISOString(), lease_s: 600,
    item_id: itemId(slot), content_hash: `hash-${slot.index}`, fields, round: 3, rank: slot.index,
    reason: slot.index % 4 === 3 ? "random: asked whatever the model thinks, to keep the measure honest" : "margin: the two likeliest classes are 0.04 apart",
    suggestion: value === null ? null : { value, confidence: 0.41 + (slot.index % 5) / 10, model: 2, visible: (room.demo.settings?.suggestions ?? "visible") === "visible" },
    schema_version: 1, instruction_version: room.demo.instructions ? 2 : null, draft: null, purpose: "label",
  };
}

const here = (parts: string[]): Room | undefined => rooms[parts[0] ?? ""];
const missing = () => refuse(404, "not_found", "There is no such project.");

function lease(slot: Slot): void {
  slot.state = "leased";
  slot.token = `token-${++token}`;
  slot.leasedAt = Date.now();
}

route("GET", "projects", () => ({ status: 200, body: { projects: cards() } }));
route("GET", "projects/:", ({ parts }) => {
  const found = project(parts[0] ?? "");
  return found ? { status: 200, body: found } : missing();
});
route("GET", "projects/:/instructions", ({ parts }) => {
  const room = here(parts);
  if (!room) return missing();
  const text = room.demo.instructions;
  return { status: 200, body: { version: text ? 2 : null, text: text ?? "", created_at: "2026-11-20T08:00:00Z", read_version: room.read } };
});
route("POST", "projects/:/instructions/read", ({ parts, body }) => {
  const room = here(parts);
  if (room) room.read = Number(body.version);
  return { status: 204 };
});
route("POST", "projects/:/claims", ({ parts, body }) => {
  const room = here(parts);
  if (!room) return missing();
  const have = (body.have as number[] | undefined) ?? [];
  const want = Number(body.n ?? 3) - have.length;
  for (const slot of room.slots) if (slot.state === "leased" && Date.now() - slot.leasedAt > 600_000) slot.state = "open";
  const open = room.slots.filter((slot) => slot.state === "open").slice(0, Math.max(0, want));
  open.forEach(lease);
  const nothing = open.length > 0 ? null : { code: "all_done", message: "Everything that was asked has its answer. Thank you.", retry_s: 20 };
  return { status: 200, body: { assignments: open.map((slot) => assignment(room, slot)), nothing } };
});
route("POST", "projects/:/leases", ({ parts, body }) => {
  const room = here(parts);
  if (!room) return missing();
  const asked = body.slots as { slot: number; token: string }[];
  const kept = asked.filter((each) => room.slots.some((slot) => slot.slot === each.slot && slot.token === each.token && slot.state === "leased"));
  return { status: 200, body: { kept: kept.map((each) => ({ slot: each.slot, lease_until: new Date(Date.now() + 600_000).toISOString() })), lost: asked.filter((each) => !kept.includes(each)).map((each) => each.slot) } };
});
route("POST", "projects/:/release", ({ parts, raw }) => {
  const room = here(parts);
  if (!room) return missing();
  const asked = (JSON.parse(raw.toString("utf8")) as { slots: { slot: number; token: string }[] }).slots;
  const mine = room.slots.filter((slot) => asked.some((each) => each.slot === slot.slot && each.token === slot.token && slot.state === "leased"));
  for (const slot of mine) slot.state = "open";
  return { status: 200, body: { released: mine.map((slot) => slot.slot) } };
});
route("POST", "projects/:/answers", ({ parts, body }) => {
  const room = here(parts);
  if (!room) return missing();
  const known = room.events.find((event) => event.key === body.key);
  if (known) return { status: 201, body: { ...known.answer, repeated: true } };
  const slot = room.slots.find((each) => itemId(each) === body.item_id);
  if (!slot) return refuse(404, "not_found", "There is no such item.");
  let back: Record<string, unknown> | null = null;
  const before = room.events.find((event) => event.event_id === body.supersedes);
  if (body.action === "undo") {
    if (!before) return refuse(409, "conflict", "What is to be undone does not stand any more.");
    before.undone = true;
    lease(slot);
    back = assignment(room, slot);
  } else if (body.action !== "flag") {
    if (before) before.undone = true;
    slot.state = "done";
  }
  const seq = room.events.length + 1;
  const answer = {
    event_id: `e-${parts[0]}-${seq}`, seq, action: body.action, late: false, repeated: false, state: "done",
    label: body.value ?? null, n_answers: 1, assignment: back,
  };
  room.events.push({
    event_id: answer.event_id, seq, item_id: String(body.item_id), action: String(body.action), value: (body.value as Json) ?? null,
    note: String(body.note ?? ""), submitted_at: String(body.submitted_at), undone: false, key: String(body.key), answer,
  });
  return { status: 201, body: answer };
});
route("PUT", "projects/:/drafts/:", () => ({ status: 204 }));
route("GET", "projects/:/history", ({ parts }) => {
  const room = here(parts);
  if (!room) return missing();
  const acts = [...room.events].reverse().slice(0, 50).map(({ key: _, answer: __, ...event }) => ({
    ...event, editable: true, preview: String(Object.values(room.demo.items[Number(event.item_id.slice(2)) - 1] ?? {})[0]).slice(0, 80),
  }));
  return { status: 200, body: { acts, next: null } };
});
route("GET", "projects/:/pace", ({ parts }) => {
  const room = here(parts);
  if (!room) return missing();
  const left = room.slots.filter((slot) => slot.state === "open").length;
  const total = room.slots.filter((slot) => slot.state === "done").length;
  return { status: 200, body: { today: total, total, session: total, median_s: 6.2, per_hour: 480, left_for_me: left, left } };
});
route("GET", "projects/:/mine/:", ({ parts }) => {
  const fields = here(parts)?.demo.items[Number(parts[1]?.slice(2)) - 1];
  if (!fields) return missing();
  return { status: 200, body: { item_id: parts[1], content_hash: "", fields, schema_version: 1, instruction_version: null } };
});
route("GET", "projects/:/items/:", ({ parts }) => {
  const room = here(parts);
  const fields = room?.demo.items[Number(parts[1]?.slice(2)) - 1];
  if (!fields) return missing();
  return { status: 200, body: { item: { item_id: parts[1], split: "pool", fields, state: "labeled", label: null, n_answers: 1, round: 1 }, events: [], queries: [], slots: [], versions: [] } };
});

/** A picture under /media of the mock. */
export function media(path: string): { type: string; body: string } | null {
  const n = /scene-(\d+)/.exec(path)?.[1];
  return n === undefined ? null : { type: "image/svg+xml", body: picture(Number(n)) };
}
