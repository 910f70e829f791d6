import { useCallback, useLayoutEffect, useMemo, useRef, type RefObject } from "react";

import type { Settling } from "../view/settling";
import { afterPaint } from "./work/paint";

export interface Settled {
  settling: Settling;
  isSettled: () => boolean;
  /** The item's element, which says whether it is settled to those who watch the page from outside. */
  mark: RefObject<HTMLElement | null>;
  /** To be called when an item has been put on the page, before it is painted. */
  arrived: (workId: string) => void;
}

/** Whether what is on the screen has been painted, and its pictures have come: until then no key answers it. */
export function useSettled(workId: string | null): Settled {
  const painted = useRef<string | null>(null);
  const loading = useRef(0);
  const current = useRef(workId);
  current.current = workId;
  const mark = useRef<HTMLElement | null>(null);
  const isSettled = useCallback(
    () => current.current === null || (painted.current === current.current && loading.current === 0),
    [],
  );
  // Written on the element itself: drawing the page again to say so would cost a frame.
  const tell = useCallback(() => {
    if (mark.current) mark.current.dataset.settled = String(current.current !== null && isSettled());
  }, [isSettled]);
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
  const arrived = useCallback(
    (id: string) => {
      tell();
      afterPaint(() => {
        if (current.current === id) painted.current = id;
        tell();
      });
    },
    [tell],
  );
  return { settling, isSettled, mark, arrived };
}

/** Stands within an item, and tells when it has been put on the page. */
export function Arrival({ id, arrived }: { id: string; arrived: (id: string) => void }) {
  useLayoutEffect(() => arrived(id), [id, arrived]);
  return null;
}
