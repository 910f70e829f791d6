import type { KeyboardEvent } from "react";

import { cornersOf, sayPoint, sayShape, type Shape } from "./outlines";
import classes from "./shapes.module.css";
import type { Chosen, Shapes } from "./useShapes";

interface Props {
  shape: Shape;
  at: number;
  all: number;
  color: string;
  /** So many pixels of the screen, in those of the picture. */
  px: (n: number) => number;
  /** What is chosen of it, where it is chosen. */
  chosen: Chosen | null;
  choose: Shapes["choose"];
  press: (event: KeyboardEvent, at: number, point: number | null) => void;
}

/** One shape on the picture; once it is chosen, with its corners, which of an outline are reached by Tab. */
export function ShapeMark({ shape, at, all, color, px, chosen, choose, press }: Props) {
  const corners = cornersOf(shape);
  const top = corners.reduce((a, b) => (b[1] < a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
  // Above the shape, clear of a corner that can be taken up; beneath its upper edge where there is no room above.
  const tagAside = top[1] < px(28) ? 30 : chosen ? -9 : 0;
  return (
    <g data-shape={at}>
      <g
        className={classes.shape}
        data-whole
        tabIndex={0}
        role="button"
        aria-label={sayShape(shape, at, all)}
        aria-pressed={chosen !== null}
        onFocus={() => choose(at)}
        onKeyDown={(event) => press(event, at, null)}
      >
        <polygon
          points={corners.map((point) => point.join(",")).join(" ")}
          fill={color}
          fillOpacity={chosen ? 0.22 : 0.1}
          stroke={color}
          strokeWidth={chosen ? 3 : 2}
          vectorEffect="non-scaling-stroke"
        />
        <g transform={`translate(${top[0]} ${top[1] + px(tagAside)}) scale(${px(1)})`} className={classes.tag}>
          <rect x={-1} y={-19} width={9 + 7 * shape.label.length} height={18} rx={4} fill={color} />
          <text x={4} y={-6}>
            {shape.label}
          </text>
        </g>
      </g>
      {chosen &&
        corners.map(([x, y], corner) => {
          const active = corner === chosen.point;
          const reached =
            shape.kind === "polygon"
              ? {
                  "data-point": corner,
                  tabIndex: 0,
                  role: "button",
                  "aria-label": sayPoint(shape.points, corner),
                  "aria-pressed": active,
                  onFocus: () => choose(at, corner),
                  onKeyDown: (event: KeyboardEvent) => press(event, at, corner),
                }
              : {};
          return (
            <g key={corner} className={classes.corner} data-active={active || undefined} {...reached}>
              <circle data-corner={corner} className={classes.reach} cx={x} cy={y} r={px(13)} />
              <circle data-corner={corner} cx={x} cy={y} r={px(active ? 9 : 7)} stroke={color} strokeWidth={active ? 3 : 2} vectorEffect="non-scaling-stroke" />
              {active && <circle className={classes.core} cx={x} cy={y} r={px(4)} fill={color} />}
            </g>
          );
        })}
    </g>
  );
}
