import { ActionIcon } from "@mantine/core";

import type { Stage } from "./stage";
import classes from "./view.module.css";

export function ZoomButtons({ stage }: { stage: Stage }) {
  return (
    <ActionIcon.Group className={classes.zoom}>
      <ActionIcon variant="default" size={32} aria-label="Zoom out" onClick={() => stage.zoom(1 / 1.4)}>
        −
      </ActionIcon>
      <ActionIcon variant="default" size={32} w={52} aria-label="Fit the whole picture" onClick={stage.fit}>
        <span className={classes.zoomText}>{Math.round(stage.view.scale * 100)}%</span>
      </ActionIcon>
      <ActionIcon variant="default" size={32} aria-label="Zoom in" onClick={() => stage.zoom(1.4)}>
        +
      </ActionIcon>
    </ActionIcon.Group>
  );
}
