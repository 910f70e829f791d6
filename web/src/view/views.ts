/** How a picture lies in its frame: enlarged so many times, with its upper left corner so far from the frame's. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

/** The view that shows a whole picture in the middle of a frame, enlarged at most `most` times. */
export function fitted(width: number, height: number, frameWidth: number, frameHeight: number, most = 4): View {
  const scale = Math.min(frameWidth / width, frameHeight / height, most);
  return { scale, x: (frameWidth - width * scale) / 2, y: (frameHeight - height * scale) / 2 };
}

/** A view zoomed by a factor, with the point of the frame at (x, y) staying where it is. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const scale = Math.min(40, Math.max(0.02, view.scale * factor));
  const real = scale / view.scale;
  return { scale, x: x - (x - view.x) * real, y: y - (y - view.y) * real };
}

/** The view moved just so far that a place of the picture is in the frame. */
export function revealed(view: View, x: number, y: number, frameWidth: number, frameHeight: number, margin = 24): View {
  const aside = (at: number, room: number) => (at < 0 ? margin - at : at > room ? room - margin - at : 0);
  const dx = aside(view.x + x * view.scale, frameWidth);
  const dy = aside(view.y + y * view.scale, frameHeight);
  return dx === 0 && dy === 0 ? view : { ...view, x: view.x + dx, y: view.y + dy };
}
