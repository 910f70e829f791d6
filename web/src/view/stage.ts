import { useCallback, useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";

import { usePinch } from "./pinch";
import { fitted, revealed, zoomed, type View } from "./views";

export interface Stage {
  ref: RefObject<HTMLDivElement | null>;
  view: View;
  fit: () => void;
  zoom: (factor: number) => void;
  /** Where a pointer is, in pixels of the picture. */
  toPicture: (event: { clientX: number; clientY: number }) => { x: number; y: number };
  pan: (event: PointerEvent) => void;
  /** What of the picture is in the middle of the frame. */
  middle: () => [x: number, y: number];
  /** Bring a place of the picture into view. */
  reveal: (x: number, y: number) => void;
}

/**
 * Zoom and pan of a picture in a frame: Ctrl and wheel zoom, the wheel alone moves, once there is more than fits.
 *
 * Two fingers do both. At first the whole picture is seen, enlarged at most `most` times.
 */
export function useStage(width: number, height: number, most = 4): Stage {
  const ref = useRef<HTMLDivElement | null>(null);
  const [view, setView] = useState<View>({ scale: 1, x: 0, y: 0 });
  const latest = useRef(view);
  latest.current = view;

  const fit = useCallback(() => {
    const frame = ref.current;
    if (frame && width > 0) setView(fitted(width, height, frame.clientWidth, frame.clientHeight, most));
  }, [width, height, most]);

  useEffect(() => {
    fit();
    const frame = ref.current;
    if (!frame) return;
    const watch = new ResizeObserver(fit);
    watch.observe(frame);
    return () => watch.disconnect();
  }, [fit]);

  useEffect(() => {
    const frame = ref.current;
    if (!frame) return;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) {
        const whole = fitted(width, height, frame.clientWidth, frame.clientHeight, most).scale;
        if (latest.current.scale <= whole * 1.01) return;
        event.preventDefault();
        setView((now) => ({ ...now, x: now.x - event.deltaX, y: now.y - event.deltaY }));
        return;
      }
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      setView((now) => zoomed(now, Math.exp(-event.deltaY / 200), event.clientX - box.left, event.clientY - box.top));
    };
    frame.addEventListener("wheel", wheel, { passive: false });
    return () => frame.removeEventListener("wheel", wheel);
  }, [width, height, most]);
  const pinching = usePinch(ref, setView, width);

  const zoom = useCallback((factor: number) => {
    const frame = ref.current;
    if (frame) setView((now) => zoomed(now, factor, frame.clientWidth / 2, frame.clientHeight / 2));
  }, []);

  const toPicture = useCallback(
    (event: { clientX: number; clientY: number }) => {
      const box = ref.current?.getBoundingClientRect();
      return {
        x: (event.clientX - (box?.left ?? 0) - view.x) / view.scale,
        y: (event.clientY - (box?.top ?? 0) - view.y) / view.scale,
      };
    },
    [view],
  );

  const middle = useCallback((): [number, number] => {
    const { clientWidth = 0, clientHeight = 0 } = ref.current ?? {};
    if (view.scale === 0) return [width / 2, height / 2];
    return [(clientWidth / 2 - view.x) / view.scale, (clientHeight / 2 - view.y) / view.scale];
  }, [view, width, height]);

  const reveal = useCallback((x: number, y: number) => {
    const frame = ref.current;
    if (frame) setView((now) => revealed(now, x, y, frame.clientWidth, frame.clientHeight));
  }, []);

  const pan = useCallback((event: PointerEvent) => {
    const start = { x: event.clientX, y: event.clientY };
    event.currentTarget.setPointerCapture(event.pointerId);
    const target = event.currentTarget;
    const move = (next: globalThis.PointerEvent) => {
      const dx = next.clientX - start.x;
      const dy = next.clientY - start.y;
      start.x = next.clientX;
      start.y = next.clientY;
      if (pinching.current) return;
      setView((now) => ({ ...now, x: now.x + dx, y: now.y + dy }));
    };
    const end = () => {
      target.removeEventListener("pointermove", move as EventListener);
      target.removeEventListener("pointerup", end);
      target.removeEventListener("pointercancel", end);
    };
    target.addEventListener("pointermove", move as EventListener);
    target.addEventListener("pointerup", end);
    target.addEventListener("pointercancel", end);
  }, [pinching]);

  return { ref, view, fit, zoom, toPicture, pan, middle, reveal };
}
