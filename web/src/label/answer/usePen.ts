import { useState } from "react";

import { within, type Place, type Size } from "./outlines";

/** An outline under way: its points so far, and where the keyboard's pen is, once it is used. */
export interface Pen {
  points: Place[];
  at: Place | null;
  /** Whether an outline is under way. */
  down: boolean;
  /** Take up the pen at a place. */
  begin: (x: number, y: number) => void;
  move: (dx: number, dy: number) => void;
  /** Set a point at a place, or else where the pen is. */
  set: (place?: Place) => void;
  /** Take the last point back; with none left the outline is given up. */
  back: () => void;
  giveUp: () => void;
}

const NONE = { points: [] as Place[], at: null as Place | null };

export function usePen(size: Size): Pen {
  const [{ points, at }, setState] = useState(NONE);
  const last = points.at(-1);
  return {
    points,
    at,
    down: points.length > 0 || at !== null,
    begin: (x, y) => setState({ points: [], at: within(x, y, size) }),
    move: (dx, dy) =>
      setState((now) => {
        // An outline that was begun with the mouse goes on by keyboard from its last point.
        const from = now.at ?? now.points.at(-1);
        return from ? { ...now, at: within(from[0] + dx, from[1] + dy, size) } : now;
      }),
    set: (place) => {
      const next = place ?? at ?? last;
      if (!next) return;
      const again = last?.[0] === next[0] && last[1] === next[1];
      setState({ points: again ? points : [...points, next], at: at && next });
    },
    back: () => setState(points.length === 0 ? NONE : { points: points.slice(0, -1), at }),
    giveUp: () => setState(NONE),
  };
}

/** Where the pen is and what it has drawn, in words. */
export function sayPen({ points, at }: Pick<Pen, "points" | "at">): string {
  const set = `${points.length} ${points.length === 1 ? "point" : "points"} set`;
  return at ? `Pen ${at[0]} from the left, ${at[1]} from the top; ${set}` : `New outline: ${set}`;
}
