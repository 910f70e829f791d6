import { useCallback, useLayoutEffect, useMemo, useRef, type RefObject } from "react";

import type { Settling } from "../view/settling";
import { afterPaint } from "./work/paint";

export interface Settled {
  settling: Settling;
  isSettled: () => boolean;
  /** The item's element, which says whether it is settled to those who watch the page from outside. */
  mark: RefObject<HTMLElement | null>;
  /** To be called when an item has been put on the page, before it is painted. */
  arrived: (workId: string, itemId: string) => void;
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
  const item = useRef("");
  // Written on the element itself: drawing the page again to say so would cost a frame. `data-item` names the item that
  // keys answer: it is there once one is settled, and changes when the next is.
  const tell = useCallback(() => {
    if (!mark.current) return;
    const settled = current.current !== null && isSettled();
    mark.current.dataset.settled = String(settled);
    if (!settled) return;
    mark.current.dataset.item = item.current;
    mark.current.dataset.testid = "item";
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
    (id: string, itemId: string) => {
      item.current = itemId;
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
export function Arrival({ id, item, arrived }: { id: string; item: string; arrived: Settled["arrived"] }) {
  useLayoutEffect(() => arrived(id, item), [id, item, arrived]);
  return null;
}
