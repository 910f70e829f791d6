import type { Json } from "../../api/types";

export interface Box {
  kind: "box";
  x: number;
  y: number;
  width: number;
  height: number;
  label: string;
}

export type Place = [x: number, y: number];

export interface Polygon {
  kind: "polygon";
  points: Place[];
  label: string;
}

export type Shape = Box | Polygon;

export interface Size {
  width: number;
  height: number;
}

/** Stored boxes and polygons; what is neither is left out. */
export function shapesOf(value: Json): Shape[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each): Shape[] => {
    if (typeof each !== "object" || each === null || Array.isArray(each) || typeof each.label !== "string") return [];
    const { x, y, width, height, label, points } = each;
    if (typeof x === "number" && typeof y === "number" && typeof width === "number" && typeof height === "number") {
      return [{ kind: "box", x, y, width, height, label }];
    }
    if (!Array.isArray(points)) return [];
    const read = points.flatMap((point): Place[] =>
      Array.isArray(point) && typeof point[0] === "number" && typeof point[1] === "number" ? [[point[0], point[1]]] : [],
    );
    return read.length >= 3 ? [{ kind: "polygon", points: read, label }] : [];
  });
}

export const storedShapes = (shapes: Shape[]): Json =>
  shapes.map((shape): Json =>
    shape.kind === "box"
      ? { x: shape.x, y: shape.y, width: shape.width, height: shape.height, label: shape.label }
      : { points: shape.points, label: shape.label },
  );

export const LEAST_POINTS = 3;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** The box between two corners, in whole pixels within the picture; null where it has no area. */
export function boxBetween(a: { x: number; y: number }, b: { x: number; y: number }, size: Size, label: string): Box | null {
  const x1 = Math.round(clamp(Math.min(a.x, b.x), 0, size.width));
  const x2 = Math.round(clamp(Math.max(a.x, b.x), 0, size.width));
  const y1 = Math.round(clamp(Math.min(a.y, b.y), 0, size.height));
  const y2 = Math.round(clamp(Math.max(a.y, b.y), 0, size.height));
  if (x2 - x1 < 1 || y2 - y1 < 1) return null;
  return { kind: "box", x: x1, y: y1, width: x2 - x1, height: y2 - y1, label };
}

/** The shape moved, but not out of the picture. */
export function movedBy(shape: Shape, dx: number, dy: number, size: Size): Shape {
  const around = bounds(shape);
  const x = Math.round(clamp(dx, -around.x, size.width - around.x - around.width));
  const y = Math.round(clamp(dy, -around.y, size.height - around.y - around.height));
  if (shape.kind === "box") return { ...shape, x: shape.x + x, y: shape.y + y };
  return { ...shape, points: shape.points.map(([px, py]) => [px + x, py + y]) };
}

/** The shape grown at its right and lower edge; a polygon is stretched from its upper left. */
export function grownBy(shape: Shape, dx: number, dy: number, size: Size): Shape {
  const around = bounds(shape);
  const width = clamp(Math.round(around.width + dx), 1, size.width - around.x);
  const height = clamp(Math.round(around.height + dy), 1, size.height - around.y);
  if (shape.kind === "box") return { ...shape, width, height };
  return {
    ...shape,
    points: shape.points.map(([px, py]) => [
      Math.round(around.x + ((px - around.x) * width) / Math.max(1, around.width)),
      Math.round(around.y + ((py - around.y) * height) / Math.max(1, around.height)),
    ]),
  };
}

/** A place in whole pixels within the picture. */
export const within = (x: number, y: number, size: Size): Place => [Math.round(clamp(x, 0, size.width)), Math.round(clamp(y, 0, size.height))];

/** The shape with one of its corners at another place. Corners of a box count from its upper left, clockwise. */
export function cornerAt(shape: Shape, corner: number, to: { x: number; y: number }, size: Size): Shape {
  if (shape.kind === "polygon") {
    const place = within(to.x, to.y, size);
    return { ...shape, points: shape.points.map((point, i) => (i === corner ? place : point)) };
  }
  const opposite = cornersOf(shape)[(corner + 2) % 4] ?? [shape.x, shape.y];
  return boxBetween(to, { x: opposite[0], y: opposite[1] }, size, shape.label) ?? shape;
}

export function cornersOf(shape: Shape): Place[] {
  if (shape.kind === "polygon") return shape.points;
  const { x, y, width, height } = shape;
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

export function bounds(shape: Shape): { x: number; y: number; width: number; height: number } {
  if (shape.kind === "box") return shape;
  const xs = shape.points.map(([x]) => x);
  const ys = shape.points.map(([, y]) => y);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** The outline with one point more, halfway from a point to the one after it. */
export function withPointAfter(shape: Polygon, at: number): Polygon {
  const here = shape.points[at];
  const next = shape.points[(at + 1) % shape.points.length];
  if (!here || !next) return shape;
  const between: Place = [Math.round((here[0] + next[0]) / 2), Math.round((here[1] + next[1]) / 2)];
  return { ...shape, points: shape.points.toSpliced(at + 1, 0, between) };
}

/** The outline with one point less; null where too few would be left. */
export const withoutPoint = (shape: Polygon, at: number): Polygon | null =>
  shape.points.length <= LEAST_POINTS ? null : { ...shape, points: shape.points.toSpliced(at, 1) };

/** Why these points make no outline; null where they do. */
export function unfinished(points: Place[]): string | null {
  if (points.length < LEAST_POINTS) return `An outline has at least ${LEAST_POINTS} points; this one has ${points.length}.`;
  const twice = points.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = points[(i + 1) % points.length] ?? [x, y];
    return sum + x * nextY - nextX * y;
  }, 0);
  return twice === 0 ? "These points lie on one line: an outline needs an area." : null;
}

/** A new shape to begin with by keyboard: a fifth of the picture, in the middle, a little aside of those before. */
export function begin(kind: Shape["kind"], size: Size, label: string, before: number): Shape {
  const width = Math.max(1, Math.round(size.width / 5));
  const height = Math.max(1, Math.round(size.height / 5));
  const shift = (before % 5) * 0.1;
  const x = Math.round((size.width - width) / 2 + shift * width);
  const y = Math.round((size.height - height) / 2 + shift * height);
  const box: Box = { kind: "box", x, y, width, height, label };
  return kind === "box" ? box : { kind: "polygon", points: cornersOf(box), label };
}

/** A shape in words, for those who do not see it. */
export function sayShape(shape: Shape, at: number, all: number): string {
  const { x, y, width, height } = bounds(shape);
  const kind = shape.kind === "box" ? "box" : `outline of ${shape.points.length} points`;
  return `${shape.label}, ${kind} ${at + 1} of ${all}: ${width} by ${height} pixels, ${x} from the left, ${y} from the top`;
}

/** One point of an outline in words. */
export function sayPoint(points: Place[], at: number): string {
  const [x, y] = points[at] ?? [0, 0];
  return `Point ${at + 1} of ${points.length}: ${x} from the left, ${y} from the top`;
}
