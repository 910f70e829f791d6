import { ActionIcon, Button } from "@mantine/core";
import type { ReactNode } from "react";

import { useBindings } from "../keys/Keys";
import { show } from "../keys/stroke";
import { Kbd } from "../parts/Kbd";
import { towards, ways, type Arrow } from "./arrows";
import type { Shape } from "./outlines";
import own from "./shapes.module.css";
import type { Pen } from "./usePen";
import type { Chosen } from "./useShapes";

interface Props {
  pen: Pen;
  /** The shape that is chosen. */
  shape: Shape | undefined;
  chosen: Chosen | null;
  close: () => void;
  giveUp: () => void;
  addPoint: () => void;
  removePoint: () => void;
  step: (by: 1 | -1) => void;
  nudge: (arrow: Arrow) => void;
}

/** What the keys do to shapes, as buttons: nothing has to be dragged, and no key pressed. */
export function ShapeTools({ pen, shape, chosen, close, giveUp, addPoint, removePoint, step, nudge }: Props) {
  if (pen.down) {
    const n = pen.points.length;
    return (
      <Tools key="pen" title="New outline" detail={`${n} ${n === 1 ? "point" : "points"}`} what="the pen" nudge={nudge}>
        {pen.at && <Act onClick={addPoint}>Set point</Act>}
        <Act onClick={pen.back} disabled={n === 0}>
          Take back
        </Act>
        <Act onClick={close}>Close</Act>
        <Act onClick={giveUp}>Cancel</Act>
      </Tools>
    );
  }
  const point = chosen?.point ?? null;
  const points = shape?.kind === "polygon" ? shape.points : [];
  const place = point === null ? undefined : points[point];
  if (!shape) return null;
  return (
    <Tools
      key="shape"
      title={place ? `Point ${(point ?? 0) + 1} of ${points.length}` : shape.label}
      detail={place ? place.join(", ") : shape.kind === "polygon" ? "whole outline" : "whole box"}
      what={place ? "the point" : "the shape"}
      nudge={nudge}
    >
      {points.length > 0 && (
        <>
          <Act onClick={() => step(-1)} label="Point before">
            ‹
          </Act>
          <Act onClick={() => step(1)} label="Next point">
            ›
          </Act>
          <Act onClick={addPoint}>Add point</Act>
          {place && <Act onClick={removePoint}>Remove point</Act>}
        </>
      )}
    </Tools>
  );
}

/** Begins a shape in the middle of the picture. */
export function BeginButton({ kind, ready, begin }: { kind: Shape["kind"]; ready: boolean; begin: () => void }) {
  const bound = useBindings();
  return (
    <Button
      variant="default"
      size="compact-sm"
      fw={500}
      className={own.begin}
      disabled={!ready}
      onClick={begin}
      rightSection={<Kbd>{show(bound?.["mark.new"][0] ?? "")}</Kbd>}
    >
      {kind === "polygon" ? "New outline" : "New box"}
    </Button>
  );
}

const ARROWS = { left: "←", up: "↑", down: "↓", right: "→" };

function Tools({ title, detail, what, nudge, children }: { title: string; detail: string; what: string; nudge: (arrow: Arrow) => void; children: ReactNode }) {
  return (
    <div className={own.tools} role="group" aria-label={title}>
      <p className={own.toolsHead}>
        <b>{title}</b> <span>{detail}</span>
      </p>
      <ActionIcon.Group>
        {ways.map((way) => (
          <ActionIcon
            key={way}
            variant="default"
            size={32}
            aria-label={`Move ${what} ${way}`}
            onClick={(event) => nudge(towards(way, event.shiftKey && what !== "the shape"))}
          >
            {ARROWS[way]}
          </ActionIcon>
        ))}
      </ActionIcon.Group>
      <div className={own.acts}>{children}</div>
    </div>
  );
}

function Act({ label, disabled, onClick, children }: { label?: string; disabled?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Button variant="default" size="compact-sm" fw={500} aria-label={label} disabled={disabled} onClick={onClick}>
      {children}
    </Button>
  );
}
