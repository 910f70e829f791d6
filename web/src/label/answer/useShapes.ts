import { useRef, useState } from "react";

import type { Json } from "../../api/types";
import { shapesOf, storedShapes, type Shape } from "./outlines";

/** Which shape is chosen, and which of its points where one is. */
export interface Chosen {
  shape: number;
  point: number | null;
}

export interface Shapes {
  shapes: Shape[];
  chosen: Chosen | null;
  /** Counts the changes that were kept, for whoever has one under way. */
  changes: number;
  choose: (shape: number | null, point?: number | null) => void;
  /** A change under way, drawn but not yet kept. */
  preview: (shapes: Shape[]) => void;
  keep: (shapes: Shape[], chosen: Chosen | null) => void;
  change: (at: number, shape: Shape, point?: number | null) => void;
  remove: (at: number) => void;
  /** Back to before the last change; whether there was one. */
  undo: () => boolean;
}

/** The shapes of an answer, the one that is chosen, and how they were before each change. */
export function useShapes(value: Json, suggested: Shape[], setValue: (value: Json) => void): Shapes {
  const [shapes, setShapes] = useState<Shape[]>(() => (value === null ? suggested : shapesOf(value)));
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [changes, setChanges] = useState(0);
  const past = useRef<Shape[][]>([]);
  const kept = useRef(shapes);

  const show = (next: Shape[], now: Chosen | null) => {
    kept.current = next;
    setShapes(next);
    setChosen(now);
    setChanges((before) => before + 1);
    setValue(storedShapes(next));
  };
  const keep = (next: Shape[], now: Chosen | null) => {
    past.current.push(kept.current);
    show(next, now);
  };
  return {
    shapes,
    chosen,
    changes,
    choose: (shape, point = null) =>
      setChosen((now) =>
        shape === null ? null : now?.shape === shape && now.point === point ? now : { shape, point },
      ),
    preview: setShapes,
    keep,
    change: (at, shape, point = null) => keep(shapes.map((each, i) => (i === at ? shape : each)), { shape: at, point }),
    remove: (at) => keep(shapes.toSpliced(at, 1), null),
    undo: () => {
      const before = past.current.pop();
      if (before) show(before, null);
      return before !== undefined;
    },
  };
}
