/** Whether a row that scrolls has more at either end than is in sight; a pixel does not count, as zoomed pages round. */
export function beyond({ scrollLeft, clientWidth, scrollWidth }: { scrollLeft: number; clientWidth: number; scrollWidth: number }): {
  before: boolean;
  after: boolean;
} {
  return { before: scrollLeft > 1, after: scrollLeft + clientWidth < scrollWidth - 1 };
}
