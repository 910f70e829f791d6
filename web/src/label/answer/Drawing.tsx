import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

import { labelColor } from "../parts/colors";
import type { Stage } from "../../view/stage";
import view from "../../view/view.module.css";
import { ZoomButtons } from "../../view/ZoomButtons";
import { boxBetween, cornerAt, cornersOf, movedBy, sayShape, type Shape, type Size } from "./outlines";
import classes from "./shapes.module.css";

interface Props {
  stage: Stage;
  size: Size;
  picture: ReactNode;
  shapes: Shape[];
  labels: string[];
  label: string;
  tool: Shape["kind"];
  active: number | null;
  setActive: (at: number | null) => void;
  /** A change under way, drawn but not yet kept. */
  preview: (shapes: Shape[]) => void;
  keep: (shapes: Shape[], active: number | null) => void;
  keys: (event: KeyboardEvent, at: number) => void;
}

type Point = { x: number; y: number };
type Doing =
  | { kind: "draw"; from: Point; to: Point }
  | { kind: "move"; at: number; from: Point; shape: Shape }
  | { kind: "corner"; at: number; corner: number; shape: Shape };

/** The picture with the shapes over it, and the mouse or a finger that draws, moves and resizes them. */
export function Drawing({ stage, size, picture, shapes, labels, label, tool, active, setActive, preview, keep, keys }: Props) {
  const [doing, setDoing] = useState<Doing | null>(null);
  const [points, setPoints] = useState<[number, number][]>([]);
  const [hover, setHover] = useState<Point | null>(null);
  const drawn = useRef(shapes);
  drawn.current = shapes;
  const { scale, x, y } = stage.view;
  const px = (n: number) => n / scale;
  const color = (name: string) => labelColor(labels.indexOf(name));

  useEffect(() => setPoints([]), [tool]);
  useEffect(() => {
    const stop = (event: globalThis.KeyboardEvent) => {
      if (points.length === 0) return;
      if (event.key === "Escape") setPoints([]);
      else if (event.key === "Enter" && points.length >= 3) close();
      else if (event.key === "Backspace") setPoints(points.slice(0, -1));
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener("keydown", stop, true);
    return () => window.removeEventListener("keydown", stop, true);
  });

  const close = () => {
    keep([...shapes, { kind: "polygon", points, label }], shapes.length);
    setPoints([]);
  };

  const down = (event: PointerEvent<SVGSVGElement>) => {
    if (event.button === 1) return stage.pan(event);
    if (event.button !== 0) return;
    const target = event.target as Element;
    const at = Number(target.closest("[data-shape]")?.getAttribute("data-shape") ?? -1);
    const corner = target.getAttribute("data-corner");
    const from = stage.toPicture(event);
    const shape = shapes[at];
    event.currentTarget.setPointerCapture(event.pointerId);
    if (tool === "polygon" && (points.length > 0 || !shape)) return addPoint(from);
    if (shape && corner !== null) setDoing({ kind: "corner", at, corner: Number(corner), shape });
    else if (shape) {
      setActive(at);
      setDoing({ kind: "move", at, from, shape });
    } else {
      setActive(null);
      setDoing({ kind: "draw", from, to: from });
    }
  };
  const addPoint = (at: Point) => {
    const first = points[0];
    if (first && points.length >= 3 && Math.hypot(first[0] - at.x, first[1] - at.y) < px(10)) return close();
    const clamped: [number, number] = [
      Math.round(Math.min(size.width, Math.max(0, at.x))),
      Math.round(Math.min(size.height, Math.max(0, at.y))),
    ];
    setPoints([...points, clamped]);
  };
  const move = (event: PointerEvent) => {
    const to = stage.toPicture(event);
    if (tool === "polygon" && points.length > 0) setHover(to);
    if (!doing) return;
    if (doing.kind === "draw") setDoing({ ...doing, to });
    else if (doing.kind === "move") {
      preview(replaced(doing.at, movedBy(doing.shape, to.x - doing.from.x, to.y - doing.from.y, size)));
    } else preview(replaced(doing.at, cornerAt(doing.shape, doing.corner, to, size)));
  };
  const up = () => {
    if (!doing) return;
    setDoing(null);
    if (doing.kind === "draw") {
      const box = boxBetween(doing.from, doing.to, size, label);
      const large = Math.max(Math.abs(doing.to.x - doing.from.x), Math.abs(doing.to.y - doing.from.y)) > px(4);
      if (box && large) keep([...shapes, box], shapes.length);
    } else keep(drawn.current, doing.at);
  };
  const replaced = (at: number, shape: Shape) => shapes.map((each, i) => (i === at ? shape : each));

  const drawing = doing?.kind === "draw" ? boxBetween(doing.from, doing.to, size, label) : null;
  const line = hover && points.length > 0 ? [...points, [hover.x, hover.y] as [number, number]] : points;
  return (
    <div className={view.stage} ref={stage.ref} data-testid="drawing">
      <div className={classes.picture} style={{ transform: `translate(${x}px, ${y}px) scale(${scale})` }}>
        {picture}
      </div>
      <svg
        className={classes.layer}
        role="group"
        aria-label="Shapes"
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
        onDoubleClick={() => points.length >= 3 && close()}
      >
        <g transform={`translate(${x} ${y}) scale(${scale})`}>
          {shapes.map((shape, at) => {
            const corners = cornersOf(shape);
            const top = corners.reduce((a, b) => (b[1] < a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
            return (
              <g
                key={at}
                data-shape={at}
                data-active={at === active || undefined}
                className={classes.shape}
                tabIndex={0}
                role="button"
                aria-label={sayShape(shape, at, shapes.length)}
                aria-pressed={at === active}
                onFocus={() => setActive(at)}
                onKeyDown={(event) => keys(event, at)}
              >
                <polygon
                  points={corners.map((point) => point.join(",")).join(" ")}
                  fill={color(shape.label)}
                  fillOpacity={at === active ? 0.22 : 0.1}
                  stroke={color(shape.label)}
                  strokeWidth={at === active ? 3 : 2}
                  vectorEffect="non-scaling-stroke"
                />
                <g transform={`translate(${top[0]} ${top[1]}) scale(${px(1)})`} className={classes.tag}>
                  <rect x={-1} y={-19} width={9 + 7 * shape.label.length} height={18} rx={4} fill={color(shape.label)} />
                  <text x={4} y={-6}>
                    {shape.label}
                  </text>
                </g>
                {at === active &&
                  corners.map((point, corner) => (
                    <circle
                      key={corner}
                      data-corner={corner}
                      className={classes.corner}
                      cx={point[0]}
                      cy={point[1]}
                      r={px(7)}
                      stroke={color(shape.label)}
                      strokeWidth={2}
                      vectorEffect="non-scaling-stroke"
                    />
                  ))}
              </g>
            );
          })}
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
            <>
              <polyline
                points={line.map((point) => point.join(",")).join(" ")}
                fill={color(label)}
                fillOpacity={0.1}
                stroke={color(label)}
                strokeWidth={2}
                vectorEffect="non-scaling-stroke"
              />
              {points.map((point, i) => (
                <circle key={i} cx={point[0]} cy={point[1]} r={px(i === 0 ? 7 : 4)} className={classes.corner} stroke={color(label)} strokeWidth={2} vectorEffect="non-scaling-stroke" />
              ))}
            </>
          )}
        </g>
      </svg>
      <ZoomButtons stage={stage} />
    </div>
  );
}
