import { useEffect, useState, useSyncExternalStore } from "react";

import { getCsrf, get, path } from "../api/client";
import type { History, QueueSettings } from "../api/types";
import type { State } from "./work/board";
import { Desk } from "./work/desk";
import { keep, type Keep } from "./work/keep";
import { soon } from "./work/paint";

/** The session of one person on one project, from when the page opens until it closes. */
export function useDesk(project: string, person: string, settings: QueueSettings): { desk: Desk; store: Keep } | null {
  const [made, setMade] = useState<{ desk: Desk; store: Keep } | null>(null);
  useEffect(() => {
    let desk: Desk | null = null;
    let gone = false;
    void keep().then(async (store) => {
      if (gone) return;
      desk = new Desk({ project, person, settings, keep: store, csrf: getCsrf, soon });
      setMade({ desk, store });
      const mine = desk;
      void mine.start();
      const [history, items] = await Promise.all([
        get<History>(`${path("projects", project, "history")}?limit=50`).catch(() => null),
        store.items(person, project).catch(() => []),
      ]);
      if (history && !gone) mine.recall(history.acts, items);
    });
    return () => {
      gone = true;
      desk?.close();
    };
    // The settings of the start hold for the visit: another lease length comes with the next load.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [project, person]);
  useLife(made?.desk ?? null);
  return made;
}

export function useDeskState(desk: Desk): State {
  return useSyncExternalStore(desk.subscribe, desk.snapshot);
}

/** What the browser tells: shown and hidden, online and offline, leaving and coming back. */
function useLife(desk: Desk | null): void {
  useEffect(() => {
    if (!desk) return;
    const visibility = () => {
      if (document.visibilityState === "visible") {
        desk.activity.show();
        void desk.heartbeat();
      } else {
        desk.activity.hide();
        desk.saveDraft();
      }
    };
    const online = () => desk.retry();
    const leave = () => {
      desk.saveDraft();
      desk.release();
    };
    const back = (event: PageTransitionEvent) => {
      if (event.persisted) desk.revive();
    };
    const warn = (event: BeforeUnloadEvent) => {
      if (desk.unsaved > 0) event.preventDefault();
    };
    const alive = () => desk.activity.input();
    const signs = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] as const;
    document.addEventListener("visibilitychange", visibility);
    window.addEventListener("online", online);
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", back);
    window.addEventListener("beforeunload", warn);
    for (const sign of signs) window.addEventListener(sign, alive, { passive: true, capture: true });
    return () => {
      document.removeEventListener("visibilitychange", visibility);
      window.removeEventListener("online", online);
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("pageshow", back);
      window.removeEventListener("beforeunload", warn);
      for (const sign of signs) window.removeEventListener(sign, alive, { capture: true });
    };
  }, [desk]);
}
