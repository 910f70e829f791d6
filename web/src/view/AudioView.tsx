import type { Json } from "../api/types";
import { media } from "./media";
import { NoMedia } from "./Pictures";
import classes from "./view.module.css";

/** A sound with the browser's own controls; the page's key for it plays and pauses the first one. */
export function AudioView({ name, value }: { name: string; value: Json }) {
  const found = media(value);
  if (found.kind !== "here") return <NoMedia what="sound" found={found} />;
  return <audio className={classes.audio} data-item-audio controls preload="auto" src={found.url} aria-label={`The item's ${name}`} />;
}
