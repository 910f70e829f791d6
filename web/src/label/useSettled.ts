import { useCallback, useLayoutEffect, useMemo, useRef, type RefObject } from "react";

import type { Settling } from "../view/settling";
import { afterPaint } from "./work/paint";

/** Whether what is on the screen has been painted, and its pictures have come: until then no key answers it. */
export function useSettled(workId: string | null): { settling: Settling; isSettled: () => boolean; mark: RefObject<HTMLElement | null> } {
  const painted = useRef<string | null>(null);
  const loading = useRef(0);
  const current = useRef(workId);
  current.current = workId;
  const mark = useRef<HTMLElement | null>(null);
  // Written on the element itself, for those who watch the page from outside; drawing again would cost a frame.
  const tell = useCallback(() => {
    const settled = current.current !== null && painted.current === current.current && loading.current === 0;
    if (mark.current) mark.current.dataset.settled = String(settled);
  }, []);
  const settling = useMemo<Settling>(
    () => ({
      wait: () => {
        loading.current += 1;
        tell();
      },
      done: () => {
        loading.current = Math.max(0, loading.current - 1);
        tell();
      },
    }),
    [tell],
  );
  useLayoutEffect(() => {
    tell();
    afterPaint(() => {
      if (current.current === workId) painted.current = workId;
      tell();
    });
  }, [workId, tell]);
  const isSettled = useCallback(
    () => current.current === null || (painted.current === current.current && loading.current === 0),
    [],
  );
  return { settling, isSettled, mark };
}
