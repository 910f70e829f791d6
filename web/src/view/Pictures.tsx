import { useEffect, useRef, useState } from "react";

import type { Json } from "../api/types";
import { whenDecoded } from "./decoding";
import { media, mediaName } from "./media";
import { picture, type Picture } from "./pixels";
import { useSettling } from "./settling";
import { useStage } from "./stage";
import classes from "./view.module.css";
import { ZoomButtons } from "./ZoomButtons";

/** A picture that can be zoomed and moved. */
export function ImageView({ name, value }: { name: string; value: Json }) {
  const found = media(value);
  if (found.kind !== "here") return <NoMedia what="picture" found={found} />;
  return <Zoomed key={found.url} name={name} file={mediaName(value)} url={found.url} />;
}

function Zoomed({ name, file, url }: { name: string; file: string; url: string }) {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [failed, setFailed] = useState(false);
  const stage = useStage(size.width, size.height);
  const settled = useSettling();
  if (failed) return <p className={classes.leftOut}>This picture cannot be shown: {file}.</p>;
  const { scale, x, y } = stage.view;
  return (
    <div className={classes.stage} ref={stage.ref} onPointerDown={stage.pan} onDoubleClick={stage.fit}>
      <img
        src={url}
        alt={`The item's ${name}`}
        draggable={false}
        style={{ transform: `translate(${x}px, ${y}px) scale(${scale})`, visibility: size.width ? "visible" : "hidden" }}
        onLoad={(event) => {
          setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight });
          whenDecoded(event.currentTarget, settled);
        }}
        onError={() => {
          setFailed(true);
          settled();
        }}
      />
      <ZoomButtons stage={stage} />
    </div>
  );
}

/** A matrix of numbers as a picture with sharp pixels. */
export function Pixels({ name, value }: { name: string; value: Json }) {
  const found = picture(value);
  if (!found) return <p className={classes.leftOut}>These numbers are no picture.</p>;
  return (
    <div className={classes.pixelsFrame}>
      <Canvas picture={found} label={`The item's ${name}, ${found.width} by ${found.height} pixels`} className={classes.pixels} />
    </div>
  );
}

export function Canvas({ picture: shown, label, className }: { picture: Picture; label: string; className?: string }) {
  const ref = useRef<HTMLCanvasElement | null>(null);
  useEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(shown.width, shown.height);
    shown.gray.forEach((gray, i) => {
      image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = gray;
      image.data[4 * i + 3] = 255;
    });
    context.putImageData(image, 0, 0);
  });
  return <canvas ref={ref} width={shown.width} height={shown.height} role="img" aria-label={label} className={className} />;
}

export function NoMedia({ what, found }: { what: string; found: ReturnType<typeof media> }) {
  return (
    <p className={classes.leftOut}>
      {found.kind === "elsewhere"
        ? `This ${what} is on another server (${found.host}). The page asks no other server; put the file among this server's media.`
        : `There is no ${what} here.`}
    </p>
  );
}
