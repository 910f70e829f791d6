import { useEffect, useRef, type RefObject } from "react";

import { zoomed, type View } from "./views";

/** Where two fingers are, in a frame, and how far apart. */
export interface Fingers {
  x: number;
  y: number;
  apart: number;
}

/** A view that goes with two fingers: what was between them stays between them. */
export const pinched = (view: View, from: Fingers, to: Fingers): View =>
  zoomed({ ...view, x: view.x + to.x - from.x, y: view.y + to.y - from.y }, to.apart / Math.max(1, from.apart), to.x, to.y);

/** Two fingers zoom and move what is in a frame; whether they are at it. */
export function usePinch(ref: RefObject<HTMLElement | null>, change: (turn: (view: View) => View) => void, size: unknown): RefObject<boolean> {
  const pinching = useRef(false);
  useEffect(() => {
    const frame = ref.current;
    if (!frame) return;
    let before: Fingers | null = null;
    const fingers = ({ touches: [a, b] }: TouchEvent): Fingers | null => {
      if (!a || !b) return null;
      const box = frame.getBoundingClientRect();
      const apart = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      return { x: (a.clientX + b.clientX) / 2 - box.left, y: (a.clientY + b.clientY) / 2 - box.top, apart };
    };
    const put = (event: TouchEvent) => {
      before = fingers(event);
      pinching.current = before !== null || (pinching.current && event.touches.length > 0);
    };
    const move = (event: TouchEvent) => {
      const from = before;
      const to = fingers(event);
      if (!from || !to) return;
      event.preventDefault();
      before = to;
      change((view) => pinched(view, from, to));
    };
    frame.addEventListener("touchstart", put, { passive: true });
    frame.addEventListener("touchmove", move, { passive: false });
    frame.addEventListener("touchend", put);
    frame.addEventListener("touchcancel", put);
    return () => {
      frame.removeEventListener("touchstart", put);
      frame.removeEventListener("touchmove", move);
      frame.removeEventListener("touchend", put);
      frame.removeEventListener("touchcancel", put);
    };
  }, [ref, change, size]);
  return pinching;
}
