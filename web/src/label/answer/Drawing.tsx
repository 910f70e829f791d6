import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode, type RefObject } from "react";

import type { Stage } from "../../view/stage";
import view from "../../view/view.module.css";
import { ZoomButtons } from "../../view/ZoomButtons";
import { useKeys } from "../keys/Keys";
import { labelColor } from "../parts/colors";
import { boxBetween, cornerAt, movedBy, within, type Shape, type Size } from "./outlines";
import { ShapeMark } from "./ShapeMark";
import classes from "./shapes.module.css";
import type { Pen } from "./usePen";
import type { Shapes } from "./useShapes";

interface Props {
  stage: Stage;
  size: Size;
  picture: ReactNode;
  drawn: Shapes;
  /** The outline under way. */
  pen: Pen;
  close: () => void;
  labels: string[];
  label: string;
  tool: Shape["kind"];
  /** There is more to read of the item, above or beneath. */
  others: boolean;
}

type Point = { x: number; y: number };
/** What the pointer does. Two `clicks` do what a drag does: between them it is not `held`, and waits for the second. */
type Doing =
  | { kind: "draw"; from: Point; to: Point; held: boolean; clicks: boolean }
  | { kind: "point"; from: Point; to: Point; held: true; clicks: false }
  | { kind: "move"; at: number; from: Point; to: Point; shape: Shape; held: true; clicks: false }
  | { kind: "corner"; at: number; corner: number; from: Point; to: Point; shape: Shape; held: boolean; clicks: boolean };

/** The picture with the shapes over it, and the mouse or a finger that draws, moves and resizes them. */
export function Drawing({ stage, size, picture, drawn, pen, close, labels, label, tool, others }: Props) {
  const { shapes, chosen, changes, choose, preview, keep } = drawn;
  const [doing, setDoing] = useState<Doing | null>(null);
  const [hover, setHover] = useState<Point | null>(null);
  const layer = useRef<SVGSVGElement | null>(null);
  const { scale, x, y } = stage.view;
  const px = (n: number) => n / scale;
  const color = (name: string) => labelColor(labels.indexOf(name));
  const first = pen.points[0];

  useEffect(() => setHover(null), [pen.at, pen.down]);
  // What waited for its second click has been overtaken: by a key, a button, another choice.
  useEffect(() => setDoing((now) => (now?.held ? now : null)), [changes, chosen?.shape, chosen?.point, tool]);
  useFocusWithin(layer, chosen, pen.down);
  useKeys({
    raw: (word) => {
      if (word !== "escape" || !doing) return false;
      restore(doing);
      setDoing(null);
      return true;
    },
    // Above the answer's own keys, beneath a panel's.
  }, 1.5);

  const down = (event: PointerEvent<SVGSVGElement>) => {
    if (second(event)) {
      if (doing) restore(doing);
      return setDoing(null);
    }
    if (event.button === 1) return stage.pan(event);
    if (event.button !== 0) return;
    const from = stage.toPicture(event);
    event.currentTarget.setPointerCapture(event.pointerId);
    if (doing && !doing.held) return follow({ ...doing, held: true, clicks: false }, from);
    const target = event.target as Element;
    const at = Number(target.closest("[data-shape]")?.getAttribute("data-shape") ?? -1);
    const corner = target.getAttribute("data-corner");
    const shape = shapes[at];
    if (tool === "polygon" && (pen.down || !shape)) return setDoing({ kind: "point", from, to: from, held: true, clicks: false });
    if (shape && corner !== null) {
      choose(at, shape.kind === "polygon" ? Number(corner) : null);
      setDoing({ kind: "corner", at, corner: Number(corner), from, to: from, shape, held: true, clicks: true });
    } else if (shape) {
      choose(at);
      setDoing({ kind: "move", at, from, to: from, shape, held: true, clicks: false });
    } else {
      setDoing({ kind: "draw", from, to: from, held: true, clicks: chosen === null });
      choose(null);
    }
  };
  const addPoint = (at: Point, near: number) => {
    if (first && pen.points.length >= 3 && Math.hypot(first[0] - at.x, first[1] - at.y) < px(near)) return close();
    choose(null);
    pen.set(within(at.x, at.y, size));
  };
  const move = (event: PointerEvent) => {
    if (second(event)) return;
    const to = stage.toPicture(event);
    if (pen.down) setHover(to);
    if (doing) follow(doing, to);
  };
  const follow = (now: Doing, to: Point) => {
    setDoing({ ...now, to });
    if (now.kind === "move") preview(replaced(now.at, movedBy(now.shape, to.x - now.from.x, to.y - now.from.y, size)));
    else if (now.kind === "corner") preview(replaced(now.at, cornerAt(now.shape, now.corner, to, size)));
  };
  const up = (event: PointerEvent) => {
    if (!doing?.held || second(event)) return;
    if (doing.kind === "point") {
      setDoing(null);
      return addPoint(doing.to, event.pointerType === "touch" ? 22 : 10);
    }
    const far = Math.max(Math.abs(doing.to.x - doing.from.x), Math.abs(doing.to.y - doing.from.y)) > px(4);
    if (!far) {
      restore(doing);
      return setDoing(doing.clicks ? { ...doing, held: false } : null);
    }
    setDoing(null);
    if (doing.kind === "draw") {
      const box = boxBetween(doing.from, doing.to, size, label);
      if (box) keep([...shapes, box], { shape: shapes.length, point: null });
    } else keep(shapes, { shape: doing.at, point: doing.kind === "corner" && doing.shape.kind === "polygon" ? doing.corner : null });
  };
  const restore = (now: Doing) => {
    if (now.kind === "move" || now.kind === "corner") preview(replaced(now.at, now.shape));
  };
  const replaced = (at: number, shape: Shape) => shapes.map((each, i) => (i === at ? shape : each));
  const press = (event: KeyboardEvent, at: number, point: number | null) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choose(at, point === null && shapes[at]?.kind === "polygon" ? 0 : null);
  };

  const drawing = doing?.kind === "draw" ? boxBetween(doing.from, doing.to, size, label) : null;
  const end = hover ? [hover.x, hover.y] : pen.at;
  const line = end && pen.points.length > 0 ? [...pen.points, end] : pen.points;
  return (
    <div className={`${view.stage} ${classes.frame}`} ref={stage.ref} data-others={others || undefined} data-testid="drawing">
      <div className={classes.picture} style={{ transform: `translate(${x}px, ${y}px) scale(${scale})` }}>
        {picture}
      </div>
      <svg
        ref={layer}
        className={classes.layer}
        data-waiting={(doing && !doing.held) || undefined}
        role="application"
        aria-label="Shapes on the picture"
        // A point set on another shape does not choose that shape, as the focus would.
        onMouseDown={(event) => pen.down && event.preventDefault()}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => {
          if (doing) restore(doing);
          setDoing(null);
        }}
        onDoubleClick={() => pen.points.length >= 3 && close()}
      >
        <g transform={`translate(${x} ${y}) scale(${scale})`}>
          {shapes.map((shape, at) => (
            <ShapeMark
              key={at}
              shape={shape}
              at={at}
              all={shapes.length}
              color={color(shape.label)}
              px={px}
              chosen={chosen?.shape === at ? chosen : null}
              choose={choose}
              press={press}
            />
          ))}
          {drawing && (
            <rect
              x={drawing.x}
              y={drawing.y}
              width={drawing.width}
              height={drawing.height}
              fill={color(label)}
              fillOpacity={0.15}
              stroke={color(label)}
              strokeWidth={2}
              vectorEffect="non-scaling-stroke"
            />
          )}
          {line.length > 0 && (
            <polyline
              points={line.map((point) => point.join(",")).join(" ")}
              fill={color(label)}
              fillOpacity={0.1}
              stroke={color(label)}
              strokeWidth={2}
              vectorEffect="non-scaling-stroke"
            />
          )}
          {pen.points.map((point, i) => (
            <circle key={i} cx={point[0]} cy={point[1]} r={px(i === 0 ? 7 : 4)} className={classes.corner} stroke={color(label)} strokeWidth={2} vectorEffect="non-scaling-stroke" />
          ))}
          {pen.at && !hover && (
            <g transform={`translate(${pen.at[0]} ${pen.at[1]}) scale(${px(1)})`} className={classes.pen} data-testid="pen">
              <path d="M-16 0H-4M4 0H16M0 -16V-4M0 4V16" />
              <path d="M-16 0H-4M4 0H16M0 -16V-4M0 4V16" stroke={color(label)} />
            </g>
          )}
        </g>
      </svg>
      <ZoomButtons stage={stage} />
    </div>
  );
}

/** The second of two fingers, which zoom and move the picture: what the first began was not meant. */
const second = (event: PointerEvent): boolean => event.pointerType === "touch" && !event.isPrimary;

/** While the focus is among the shapes, it goes with what is chosen; it is not lost with a point that goes. */
function useFocusWithin(layer: RefObject<SVGSVGElement | null>, chosen: Shapes["chosen"], drawing: boolean): void {
  const inside = useRef(false);
  useEffect(() => {
    const svg = layer.current;
    const enter = (event: FocusEvent) => void (inside.current = svg?.contains(event.target as Node) ?? false);
    // An element that is taken away loses the focus without a word of where it went.
    const leave = (event: FocusEvent) => void (inside.current = event.relatedTarget === null || (svg?.contains(event.relatedTarget as Node) ?? false));
    // On what is around it: an SVG that is asked for its focus becomes a stop of Tab itself.
    const around = svg?.parentElement;
    around?.addEventListener("focusin", enter);
    around?.addEventListener("focusout", leave);
    return () => {
      around?.removeEventListener("focusin", enter);
      around?.removeEventListener("focusout", leave);
    };
  }, [layer]);
  useLayoutEffect(() => {
    if (!inside.current || drawing) return;
    const svg = layer.current;
    const now = document.activeElement;
    if (now !== document.body && !svg?.contains(now)) return void (inside.current = false);
    const part = chosen?.point == null ? "[data-whole]" : `[data-point="${chosen.point}"]`;
    const target = chosen && svg?.querySelector(`[data-shape="${chosen.shape}"] ${part}`);
    if (target instanceof SVGElement) target.focus({ preventScroll: true });
    else svg?.closest("main")?.focus({ preventScroll: true });
  }, [layer, chosen, drawing]);
}
