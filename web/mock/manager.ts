import type { Json } from "../src/api/types.ts";
import { project as deskProject } from "./desk.ts";
import { demos } from "./items.ts";
import { onReset, refuse, route } from "./server.ts";

/** Synthetic answers for the pages of those who run projects. Every name, number and text is invented. */

const minutes = (n: number): string => new Date(Date.now() - n * 60_000).toISOString();
const reasons = [
  "margin: the two likeliest classes are 0.03 apart",
  "margin: the two likeliest classes are 0.05 apart, and nothing like it was asked before",
  "random: drawn blindly, so that blind spots show",
  "uncertainty_herding: unsure, and in a part of the pool with 140 neighbors",
];

let paused: Record<string, boolean> = {};
let changes: Record<string, Record<string, unknown>> = {};
let made: Record<string, Record<string, unknown>> = {};
let openedAt: Record<string, number> = {};
let jobs: Record<string, unknown>[] = [];
let invitations: Record<string, unknown>[] = [];
let keys: Record<string, unknown>[] = [];
let hooks: Record<string, unknown>[] = [];
let versions: Record<string, unknown>[] = [];
let people: Record<string, unknown>[] = [];
let n = 100;

onReset(() => {
  paused = {};
  changes = {};
  made = {};
  openedAt = {};
  jobs = [
    job(12, "round", "failed", { stage: "scoring", error: "The worker ran out of memory while scoring; it was tried 3 times.", attempts: 3 }),
    job(11, "round", "done", { finished_at: minutes(118.7) }),
    job(10, "train", "done", { finished_at: minutes(178.4), requested_by: "ada" }),
  ];
  invitations = [
    { id: 1, role: "annotator", project: "tickets", skills: ["de"], note: "Second annotator for German", invited_by: "ada", created_at: minutes(300), expires_at: minutes(-9000) },
    { id: 2, role: "auditor", project: null, skills: [], note: "", invited_by: "ada", created_at: minutes(3000), expires_at: minutes(-900) },
  ];
  keys = [
    { id: 1, label: "Nightly import", scopes: ["read", "manage"], created_at: minutes(90_000), expires_at: minutes(-40_000), used_at: minutes(190) },
    { id: 2, label: "Notebook", scopes: ["read"], created_at: minutes(9000), expires_at: null, used_at: null },
  ];
  hooks = [{ id: 1, url: "https://example.org/querist/hook", events: ["answer.recorded", "round.opened"], created_at: minutes(9000) }];
  versions = [1, 2, 3].map((number) => ({
    number, digest: `9f2c41d07ab${number}44c81`, parent: number > 1 ? number - 1 : null, schema_version: 1, n_items: number * 60 + 40,
    counts: {}, note: number === 2 ? "Before the new instructions" : "", created_at: minutes(4000 - number * 1100), software: "querist",
  }));
  people = ["ada", "bo", "cleo", "dmitri", "eve"].map((name, i) => ({
    name, full_name: ["Ada Example", "", "Cleo Example", "", "Eve Example"][i], role: ["admin", "annotator", "adjudicator", "annotator", "auditor"][i],
    skills: i === 1 ? ["de", "medical"] : [], tier: i === 2 ? 2 : 0, daily_cap: i === 3 ? 200 : null, disabled: i === 3,
    created_at: minutes(90_000 - i * 10_000), last_seen_at: i === 4 ? null : minutes(i * 700 + 2),
  }));
});

function job(id: number, kind: string, state: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id, kind, state, stage: null, done: 0, total: 0, attempts: 1, error: null, created_at: minutes((13 - id) * 60),
    started_at: minutes((13 - id) * 60 - 1), finished_at: null, requested_by: "querist", ...more,
  };
}

export function projectOf(name: string): Record<string, unknown> | null {
  const base = made[name] ?? deskProject(name);
  if (!base) return null;
  const changed = changes[name] ?? {};
  return {
    ...base,
    policy: {
      strategy: "auto", params: {}, start: "k_means", batch_size: 20, exploration: 0.1, quotas: {}, near_duplicates: 0.99, trust: true,
      costs: { per_label: 0.1, per_character: 0, per_utility: false }, budget: { labels: 1000, usd: null },
      ...((base.policy as object) ?? {}), ...((changed.policy as object) ?? {}),
    },
    settings: { ...(base.settings as object), ...((changed.settings as object) ?? {}) },
    display: changed.display ?? base.display,
    instructions: typeof changed.instructions === "string" ? { version: 3, text: changed.instructions, created_at: minutes(0) } : base.instructions,
    paused: paused[name] ?? false,
  };
}

const known = (name: string | undefined) => (name !== undefined && projectOf(name) ? name : null);
const missing = () => refuse(404, "not_found", "There is no such project.", "The list of projects says which there are.");

function fieldsOf(name: string, i: number): Record<string, Json> {
  const items = demos[name]?.items ?? [{ text: "An invented message about a card that did not arrive." }];
  return items[i % items.length] ?? {};
}

function classOf(name: string, i: number): string {
  const classes = demos[name]?.classes ?? ["bug", "wish"];
  return classes[i % classes.length] ?? "bug";
}

route("GET", "projects/:", ({ parts }) => {
  const found = projectOf(parts[0] ?? "");
  return found ? { status: 200, body: found } : missing();
});
route("PATCH", "projects/:", ({ parts, body }) => {
  const name = known(parts[0]);
  if (!name) return missing();
  const before = changes[name] ?? {};
  changes[name] = {
    ...before, ...body,
    policy: { ...((before.policy as object) ?? {}), ...((body.policy as object) ?? {}) },
    settings: { ...((before.settings as object) ?? {}), ...((body.settings as object) ?? {}) },
  };
  return { status: 200, body: projectOf(name) };
});
route("POST", "projects", ({ body }) => {
  const name = String(body.name);
  if (known(name)) return refuse(409, "conflict", `name: must be new; there is a project ${name} already.`, "Choose another name.");
  const settings = { ...((deskProject("tickets")?.settings as object) ?? {}), ...((body.settings as object) ?? {}) };
  made[name] = {
    name, created_at: minutes(0), schema: { target: body.target, task: body.task, classes: body.classes, version: 1 },
    instructions: null, policy: body.policy, fields: { text: "text" }, display: { text: "text" }, settings, paused: false,
  };
  return { status: 201, body: projectOf(name) };
});
route("DELETE", "projects/:", ({ parts }) => {
  const name = parts[0] ?? "";
  if (!made[name]) return known(name) ? refuse(409, "conflict", "project: must have no answers to be deleted; it has some.", "Pause it instead.") : missing();
  delete made[name];
  return { status: 204 };
});
route("POST", "look", () => ({
  status: 200,
  body: {
    columns: [
      { name: "id", kind: "text", display: "text", n_distinct: 1000, n_missing: 0, examples: ["m-001", "m-002", "m-003"] },
      { name: "text", kind: "text", display: "text", n_distinct: 998, n_missing: 0, examples: ["I am still waiting on my card?", "What can I do if my card still hasn't arrived after 2 weeks?", "Can I track my card?"] },
      { name: "channel", kind: "category", display: "text", n_distinct: 3, n_missing: 12, examples: ["app", "mail", "phone"] },
      { name: "topic", kind: "category", display: "text", n_distinct: 6, n_missing: 0, examples: ["card_arrival", "card_linking", "exchange_rate"] },
    ],
    n_rows_seen: 1000,
    rows: [{ id: "m-001", text: "I am still waiting on my card?", channel: "app", topic: "card_arrival" }],
    suggested: { label: "topic", task: "choice", classes: ["card_arrival", "card_linking", "exchange_rate", "lost_or_stolen_card", "pin_blocked", "top_up_failed"], id: "id", text: "text" },
  },
}));
route("POST", "projects/:/items", ({ parts }) => ({
  status: 201,
  body: { n_rows: 1000, n_added: 998, n_repeated: 2, n_labels: 0, splits: { pool: 748, test: 200, calibration: 50 }, kinds: { text: "text" }, notes: parts[0] === "tickets" ? [] : ["channel: 12 cells are empty."] },
}));
route("GET", "projects/:/progress", ({ parts }) => {
  const name = known(parts[0]);
  if (!name) return missing();
  const fresh = made[name] !== undefined;
  const since = fresh ? (Date.now() - (openedAt[name] ?? Date.now())) / 1000 : 99;
  const training = name === "intents" ? job(13, "round", "running", { stage: "scoring", done: 3, total: 8 }) : null;
  const failed = name === "objects" ? jobs.find((one) => one.state === "failed") ?? null : null;
  const opening = fresh && since < 2.5 ? job(14, "round", "running", { stage: since < 1 ? "scoring" : "selecting" }) : null;
  return {
    status: 200,
    body: {
      items: { pool: 9000, test: 1000, calibration: 250 },
      labeled: fresh ? { pool: 0, test: 0, calibration: 0 } : { pool: 240, test: 45, calibration: 0 },
      queue: fresh ? { open: 20, leased: 0, done: 0, skipped: 0, flagged: 0 } : { open: 9, leased: 4, done: 11, skipped: 1, flagged: 1 },
      rounds: { number: fresh ? (since < 2.5 ? 0 : 1) : 12, n_asked: 25, n_answered: fresh ? 0 : 11 },
      budget: { labels: 1000, labels_left: fresh ? 1000 : 760, usd: null, usd_left: null, spent_usd: 24 },
      paused: paused[name] ?? false,
      state: training || opening ? "training" : "labeling",
      stopped_because: null,
      job: opening ?? training ?? failed,
      rate_per_hour: fresh ? null : 312,
      drain_s: fresh ? null : 150,
    },
  };
});
route("GET", "projects/:/evidence", ({ parts }) => {
  const name = known(parts[0]);
  if (!name) return missing();
  const at = new Date(Date.now() - 300_000).toISOString();
  const figures = [
    { name: "estimate", title: "How good the model is", value: "0.842", sentence: "Accuracy of model 12: between 0.803 and 0.881 in 90% of repetitions, from 210 labels.", source: "Labels of the test set, which was drawn at random and which no strategy chooses from.", page: "ideas/estimates", tone: "quiet", lines: ["A naive mean would say 0.611."], numbers: { value: 0.842, low: 0.803, high: 0.881, naive: 0.611 }, model: 12, at },
    { name: "efficiency", title: "What it has saved", value: "1.9×", sentence: "Accuracy 0.815 took 84 labels here; random sampling would need 160.", source: "Models of the first so many labels that this project bought.", page: "ideas/efficiency", tone: "good", lines: ["It saves labels."], numbers: { value: 1.9, low: 1.2, high: 3.1, even: 1 }, model: 12, at },
  ];
  return { status: 200, body: { figures: made[name] ? [] : figures } };
});
route("GET", "projects/:/curve", ({ parts }) => {
  const name = known(parts[0]);
  if (!name) return missing();
  const rise = (labels: number, speed: number) => 0.9 - 0.62 * Math.exp(-labels / speed);
  const points = made[name] ? [] : Array.from({ length: 12 }, (_, i) => {
    const labels = 20 * (i + 1);
    const value = rise(labels, 70) + 0.012 * Math.sin(3 * i);
    const half = 0.2 / Math.sqrt(i + 2) / 2;
    return { model: i + 1, n_labels: labels, cost_usd: labels / 10, value, low: value - half, high: Math.min(1, value + half), metrics: { accuracy: value }, round: i + 1 };
  });
  const random = points.map(({ n_labels }) => {
    const value = rise(n_labels, 115);
    return { n_labels, value, low: value - 0.04, high: value + 0.04 };
  });
  return { status: 200, body: { metric: "accuracy", points, random: points.length ? random : null, note: points.length ? "On 45 random test items, with bands of 95 %." : "" } };
});
route("GET", "projects/:/people", ({ parts }) => {
  const name = parts[0] ?? "";
  if (made[name]) return { status: 200, body: { people: [] } };
  return {
    status: 200,
    body: {
      people: ["ada", "bo", "cleo", "dmitri"].map((who, i) => ({
        name: who, working: i < 2, leased: i < 2 ? 2 : 0, today: [84, 61, 0, 0][i], total: [120, 98, 52, 15][i],
        last_at: minutes([0, 1, 400, 9000][i] ?? 0), median_s: [5.2, 7.9, 6.1, 14.8][i], skipped: [1, 0, 4, 0][i],
      })),
    },
  };
});

function round(number: number): Record<string, unknown> {
  return {
    number, state: number === 12 ? "open" : number === 7 ? "withdrawn" : "closed", purpose: number % 5 === 0 ? "evaluation" : "strategy",
    strategy: number < 3 ? "k_means" : "uncertainty_herding",
    held_back: number === 2 ? "uncertainty_herding is held back: cross-validation finds an accuracy of 0.31, no better than chance (0.29)" : null,
    n_asked: 25, n_answered: number === 12 ? 11 : 25, n_pending: number === 12 ? 14 : 0, n_random: 2, model: number < 3 ? null : number - 1,
    created_at: minutes((13 - number) * 55), closed_at: number === 12 ? null : minutes((12 - number) * 55),
  };
}

function asked(name: string, number: number): Record<string, unknown>[] {
  return Array.from({ length: 25 }, (_, i) => {
    const answered = number !== 12 || i < 11;
    return {
      item_id: `t-${(i % 10) + 1}${i < 10 ? "" : `-${i}`}`, rank: i, utility: i % 8 === 3 ? null : 0.97 - i * 0.021, propensity: i % 8 === 3 ? 0.0004 : 0.9,
      strategy: i % 8 === 3 ? "random" : "uncertainty_herding", purpose: i % 11 === 5 ? "evaluation" : "strategy", reason: i % 8 === 3 ? reasons[2] : reasons[i % 2],
      state: answered ? "answered" : i < 15 ? "leased" : "open", value: answered ? classOf(name, i * 3) : null, annotator: answered ? ["ada", "bo"][i % 2] : null,
      preview: String(Object.values(fieldsOf(name, i))[0]).slice(0, 140),
    };
  });
}

route("GET", "projects/:/rounds", ({ parts }) => ({
  status: 200,
  body: { rounds: made[parts[0] ?? ""] ? [] : Array.from({ length: 12 }, (_, i) => round(i + 1)) },
}));
route("GET", "projects/:/rounds/:", ({ parts }) => {
  const number = Number(parts[1]);
  if (!(number >= 1 && number <= 12)) return refuse(404, "not_found", `There is no round ${parts[1]}.`);
  return { status: 200, body: { round: round(number), queries: asked(parts[0] ?? "", number) } };
});
route("POST", "projects/:/rounds", ({ parts }) => {
  openedAt[parts[0] ?? ""] = Date.now();
  return { status: 202, body: job(++n, "round", "waiting") };
});
route("POST", "projects/:/rounds/:/withdraw", () => ({ status: 200, body: { n_withdrawn: 14 } }));
route("POST", "projects/:/train", () => ({ status: 202, body: job(++n, "train", "waiting") }));
for (const [word, value] of [["pause", true], ["resume", false]] as const) {
  route("POST", `projects/:/${word}`, ({ parts }) => {
    paused[parts[0] ?? ""] = value;
    return { status: 200, body: projectOf(parts[0] ?? "") };
  });
}
route("GET", "projects/:/jobs", () => ({ status: 200, body: { jobs } }));
route("POST", "projects/:/jobs/:/retry", ({ parts }) => {
  jobs = jobs.map((one) => (String(one.id) === parts[1] ? { ...one, state: "waiting", error: null } : one));
  return { status: 200, body: jobs.find((one) => String(one.id) === parts[1]) };
});

const TOTAL = 400;
const SPLITS = ["pool", "pool", "pool", "test", "pool", "calibration"];

function row(name: string, i: number): Record<string, unknown> {
  const state = i % 7 === 0 ? "labeled" : i % 13 === 0 ? "pending" : "unlabeled";
  return {
    item_id: `t-${i + 1}`, split: SPLITS[i % SPLITS.length], fields: fieldsOf(name, i), state, label: state === "labeled" ? classOf(name, i) : null,
    n_answers: state === "labeled" ? 1 + (i % 2) : 0, round: state === "unlabeled" ? null : 1 + (i % 12),
  };
}

// A search looks through 40 items a call, so that its going on can be seen.
route("GET", "projects/:/items", ({ parts, query }) => {
  const name = known(parts[0]);
  if (!name) return missing();
  const words = (query.get("search") ?? "").toLowerCase();
  const bound = words ? 40 : Number(query.get("limit") ?? 50);
  const from = Number(query.get("after") || 0);
  const upTo = Math.min(from + bound, made[name] ? 0 : TOTAL);
  const items = [];
  for (let i = from; i < upTo; i++) {
    const one = row(name, i);
    const fits = ["split", "state", "label", "round"].every((key) => !query.get(key) || String(one[key]) === query.get(key));
    if (fits && (!words || JSON.stringify(one.fields).toLowerCase().includes(words))) items.push(one);
  }
  return { status: 200, body: { items, next: upTo < TOTAL && !made[name] ? String(upTo) : null, searched: Math.max(0, upTo - from) } };
});
route("GET", "projects/:/items/:", ({ parts }) => {
  const [name = "", id = ""] = parts;
  const i = Number(/^t-(\d+)/.exec(id)?.[1] ?? 0) - 1;
  if (!known(name) || i < 0) return refuse(404, "not_found", `There is no item ${id}.`);
  const label = classOf(name, i * 3);
  const event = (seq: number, action: string, more: Record<string, unknown>) => ({
    id: `e-${seq}`, seq, action, annotator: "ada", role: "annotator", value: null, note: "", reason: "", round: 3, schema_version: 1, instruction_version: 2,
    suggestion: null, acquisition: null, shown_at: minutes(61), submitted_at: minutes(60 - seq), received_at: minutes(60 - seq), active_ms: 4200 + 900 * seq,
    supersedes: null, late: false, hash: `c0ffee${seq}a91b44`, ...more,
  });
  return {
    status: 200,
    body: {
      item: { ...row(name, i), state: "labeled", label, n_answers: 2, round: 3 },
      events: [
        event(1, "submit", { value: classOf(name, i), suggestion: { value: classOf(name, i), confidence: 0.44, visible: true } }),
        event(2, "undo", { supersedes: "e-1" }),
        event(3, "skip", { annotator: "cleo", reason: "not_for_me", note: "I know the person who wrote this." }),
        event(4, "submit", { value: label, note: "The second sentence decides." }),
        event(5, "submit", { annotator: "bo", value: label, late: true, suggestion: { value: label, confidence: 0.61, visible: false } }),
      ],
      queries: [
        { round: 1, rank: 14, strategy: "k_means", purpose: "start", utility: null, propensity: 1, reason: "k_means: stands for 212 items of its cluster", state: "withdrawn", suggestion: null, cost_usd: 0.1 },
        { round: 3, rank: 2, strategy: "uncertainty_herding", purpose: "strategy", utility: 0.91, propensity: 0.9, reason: reasons[1], state: "answered", suggestion: { value: classOf(name, i), confidence: 0.44 }, cost_usd: 0.1 },
      ],
      slots: [
        { id: 1, round: 3, number: 1, state: "done", annotator: "ada", skill: null, tier: 0, n_lapsed: 0 },
        { id: 2, round: 3, number: 2, state: "done", annotator: "bo", skill: null, tier: 0, n_lapsed: 1 },
      ],
      versions: [2, 3],
    },
  };
});

route("GET", "projects/:/versions", () => ({ status: 200, body: { versions } }));
route("POST", "projects/:/freeze", ({ body }) => {
  const number = versions.length + 1;
  versions = [...versions, { ...versions[0], number, n_items: 285, note: body.note ?? "", created_at: minutes(0) }];
  return { status: 201, body: { number, digest: "9f2c41d07ab", n_items: 285, created: true, note: body.note ?? "" } };
});
route("GET", "projects/:/verify", ({ parts }) => ({
  status: 200,
  body: parts[0] === "objects"
    ? { sound: false, problems: [{ kind: "hash", where: "event 41", message: "its hash does not follow from the one before." }] }
    : { sound: true, problems: [] },
}));
route("GET", "projects/:/report", () => ({ status: 200, type: "text/html", body: "<h1>Report</h1>" }));
route("GET", "projects/:/export", () => ({ status: 200, type: "text/csv", body: "item_id,label\nt-1,bug\n" }));

route("GET", "projects/:/webhooks", () => ({ status: 200, body: { webhooks: hooks } }));
route("POST", "projects/:/webhooks", ({ body }) => {
  const hook = { id: ++n, url: body.url, events: body.events, created_at: minutes(0) };
  hooks = [...hooks, hook];
  return { status: 201, body: { ...hook, secret: "whsec_c3ludGhldGljLXNlY3JldC1mb3ItdGhlLW1vY2s" } };
});
route("DELETE", "projects/:/webhooks/:", ({ parts }) => {
  hooks = hooks.filter((one) => String(one.id) !== parts[1]);
  return { status: 204 };
});
route("GET", "projects/:/webhooks/:/deliveries", () => ({
  status: 200,
  body: {
    deliveries: [
      { id: 3, event: "answer.recorded", state: "waiting", attempts: 2, last_status: 503, last_error: null, created_at: minutes(2), sent_at: null },
      { id: 2, event: "round.opened", state: "dead", attempts: 9, last_status: null, last_error: "example.org did not answer within 10 seconds.", created_at: minutes(900), sent_at: null },
      { id: 1, event: "answer.recorded", state: "sent", attempts: 1, last_status: 204, last_error: null, created_at: minutes(901), sent_at: minutes(901) },
    ],
  },
}));
route("POST", "projects/:/webhooks/:/deliveries/:/retry", () => ({ status: 200, body: {} }));

route("GET", "people", () => ({ status: 200, body: { people } }));
route("PATCH", "people/:", ({ parts, body }) => {
  people = people.map((one) => (one.name === parts[0] ? { ...one, ...body } : one));
  return { status: 200, body: people.find((one) => one.name === parts[0]) };
});
route("GET", "invitations", () => ({ status: 200, body: { invitations } }));
route("POST", "invitations", ({ body }) => {
  const one = { id: ++n, role: body.role, project: body.project ?? null, skills: body.skills ?? [], note: body.note ?? "", invited_by: "ada", created_at: minutes(0), expires_at: minutes(-60 * 24 * Number(body.days ?? 7)) };
  invitations = [one, ...invitations];
  return { status: 201, body: { ...one, url: "/invite/synthetic-token-of-the-mock", token: "synthetic-token-of-the-mock" } };
});
route("DELETE", "invitations/:", ({ parts }) => {
  invitations = invitations.filter((one) => String(one.id) !== parts[0]);
  return { status: 204 };
});
route("GET", "keys", () => ({ status: 200, body: { keys } }));
route("POST", "keys", ({ body }) => {
  const key = { id: ++n, label: body.label, scopes: body.scopes, created_at: minutes(0), expires_at: body.days ? minutes(-1440 * Number(body.days)) : null, used_at: null };
  keys = [key, ...keys];
  return { status: 201, body: { ...key, key: "qk_synthetic_key_of_the_mock_0123456789" } };
});
route("DELETE", "keys/:", ({ parts }) => {
  keys = keys.filter((one) => String(one.id) !== parts[0]);
  return { status: 204 };
});
