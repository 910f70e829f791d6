"""The few parts that every chart is drawn from: scales, ticks and elements, as strings that are safe to embed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

FONT = 12.5
CHARACTER = 6.9  # mean advance of the page's sans at FONT; generous, since labels must not be cut


@dataclass(frozen=True, slots=True)
class Scale:
    """A line from values to places in the picture; through logarithms where `log`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, v = (math.log(x) for x in (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        part = (v - low) / (high - low) if high > low else 0.5
        return round(self.start + part * (self.end - self.start), 2)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, at most `most`, in steps of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> ticks(0.61, 0.98, 5), ticks(0, 500, 6), ticks(3, 3)
    ([0.7, 0.8, 0.9], [0.0, 100.0, 200.0, 300.0, 400.0, 500.0], [3])
    """
    if not high > low:
        return [low]
    rough = (high - low) / max(most - 1, 1)
    size = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 5, 10, 20, 50):
        step = size * factor
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if 0 < last - first + 1 <= most:
            return [round(i * step, 12) for i in range(first, last + 1)]
    return [low]


def log_ticks(low: float, high: float) -> list[float]:
    """Round factors from `low` to `high`: powers of two, and where these are few, what lies between them.

    Examples
    --------
    >>> log_ticks(0.4, 17), log_ticks(0.9, 4.5), log_ticks(0.8, 1.3)
    ([0.5, 1.0, 2.0, 4.0, 8.0, 16.0], [1.0, 1.5, 2.0, 3.0, 4.0], [0.8, 0.9, 1.0, 1.1, 1.2, 1.3])
    """
    first, last = math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / 7))
    powers = [2.0**k for k in range(first, last + 1) if k % step == 0]
    if len(powers) >= 4:
        return powers
    halves = [value * factor for value in [2.0 ** (first - 1), *powers] for factor in (1, 1.5)]
    halves = [v for v in halves if low <= v <= high]
    return halves if len(halves) >= 4 else ticks(low, high, 7)


def tick_text(value: float, values: Sequence[float]) -> str:
    """A tick with as many decimals as its neighbors need.

    Examples
    --------
    >>> tick_text(0.5, [0.5, 0.75]), tick_text(1000, [0, 1000])
    ('0.50', '1,000')
    """
    places = max((len(f"{v:.6f}".rstrip("0").partition(".")[2]) for v in values), default=0)
    return f"{value:,.{places}f}".replace("-", "−")


def tag(name: str, *children: Markup | str, **attributes: object) -> Markup:
    """One element, everything in it escaped unless it is markup already; `class_` stands for class, `_` for a dash.

    Examples
    --------
    >>> print(tag("text", "a < b", x=1, class_="t"))
    <text x="1" class="t">a &lt; b</text>
    """
    pairs = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _number(value))
        for key, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{}{}>{}</{}>").format(Markup(name), pairs, inside, Markup(name))


def picture(
    width: float, height: float, parts: Iterable[Markup], *, title: str, description: str, kind: str = "wide"
) -> Markup:
    """The whole drawing, named and described for who cannot see it."""
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        *parts,
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=width,
        height=height,
        role="img",
        class_=f"chart {kind}",
        xmlns="http://www.w3.org/2000/svg",
    )


def label(text: str, x: float, y: float, class_: str = "t", *, anchor: str | None = None) -> Markup:
    """A line of text in a drawing."""
    return tag("text", text, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def dot(x: float, y: float, r: float, class_: str, tip: str = "") -> Markup:
    """A dot, with what a pointer resting on it is told."""
    return tag("circle", *([tag("title", tip)] if tip else []), cx=x, cy=y, r=r, class_=class_)


def path(places: Sequence[tuple[float, float]], class_: str, *, closed: bool = False) -> Markup:
    """A line through places."""
    steps = "L".join(f"{_number(x)} {_number(y)}" for x, y in places)
    return tag("path", d=f"M{steps}{'Z' if closed else ''}", class_=class_)


def width_of(texts: Iterable[str]) -> float:
    """Room that the longest of these texts takes."""
    return max((len(text) for text in texts), default=0) * CHARACTER


def shortened(text: str, room: float) -> str:
    """The text, or as much of it as there is room for.

    Examples
    --------
    >>> shortened("margin", 100), shortened("a policy of our own", 60)
    ('margin', 'a polic…')
    """
    most = int(room / CHARACTER)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places as near to the wanted ones as can be, in their order, at least `gap` apart, within the bounds.

    Examples
    --------
    >>> spread([10, 11, 30], 5, 0, 100)
    [8.0, 13.0, 30.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups: list[tuple[float, int]] = []  # (center, size): labels that touch move as one block around their mean
    for i in order:
        center, size = _within(float(wanted[i]), 1, gap, low, high), 1
        while groups and center - groups[-1][0] < (size + groups[-1][1]) * gap / 2:
            before, n = groups.pop()
            center, size = (before * n + center * size) / (n + size), n + size
            center = _within(center, size, gap, low, high)
        groups.append((center, size))
    flat = [center + (k - (size - 1) / 2) * gap for center, size in groups for k in range(size)]
    places = [0.0] * len(wanted)
    for place, i in zip(flat, order, strict=True):
        places[i] = place
    return places


def _within(center: float, size: int, gap: float, low: float, high: float) -> float:
    half = (size - 1) * gap / 2
    return max(min(center, high - half), low + half)


def _number(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"
    return value
