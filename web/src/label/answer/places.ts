/** Which place of the text a point of the page's tree is, where the text is drawn by `MarkedText`. */
export function placeOf(root: Element, node: Node, offset: number): number | null {
  if (!root.contains(node)) return null;
  if (node.nodeType === Node.TEXT_NODE) {
    const drawn = node.parentElement?.closest("[data-o]");
    return drawn ? Number(drawn.getAttribute("data-o")) + offset : null;
  }
  const element = node as Element;
  const child = element.childNodes[offset];
  const after = child instanceof Element ? (child.matches("[data-o]") ? child : child.querySelector("[data-o]")) : null;
  if (after) return Number(after.getAttribute("data-o"));
  const own = element.closest("[data-o]");
  if (own) return Number(own.getAttribute("data-o")) + (offset > 0 ? (own.textContent?.length ?? 0) : 0);
  const before = [...element.querySelectorAll("[data-o]")].at(-1);
  return before ? Number(before.getAttribute("data-o")) + (before.textContent?.length ?? 0) : null;
}

/** The place of the text at a point of the screen. */
export function placeAt(root: Element, x: number, y: number): number | null {
  const found = document.caretPositionFromPoint?.(x, y);
  if (found) return placeOf(root, found.offsetNode, found.offset);
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? placeOf(root, range.startContainer, range.startOffset) : null;
}

/** Where on the screen a place of the text is. */
export function boxOf(root: Element, at: number): DOMRect | null {
  let found: Element | null = null;
  for (const drawn of root.querySelectorAll("[data-o]")) {
    if (Number(drawn.getAttribute("data-o")) > at) break;
    found = drawn;
  }
  const text = found?.firstChild;
  if (!found || !text) return null;
  const range = document.createRange();
  const offset = Math.min(at - Number(found.getAttribute("data-o")), text.textContent?.length ?? 0);
  range.setStart(text, offset);
  range.setEnd(text, Math.min(offset + 1, text.textContent?.length ?? 0));
  return range.getBoundingClientRect();
}
