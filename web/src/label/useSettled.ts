import { useCallback, useLayoutEffect, useMemo, useRef } from "react";

import type { Settling } from "../view/settling";
import { afterPaint } from "./work/paint";

/** Whether what is on the screen has been painted, and its pictures have come: until then no key answers it. */
export function useSettled(workId: string | null): { settling: Settling; isSettled: () => boolean } {
  const painted = useRef<string | null>(null);
  const loading = useRef(0);
  const current = useRef(workId);
  current.current = workId;
  const settling = useMemo<Settling>(
    () => ({
      wait: () => void (loading.current += 1),
      done: () => void (loading.current = Math.max(0, loading.current - 1)),
    }),
    [],
  );
  useLayoutEffect(() => {
    afterPaint(() => {
      if (current.current === workId) painted.current = workId;
    });
  }, [workId]);
  const isSettled = useCallback(
    () => current.current === null || (painted.current === current.current && loading.current === 0),
    [],
  );
  return { settling, isSettled };
}
