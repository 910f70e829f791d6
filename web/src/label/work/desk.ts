import { path, post } from "../../api/client";
import type { Acted, Assignment, HistoryAct, Json } from "../../api/types";
import { Acts } from "./acts";
import { Board, type Given } from "./board";
import { Drafts } from "./drafts";
import { recalled } from "./given";
import { Hand } from "./hand";
import type { Waiting } from "./keep";
import { Leases } from "./leases";
import { Outbox, type Refused } from "./outbox";
import { Replies } from "./replies";
import { uuid } from "./uuid";
import { soonOf, type Visit } from "./visit";

/** An annotator's session on a project: what is on the screen, what comes next, and what is on its way to the server. */
export class Desk {
  readonly tab = uuid();
  private readonly board = new Board();
  private readonly hand: Hand;
  private readonly leases: Leases;
  private readonly drafts: Drafts;
  private readonly acts: Acts;
  private readonly replies: Replies;
  private readonly outbox: Outbox;

  constructor(visit: Visit) {
    const { board } = this;
    this.hand = new Hand(board, visit.settings.prefetch, () => soonOf(visit, () => void this.claim()));
    this.leases = new Leases(visit, this.tab, board, this.hand);
    this.drafts = new Drafts(visit, board);
    this.replies = new Replies(visit.project, board, this.hand);
    this.outbox = new Outbox(visit.keep, visit.person, {
      send: (entry) => post<Acted>(path("projects", entry.project, "answers"), entry.act, { timeout_ms: 20_000 }),
      onSaved: (entry, acted) => this.saved(entry, acted),
      onRefused: (refused) => this.replies.refused(refused),
      onSignedOut: () => board.set({ signedOut: true }),
      onState: (saving) => board.set({ saving }),
      online: () => navigator.onLine,
      soon: visit.soon,
    });
    this.acts = new Acts(visit, board, this.hand, this.drafts, this.outbox);
  }

  get subscribe() {
    return this.board.subscribe;
  }

  get snapshot() {
    return this.board.snapshot;
  }

  get activity() {
    return this.hand.activity;
  }

  tell(text: string): void {
    this.board.tell(text);
  }

  // Coming and going

  async start(): Promise<void> {
    await this.outbox.start();
    await this.leases.takeUp();
    await this.claim();
    this.leases.beat();
  }

  close(): void {
    this.leases.close();
    this.saveDraft();
    this.release();
    this.outbox.close();
  }

  release(): void {
    this.leases.release();
  }

  /** The page came back from the browser's cache after it had given everything back. */
  revive(): void {
    this.hand.empty();
    void this.claim();
  }

  heartbeat(): Promise<void> {
    return this.leases.heartbeat();
  }

  claim(): Promise<void> {
    return this.leases.claim();
  }

  /** Take over what my other windows hold. */
  takeHere(): Promise<void> {
    // What was shown here and went to the other window may come back, unless its answer is still on its way.
    if (this.outbox.size === 0) this.hand.forgetSeen();
    return this.leases.takeHere();
  }

  retry(): void {
    this.board.set({ signedOut: false });
    this.outbox.retry();
    if (this.snapshot().phase !== "working") void this.claim();
  }

  get unsaved(): number {
    return this.outbox.size;
  }

  // What is on the screen

  setValue(value: Json): void {
    this.drafts.change({ value });
  }

  setNote(note: string): void {
    this.drafts.change({ note });
  }

  saveDraft(): void {
    this.drafts.save();
  }

  submit(workId: string, value: Json): boolean {
    return this.acts.submit(workId, value);
  }

  skip(workId: string, reason: string): boolean {
    return this.acts.skip(workId, reason);
  }

  flag(workId: string, reason: string, note: string): boolean {
    return this.acts.flag(workId, reason, note);
  }

  // Answers of before

  undo(): boolean {
    return this.acts.undo();
  }

  reopen(given: Given, assignment: Assignment): void {
    this.drafts.save();
    this.hand.reopen(given, assignment);
  }

  leave(): void {
    this.hand.leave();
  }

  /** Answers of earlier visits, as the server tells them, beneath those of this one. */
  recall(acts: HistoryAct[], remembered: Assignment[]): void {
    this.board.set({ given: recalled(this.snapshot().given, acts, remembered) });
  }

  /** Remember what an item of an earlier visit holds, so that it can be shown and undone. */
  learn(given: Given, assignment: Assignment): void {
    this.board.set({ given: this.snapshot().given.map((each) => (each.key === given.key ? { ...each, assignment } : each)) });
  }

  // What the server says

  private saved(entry: Waiting, acted: Acted): void {
    this.replies.saved(entry, acted);
    if (this.snapshot().phase === "nothing" && this.outbox.size === 0) void this.claim();
  }

  settleClash(mine: boolean): void {
    const entry = this.replies.settleClash(mine);
    if (entry) this.outbox.add(entry);
  }

  settleRefused(refused: Refused, again: boolean): void {
    const entry = this.replies.settleRefused(refused, again);
    if (entry) this.outbox.add(entry);
  }
}
