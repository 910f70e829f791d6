import type { Round } from "../../api/types";

/** Why the strategy was held back in a round, as a sentence; empty where it was not. */
export function heldBack(round: Round): string {
  if (!round.held_back) return "";
  if (typeof round.held_back !== "string") return "The strategy was held back: its model was not trusted yet.";
  return round.held_back.endsWith(".") ? round.held_back : `${round.held_back}.`;
}
