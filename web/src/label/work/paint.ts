/** Run `then` once what React has just rendered is on the screen. */
export function afterPaint(then: () => void): void {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      then();
    };
    channel.port2.postMessage(null);
  });
}

const AT_LATEST_MS = 100;

/** Run `then` when the next frame has been painted: what nobody sees need not hold up what somebody does. */
export function soon(then: () => void): void {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    then();
  };
  // A page in the background paints nothing.
  setTimeout(once, document.visibilityState === "visible" ? AT_LATEST_MS : 0);
  if (document.visibilityState === "visible") afterPaint(() => setTimeout(once));
}

/** Write down how long something took until it was painted, for the browser's own list of measures. */
export function measureToPaint(name: "key-to-paint" | "next-item", start: number): void {
  afterPaint(() => {
    performance.measure(`querist:${name}`, { start, end: performance.now() });
    // The list is unbounded; a day of labeling should not fill the memory.
    if (performance.getEntriesByName(`querist:${name}`).length > 1000) performance.clearMeasures(`querist:${name}`);
  });
}
