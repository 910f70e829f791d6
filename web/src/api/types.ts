/** What the server says and takes, as JSON. One name per noun of the API's description. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Role = "annotator" | "adjudicator" | "manager" | "admin" | "auditor";
export type Task =
  | "choice"
  | "labels"
  | "number"
  | "spans"
  | "boxes"
  | "polygons"
  | "pair"
  | "ranking"
  | "rating"
  | "text"
  | "review";
export type Display = "text" | "markdown" | "json" | "chat" | "trace" | "image" | "audio" | "pixels" | "number";

export interface Me {
  name: string;
  full_name: string | null;
  role: Role;
  csrf: string;
  must_set_up: boolean;
  preferences: Record<string, Json>;
}

export interface Welcome {
  needs_setup: boolean;
  oidc: { name: string } | null;
  version: string;
}

export interface InvitationLook {
  role: Role;
  project: string | null;
  invited_by: string | null;
}

export interface Person {
  name: string;
  full_name: string | null;
  role: Role;
  skills: string[];
  tier: number;
  daily_cap: number | null;
  disabled: boolean;
  created_at: string;
  last_seen_at: string | null;
}

export interface Invitation {
  id: number | string;
  url?: string;
  token?: string;
  role: Role;
  project?: string | null;
  note?: string | null;
  expires_at: string;
}

export interface ApiKey {
  id: number | string;
  label: string;
  scopes: string[];
  key?: string;
  created_at: string;
  expires_at: string | null;
  used_at?: string | null;
}

export interface ProjectCard {
  name: string;
  target: string;
  task: Task;
  n_items: number;
  n_labeled: number;
  n_waiting: number;
  paused: boolean;
  created_at: string;
}

export interface Schema {
  target: string;
  task: Task;
  classes: string[];
  version: number;
  low?: number | null;
  high?: number | null;
  sides?: string[] | null;
}

export interface QueueSettings {
  overlap: number;
  lease_s: number;
  prefetch: number;
  suggestions: "visible" | "hidden" | "after";
  show_reason: boolean;
  digits_submit: boolean;
  auto_rounds: boolean;
  quorum: number;
  deadline_s: number | null;
  test_per_round: number;
  max_leases: number;
  skill_field: string | null;
  slot_tiers: number[];
  open_to_all: boolean;
  daily_cap: number | null;
}

export interface Instructions {
  version: number;
  text: string;
  created_at: string;
  read_version?: number | null;
}

export interface Project {
  name: string;
  created_at: string;
  schema: Schema;
  instructions: Instructions | null;
  policy: Record<string, Json>;
  fields: Record<string, string>;
  display: Record<string, Display>;
  settings: QueueSettings;
  paused: boolean;
}

export interface Look {
  columns: {
    name: string;
    kind: string;
    display: Display;
    n_distinct: number;
    n_missing: number;
    examples: Json[];
  }[];
  n_rows_seen: number;
  rows: Record<string, Json>[];
  suggested: { label: string | null; task: Task; classes: string[]; id: string | null; text?: string | null };
}

export interface Imported {
  n_rows: number;
  n_added: number;
  n_repeated: number;
  n_labels: number;
  splits: Record<string, number>;
  kinds: Record<string, string>;
  notes: string[];
}

export interface ItemRow {
  item_id: string;
  split: string;
  fields: Record<string, Json>;
  state: "unlabeled" | "labeled" | "pending";
  label: Json;
  n_answers: number;
  round: number | null;
}

export interface ItemPage {
  items: ItemRow[];
  next: string | null;
  searched: number;
}

export interface LabelEvent {
  id: string;
  seq: number;
  action: string;
  annotator: string;
  role: string | null;
  value: Json;
  note: string | null;
  reason: string | null;
  round: number | null;
  schema_version: number;
  instruction_version: number | null;
  suggestion: Json;
  acquisition: Json;
  shown_at: string | null;
  submitted_at: string;
  received_at: string;
  active_ms: number | null;
  supersedes: string | null;
  late: boolean;
  hash: string;
}

export interface Slot {
  id: number;
  round: number;
  number: number;
  state: string;
  annotator: string | null;
  skill: string | null;
  tier: number;
  n_lapsed: number;
}

export interface ItemLife {
  item: ItemRow;
  events: LabelEvent[];
  queries: {
    round: number;
    rank: number;
    strategy: string;
    purpose: string;
    utility: number | null;
    propensity: number | null;
    reason: string | null;
    state: string;
    suggestion: Json;
    cost_usd: number | null;
  }[];
  slots: Slot[];
  versions: number[];
}

export interface Job {
  id: number | string;
  kind: "round" | "train" | "import";
  state: "waiting" | "running" | "done" | "failed";
  stage: "freezing" | "training" | "evaluating" | "scoring" | "selecting" | "opening" | null;
  done: number;
  total: number | null;
  attempts: number;
  error: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  requested_by: string | null;
}

export interface Progress {
  items: { pool: number; test: number; calibration: number };
  labeled: Record<string, number>;
  queue: { open: number; leased: number; done: number; skipped: number; flagged: number };
  rounds: { number: number; n_asked: number; n_answered: number };
  budget: {
    labels: number | null;
    labels_left: number | null;
    usd: number | null;
    usd_left: number | null;
    spent_usd: number | null;
  };
  paused: boolean;
  state: "labeling" | "training" | "idle" | "stopped" | "empty";
  stopped_because: string | null;
  job: Job | null;
  rate_per_hour: number | null;
  drain_s: number | null;
}

export interface CurvePoint {
  model: number;
  n_labels: number;
  cost_usd: number | null;
  value: number;
  low: number | null;
  high: number | null;
  metrics: Record<string, number>;
  round: number | null;
}

export interface Curve {
  metric: string;
  points: CurvePoint[];
  random: { n_labels: number; value: number; low: number; high: number }[] | null;
  note: string | null;
}

/** One figure of evidence: what it says, where it comes from, and how it is to be read. */
export interface Figure {
  name: string;
  title: string;
  value: string;
  sentence: string;
  source: string;
  page: string;
  tone: "good" | "warn" | "bad" | "quiet";
  lines: string[];
  numbers: Record<string, number>;
  model: number | null;
  at: string | null;
}

export interface WorkingPerson {
  name: string;
  working: boolean;
  leased: number;
  today: number;
  total: number;
  last_at: string | null;
  median_s: number | null;
  skipped: number;
}

export interface Round {
  number: number;
  state: string;
  purpose: string;
  strategy: string;
  held_back: Json;
  n_asked: number;
  n_answered: number;
  n_pending: number;
  n_random: number;
  model: number | null;
  created_at: string;
  closed_at: string | null;
}

export interface RoundQuery {
  item_id: string;
  rank: number;
  utility: number | null;
  propensity: number | null;
  strategy: string;
  purpose: string;
  reason: string | null;
  state: string;
  value: Json;
  annotator: string | null;
  preview: string | null;
}

export interface Webhook {
  id: number | string;
  url: string;
  events: string[];
  secret?: string;
}

export interface Suggestion {
  value: Json;
  confidence: number | null;
  model: number | null;
  visible: boolean;
}

export interface Assignment {
  slot: number;
  token: string;
  lease_until: string;
  lease_s: number;
  item_id: string;
  content_hash: string;
  fields: Record<string, Json>;
  round: number | null;
  rank: number | null;
  reason: string | null;
  suggestion: Suggestion | null;
  schema_version: number;
  instruction_version: number | null;
  draft: { value: Json; note: string } | null;
  purpose: string;
}

/** What a window asks for: so many items, with the slots it still holds. */
export interface Claim {
  n: number;
  tab: string;
  have: number[];
  /** Take over what the person's other windows hold. */
  take?: boolean;
}

export interface Nothing {
  /** `held_by_you`: all that is left is open in another window of the same person. */
  code: string;
  message: string;
  retry_s: number | null;
}

export interface Claimed {
  assignments: Assignment[];
  nothing: Nothing | null;
}

export type Action = "submit" | "revise" | "undo" | "skip" | "flag";

export interface Act {
  key: string;
  action: Action;
  slot: number | null;
  token: string | null;
  item_id: string;
  value: Json;
  note: string;
  reason: string;
  supersedes: string | null;
  shown_at: string;
  submitted_at: string;
  active_ms: number;
  schema_version: number;
  instruction_version: number | null;
  suggestion_visible: boolean | null;
  suggestion_accepted: boolean | null;
  content_hash: string | null;
}

export interface Acted {
  event_id: string;
  seq: number;
  action: Action;
  late: boolean;
  repeated: boolean;
  state: "done" | "open" | "kept_extra";
  label: Json;
  n_answers: number;
  assignment: Assignment | null;
}

export interface HistoryAct {
  event_id: string;
  seq: number;
  item_id: string;
  action: Action;
  value: Json;
  note: string;
  submitted_at: string;
  undone: boolean;
  editable: boolean;
  preview: string | null;
}

export interface History {
  acts: HistoryAct[];
  next: number | null;
}

export interface Pace {
  today: number;
  total: number;
  session: number;
  median_s: number | null;
  per_hour: number | null;
  left_for_me: number | null;
  left: number;
}
