import { ApiError, Unreachable } from "../../api/client";
import type { Acted } from "../../api/types";
import type { Keep, Waiting } from "./keep";

/** The four states of saving, and how many acts wait. */
export interface Saving {
  state: "saved" | "saving" | "not_saved" | "offline";
  waiting: number;
  /** Since when the oldest try of now has been under way, to show when it takes long. */
  since: number | null;
  /** What the server said the last time it did not take an act. */
  why: string | null;
}

/** An act that the server will not take as it is. */
export interface Refused {
  entry: Waiting;
  error: ApiError;
}

interface Hooks {
  send: (entry: Waiting) => Promise<Acted>;
  onSaved: (entry: Waiting, acted: Acted) => void;
  onRefused: (refused: Refused) => void;
  onSignedOut: () => void;
  onState: (saving: Saving) => void;
  online?: () => boolean;
  now?: () => number;
  wait?: (ms: number, then: () => void) => unknown;
  /** When to begin sending what was just added: at once, unless the page has something to paint first. */
  soon?: (then: () => void) => void;
}

const BACKOFF_MS = [1000, 2000, 5000, 10_000, 15_000];

/**
 * Acts on their way to the server, one after the other in the order they were made.
 *
 * Each carries its idempotency key, so that a second try cannot count twice. What the server cannot be asked now stays and
 * is tried again; what it refuses for good is handed to the person, and never dropped in silence.
 */
export class Outbox {
  private entries: Waiting[] = [];
  private sending = false;
  private tries = 0;
  private timer: unknown = null;
  private last: Saving = { state: "saved", waiting: 0, since: null, why: null };
  private at = 0;
  private closed = false;

  constructor(
    private readonly keep: Keep,
    private readonly person: string,
    private readonly hooks: Hooks,
  ) {}

  /** Take up what an earlier visit left, and begin to send. */
  async start(): Promise<Waiting[]> {
    const left = await this.keep.waiting(this.person).catch(() => []);
    const known = new Set(this.entries.map((entry) => entry.key));
    this.entries = [...left.filter((entry) => !known.has(entry.key)), ...this.entries];
    void this.flush();
    return left;
  }

  close(): void {
    this.closed = true;
  }

  get size(): number {
    return this.entries.length;
  }

  has(key: string): boolean {
    return this.entries.some((entry) => entry.key === key);
  }

  /** Put an act in the outbox; it is on its way when this returns, and kept on the device a moment later. */
  add(entry: Omit<Waiting, "person" | "at">): void {
    this.at = Math.max(this.at + 1, this.now());
    const whole: Waiting = { ...entry, person: this.person, at: this.at };
    this.entries.push(whole);
    void this.keep.put(whole).catch(() => undefined);
    this.tell();
    if (this.hooks.soon) this.hooks.soon(() => void this.flush());
    else void this.flush();
  }

  /** Try at once, whatever the pause between tries: the network is back, or the person asked. */
  retry(): void {
    this.tries = 0;
    this.timer = null;
    void this.flush();
  }

  /** Give up an act that was refused, on the person's word. */
  async forget(key: string): Promise<void> {
    this.entries = this.entries.filter((entry) => entry.key !== key);
    await this.keep.drop(key).catch(() => undefined);
    this.tell();
  }

  private now(): number {
    return this.hooks.now?.() ?? Date.now();
  }

  private async flush(): Promise<void> {
    if (this.sending || this.timer !== null || this.closed) return;
    this.sending = true;
    try {
      let entry = this.entries[0];
      while (entry && !this.closed) {
        this.set({ state: this.tries > 0 ? this.last.state : "saving", why: this.last.why });
        const settled = await this.attempt(entry);
        if (!settled) return;
        entry = this.entries[0];
      }
      this.set({ state: "saved", why: null });
    } finally {
      this.sending = false;
    }
  }

  /** Whether the act at the head is out of the way, so that the next may go. */
  private async attempt(entry: Waiting): Promise<boolean> {
    try {
      const acted = await this.hooks.send(entry);
      this.tries = 0;
      await this.settle(entry, acted);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.set({ state: "not_saved", why: "You are signed out." });
        this.hooks.onSignedOut();
        this.pause();
        return false;
      }
      if (error instanceof ApiError && error.status < 500 && error.status !== 429 && error.status !== 408) {
        this.entries = this.entries.filter((other) => other.key !== entry.key);
        this.hooks.onRefused({ entry, error });
        await this.keep.drop(entry.key).catch(() => undefined);
        return true;
      }
      const away = error instanceof Unreachable || this.hooks.online?.() === false;
      this.set({ state: away ? "offline" : "not_saved", why: error instanceof Error ? error.message : null });
      this.pause(error instanceof ApiError ? error.retryAfter : null);
      return false;
    }
  }

  /**
   * The act is saved: those that waited for its number or its slot learn them.
   *
   * Everybody learns it before the device is asked to write anything: whoever acts meanwhile would find the act gone from
   * here, and not know yet what it brought.
   */
  private async settle(entry: Waiting, acted: Acted): Promise<void> {
    this.entries = this.entries.filter((other) => other.key !== entry.key);
    const changed = this.entries.filter((other) => learned(other, entry.key, acted));
    this.hooks.onSaved(entry, acted);
    for (const other of changed) await this.keep.put(other).catch(() => undefined);
    await this.keep.drop(entry.key).catch(() => undefined);
  }

  private pause(after_s: number | null = null): void {
    const ms = after_s !== null ? after_s * 1000 : (BACKOFF_MS[Math.min(this.tries, BACKOFF_MS.length - 1)] ?? 15_000);
    this.tries += 1;
    const mine = {};
    this.timer = mine;
    const wait = this.hooks.wait ?? ((delay: number, then: () => void) => setTimeout(then, delay));
    wait(ms, () => {
      if (this.timer !== mine) return;
      this.timer = null;
      void this.flush();
    });
  }

  private set(change: Pick<Saving, "state" | "why">): void {
    const since = change.state === "saving" ? (this.last.since ?? this.now()) : null;
    this.last = { ...change, waiting: this.entries.length, since };
    this.hooks.onState(this.last);
  }

  private tell(): void {
    const state = this.entries.length === 0 ? "saved" : this.last.state === "saved" ? "saving" : this.last.state;
    this.set({ state, why: this.last.why });
  }
}

/** Whether an act waited for another one, which is saved now: it knows the number or the slot then. */
function learned(other: Waiting, key: string, acted: Acted): boolean {
  if (other.supersedesKey !== key && other.slotFromKey !== key) return false;
  if (other.supersedesKey === key) {
    other.act = { ...other.act, supersedes: acted.event_id };
    other.supersedesKey = null;
  }
  if (other.slotFromKey === key) {
    other.act = { ...other.act, slot: acted.assignment?.slot ?? null, token: acted.assignment?.token ?? null };
    other.slotFromKey = null;
  }
  return true;
}
