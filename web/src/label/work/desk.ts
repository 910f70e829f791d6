import { ApiError, path, post, put } from "../../api/client";
import type { Act, Acted, Action, Assignment, Claim, Claimed, HistoryAct, Json, Nothing, QueueSettings } from "../../api/types";
import { Activity } from "./activity";
import type { Keep, Waiting } from "./keep";
import { Outbox, type Refused, type Saving } from "./outbox";
import { same } from "./same";
import { uuid } from "./uuid";

/** One of my own acts, as the strip of answers shows it. */
export interface Given {
  key: string;
  /** Known once the server has it. */
  eventId: string | null;
  itemId: string;
  action: "submit" | "skip";
  value: Json;
  note: string;
  preview: string;
  at: string;
  undone: boolean;
  editable: boolean;
  late: boolean;
  assignment: Assignment | null;
}

/** What is on the screen. A new showing of the same item has another `id`. */
export interface Work {
  id: string;
  assignment: Assignment;
  value: Json;
  note: string;
  touched: boolean;
  flagged: boolean;
  /** The answer that is looked at again, where this is not a new item. */
  revising: Given | null;
  /** The undo whose answer brings the lease, while it is on its way. */
  slotFromKey: string | null;
}

export interface Clash {
  refused: Refused;
  mine: Json;
  theirs: Json;
  theirEvent: string | null;
}

export interface State {
  phase: "starting" | "working" | "nothing" | "failed";
  work: Work | null;
  upcoming: number;
  nothing: Nothing | null;
  retryAt: number | null;
  error: unknown;
  saving: Saving;
  given: Given[];
  refused: Refused[];
  clash: Clash | null;
  signedOut: boolean;
  /** How many answers of this visit. */
  done: number;
  /** How often items came after there had been nothing. */
  renewed: number;
  /** The newest version of the instructions that an item came with. */
  instructions: number | null;
  /** Something to say quietly; a new object each time. */
  told: { text: string; at: number } | null;
  lastGiven: Given | null;
}

interface Options {
  project: string;
  person: string;
  settings: QueueSettings;
  keep: Keep;
  csrf: () => string;
  /** When to do what need not be done before the next item is painted. */
  soon?: (then: () => void) => void;
}

const SHOWN_GIVEN = 50;
const NOTHING_RETRY_S = 15;

/** An annotator's session on a project: what is on the screen, what comes next, and what is on its way to the server. */
export class Desk {
  readonly tab = uuid();
  readonly activity = new Activity();
  private state: State = {
    phase: "starting",
    work: null,
    upcoming: 0,
    nothing: null,
    retryAt: null,
    error: null,
    saving: { state: "saved", waiting: 0, since: null, why: null },
    given: [],
    refused: [],
    clash: null,
    signedOut: false,
    done: 0,
    renewed: 0,
    instructions: null,
    told: null,
    lastGiven: null,
  };
  private readonly listeners = new Set<() => void>();
  private readonly outbox: Outbox;
  private queue: Work[] = [];
  private aside: Work | null = null;
  private shownAt: string | null = null;
  private claiming: Promise<void> | null = null;
  private claimAgain = false;
  private takeOver = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private heart: ReturnType<typeof setInterval> | null = null;
  private draftTimer: ReturnType<typeof setTimeout> | null = null;
  private seen = new Set<number>();
  private closed = false;

  constructor(private readonly options: Options) {
    this.outbox = new Outbox(options.keep, options.person, {
      send: (entry) => this.send(entry),
      onSaved: (entry, acted) => this.saved(entry, acted),
      onRefused: (refused) => this.refuse(refused),
      onSignedOut: () => this.set({ signedOut: true }),
      onState: (saving) => this.set({ saving }),
      online: () => navigator.onLine,
      soon: options.soon,
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): State => this.state;

  private set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }

  private url(...parts: (string | number)[]): string {
    return path("projects", this.options.project, ...parts);
  }

  async start(): Promise<void> {
    await this.outbox.start();
    await this.takeUp();
    await this.claim();
    const beat_s = Math.max(5, this.options.settings.lease_s / 3);
    this.heart = setInterval(() => void this.heartbeat(), beat_s * 1000);
  }

  /** The page goes away: give back what nobody here will answer. Answers on their way keep their leases. */
  release(): void {
    const held = this.held().map((work) => work.assignment);
    const slots = held.map(({ slot, token }) => ({ slot, token }));
    if (slots.length === 0) return;
    putAside(this.attic, held);
    navigator.sendBeacon(this.url("release"), JSON.stringify({ slots, csrf: this.options.csrf() }));
  }

  close(): void {
    this.closed = true;
    if (this.heart !== null) clearInterval(this.heart);
    if (this.timer !== null) clearTimeout(this.timer);
    this.saveDraft();
    this.release();
    this.outbox.close();
  }

  private get attic(): string {
    return `querist:held:${this.options.person}:${this.options.project}`;
  }

  /** What this tab held when it was left, as far as it could not be given back: it is still mine, and nobody else's. */
  private async takeUp(): Promise<void> {
    const aside = takeAside(this.attic);
    if (aside.length === 0) return;
    try {
      const slots = aside.map(({ slot, token }) => ({ slot, token }));
      const { kept } = await post<{ kept: { slot: number }[] }>(this.url("leases"), { slots }, { timeout_ms: 10_000 });
      const mine = new Set(kept.map((each) => each.slot));
      await this.take(aside.filter((assignment) => mine.has(assignment.slot)));
      if (this.state.work) this.set({ phase: "working" });
    } catch {
      // Then they lapse, and come back to the queue.
    }
  }

  /** The page came back from the browser's cache after it had given everything back. */
  revive(): void {
    this.queue = [];
    this.set({ upcoming: 0 });
    void this.claim();
  }

  get unsaved(): number {
    return this.outbox.size;
  }

  retry(): void {
    this.set({ signedOut: false });
    this.outbox.retry();
    if (this.state.phase !== "working") void this.claim();
  }

  private soon(then: () => void): void {
    if (this.options.soon) this.options.soon(then);
    else then();
  }

  private held(): Work[] {
    const current = this.state.work?.revising ? this.aside : this.state.work;
    return (current ? [current, ...this.queue] : this.queue).filter((work) => work.assignment.token !== "");
  }

  // Getting items

  /** Ask for more items, if there is room; one question at a time. */
  async claim(): Promise<void> {
    if (this.claiming) {
      this.claimAgain = true;
      return this.claiming;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.claiming = this.claimOnce().finally(() => {
      this.claiming = null;
      if (this.claimAgain && !this.closed) {
        this.claimAgain = false;
        void this.claim();
      }
    });
    return this.claiming;
  }

  /** Ask for what my other windows hold as well; it is theirs no more. */
  takeHere(): Promise<void> {
    this.takeOver = true;
    // What was shown here and went to the other window may come back, unless its answer is still on its way.
    if (this.outbox.size === 0) this.seen.clear();
    return this.claim();
  }

  private async claimOnce(): Promise<void> {
    if (this.closed) return;
    const want = Math.max(1, this.options.settings.prefetch) + 1;
    const have = this.held();
    if (have.length >= want) return;
    const asked: Claim = { n: want, tab: this.tab, have: have.map((work) => work.assignment.slot) };
    if (this.takeOver) asked.take = true;
    this.takeOver = false;
    try {
      const claimed = await post<Claimed>(this.url("claims"), asked, { timeout_ms: 15_000 });
      if (this.closed) return;
      const rested = this.state.nothing !== null;
      await this.take(claimed.assignments);
      if (rested && claimed.assignments.length > 0) this.set({ renewed: this.state.renewed + 1 });
      if (this.state.work) this.set({ phase: "working", nothing: null, upcoming: this.queue.length });
      else if (claimed.assignments.length === 0) this.rest(claimed.nothing);
    } catch (error) {
      if (this.closed) return;
      if (error instanceof ApiError && error.status === 401) this.set({ signedOut: true });
      if (this.state.work) this.later(5);
      else if (error instanceof ApiError && error.status < 500 && error.status !== 429) this.set({ phase: "failed", error });
      else {
        this.set({ phase: this.state.phase === "starting" ? "failed" : this.state.phase, error });
        this.later(3);
      }
    }
  }

  private async take(assignments: Assignment[]): Promise<void> {
    const { keep, person, project } = this.options;
    this.set({ instructions: newest(this.state.instructions, assignments) });
    const here = new Set(this.held().map((work) => work.assignment.slot));
    for (const assignment of assignments) {
      const { work } = this.state;
      if (work && work.assignment.slot === assignment.slot) this.set({ work: { ...work, assignment } });
      if (here.has(assignment.slot) || this.seen.has(assignment.slot)) continue;
      const kept = assignment.draft ?? (await keep.draft(person, project, assignment.item_id).catch(() => null));
      this.queue.push(fresh(assignment, kept));
      void keep.putItem(person, project, assignment).catch(() => undefined);
    }
    // With nothing in hand, moving on would only ask again, at once and without end.
    if (!this.state.work && this.queue.length > 0) this.next();
    this.set({ upcoming: this.queue.length });
  }

  private rest(nothing: Nothing | null): void {
    const why = nothing ?? { code: "all_leased", message: "There is nothing for you right now.", retry_s: null };
    const retry_s = Math.max(1, why.retry_s ?? NOTHING_RETRY_S);
    this.set({ phase: "nothing", nothing: why, retryAt: Date.now() + retry_s * 1000, error: null });
    this.later(retry_s);
  }

  private later(seconds: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.claim();
    }, seconds * 1000);
  }

  /** Tell the server that this window still holds its items. */
  async heartbeat(): Promise<void> {
    const held = this.held();
    if (document.visibilityState !== "visible" || held.length === 0 || this.closed) return;
    try {
      const answer = await post<{ lost: number[] }>(this.url("leases"), {
        slots: held.map(({ assignment }) => ({ slot: assignment.slot, token: assignment.token })),
      });
      const lost = new Set(answer.lost);
      if (lost.size === 0) return;
      this.queue = this.queue.filter((work) => !lost.has(work.assignment.slot));
      this.set({ upcoming: this.queue.length });
      const current = this.state.work?.revising ? this.aside : this.state.work;
      if (current && lost.has(current.assignment.slot) && !this.seen.has(-current.assignment.slot)) {
        this.seen.add(-current.assignment.slot);
        this.tell("Your time on this item ran out. You can still answer: it is kept, and marked as late.");
      }
      void this.claim();
    } catch {
      // The next beat tries again; answers do not depend on it.
    }
  }

  // Moving between items

  private next(): void {
    const work = this.queue.shift() ?? null;
    this.show(work);
    this.set({ work, upcoming: this.queue.length, phase: work ? "working" : "nothing" });
    if (work) this.seen.add(work.assignment.slot);
    else this.set({ nothing: null, retryAt: null });
    if (this.queue.length < this.options.settings.prefetch) this.soon(() => void this.claim());
  }

  private show(work: Work | null): void {
    this.shownAt = work ? new Date().toISOString() : null;
    this.activity.start(document.visibilityState === "visible");
  }

  setValue(value: Json): void {
    this.change({ value });
  }

  setNote(note: string): void {
    this.change({ note });
  }

  private change(change: Partial<Work>): void {
    const work = this.state.work;
    if (!work) return;
    this.set({ work: { ...work, ...change, touched: true } });
    if (this.draftTimer !== null) clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.saveDraft(), 800);
  }

  /** Keep what is begun, here and on the server. */
  saveDraft(): void {
    if (this.draftTimer !== null) clearTimeout(this.draftTimer);
    this.draftTimer = null;
    const work = this.state.work;
    if (!work?.touched || work.revising) return;
    const { keep, person, project } = this.options;
    const { slot, token, item_id } = work.assignment;
    void keep.putDraft(person, project, item_id, { value: work.value, note: work.note }).catch(() => undefined);
    if (token === "") return;
    void put(this.url("drafts", slot), { token, value: work.value, note: work.note }).catch(() => undefined);
  }

  private dropDraft(itemId: string): void {
    if (this.draftTimer !== null) clearTimeout(this.draftTimer);
    this.draftTimer = null;
    void this.options.keep.putDraft(this.options.person, this.options.project, itemId, null).catch(() => undefined);
  }

  // Acts

  /** Answer what is on the screen, and go on. `workId` is the showing that the answer is meant for. */
  submit(workId: string, value: Json): boolean {
    const work = this.state.work;
    if (!work || work.id !== workId) return false;
    if (work.revising) return this.revise(work, work.revising, value);
    this.give(work, "submit", value, "", work.note);
    return true;
  }

  skip(workId: string, reason: string): boolean {
    const work = this.state.work;
    if (!work || work.id !== workId || work.revising) return false;
    this.give(work, "skip", null, reason, work.note);
    return true;
  }

  /** Point the item out to whoever runs the project; it stays on the screen. */
  flag(workId: string, reason: string, note: string): boolean {
    const work = this.state.work;
    if (!work || work.id !== workId) return false;
    const act = this.act(work, "flag", null, { reason, note });
    this.outbox.add(this.entry(act, work));
    this.set({ work: { ...work, flagged: true } });
    return true;
  }

  private give(work: Work, action: "submit" | "skip", value: Json, reason: string, note: string): void {
    const act = this.act(work, action, value, { reason, note });
    const given: Given = {
      key: act.key,
      eventId: null,
      itemId: work.assignment.item_id,
      action,
      value: action === "skip" ? reason || null : value,
      note,
      preview: preview(work.assignment.fields),
      at: act.submitted_at,
      undone: false,
      editable: true,
      late: false,
      assignment: work.assignment,
    };
    this.soon(() => this.dropDraft(work.assignment.item_id));
    this.set({ given: [given, ...this.state.given], done: this.state.done + 1, lastGiven: given });
    this.next();
    this.outbox.add(this.entry(act, work));
  }

  private revise(work: Work, given: Given, value: Json): boolean {
    const act = this.act(work, "revise", value, { note: work.note, supersedes: given.eventId });
    this.outbox.add({
      ...this.entry({ ...act, slot: null, token: null }, work),
      supersedesKey: given.eventId === null ? given.key : null,
    });
    const changed: Given = {
      ...given,
      key: act.key,
      eventId: null,
      action: "submit",
      value,
      note: work.note,
      at: act.submitted_at,
    };
    const others = this.state.given.map((each) => (each.key === given.key ? changed : each));
    this.set({ given: others, lastGiven: changed });
    this.leave();
    return true;
  }

  /** Take back the last answer or skip that still stands, and show its item again. */
  undo(): boolean {
    const given = this.state.given.find((each) => !each.undone && each.editable);
    if (!given || given.assignment === null) return false;
    if (this.state.work?.revising) this.leave();
    this.saveDraft();
    const current = this.state.work;
    const work: Work = {
      ...fresh(given.assignment, { value: given.action === "skip" ? null : given.value, note: given.note }),
      slotFromKey: null,
    };
    const act = this.act(work, "undo", null, { supersedes: given.eventId });
    const shown: Work = {
      ...work,
      assignment: { ...work.assignment, slot: 0, token: "", draft: null },
      slotFromKey: act.key,
      touched: true,
    };
    if (current) this.queue.unshift(current);
    this.show(shown);
    this.set({
      work: shown,
      phase: "working",
      upcoming: this.queue.length,
      done: Math.max(0, this.state.done - 1),
      lastGiven: null,
      given: this.state.given.map((each) => (each.key === given.key ? { ...each, undone: true } : each)),
    });
    this.outbox.add({
      ...this.entry({ ...act, slot: null, token: null }, work),
      supersedesKey: given.eventId === null ? given.key : null,
    });
    return true;
  }

  /** Look at one of my answers again; answering changes it. What was on the screen waits. */
  reopen(given: Given, assignment: Assignment): void {
    if (this.state.work && !this.state.work.revising) {
      this.saveDraft();
      this.aside = this.state.work;
    }
    const work: Work = {
      ...fresh(assignment, { value: given.action === "skip" ? null : given.value, note: given.note }),
      revising: given,
    };
    this.show(work);
    this.set({ work, phase: "working" });
  }

  /** Back from an answer of before to the item that waited. */
  leave(): void {
    if (!this.state.work?.revising) return;
    const back = this.aside;
    this.aside = null;
    if (back) {
      this.show(back);
      this.set({ work: back });
    } else this.next();
  }

  get looking(): Given | null {
    return this.state.work?.revising ?? null;
  }

  private entry(act: Act, work: Work): Omit<Waiting, "person" | "at"> {
    const slotFromKey = work.slotFromKey !== null && this.outbox.has(work.slotFromKey) ? work.slotFromKey : null;
    return { key: act.key, project: this.options.project, act, supersedesKey: null, slotFromKey };
  }

  private act(
    work: Work,
    action: Action,
    value: Json,
    more: { reason?: string; note?: string; supersedes?: string | null },
  ): Act {
    const { assignment } = work;
    const { suggestion } = assignment;
    const now = new Date().toISOString();
    return {
      key: uuid(),
      action,
      slot: assignment.token === "" ? null : assignment.slot,
      token: assignment.token === "" ? null : assignment.token,
      item_id: assignment.item_id,
      value,
      note: more.note ?? "",
      reason: more.reason ?? "",
      supersedes: more.supersedes ?? null,
      shown_at: this.shownAt ?? now,
      submitted_at: now,
      active_ms: this.activity.read(),
      schema_version: assignment.schema_version,
      instruction_version: assignment.instruction_version,
      suggestion_visible: suggestion ? suggestion.visible : null,
      suggestion_accepted:
        suggestion && (action === "submit" || action === "revise") ? same(suggestion.value, value) : null,
      content_hash: assignment.content_hash || null,
    };
  }

  // What the server says

  private async send(entry: Waiting): Promise<Acted> {
    return post<Acted>(path("projects", entry.project, "answers"), entry.act, { timeout_ms: 20_000 });
  }

  private saved(entry: Waiting, acted: Acted): void {
    const given = this.state.given.map((each) =>
      each.key === entry.key ? { ...each, eventId: acted.event_id, late: acted.late } : each,
    );
    let work = this.state.work;
    const back = acted.assignment;
    if (work && back && work.slotFromKey === entry.key) {
      work = { ...work, assignment: { ...back, suggestion: work.assignment.suggestion }, slotFromKey: null };
    }
    if (back) this.queue = this.queue.map((each) => regained(each, entry.key, back));
    if (work?.revising?.key === entry.key) work = { ...work, revising: { ...work.revising, eventId: acted.event_id } };
    if (back && this.aside) this.aside = regained(this.aside, entry.key, back);
    this.set({ given, work, signedOut: false });
    if (acted.late && entry.project === this.options.project) {
      this.tell("Your answer came after its time. It is kept, and marked as late.");
    }
    if (this.state.phase === "nothing" && this.outbox.size === 0) void this.claim();
  }

  private refuse(refused: Refused): void {
    const { error, entry } = refused;
    if (error.status === 409 && error.body.theirs) {
      const theirs = error.body.theirs as { id?: Json; value?: Json };
      this.set({
        clash: {
          refused,
          mine: error.body.mine ?? entry.act.value,
          theirs: theirs.value ?? null,
          theirEvent: typeof theirs.id === "string" ? theirs.id : null,
        },
      });
      return;
    }
    this.set({ refused: [...this.state.refused, refused] });
  }

  /** Say my word once more, over what took its place meanwhile; or leave it be. */
  settleClash(mine: boolean): void {
    const clash = this.state.clash;
    if (!clash) return;
    if (mine && clash.refused.entry.act.action !== "undo") {
      const act = { ...clash.refused.entry.act, key: uuid(), action: "revise" as const, supersedes: clash.theirEvent };
      this.outbox.add({ key: act.key, project: this.options.project, act, supersedesKey: null, slotFromKey: null });
    }
    this.set({ clash: null });
  }

  /** An act that the server refused: once more as it is, or not at all. */
  settleRefused(refused: Refused, again: boolean): void {
    this.set({ refused: this.state.refused.filter((each) => each !== refused) });
    if (again) this.outbox.add({ ...refused.entry, supersedesKey: null, slotFromKey: null });
  }

  /** Answers of earlier visits, as the server tells them, beneath those of this one. */
  recall(acts: HistoryAct[], remembered: Assignment[]): void {
    const items = new Map(remembered.map((item) => [item.item_id, item]));
    const here = new Set(this.state.given.map((each) => each.eventId));
    const told = new Set<string>();
    const earlier = acts
      .filter((act) => act.action === "submit" || act.action === "revise" || act.action === "skip")
      // Newest first: of an item that was answered, changed and changed again, the last word is the answer.
      .filter((act) => act.undone || (!told.has(act.item_id) && Boolean(told.add(act.item_id))))
      .filter((act) => !here.has(act.event_id))
      .map((act): Given => ({
        key: `event-${act.event_id}`,
        eventId: act.event_id,
        itemId: act.item_id,
        action: act.action === "skip" ? "skip" : "submit",
        value: act.value,
        note: act.note ?? "",
        preview: act.preview ?? "",
        at: act.submitted_at,
        undone: act.undone,
        editable: act.editable,
        late: false,
        assignment: items.get(act.item_id) ?? null,
      }));
    this.set({ given: [...this.state.given, ...earlier].slice(0, Math.max(SHOWN_GIVEN, this.state.given.length)) });
  }

  /** Remember what an item of an earlier visit holds, so that it can be shown and undone. */
  learn(given: Given, assignment: Assignment): void {
    this.set({ given: this.state.given.map((each) => (each.key === given.key ? { ...each, assignment } : each)) });
  }

  tell(text: string): void {
    this.set({ told: { text, at: Date.now() } });
  }
}

function fresh(assignment: Assignment, draft: { value: Json; note: string } | null): Work {
  return {
    id: uuid(),
    assignment,
    value: draft?.value ?? null,
    note: draft?.note ?? "",
    touched: draft !== null,
    flagged: false,
    revising: null,
    slotFromKey: null,
  };
}

const newest = (known: number | null, assignments: Assignment[]): number | null =>
  assignments.reduce<number | null>((most, { instruction_version: its }) => (its !== null && its > (most ?? 0) ? its : most), known);

/** Kept for this tab alone, and only once it is left: a tab that is duplicated must not begin with the leases of the first. */
function putAside(key: string, held: Assignment[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(held));
  } catch {
    // No room, or no storage: the leases lapse.
  }
}

function takeAside(key: string): Assignment[] {
  try {
    const found = JSON.parse(sessionStorage.getItem(key) ?? "[]") as Assignment[];
    sessionStorage.removeItem(key);
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

const regained = (work: Work, key: string, back: Assignment): Work =>
  work.slotFromKey === key
    ? { ...work, assignment: { ...back, suggestion: work.assignment.suggestion }, slotFromKey: null }
    : work;

/** The first words of an item, to know it by. */
export function preview(fields: Record<string, Json>): string {
  for (const value of Object.values(fields)) {
    if (typeof value === "string" && value.trim() !== "" && !value.startsWith("data:")) return value.trim().slice(0, 80);
  }
  for (const value of Object.values(fields)) {
    if (typeof value === "number") return Object.values(fields).slice(0, 3).join(", ").slice(0, 80);
  }
  return "";
}
