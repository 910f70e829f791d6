import { Button, SegmentedControl } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";

import { media, mediaName } from "../../view/media";
import { Canvas, NoMedia } from "../../view/Pictures";
import { picture as pixelsOf } from "../../view/pixels";
import { useStage } from "../../view/stage";
import { useKeys } from "../keys/Keys";
import { arrowOf, type Arrow } from "./arrows";
import { digits, digitsOf, FEW } from "./digits";
import { Drawing } from "./Drawing";
import { ItemPicture } from "./ItemPicture";
import { ManyLabels } from "./ManyLabels";
import { Option } from "./Option";
import { begin, cornerAt, grownBy, movedBy, sayPoint, sayShape, shapesOf, storedShapes, unfinished, withoutPoint, withPointAfter, type Shape } from "./outlines";
import { ShapeList } from "./ShapeList";
import own from "./shapes.module.css";
import { BeginButton, ShapeTools } from "./ShapeTools";
import spans from "./spans.module.css";
import type { AnswerProps } from "./types";
import { sayPen, usePen } from "./usePen";
import { useShapes } from "./useShapes";

/** Boxes, or outlines and boxes, on a picture; with the mouse, or all by keyboard. */
export default function Shapes({ work, project, setValue, submit, frame }: AnswerProps) {
  const { classes: labels, task } = project.schema;
  const { fields, suggestion } = work.assignment;
  const field = useMemo(
    () => Object.keys(project.display).find((name) => ["image", "pixels"].includes(project.display[name] ?? "")) ?? "",
    [project.display],
  );
  const suggested = useMemo(() => (suggestion?.visible ? shapesOf(suggestion.value) : []), [suggestion]);
  const drawn = useShapes(work.value, suggested, setValue);
  const { shapes, chosen, choose } = drawn;
  const [label, setLabel] = useState(labels[0] ?? "");
  const [tool, setTool] = useState<Shape["kind"]>(task === "polygons" ? "polygon" : "box");
  const numbers = useMemo(() => (project.display[field] === "pixels" ? pixelsOf(fields[field] ?? null) : null), [project.display, field, fields]);
  const [natural, setNatural] = useState({ width: 0, height: 0 });
  const size = numbers ?? natural;
  const stage = useStage(size.width, size.height, numbers ? 40 : 4);
  const pen = usePen(size);
  const [refusal, setRefusal] = useState<string | null>(null);
  const found = media(fields[field] ?? null);
  const [failed, setFailed] = useState(false);
  const ready = size.width > 0 && size.height > 0;
  const hopeless = !numbers && (failed || project.display[field] === "pixels" || found.kind !== "here");
  useEffect(() => setRefusal(null), [drawn.changes, pen.points, pen.at]);

  const shape = chosen ? shapes[chosen.shape] : undefined;
  const outline = shape?.kind === "polygon" ? shape : null;
  const point = outline ? (chosen?.point ?? null) : null;

  const refuse = (why: string) => {
    setRefusal(why);
    return true;
  };
  const pick = (name: string) => {
    setLabel(name);
    if (chosen && shape) drawn.change(chosen.shape, { ...shape, label: name }, chosen.point);
  };
  /** From a button to the item: there Enter would press the button again, or what comes in its place. */
  const toItem = () => stage.ref.current?.closest("main")?.focus({ preventScroll: true });
  const giveUp = () => {
    pen.giveUp();
    toItem();
  };
  const beginShape = () => {
    if (!ready || pen.down) return false;
    if (tool === "box") drawn.keep([...shapes, begin(tool, size, label, shapes.length)], { shape: shapes.length, point: null });
    else {
      const [x, y] = stage.middle();
      choose(null);
      pen.begin(x, y);
      toItem();
    }
    return true;
  };
  const close = () => {
    const why = unfinished(pen.points);
    if (why) return refuse(why);
    drawn.keep([...shapes, { kind: "polygon", points: pen.points, label }], { shape: shapes.length, point: null });
    giveUp();
    return true;
  };
  const addPoint = () => {
    if (pen.down) pen.set();
    else if (chosen && outline) {
      const at = point ?? outline.points.length - 1;
      drawn.change(chosen.shape, withPointAfter(outline, at), at + 1);
    } else return false;
    return true;
  };
  const removePoint = () => {
    if (!chosen || !outline || point === null) return false;
    const less = withoutPoint(outline, point);
    if (!less) return refuse("An outline has at least three points: none can be removed.");
    drawn.change(chosen.shape, less, Math.min(point, less.points.length - 1));
    return true;
  };
  const step = (by: 1 | -1) => {
    const at = chosen?.shape ?? shapes.findIndex((each) => each.kind === "polygon");
    const along = shapes[at];
    if (pen.down || along?.kind !== "polygon") return false;
    const n = along.points.length;
    const next = point === null ? (by > 0 ? 0 : n - 1) : (point + by + n) % n;
    choose(at, next);
    setRefusal(null);
    stage.reveal(...(along.points[next] ?? [0, 0]));
    return true;
  };
  /** The pen, else the chosen point, else the whole shape goes where an arrow points. */
  const nudge = ({ dx, dy, shift, alt }: Arrow) => {
    const by = shift ? 10 : 1;
    const place = pen.down ? (pen.at ?? pen.points.at(-1)) : point === null ? undefined : outline?.points[point];
    if (pen.down) pen.move(dx * by, dy * by);
    else if (!chosen || !shape) return false;
    else if (place) drawn.change(chosen.shape, cornerAt(shape, point ?? 0, { x: place[0] + dx * by, y: place[1] + dy * by }, size), point);
    else {
      const far = alt ? 1 : Math.max(1, Math.round(Math.min(size.width, size.height) / 100));
      drawn.change(chosen.shape, (shift ? grownBy : movedBy)(shape, dx * far, dy * far, size));
    }
    if (place) stage.reveal(place[0] + dx * by, place[1] + dy * by);
    return true;
  };
  // Without the picture, no shapes would say that there is nothing on it.
  const send = () => {
    if (!ready) return false;
    if (pen.down) return refuse("An outline is under way: close it, or give it up.");
    const flat = shapes.findIndex((each) => each.kind === "polygon" && unfinished(each.points));
    if (flat === -1) submit(storedShapes(shapes));
    else {
      choose(flat);
      refuse("This outline has no area. Move its points apart, or remove it.");
    }
    return true;
  };

  useKeys({
    actions: {
      ...(labels.length <= FEW ? digits(labels, pick) : {}),
      submit: send,
      "mark.new": beginShape,
      "mark.delete": () => {
        if (pen.down) pen.back();
        else if (point !== null) removePoint();
        else if (chosen) drawn.remove(chosen.shape);
        else return false;
        return true;
      },
      "mark.next": () => {
        if (shapes.length === 0 || pen.down) return false;
        choose(chosen === null ? 0 : (chosen.shape + 1) % shapes.length);
        return true;
      },
      "mark.point.next": () => step(1),
      "mark.point.before": () => step(-1),
      "mark.point.add": addPoint,
      "mark.undo": () => {
        if (!pen.down) return drawn.undo();
        pen.back();
        return true;
      },
    },
    raw: (word) => {
      const arrow = arrowOf(word);
      if (arrow) return nudge(arrow);
      if (pen.down && word === "enter") close();
      else if (pen.down && word === "backspace") pen.back();
      else if (pen.down && word === "escape") pen.giveUp();
      else if (chosen && word === "escape") choose(point === null ? null : chosen.shape);
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
    <ItemPicture url={found.url} name={field} onSize={setNatural} onFail={() => setFailed(true)} />
  ) : null;
  const said = refusal ?? (pen.down ? sayPen(pen) : outline && point !== null ? sayPoint(outline.points, point) : chosen && shape ? sayShape(shape, chosen.shape, shapes.length) : "");

  return frame({
    still: true,
    instead: {
      [field]: picture ? (
        <Drawing stage={stage} size={size} picture={picture} drawn={drawn} pen={pen} close={close} labels={labels} label={label} tool={tool} others={Object.keys(fields).length > 1} />
      ) : found.kind === "here" ? (
        <p className={own.failed}>This picture cannot be shown: {mediaName(fields[field] ?? null)}.</p>
      ) : (
        <NoMedia what="picture" found={found} />
      ),
    },
    answer: (
      <>
        <div className={own.begins}>
          {task === "polygons" && (
            <SegmentedControl
              size="sm"
              className={own.kinds}
              aria-label="What to draw"
              value={tool}
              onChange={(kind) => {
                pen.giveUp();
                setTool(kind as Shape["kind"]);
              }}
              data={[
                { value: "polygon", label: "Outline" },
                { value: "box", label: "Box" },
              ]}
            />
          )}
          <BeginButton kind={tool} ready={ready && !pen.down} begin={beginShape} />
        </div>
        {labels.length <= FEW ? (
          <div role="group" aria-label="Labels" className={spans.palette}>
            {labels.map((name, i) => (
              <Option key={name} small label={name} hint={digitsOf(labels)[i] ?? null} chosen={label === name} suggested={false} color={i} onPick={() => pick(name)} />
            ))}
          </div>
        ) : (
          <ManyLabels project={project.name} labels={labels} chosen={[label]} suggested={[]} confidence={null} onPick={pick} many />
        )}
        <ShapeTools
          pen={pen}
          shape={shape}
          chosen={chosen}
          close={close}
          giveUp={giveUp}
          addPoint={addPoint}
          removePoint={removePoint}
          step={step}
          nudge={nudge}
        />
        {refusal && <p className={own.refusal}>{refusal}</p>}
        <div className="q-hidden" role="status" data-testid="shape-said">
          {said}
        </div>
        {suggested.length > 0 && work.value === null && (
          <p className={spans.note}>
            {suggested.length === 1 ? "This shape is" : `These ${suggested.length} shapes are`} the model's suggestion.{" "}
            <Button size="compact-xs" variant="subtle" onClick={() => drawn.keep([], null)}>
              Remove all
            </Button>
          </p>
        )}
        <ShapeList labels={labels} shapes={shapes} chosen={chosen} choose={choose} remove={drawn.remove} />
      </>
    ),
    stuck: hopeless ? "The picture cannot be shown, so nothing on it can be marked. Skip the item, or flag it for somebody to look at." : undefined,
    submit: {
      label: shapes.length === 0 ? "Submit: nothing here" : `Submit ${shapes.length} ${shapes.length === 1 ? "shape" : "shapes"}`,
      ready: ready && !pen.down,
      run: () => void send(),
      why: ready ? "Close the outline first" : "The picture is loading",
    },
    hint: tool === "polygon" ? "Click point by point; Enter or a double click closes" : "Drag, or click two corners",
    touch: `${tool === "polygon" ? "Tap point by point" : "Drag, or tap two corners"}; two fingers zoom`,
  });
}
