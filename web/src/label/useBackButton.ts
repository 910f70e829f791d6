import { useEffect, useRef } from "react";

import type { Given, State } from "./work/board";
import type { Desk } from "./work/desk";
import { soon } from "./work/paint";

/**
 * Makes the browser's back button go to the answer before, not away from the page.
 *
 * Each answer adds a step to the browser's history; a step remembers how many answers there were when it was made.
 */
export function useBackButton(desk: Desk, state: State, open: (given: Given) => void): void {
  const top = useRef(0);
  const latest = useRef({ state, open });
  latest.current = { state, open };

  useEffect(() => {
    window.history.replaceState({ ...window.history.state, querist: 0 }, "");
    const pop = (event: PopStateEvent) => {
      const at = (event.state as { querist?: number } | null)?.querist;
      if (typeof at !== "number") return;
      const { state: now, open: show } = latest.current;
      if (at >= top.current) return desk.leave();
      const standing = now.given.filter((each) => !each.undone);
      const given = standing[top.current - at - 1];
      if (given) show(given);
    };
    window.addEventListener("popstate", pop);
    return () => window.removeEventListener("popstate", pop);
  }, [desk]);

  const last = state.lastGiven?.key;
  const looking = state.work?.revising !== null && state.work !== null;
  useEffect(() => {
    if (last === undefined || looking) return;
    const at = (window.history.state as { querist?: number } | null)?.querist ?? 0;
    if (at < top.current) {
      // A changed answer of before: forward again to where one was.
      window.history.go(top.current - at);
      return;
    }
    top.current += 1;
    soon(() => window.history.pushState({ querist: top.current }, ""));
    // Only when an answer was given.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [last]);
}
