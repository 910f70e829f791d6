import { ActionIcon } from "@mantine/core";

import { CloseIcon } from "../../ui/icons";
import { labelColor } from "../parts/colors";
import classes from "./answer.module.css";
import { bounds, sayShape } from "./outlines";
import spans from "./spans.module.css";
import type { Shapes } from "./useShapes";

/** What is drawn, in a list: each to be chosen, or removed. */
export function ShapeList({ labels, shapes, chosen, choose, remove }: { labels: string[] } & Pick<Shapes, "shapes" | "chosen" | "choose" | "remove">) {
  if (shapes.length === 0) return null;
  return (
    <ul className={spans.list} aria-label="Shapes">
      {shapes.map((shape, i) => {
        const { width, height } = bounds(shape);
        const active = i === chosen?.shape;
        return (
          <li key={i} className={spans.row} data-active={active || undefined}>
            <button type="button" className={spans.rowMain} aria-pressed={active} aria-label={sayShape(shape, i, shapes.length)} onClick={() => choose(i)}>
              <span className={classes.dot} style={{ background: labelColor(labels.indexOf(shape.label)) }} aria-hidden />
              <span className={spans.rowText}>{shape.label}</span>
              <span className={spans.rowLabel}>
                {Math.round(width)} × {Math.round(height)}
              </span>
            </button>
            <ActionIcon variant="subtle" color="gray" size={30} aria-label={`Remove ${shape.label} ${i + 1}`} onClick={() => remove(i)}>
              <CloseIcon />
            </ActionIcon>
          </li>
        );
      })}
    </ul>
  );
}
