"""Charts of rows: dots with their intervals, pairs of dots, and bars. Numbers in, inline SVG out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from querist.report import svg
from querist.report.charts import color_class
from querist.report.formatting import decimal
from querist.report.svg import Scale


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row: a value with its interval, and both in words. `value` is None where there is only something to say.

    `open_` marks a value that is a bound from below.
    """

    name: str
    color: int
    value: float | None
    low: float | None
    high: float | None
    text: str
    open_: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of two dots: the baseline's value and the strategy's."""

    name: str
    baseline: float
    ours: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a length from 0, and its number in words."""

    name: str
    value: float
    text: str
    color: int = 1


def interval_chart(
    rows: Sequence[Estimate], *, title: str, axis: str, reference: float = 1.0, log: bool = True, kind: str = "wide"
) -> Markup:
    """Values as dots with the interval as a line through each, beside a reference.

    With `log` equal steps are equal factors, as ratios want it. A row that was not reached says so in words.

    Examples
    --------
    >>> row = Estimate("margin", 1, 2.5, 2.1, 2.9, "2.5×")
    >>> "2.5×" in interval_chart([row], title="Labels saved", axis="ratio")
    True
    """
    if not rows:
        return Markup('<p class="empty">Nothing to compare.</p>')
    values = [v for row in rows if row.value is not None for v in (row.value, row.low, row.high)]
    inside = [reference, *(v for v in values if v is not None and _usable(v, log))]
    low, high = _air(min(inside), max(inside), log)
    narrow = kind == "narrow"
    width, left, right, step = (
        (340.0, 6.0, 12.0, 46.0)
        if narrow
        else (960.0, svg.width_of([r.name for r in rows]) + 24, svg.width_of([r.text for r in rows]) + 24, 34.0)
    )
    top = 8.0
    floor = top + step * len(rows)
    x = Scale(low, high, left, width - right, log=log)
    marks = svg.log_ticks(low, high) if log else svg.ticks(low, high, 4 if narrow else 8)
    parts = [svg.line(x(v), top, x(v), floor, "grid") for v in marks]
    parts += [svg.label(_mark(v, marks, log), x(v), floor + 16, "tick", anchor="middle") for v in marks]
    if not narrow:  # where names stand in the plot, it would strike them through; see below
        parts.append(svg.line(x(reference), top, x(reference), floor, "reference"))
    parts.append(svg.label(axis, width - right, floor + 36, "axis-name", anchor="end"))
    for i, row in enumerate(rows):
        y = top + step * i + (step - 14 if narrow else step / 2)
        class_ = color_class(row.color)
        if narrow:
            parts.append(svg.line(x(reference), y - 11, x(reference), y + 12, "reference"))
            room = width - right - left - svg.width_of([row.text]) - 16
            parts.append(svg.label(svg.shortened(row.name, room), left, y - 15, f"t name halo {class_}"))
            parts.append(svg.label(row.text, width - right, y - 15, "t halo", anchor="end"))
        else:
            parts.append(svg.label(row.name, 0, y + 4.3, f"t name {class_}"))
            parts.append(svg.label(row.text, width - right + 16, y + 4.3, "t"))
        if row.value is None or not _usable(row.value, log):
            continue
        if row.low is not None and row.high is not None:
            ends = [
                x(v) if _usable(v, log) else left for v in (row.low, row.high)
            ]  # a low end of 0 has no place in logs
            parts.append(svg.line(ends[0], y, ends[1], y, f"whisker {class_}"))
        if row.open_:
            parts.append(svg.line(x(row.value), y, width - right, y, f"whisker open {class_}"))
        parts.append(svg.dot(x(row.value), y, 5, f"dot {class_}", f"{row.name}: {row.text}"))
    said = " ".join(f"{row.name}: {row.text}." for row in rows)
    return svg.picture(width, floor + 44, parts, title=title, description=said, kind=kind)


def pair_chart(
    rows: Sequence[Pair],
    *,
    title: str,
    axis: str,
    names: tuple[str, str],
    color: int,
    kind: str = "wide",
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> Markup:
    """Two dots a row, joined: where the baseline stands and where the strategy does.

    Parameters
    ----------
    names : (str, str)
        Of the baseline and of the strategy, for the legend.
    """
    kept = [row for row in rows if math.isfinite(row.baseline) and math.isfinite(row.ours)]
    if not kept:
        return Markup('<p class="empty">No class was measured.</p>')
    values = [v for row in kept for v in (row.baseline, row.ours)]
    low, high = _air(min(values), max(values), False)
    if bounds:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    narrow = kind == "narrow"
    notes = svg.width_of([r.note for r in kept])
    width, left, right, step = (
        (340.0, 6.0, 12.0, 40.0)
        if narrow
        else (960.0, min(svg.width_of([r.name for r in kept]), 260) + 28, notes + 28, 27.0)
    )
    top = 34.0
    floor = top + step * len(kept)
    x = Scale(low, high, left, width - right)
    marks = svg.ticks(low, high, 4 if narrow else 8)
    class_ = color_class(color)
    parts = [svg.line(x(v), top, x(v), floor, "grid") for v in marks]
    parts += [svg.label(svg.tick_text(v, marks), x(v), floor + 16, "tick", anchor="middle") for v in marks]
    parts.append(svg.label(axis, width - right, floor + 36, "axis-name", anchor="end"))
    parts += [svg.dot(6, 9, 4.5, "dot hollow c0"), svg.label(names[0], 16, 13.3, "t name c0")]
    after = 34 + svg.width_of([names[0]])
    parts += [svg.dot(after + 5, 9, 4.5, f"dot {class_}"), svg.label(names[1], after + 15, 13.3, f"t name {class_}")]
    for i, row in enumerate(kept):
        y = top + step * i + (step - 11 if narrow else step / 2)
        if narrow:
            parts.append(svg.label(row.name, left, y - 13, "t halo"))
            parts.append(svg.label(row.note, width - right, y - 13, "tick halo", anchor="end"))
        else:
            parts.append(svg.label(row.name, 0, y + 4.3, "t"))
            parts.append(svg.label(row.note, width - right + 16, y + 4.3, "tick"))
        tip = f"{row.name}: {names[0]} {decimal(row.baseline)}, {names[1]} {decimal(row.ours)}"
        parts.append(svg.line(x(row.baseline), y, x(row.ours), y, f"bridge {class_}"))
        parts.append(svg.dot(x(row.baseline), y, 4.5, "dot hollow c0", tip))
        parts.append(svg.dot(x(row.ours), y, 4.5, f"dot {class_}", tip))
    said = " ".join(f"{r.name}: {names[0]} {decimal(r.baseline)}, {names[1]} {decimal(r.ours)}." for r in kept)
    return svg.picture(width, floor + 44, parts, title=title, description=said, kind=kind)


def bars(rows: Sequence[Bar], *, title: str, kind: str = "small") -> Markup:
    """Lengths from a common zero, each with its number."""
    kept = [row for row in rows if math.isfinite(row.value) and row.value >= 0]
    if not kept:
        return Markup('<p class="empty">Nothing to count yet.</p>')
    width, step = (340.0 if kind == "narrow" else 430.0), 25.0
    names = [svg.shortened(row.name, 0.42 * width) for row in kept]
    left = 1.05 * svg.width_of(names) + 12
    right = svg.width_of([row.text for row in kept]) + 12
    x = Scale(0, max(max(row.value for row in kept), 1e-12), left, width - right)
    parts = []
    for i, row in enumerate(kept):
        y = step * i + step / 2
        length = max(round(x(row.value) - left, 2), 1.0)
        tip = svg.tag("title", f"{row.name}: {row.text}")
        parts.append(svg.label(names[i], left - 10, y + 4.3, "t", anchor="end"))
        parts.append(
            svg.tag("rect", tip, x=left, y=y - 6, width=length, height=12, rx=2, class_=f"bar {color_class(row.color)}")
        )
        parts.append(svg.label(row.text, round(left + length + 8, 2), y + 4.3, "tick"))
    said = " ".join(f"{row.name}: {row.text}." for row in kept)
    return svg.picture(width, step * len(kept) + 4, parts, title=title, description=said, kind=kind)


def _usable(value: float, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)


def _air(low: float, high: float, log: bool) -> tuple[float, float]:
    if log:
        wide = max(high / low, 1.2)
        return low / wide**0.08, high * wide**0.08
    wide = max(high - low, 1e-3)
    return low - 0.06 * wide, high + 0.06 * wide


def _mark(value: float, marks: Sequence[float], log: bool) -> str:
    return f"{value:g}×" if log else svg.tick_text(value, marks)
