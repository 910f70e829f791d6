import type { Assignment, Json, Nothing } from "../../api/types";
import type { Refused, Saving } from "./outbox";
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

/** What whoever looks at the desk sees: written by those who work on it, read by the page. */
export class Board {
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

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): State => this.state;

  set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }

  tell(text: string): void {
    this.set({ told: { text, at: Date.now() } });
  }
}

/** A new showing of an item, with what was begun on it before. */
export function showing(assignment: Assignment, draft: { value: Json; note: string } | null): Work {
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
