import { useCallback, useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";

export interface View {
  scale: number;
  x: number;
  y: number;
}

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

/** The view that shows a whole picture in the middle of a frame, enlarged at most `most` times. */
export function fitted(width: number, height: number, frameWidth: number, frameHeight: number, most = 4): View {
  const scale = Math.min(frameWidth / width, frameHeight / height, most);
  return { scale, x: (frameWidth - width * scale) / 2, y: (frameHeight - height * scale) / 2 };
}

/** A view zoomed by a factor, with the point of the frame at (x, y) staying where it is. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const scale = Math.min(40, Math.max(0.02, view.scale * factor));
  const real = scale / view.scale;
  return { scale, x: x - (x - view.x) * real, y: y - (y - view.y) * real };
}

/** The view moved just so far that a place of the picture is in the frame. */
export function revealed(view: View, x: number, y: number, frameWidth: number, frameHeight: number, margin = 24): View {
  const aside = (at: number, room: number) => (at < 0 ? margin - at : at > room ? room - margin - at : 0);
  const dx = aside(view.x + x * view.scale, frameWidth);
  const dy = aside(view.y + y * view.scale, frameHeight);
  return dx === 0 && dy === 0 ? view : { ...view, x: view.x + dx, y: view.y + dy };
}

/** Zoom and pan of a picture in a frame: Ctrl and wheel zoom, the wheel alone moves, once there is more than fits. */
export function useStage(width: number, height: number): Stage {
  const ref = useRef<HTMLDivElement | null>(null);
  const [view, setView] = useState<View>({ scale: 1, x: 0, y: 0 });
  const latest = useRef(view);
  latest.current = view;

  const fit = useCallback(() => {
    const frame = ref.current;
    if (frame && width > 0) setView(fitted(width, height, frame.clientWidth, frame.clientHeight));
  }, [width, height]);

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
        const whole = fitted(width, height, frame.clientWidth, frame.clientHeight).scale;
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
  }, [width, height]);

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
  }, []);

  return { ref, view, fit, zoom, toPicture, pan, middle, reveal };
}
