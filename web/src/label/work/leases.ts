import { ApiError, post } from "../../api/client";
import type { Assignment, Claim, Claimed, Nothing } from "../../api/types";
import { putAside, takeAside } from "./attic";
import { showing, type Board } from "./board";
import type { Hand } from "./hand";
import { under, type Visit } from "./visit";

const NOTHING_RETRY_S = 15;

/** The leases of this window: asking for items, telling that they are still held, giving them back. */
export class Leases {
  private claiming: Promise<void> | null = null;
  private claimAgain = false;
  private takeOver = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private heart: ReturnType<typeof setInterval> | null = null;
  private closed = false;

  constructor(
    private readonly visit: Visit,
    private readonly tab: string,
    private readonly board: Board,
    private readonly hand: Hand,
  ) {}

  /** From now on the server is told that this window still holds its items. */
  beat(): void {
    const beat_s = Math.max(5, this.visit.settings.lease_s / 3);
    this.heart = setInterval(() => void this.heartbeat(), beat_s * 1000);
  }

  close(): void {
    this.closed = true;
    if (this.heart !== null) clearInterval(this.heart);
    if (this.timer !== null) clearTimeout(this.timer);
  }

  /** The page goes away: give back what nobody here will answer. Answers on their way keep their leases. */
  release(): void {
    const held = this.hand.held().map((work) => work.assignment);
    const slots = held.map(({ slot, token }) => ({ slot, token }));
    if (slots.length === 0) return;
    putAside(this.visit, held);
    navigator.sendBeacon(under(this.visit, "release"), JSON.stringify({ slots, csrf: this.visit.csrf() }));
  }

  /** What this tab held when it was left, as far as it could not be given back: it is still mine, and nobody else's. */
  async takeUp(): Promise<void> {
    const aside = takeAside(this.visit);
    if (aside.length === 0) return;
    try {
      const slots = aside.map(({ slot, token }) => ({ slot, token }));
      const { kept } = await post<{ kept: { slot: number }[] }>(under(this.visit, "leases"), { slots }, { timeout_ms: 10_000 });
      const mine = new Set(kept.map((each) => each.slot));
      await this.take(aside.filter((assignment) => mine.has(assignment.slot)));
      if (this.board.snapshot().work) this.board.set({ phase: "working" });
    } catch {
      // Then they lapse, and come back to the queue.
    }
  }

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
    return this.claim();
  }

  private async claimOnce(): Promise<void> {
    if (this.closed) return;
    const want = Math.max(1, this.visit.settings.prefetch) + 1;
    const have = this.hand.held();
    if (have.length >= want) return;
    const asked: Claim = { n: want, tab: this.tab, have: have.map((work) => work.assignment.slot) };
    if (this.takeOver) asked.take = true;
    this.takeOver = false;
    try {
      const claimed = await post<Claimed>(under(this.visit, "claims"), asked, { timeout_ms: 15_000 });
      if (this.closed) return;
      const rested = this.board.snapshot().nothing !== null;
      await this.take(claimed.assignments);
      const { work, renewed } = this.board.snapshot();
      if (rested && claimed.assignments.length > 0) this.board.set({ renewed: renewed + 1 });
      if (work) this.board.set({ phase: "working", nothing: null, upcoming: this.hand.size });
      else if (claimed.assignments.length === 0) this.rest(claimed.nothing);
    } catch (error) {
      if (!this.closed) this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (error instanceof ApiError && error.status === 401) this.board.set({ signedOut: true });
    const { work, phase } = this.board.snapshot();
    if (work) this.later(5);
    else if (error instanceof ApiError && error.status < 500 && error.status !== 429) this.board.set({ phase: "failed", error });
    else {
      this.board.set({ phase: phase === "starting" ? "failed" : phase, error });
      this.later(3);
    }
  }

  private async take(assignments: Assignment[]): Promise<void> {
    const { keep, person, project } = this.visit;
    this.board.set({ instructions: newest(this.board.snapshot().instructions, assignments) });
    const here = new Set(this.hand.held().map((work) => work.assignment.slot));
    for (const assignment of assignments) {
      const { work } = this.board.snapshot();
      if (work && work.assignment.slot === assignment.slot) this.board.set({ work: { ...work, assignment } });
      if (here.has(assignment.slot) || this.hand.saw(assignment.slot)) continue;
      const kept = assignment.draft ?? (await keep.draft(person, project, assignment.item_id).catch(() => null));
      this.hand.add(showing(assignment, kept));
      void keep.putItem(person, project, assignment).catch(() => undefined);
    }
    // With nothing in hand, moving on would only ask again, at once and without end.
    if (!this.board.snapshot().work && this.hand.size > 0) this.hand.next();
    this.board.set({ upcoming: this.hand.size });
  }

  private rest(nothing: Nothing | null): void {
    const why = nothing ?? { code: "all_leased", message: "There is nothing for you right now.", retry_s: null };
    const retry_s = Math.max(1, why.retry_s ?? NOTHING_RETRY_S);
    this.board.set({ phase: "nothing", nothing: why, retryAt: Date.now() + retry_s * 1000, error: null });
    this.later(retry_s);
  }

  private later(seconds: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.claim();
    }, seconds * 1000);
  }

  async heartbeat(): Promise<void> {
    const held = this.hand.held();
    if (document.visibilityState !== "visible" || held.length === 0 || this.closed) return;
    try {
      const answer = await post<{ lost: number[] }>(under(this.visit, "leases"), {
        slots: held.map(({ assignment }) => ({ slot: assignment.slot, token: assignment.token })),
      });
      if (answer.lost.length === 0) return;
      this.hand.lose(new Set(answer.lost));
      void this.claim();
    } catch {
      // The next beat tries again; answers do not depend on it.
    }
  }
}

const newest = (known: number | null, assignments: Assignment[]): number | null =>
  assignments.reduce<number | null>((most, { instruction_version: its }) => (its !== null && its > (most ?? 0) ? its : most), known);
