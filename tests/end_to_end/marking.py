"""Marks parts of a text as people do, and reads what the page showed of it."""

from __future__ import annotations

from typing import Any

TEXT = "[data-testid=span-text]"

# Where the pointer goes down and up to select from one place of the text to another: within the first and the last
# sign, near their outer sides, which are the other ones where the writing goes from right to left.
POINTS = """([start, end, rtl]) => {
  const drawn = [...document.querySelectorAll('[data-o]')];
  const text = drawn.map((each) => each.textContent).join('');
  const sign = (at) => new Intl.Segmenter().segment(text.slice(start, end)).containing(at - start);
  const box = ({ index, segment }) => {
    const [from, to] = [start + index, start + index + segment.length];
    const piece = drawn.findLast((each) => Number(each.dataset.o) <= from);
    const range = document.createRange();
    range.setStart(piece.firstChild, from - Number(piece.dataset.o));
    range.setEnd(piece.firstChild, to - Number(piece.dataset.o));
    return range.getBoundingClientRect();
  };
  const point = ({ left, right, top, bottom, width }, atRight) =>
    [atRight ? right - width / 8 : left + width / 8, (top + bottom) / 2];
  return [point(box(sign(start)), rtl), point(box(sign(end - 1)), !rtl)];
}"""


def units(text: str, at: int) -> int:
    """The same place of a text, as browsers count: in UTF-16 units."""
    return len(text[:at].encode("utf-16-le")) // 2


def drag_over(page: Any, text: str, part: str, *, rtl: bool = False) -> str:
    """Select the first such part with the mouse; what the browser itself takes for selected meanwhile."""
    start = text.index(part)
    ends = [units(text, start), units(text, start + len(part))]
    (x1, y1), (x2, y2) = page.evaluate(POINTS, [*ends, rtl])
    page.mouse.move(x1, y1)
    page.mouse.down()
    page.mouse.move((x1 + x2) / 2, (y1 + y2) / 2)
    page.mouse.move(x2, y2)
    selected: str = page.evaluate("getSelection().toString()")
    page.mouse.up()
    return selected


def step_to(page: Any, part: str, *, most: int = 40) -> None:
    """Select a word by the arrow key that leads onward in the writing of the first line, as many times as it takes."""
    rtl = page.locator("[data-line]").first.evaluate("line => getComputedStyle(line).direction === 'rtl'")
    for _ in range(most):
        page.keyboard.press("ArrowLeft" if rtl else "ArrowRight")
        if chosen(page) == part:
            return
    raise AssertionError(f"{part!r} was not reached; at last {chosen(page)!r} was selected")


def chosen(page: Any) -> str:
    """The part that the page shows as selected."""
    found: str = page.evaluate(
        "[...document.querySelectorAll('[data-o][data-selected]')].map(each => each.textContent).join('')"
    )
    return found


def marked(page: Any) -> str:
    """All that the page shows as marked, in the order of the text."""
    found: str = page.evaluate(
        "[...document.querySelectorAll('[data-o][data-marked]')].map(each => each.textContent).join('|')"
    )
    return found
