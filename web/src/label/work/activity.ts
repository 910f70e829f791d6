/** Without a sign of life for so long, a person is reading something else. */
export const IDLE_MS = 30_000;

/** How long somebody really worked on an item: not while the page was hidden, and not past half a minute of stillness. */
export class Activity {
  private total = 0;
  private since: number | null = null;
  private lastInput = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Begin anew, with the next item. */
  start(visible = true): void {
    this.total = 0;
    this.lastInput = this.now();
    this.since = visible ? this.lastInput : null;
  }

  /** A key, a touch, a scroll. */
  input(): void {
    const now = this.now();
    if (this.since !== null && now - this.lastInput > IDLE_MS) {
      this.total += this.lastInput + IDLE_MS - this.since;
      this.since = now;
    }
    this.lastInput = now;
  }

  hide(): void {
    if (this.since === null) return;
    this.total += this.worked(this.since);
    this.since = null;
  }

  show(): void {
    if (this.since !== null) return;
    this.since = this.now();
    this.lastInput = this.since;
  }

  read(): number {
    return Math.round(this.total + (this.since === null ? 0 : this.worked(this.since)));
  }

  private worked(since: number): number {
    return Math.max(0, Math.min(this.now(), this.lastInput + IDLE_MS) - since);
  }
}
