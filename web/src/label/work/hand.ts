import type { Assignment } from "../../api/types";
import { Activity } from "./activity";
import { showing, type Board, type Given, type Work } from "./board";

/** The items of this window: the one on the screen, the one that waits while an answer is looked at, and those to come. */
export class Hand {
  readonly activity = new Activity();
  /** Since when the item on the screen has been there. */
  shownAt: string | null = null;
  private queue: Work[] = [];
  private aside: Work | null = null;
  /** Slots that were on the screen once, which a claim must not bring again. */
  private readonly seen = new Set<number>();
  private readonly warned = new Set<number>();

  constructor(
    private readonly board: Board,
    private readonly prefetch: number,
    /** Fewer items are left than should be. */
    private readonly short: () => void,
  ) {}

  get size(): number {
    return this.queue.length;
  }

  /** The item of the queue that is at its turn, also while an answer of before is on the screen. */
  private get current(): Work | null {
    const { work } = this.board.snapshot();
    return work?.revising ? this.aside : work;
  }

  /** What this window holds a lease on. */
  held(): Work[] {
    const { current } = this;
    return (current ? [current, ...this.queue] : this.queue).filter((work) => work.assignment.token !== "");
  }

  saw(slot: number): boolean {
    return this.seen.has(slot);
  }

  /** What went elsewhere may come back, and is new then. */
  forgetSeen(): void {
    this.seen.clear();
    this.warned.clear();
  }

  add(work: Work): void {
    this.queue.push(work);
  }

  /** What is to come was given back. */
  empty(): void {
    this.queue = [];
    this.board.set({ upcoming: 0 });
  }

  next(): void {
    const work = this.queue.shift() ?? null;
    this.show(work);
    this.board.set({ work, upcoming: this.queue.length, phase: work ? "working" : "nothing" });
    if (work) this.seen.add(work.assignment.slot);
    else this.board.set({ nothing: null, retryAt: null });
    if (this.queue.length < this.prefetch) this.short();
  }

  /** Begin to count the time of another showing. */
  private show(work: Work | null): void {
    this.shownAt = work ? new Date().toISOString() : null;
    this.activity.start(document.visibilityState === "visible");
  }

  /** Show this one now; what was on the screen comes after it. */
  interpose(work: Work): void {
    const current = this.board.snapshot().work;
    if (current) this.queue.unshift(current);
    this.show(work);
  }

  /** Look at one of my answers again; answering changes it. What was on the screen waits. */
  reopen(given: Given, assignment: Assignment): void {
    const current = this.board.snapshot().work;
    if (current && !current.revising) this.aside = current;
    const work: Work = {
      ...showing(assignment, { value: given.action === "skip" ? null : given.value, note: given.note }),
      revising: given,
    };
    this.show(work);
    this.board.set({ work, phase: "working" });
  }

  /** Back from an answer of before to the item that waited. */
  leave(): void {
    if (!this.board.snapshot().work?.revising) return;
    const back = this.aside;
    this.aside = null;
    if (back) {
      this.show(back);
      this.board.set({ work: back });
    } else this.next();
  }

  /** These leases are somebody else's now: what is to come goes, what is on the screen stays, and is told of once. */
  lose(lost: Set<number>): void {
    this.queue = this.queue.filter((work) => !lost.has(work.assignment.slot));
    this.board.set({ upcoming: this.queue.length });
    const slot = this.current?.assignment.slot;
    if (slot === undefined || !lost.has(slot) || this.warned.has(slot)) return;
    this.warned.add(slot);
    this.board.tell("Your time on this item ran out. You can still answer: it is kept, and marked as late.");
  }

  /** The lease that an undo brought, for the showing that waits for it where it is not on the screen. */
  regain(key: string, back: Assignment): void {
    this.queue = this.queue.map((each) => regained(each, key, back));
    if (this.aside) this.aside = regained(this.aside, key, back);
  }
}

/** A showing with the lease of its undo, once that is known. */
export const regained = (work: Work, key: string, back: Assignment): Work =>
  work.slotFromKey === key
    ? { ...work, assignment: { ...back, suggestion: work.assignment.suggestion }, slotFromKey: null }
    : work;
