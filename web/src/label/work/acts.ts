import type { Act, Action, Json } from "../../api/types";
import { showing, type Board, type Given, type Work } from "./board";
import type { Drafts } from "./drafts";
import { firstWords } from "./given";
import type { Hand } from "./hand";
import type { Waiting } from "./keep";
import type { Outbox } from "./outbox";
import { same } from "./same";
import { uuid } from "./uuid";
import { soonOf, type Visit } from "./visit";

/** What a person does with an item: each act goes to the outbox, and the screen on, in the same breath. */
export class Acts {
  constructor(
    private readonly visit: Visit,
    private readonly board: Board,
    private readonly hand: Hand,
    private readonly drafts: Drafts,
    private readonly outbox: Outbox,
  ) {}

  /** Answer what is on the screen, and go on. `workId` is the showing that the answer is meant for. */
  submit(workId: string, value: Json): boolean {
    const work = this.showingOf(workId);
    if (!work) return false;
    if (work.revising) return this.revise(work, work.revising, value);
    this.give(work, "submit", value, "", work.note);
    return true;
  }

  skip(workId: string, reason: string): boolean {
    const work = this.showingOf(workId);
    if (!work || work.revising) return false;
    this.give(work, "skip", null, reason, work.note);
    return true;
  }

  /** Point the item out to whoever runs the project; it stays on the screen. */
  flag(workId: string, reason: string, note: string): boolean {
    const work = this.showingOf(workId);
    if (!work) return false;
    const act = this.act(work, "flag", null, { reason, note });
    this.outbox.add(this.entry(act, work));
    this.board.set({ work: { ...work, flagged: true } });
    return true;
  }

  private showingOf(workId: string): Work | null {
    const { work } = this.board.snapshot();
    return work?.id === workId ? work : null;
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
      preview: firstWords(work.assignment.fields),
      at: act.submitted_at,
      undone: false,
      editable: true,
      late: false,
      assignment: work.assignment,
    };
    soonOf(this.visit, () => this.drafts.drop(work.assignment.item_id));
    const state = this.board.snapshot();
    this.board.set({ given: [given, ...state.given], done: state.done + 1, lastGiven: given });
    this.hand.next();
    this.outbox.add(this.entry(act, work));
  }

  private revise(work: Work, given: Given, value: Json): boolean {
    const act = this.act(work, "revise", value, { note: work.note, supersedes: given.eventId });
    this.outbox.add(this.correction(act, work, given));
    const changed: Given = {
      ...given,
      key: act.key,
      eventId: null,
      action: "submit",
      value,
      note: work.note,
      at: act.submitted_at,
    };
    const others = this.board.snapshot().given.map((each) => (each.key === given.key ? changed : each));
    this.board.set({ given: others, lastGiven: changed });
    this.hand.leave();
    return true;
  }

  /** Take back the last answer or skip that still stands, and show its item again. */
  undo(): boolean {
    const given = this.board.snapshot().given.find((each) => !each.undone && each.editable);
    if (!given || given.assignment === null) return false;
    this.hand.leave();
    this.drafts.save();
    const work = showing(given.assignment, { value: given.action === "skip" ? null : given.value, note: given.note });
    const act = this.act(work, "undo", null, { supersedes: given.eventId });
    const shown: Work = {
      ...work,
      assignment: { ...work.assignment, slot: 0, token: "", draft: null },
      slotFromKey: act.key,
      touched: true,
    };
    this.hand.interpose(shown);
    const state = this.board.snapshot();
    this.board.set({
      work: shown,
      phase: "working",
      upcoming: this.hand.size,
      done: Math.max(0, state.done - 1),
      lastGiven: null,
      given: state.given.map((each) => (each.key === given.key ? { ...each, undone: true } : each)),
    });
    this.outbox.add(this.correction(act, work, given));
    return true;
  }

  private entry(act: Act, work: Work): Omit<Waiting, "person" | "at"> {
    const slotFromKey = work.slotFromKey !== null && this.outbox.has(work.slotFromKey) ? work.slotFromKey : null;
    return { key: act.key, project: this.visit.project, act, supersedesKey: null, slotFromKey };
  }

  /** An act on an answer of before needs no lease, only the number of that answer. */
  private correction(act: Act, work: Work, given: Given): Omit<Waiting, "person" | "at"> {
    const supersedesKey = given.eventId === null ? given.key : null;
    return { ...this.entry({ ...act, slot: null, token: null }, work), supersedesKey };
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
      shown_at: this.hand.shownAt ?? now,
      submitted_at: now,
      active_ms: this.hand.activity.read(),
      schema_version: assignment.schema_version,
      instruction_version: assignment.instruction_version,
      suggestion_visible: suggestion ? suggestion.visible : null,
      suggestion_accepted:
        suggestion && (action === "submit" || action === "revise") ? same(suggestion.value, value) : null,
      content_hash: assignment.content_hash || null,
    };
  }
}
