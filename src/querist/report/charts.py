"""Charts of lines: learning curves with their bands, and reliability diagrams. Numbers in, inline SVG out.

Colors and type come from the page's style sheet by class, so one drawing serves light, dark and print. Class `c0` is
the baseline's quiet gray, `c1` to `c7` the strategies' colors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from querist.report import svg
from querist.report.formatting import decimal, percent, whole
from querist.report.svg import Scale

N_COLORS = 7


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: where each point lies, and the band around it.

    A `faint` one is drawn thin and without its band, where many would hide each other; `end` stands at its end in
    place of its name and last value.
    """

    name: str
    color: int
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    faint: bool = False
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Saving:
    """The distance between two curves at one height: labels the strategy and the baseline need, and what to say."""

    level: float
    ours: float
    baseline: float
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the plot lies in the drawing."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float


def color_class(color: int) -> str:
    """The class of a strategy's color: 0 is the baseline's; from the eighth on they come again, dashed or hollow."""
    if color == 0:
        return "c0"
    return f"c{(color - 1) % N_COLORS + 1}" + (" again" if color > N_COLORS else "")


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    x_label: str,
    y_label: str,
    kind: str = "wide",
    bounds: tuple[float, float] | None = None,
    saving: Saving | None = None,
    x_text: Callable[[float], str] | None = None,
) -> Markup:
    """Curves with confidence bands, each named where it ends.

    Parameters
    ----------
    lines : sequence of Line
        Points that are not finite are left out; a line of one point is a dot.
    kind : {"wide", "narrow", "small"}
        A full-width figure, the same for a telephone (names in a legend above), or one of several beside each other.
    bounds : (low, high), optional
        Values the metric cannot leave, to which bands are cut.
    saving : Saving, optional
        Marked in the plot: the level, and how much sooner it is reached.
    x_text : callable, optional
        How a value of x is written; by default as a whole number.

    Examples
    --------
    >>> line = Line("margin", 1, [10, 20], [0.5, 0.7], [0.4, 0.6], [0.6, 0.8])
    >>> line_chart([line], title="Accuracy", x_label="labels", y_label="accuracy").count("</path>")
    2
    """
    x_text = x_text or whole
    drawn = [(line, places) for line in lines if (places := _finite(line, bounds))]
    if not drawn:
        return Markup('<p class="empty">Nothing measured yet.</p>')
    named = kind == "narrow" and any(line.end is None for line, _ in drawn)
    legend = _legend([line for line, _ in drawn], 340.0) if named else (Markup(""), 0.0)
    frame = _frame(kind, [_end(line, kind) for line, _ in drawn], legend[1])
    xs = [x for _, places in drawn for x, *_ in places]
    ys = [v for _, places in drawn for _, *values in places for v in values]
    x = Scale(*_room(min(xs), max(xs), 0.0), frame.left, frame.width - frame.right)
    low, high = _room(min(ys), max(ys), 0.05)
    if bounds:
        low, high = max(low, bounds[0]), min(high, bounds[1] + 0.02 * (high - low))  # room for a line's own width
    y = Scale(low, high, frame.height - frame.bottom, frame.top)
    parts = [*_axes(frame, x, y, x_label, y_label, kind, x_text), legend[0]]
    parts += [_band(line, places, x, y) for line, places in drawn if len(places) > 1 and not line.faint]
    if saving and kind != "small":
        parts += _saving(saving, frame, x, y, x_text)
    ordered = sorted(drawn, key=lambda pair: not pair[0].faint)
    parts += [part for line, places in ordered for part in _curve(line, places, x, y)]
    if kind != "narrow":
        parts += _end_labels(drawn, frame, x, y, kind)
    parts += [
        svg.dot(
            x(px),
            y(mean),
            7,
            f"hit {color_class(line.color)}",
            f"{line.name}: {decimal(mean)} at {x_text(px)} {x_label}"
            + (f", {decimal(lo)} to {decimal(hi)}" if hi > lo else ""),
        )
        for line, places in drawn
        for px, mean, lo, hi in places
    ]
    said = [
        f"{line.name} goes from {decimal(places[0][1])} at {x_text(places[0][0])} to {decimal(places[-1][1])} "
        f"at {x_text(places[-1][0])} {x_label}."
        for line, places in drawn
    ]
    return svg.picture(frame.width, frame.height, parts, title=title, description=" ".join(said), kind=kind)


def reliability_diagram(
    bins: Sequence[tuple[float, float, float]], *, name: str, color: int, title: str, kind: str = "square"
) -> Markup:
    """How often a model is right against how sure it was; dots as large as their share of items.

    Below the diagonal it is surer than it should be.

    Parameters
    ----------
    bins : sequence of (mean confidence, accuracy, share of items)
        As `querist.metrics.reliability` makes them.
    """
    kept = [row for row in bins if all(map(math.isfinite, row)) and row[2] > 0]
    if not kept:
        return Markup('<p class="empty">No calibration measured.</p>')
    frame = Frame(300, 300, 40, 14, 26, 42)
    x = Scale(0, 1, frame.left, frame.width - frame.right)
    y = Scale(0, 1, frame.height - frame.bottom, frame.top)
    parts = _axes(frame, x, y, "confidence", "accuracy", "square", lambda v: decimal(v, 1))
    parts.append(svg.line(x(0), y(0), x(1), y(1), "reference"))
    color_ = color_class(color)
    if len(kept) > 1:
        parts.append(svg.path([(x(c), y(a)) for c, a, _ in sorted(kept)], f"line thin {color_}"))
    parts += [
        svg.dot(
            x(sure),
            y(right),
            round(2.5 + 9 * math.sqrt(share), 2),
            f"bubble {color_}",
            f"{percent(share)} of items: {percent(sure)} sure, {percent(right)} right",
        )
        for sure, right, share in kept
    ]
    gaps = sum(share * abs(sure - right) for sure, right, share in kept) / sum(share for *_, share in kept)
    said = f"{name}: confidence and accuracy differ by {decimal(gaps)} on the mean."
    return svg.picture(frame.width, frame.height, parts, title=title, description=said, kind=kind)


Place = tuple[float, float, float, float]


def _finite(line: Line, bounds: tuple[float, float] | None) -> list[Place]:
    places = []
    for px, mean, lo, hi in zip(line.x, line.y, line.low, line.high, strict=True):
        if not (math.isfinite(px) and math.isfinite(mean)):
            continue
        lo, hi = (value if math.isfinite(value) else mean for value in (lo, hi))
        if bounds:
            lo, hi = max(lo, min(bounds[0], mean)), min(hi, max(bounds[1], mean))
        places.append((float(px), float(mean), float(lo), float(hi)))
    return places


def _room(low: float, high: float, part: float) -> tuple[float, float]:
    """The range with some air; never of no width."""
    if high - low < 1e-9:
        air = abs(low) * 0.1 or 0.5
        return low - air, high + air
    return low - part * (high - low), high + part * (high - low)


def _frame(kind: str, names: Sequence[str], legend: float) -> Frame:
    if kind == "narrow":
        return Frame(340, 300 + legend, 38, 12, 26 + legend, 40)
    if kind == "small":
        return Frame(430, 256, 42, 1.1 * svg.width_of(names) + 18, 12, 40)  # names there are bold, and so wider
    return Frame(960, 440, 46, 1.1 * svg.width_of(names) + 66, 26, 42)  # and have a value after them


def _axes(
    frame: Frame, x: Scale, y: Scale, x_label: str, y_label: str, kind: str, x_text: Callable[[float], str]
) -> list[Markup]:
    floor, right = frame.height - frame.bottom, frame.width - frame.right
    y_ticks = svg.ticks(y.low, y.high, {"wide": 7, "square": 6}.get(kind, 5))
    x_ticks = svg.ticks(x.low, x.high, {"wide": 9, "square": 6}.get(kind, 5))
    parts = [svg.line(frame.left, y(v), right, y(v), "grid") for v in y_ticks]
    parts += [svg.label(svg.tick_text(v, y_ticks), frame.left - 8, y(v) + 4, "tick", anchor="end") for v in y_ticks]
    parts.append(svg.line(frame.left, floor, right, floor, "axis"))
    for v in x_ticks:
        parts += [svg.line(x(v), floor, x(v), floor + 4, "axis")]
        parts += [svg.label(x_text(v), x(v), floor + 18, "tick", anchor="middle")]
    if kind != "small":
        parts.append(svg.label(y_label, 0, frame.top - 12, "axis-name"))
    parts.append(svg.label(x_label, right, floor + 36, "axis-name", anchor="end"))
    return parts


def _band(line: Line, places: Sequence[Place], x: Scale, y: Scale) -> Markup:
    edge = [(x(px), y(hi)) for px, _, _, hi in places] + [(x(px), y(lo)) for px, _, lo, _ in reversed(places)]
    return svg.path(edge, f"band {color_class(line.color)}", closed=True)


def _curve(line: Line, places: Sequence[Place], x: Scale, y: Scale) -> list[Markup]:
    class_ = color_class(line.color)
    if len(places) == 1:
        px, mean, lo, hi = places[0]
        bar = [svg.line(x(px), y(lo), x(px), y(hi), f"whisker {class_}")] if hi > lo else []
        return [*bar, svg.dot(x(px), y(mean), 4, f"dot {class_}")]
    faint = " faint" if line.faint else ""
    return [
        svg.path([(x(px), y(mean)) for px, mean, *_ in places], f"line {class_}{faint}"),
        svg.dot(x(places[-1][0]), y(places[-1][1]), 3, f"dot {class_}"),
    ]


def _end_labels(
    drawn: Sequence[tuple[Line, Sequence[Place]]], frame: Frame, x: Scale, y: Scale, kind: str
) -> list[Markup]:
    ends = [(x(places[-1][0]), y(places[-1][1])) for _, places in drawn]
    heights = svg.spread([py for _, py in ends], 17, frame.top + 4, frame.height - frame.bottom - 4)
    parts = []
    for (line, places), (px, py), height in zip(drawn, ends, heights, strict=True):
        at = frame.width - frame.right + 12
        if abs(height - py) > 3 or at - px > 16:
            parts.append(svg.line(px + 4, py, at - 3, height, "leader"))
        name = svg.tag("tspan", _end(line, kind), class_=f"name {color_class(line.color)}")
        with_value = kind == "wide" and line.end is None
        value = [svg.tag("tspan", decimal(places[-1][1]), dx=7, class_="value")] if with_value else []
        parts.append(svg.tag("text", name, *value, x=at, y=round(height + 4.3, 2), class_="t"))
    return parts


def _end(line: Line, kind: str) -> str:
    """What stands at the end of a line; a small chart has no room for a long name, which its tips and words have."""
    return svg.shortened(line.end or line.name, 140.0) if kind == "small" else line.end or line.name


def _legend(lines: Sequence[Line], width: float) -> tuple[Markup, float]:
    """Names in rows, and the height they take: a telephone has no room for names at the ends."""
    parts, at, row = [], 0.0, 0
    for line in lines:
        need = 22 + svg.width_of([line.name])
        if at and at + need > width:
            at, row = 0.0, row + 1
        class_ = color_class(line.color)
        parts.append(svg.dot(at + 5, 8 + 20 * row, 4.5, f"dot {class_}"))
        parts.append(svg.label(line.name, at + 15, 12.3 + 20 * row, f"t name {class_}"))
        at += need + 8
    return Markup("").join(parts), 20.0 * (row + 1) + 12


def _saving(saving: Saving, frame: Frame, x: Scale, y: Scale, x_text: Callable[[float], str]) -> list[Markup]:
    inside = x.low <= saving.ours <= x.high and x.low <= saving.baseline <= x.high
    if not (inside and y.low <= saving.level <= y.high):
        return []
    ours, base, level, floor = x(saving.ours), x(saving.baseline), y(saving.level), frame.height - frame.bottom
    parts = [svg.line(at, level, at, floor, "drop") for at in (ours, base)]
    parts.append(svg.line(ours, level, base, level, "saving"))
    first, last = sorted((ours, base))
    if last - first > 14:
        for at, value in ((ours, saving.ours), (base, saving.baseline)):
            parts.append(svg.label(x_text(value), at + 5, floor - 7, "note halo"))
    room = frame.width - frame.right - last
    anchor, at = ("start", last + 8) if room > svg.width_of([saving.text]) + 10 else ("end", last - 8)
    parts.append(svg.label(saving.text, at, level + 18, "note strong halo", anchor=anchor))
    return parts
