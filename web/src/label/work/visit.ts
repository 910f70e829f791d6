import { path } from "../../api/client";
import type { QueueSettings } from "../../api/types";
import type { Keep } from "./keep";

/** Who works on what, and by which means: the same from when the desk opens until it closes. */
export interface Visit {
  project: string;
  person: string;
  settings: QueueSettings;
  keep: Keep;
  csrf: () => string;
  /** When to do what need not be done before the next item is painted. */
  soon?: (then: () => void) => void;
}

/** An address beneath the project's own. */
export const under = (visit: Visit, ...parts: (string | number)[]): string => path("projects", visit.project, ...parts);

export function soonOf(visit: Visit, then: () => void): void {
  if (visit.soon) visit.soon(then);
  else then();
}
