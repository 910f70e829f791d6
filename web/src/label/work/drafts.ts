import { put } from "../../api/client";
import type { Board, Work } from "./board";
import { under, type Visit } from "./visit";

const PAUSE_MS = 800;

/** What is begun on the screen, kept after each pause in it, here and on the server. */
export class Drafts {
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly visit: Visit,
    private readonly board: Board,
  ) {}

  change(change: Partial<Work>): void {
    const { work } = this.board.snapshot();
    if (!work) return;
    this.board.set({ work: { ...work, ...change, touched: true } });
    this.rest();
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  save(): void {
    this.rest();
    const { work } = this.board.snapshot();
    if (!work?.touched || work.revising) return;
    const { keep, person, project } = this.visit;
    const { slot, token, item_id } = work.assignment;
    void keep.putDraft(person, project, item_id, { value: work.value, note: work.note }).catch(() => undefined);
    if (token === "") return;
    void put(under(this.visit, "drafts", slot), { token, value: work.value, note: work.note }).catch(() => undefined);
  }

  drop(itemId: string): void {
    this.rest();
    void this.visit.keep.putDraft(this.visit.person, this.visit.project, itemId, null).catch(() => undefined);
  }

  private rest(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
