import type { Acted, Json } from "../../api/types";
import type { Board } from "./board";
import { regained, type Hand } from "./hand";
import type { Waiting } from "./keep";
import type { Refused } from "./outbox";
import { uuid } from "./uuid";

type Entry = Omit<Waiting, "person" | "at">;

/** What the server says to acts: saved, changed by somebody else meanwhile, or refused; and what I say to that. */
export class Replies {
  constructor(
    private readonly project: string,
    private readonly board: Board,
    private readonly hand: Hand,
  ) {}

  saved(entry: Waiting, acted: Acted): void {
    const state = this.board.snapshot();
    const given = state.given.map((each) =>
      each.key === entry.key ? { ...each, eventId: acted.event_id, late: acted.late } : each,
    );
    let { work } = state;
    const back = acted.assignment;
    if (back) {
      if (work) work = regained(work, entry.key, back);
      this.hand.regain(entry.key, back);
    }
    if (work?.revising?.key === entry.key) work = { ...work, revising: { ...work.revising, eventId: acted.event_id } };
    this.board.set({ given, work, signedOut: false });
    if (acted.late && entry.project === this.project) {
      this.board.tell("Your answer came after its time. It is kept, and marked as late.");
    }
  }

  refused(refused: Refused): void {
    const { error, entry } = refused;
    if (error.status === 409 && error.body.theirs) {
      const theirs = error.body.theirs as { id?: Json; value?: Json };
      this.board.set({
        clash: {
          refused,
          mine: error.body.mine ?? entry.act.value,
          theirs: theirs.value ?? null,
          theirEvent: typeof theirs.id === "string" ? theirs.id : null,
        },
      });
      return;
    }
    this.board.set({ refused: [...this.board.snapshot().refused, refused] });
  }

  /** Say my word once more, over what took its place meanwhile; or leave it be. What is to be sent for that. */
  settleClash(mine: boolean): Entry | null {
    const { clash } = this.board.snapshot();
    if (!clash) return null;
    this.board.set({ clash: null });
    if (!mine || clash.refused.entry.act.action === "undo") return null;
    const act = { ...clash.refused.entry.act, key: uuid(), action: "revise" as const, supersedes: clash.theirEvent };
    return { key: act.key, project: this.project, act, supersedesKey: null, slotFromKey: null };
  }

  /** An act that the server refused: once more as it is, or not at all. What is to be sent for that. */
  settleRefused(refused: Refused, again: boolean): Entry | null {
    this.board.set({ refused: this.board.snapshot().refused.filter((each) => each !== refused) });
    return again ? { ...refused.entry, supersedesKey: null, slotFromKey: null } : null;
  }
}
