import type { Assignment } from "../../api/types";
import type { Visit } from "./visit";

const shelf = ({ person, project }: Visit): string => `querist:held:${person}:${project}`;

/** Kept for this tab alone, and only once it is left: a tab that is duplicated must not begin with the leases of the first. */
export function putAside(visit: Visit, held: Assignment[]): void {
  try {
    sessionStorage.setItem(shelf(visit), JSON.stringify(held));
  } catch {
    // No room, or no storage: the leases lapse.
  }
}

export function takeAside(visit: Visit): Assignment[] {
  const key = shelf(visit);
  try {
    const found = JSON.parse(sessionStorage.getItem(key) ?? "[]") as Assignment[];
    sessionStorage.removeItem(key);
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}
