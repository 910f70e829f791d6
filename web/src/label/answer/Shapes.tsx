import { ActionIcon, Button, SegmentedControl } from "@mantine/core";
import { useMemo, useRef, useState, type KeyboardEvent } from "react";

import { CloseIcon } from "../../ui/icons";
import { media, mediaName } from "../../view/media";
import { Canvas, NoMedia } from "../../view/Pictures";
import { picture as pixelsOf } from "../../view/pixels";
import { useSettling } from "../../view/settling";
import { useStage } from "../../view/stage";
import { useKeys } from "../keys/Keys";
import { labelColor } from "../parts/colors";
import classes from "./answer.module.css";
import { digits, digitsOf, FEW } from "./digits";
import { Drawing } from "./Drawing";
import { ManyLabels } from "./ManyLabels";
import { Option } from "./Option";
import { begin, bounds, grownBy, movedBy, sayShape, shapesOf, storedShapes, type Shape } from "./outlines";
import own from "./shapes.module.css";
import spans from "./spans.module.css";
import type { AnswerProps } from "./types";

/** Boxes, or outlines and boxes, on a picture; with the mouse, or all by keyboard. */
export default function Shapes({ work, project, setValue, submit, frame }: AnswerProps) {
  const { classes: labels, task } = project.schema;
  const { fields, suggestion } = work.assignment;
  const field = useMemo(
    () => Object.keys(project.display).find((name) => ["image", "pixels"].includes(project.display[name] ?? "")) ?? "",
    [project.display],
  );
  const suggested = useMemo(() => (suggestion?.visible ? shapesOf(suggestion.value) : []), [suggestion]);
  const [shapes, setShapes] = useState<Shape[]>(() => (work.value === null ? suggested : shapesOf(work.value)));
  const [active, setActive] = useState<number | null>(null);
  const [label, setLabel] = useState(labels[0] ?? "");
  const [tool, setTool] = useState<Shape["kind"]>(task === "polygons" ? "polygon" : "box");
  const past = useRef<Shape[][]>([]);
  const kept = useRef(shapes);
  const numbers = useMemo(() => (project.display[field] === "pixels" ? pixelsOf(fields[field] ?? null) : null), [project.display, field, fields]);
  const [natural, setNatural] = useState({ width: 0, height: 0 });
  const size = numbers ?? natural;
  const stage = useStage(size.width, size.height);
  const found = media(fields[field] ?? null);
  const [failed, setFailed] = useState(false);
  const ready = size.width > 0 && size.height > 0;
  const hopeless = !numbers && (failed || project.display[field] === "pixels" || found.kind !== "here");

  const keep = (next: Shape[], at: number | null = active) => {
    past.current.push(kept.current);
    kept.current = next;
    setShapes(next);
    setActive(at);
    setValue(storedShapes(next));
  };
  const change = (at: number, shape: Shape) => keep(shapes.map((each, i) => (i === at ? shape : each)), at);
  const remove = (at: number) => keep(shapes.filter((_, i) => i !== at), null);
  const pick = (name: string) => {
    setLabel(name);
    const chosen = active === null ? undefined : shapes[active];
    if (chosen && active !== null) change(active, { ...chosen, label: name });
  };
  const step = (event: KeyboardEvent | globalThis.KeyboardEvent) =>
    event.altKey ? 1 : Math.max(1, Math.round(Math.min(size.width, size.height) / 100));
  const arrows = (word: string, at: number, by: number): boolean => {
    const shape = shapes[at];
    const found = /^(?:alt\+)?(shift\+)?arrow(left|right|up|down)$/.exec(word);
    if (!shape || !found) return false;
    const dx = found[2] === "left" ? -by : found[2] === "right" ? by : 0;
    const dy = found[2] === "up" ? -by : found[2] === "down" ? by : 0;
    change(at, found[1] ? grownBy(shape, dx, dy, size) : movedBy(shape, dx, dy, size));
    return true;
  };
  // Without the picture, no shapes would say that there is nothing on it.
  const send = () => {
    if (!ready) return false;
    submit(storedShapes(shapes));
    return true;
  };

  useKeys({
    actions: {
      ...(labels.length <= FEW ? digits(labels, pick) : {}),
      submit: send,
      "mark.new": () => {
        if (!ready) return false;
        keep([...shapes, begin(tool, size, label, shapes.length)], shapes.length);
        return true;
      },
      "mark.delete": () => (active === null ? false : remove(active)),
      "mark.next": () => {
        if (shapes.length === 0) return false;
        setActive(active === null ? 0 : (active + 1) % shapes.length);
        return true;
      },
      "mark.undo": () => {
        const before = past.current.pop();
        if (!before) return false;
        kept.current = before;
        setShapes(before);
        setActive(null);
        setValue(storedShapes(before));
        return true;
      },
    },
    raw: (word, event) => {
      if (active !== null && arrows(word, active, step(event))) return true;
      if (word === "escape" && active !== null) setActive(null);
      else if (word === "+" || word === "=") stage.zoom(1.4);
      else if (word === "-") stage.zoom(1 / 1.4);
      else if (word === "0") stage.fit();
      else return false;
      return true;
    },
  });

  const picture = numbers ? (
    <Canvas picture={numbers} label={`The item's ${field}`} className={own.pixels} />
  ) : found.kind === "here" && !hopeless ? (
    <Loaded url={found.url} name={field} onSize={setNatural} onFail={() => setFailed(true)} />
  ) : null;

  return frame({
    wantsRoom: true,
    instead: {
      [field]: picture ? (
        <Drawing
          stage={stage}
          size={size}
          picture={picture}
          shapes={shapes}
          labels={labels}
          label={label}
          tool={tool}
          active={active}
          setActive={setActive}
          preview={setShapes}
          keep={keep}
          keys={(event, at) => {
            const word = `${event.altKey ? "alt+" : ""}${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`;
            if (!arrows(word, at, step(event))) return;
            event.preventDefault();
            event.stopPropagation();
          }}
        />
      ) : found.kind === "here" ? (
        <p className={own.failed}>This picture cannot be shown: {mediaName(fields[field] ?? null)}.</p>
      ) : (
        <NoMedia what="picture" found={found} />
      ),
    },
    answer: (
      <>
        {task === "polygons" && (
          <SegmentedControl
            fullWidth
            size="sm"
            aria-label="What to draw"
            value={tool}
            onChange={(kind) => setTool(kind as Shape["kind"])}
            data={[
              { value: "polygon", label: "Outline" },
              { value: "box", label: "Box" },
            ]}
          />
        )}
        {labels.length <= FEW ? (
          <div role="group" aria-label="Labels" className={spans.palette}>
            {labels.map((name, i) => (
              <Option key={name} small label={name} hint={digitsOf(labels)[i] ?? null} chosen={label === name} suggested={false} color={i} onPick={() => pick(name)} />
            ))}
          </div>
        ) : (
          <ManyLabels project={project.name} labels={labels} chosen={[label]} suggested={[]} confidence={null} onPick={pick} many />
        )}
        {suggested.length > 0 && work.value === null && (
          <p className={spans.note}>
            {suggested.length === 1 ? "This shape is" : `These ${suggested.length} shapes are`} the model's suggestion.{" "}
            <Button size="compact-xs" variant="subtle" onClick={() => keep([], null)}>
              Remove all
            </Button>
          </p>
        )}
        {shapes.length > 0 && (
          <ul className={spans.list} aria-label="Shapes">
            {shapes.map((shape, i) => {
              const { width, height } = bounds(shape);
              return (
                <li key={i} className={spans.row} data-active={i === active || undefined}>
                  <button type="button" className={spans.rowMain} aria-pressed={i === active} aria-label={sayShape(shape, i, shapes.length)} onClick={() => setActive(i)}>
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
        )}
      </>
    ),
    stuck: hopeless ? "The picture cannot be shown, so nothing on it can be marked. Skip the item, or flag it for somebody to look at." : undefined,
    submit: {
      label: shapes.length === 0 ? "Submit: nothing here" : `Submit ${shapes.length} ${shapes.length === 1 ? "shape" : "shapes"}`,
      ready,
      run: () => void send(),
      why: "The picture is loading",
    },
    hint: tool === "polygon" ? "Click point by point; Enter or a double click closes" : "Drag to draw; N draws by keyboard",
  });
}

interface LoadedProps {
  url: string;
  name: string;
  onSize: (size: { width: number; height: number }) => void;
  onFail: () => void;
}

function Loaded({ url, name, onSize, onFail }: LoadedProps) {
  const settled = useSettling();
  return (
    <img
      src={url}
      alt={`The item's ${name}`}
      draggable={false}
      decoding="async"
      onLoad={(event) => {
        const { naturalWidth: width, naturalHeight: height } = event.currentTarget;
        if (width > 0 && height > 0) onSize({ width, height });
        else onFail();
        settled();
      }}
      onError={() => {
        onFail();
        settled();
      }}
    />
  );
}
