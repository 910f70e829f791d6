"""Draw and tell what was measured, from the results kept in the repository; run by every build of the docs.

No figure of a measurement is typed into a page: each page includes what is written here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from benchmarks.labels import tables
from benchmarks.labels.summary import BASELINE, USUAL
from querist.report.formatting import decimal, whole
from querist.report.svg import Scale, picture, tag, ticks

RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"
PANEL_WIDTH, PANEL_HEIGHT, COLUMNS = 186, 140, 4
INK = {BASELINE: "#8a8f98", USUAL: "#c2410c", "": "#2a78d6"}
MODELS = {"linear": "a linear model on frozen features", "forest": "a random forest on raw columns"}


def write(docs: Path) -> list[str]:
    """Write the tables, each set's curves, and each measured strategy's part of its page; return the strategies.

    `labels.json` holds what `auto` is judged by, on all sets; `labels_others.json` all other strategies, on a few.
    """
    results = json.loads((RESULTS / "labels.json").read_text("utf-8"))
    folder = docs / "reference" / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    curves = tables.write_curves(results, folder / "curves")
    (folder / "labels.inc").write_text(page(results, curves, folder), "utf-8")
    beside = docs / "strategies" / "measured"
    beside.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    for some in (results, json.loads((RESULTS / "labels_others.json").read_text("utf-8"))):
        for name in (row["strategy"] for row in some["overall"]["linear"]):
            if _is_plain(name) and name not in names:
                (beside / f"{name}.inc").write_text(told(name, some), "utf-8")
                (beside / f"{name}.svg").write_text(str(panels(name, some)), "utf-8")
                names.append(name)
    return names


def _is_plain(name: str) -> bool:
    return ":" not in name and name not in (BASELINE, "oracle")


def page(results: Mapping[str, Any], curves: Sequence[Path], folder: Path) -> str:
    """All tables, deeper by one heading than on their own, and each set's curves beneath its table."""
    parts = []
    pictures = {picture.stem: picture.relative_to(folder.parent).as_posix() for picture in curves}
    bodies = iter(results["sets"])
    for block in tables.markdown(results).split("\n\n"):
        parts.append(block)
        if block.startswith("### "):
            body = next(bodies)
            parts.append(f"![Learning curves on {body['set']}]({pictures[body['set'] + '-' + body['setting']]})")
    return "\n\n".join(parts)


def told(name: str, results: Mapping[str, Any]) -> str:
    """A strategy's results in sentences, and its curves."""
    said = [
        _sentence(name, row, MODELS[setting])
        for setting, rows in results["overall"].items()
        for row in rows
        if row["strategy"] == name
    ]
    at = results["measured_at"]
    seeds = _seeds(name, results)
    said.append(f"Up to {seeds} seeds a set, paired; measured at commit `{at['commit'][:12]}`.")
    text = "\n".join(said)
    return (
        f"{text}\n[All of it, and how it was measured](../reference/label-efficiency.md).\n\n"
        f"![Its learning curves beside random's and margin's](measured/{name}.svg)\n"
    )


def _seeds(name: str, results: Mapping[str, Any]) -> int:
    return max(len(body["strategies"][name]["seeds"]) for body in results["sets"] if name in body["strategies"])


def _sentence(name: str, row: Mapping[str, Any], model: str) -> str:
    random, usual = row[f"vs_{BASELINE}"], row[f"vs_{USUAL}"]
    saved = row["median_saving"]
    text = (
        f"With {model}, on {random['n_sets']} sets: its curve lies {_signed(random['difference'])} above "
        f"`{BASELINE}`'s on the mean, and is ahead on {random['sets_ahead']} sets; the worst is {random['worst_set']} "
        f"with {_signed(random['worst_difference'])}."
    )
    if usual:
        text += f" Over `{USUAL}`: {_signed(usual['difference'])}, ahead on {usual['sets_ahead']}."
    if saved:
        text += f" For what `{BASELINE}` reaches in the end, `{name}` needs one label in {saved:.1f} (median)."
    return text


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def panels(name: str, results: Mapping[str, Any]) -> Markup:
    """A small picture for each set: the strategy's mean curve, random's and margin's."""
    bodies = [body for body in results["sets"] if name in body["strategies"]]
    rows = -(-len(bodies) // COLUMNS)
    width, height = COLUMNS * PANEL_WIDTH + 8, rows * PANEL_HEIGHT + 30
    parts = [tag("rect", x=0, y=0, width=width, height=height, fill="#ffffff", rx=6)]
    at = 12.0
    for shown in dict.fromkeys([name, USUAL, BASELINE]):
        if not any(shown in body["strategies"] for body in bodies):
            continue
        parts.append(tag("line", x1=at, y1=14, x2=at + 18, y2=14, stroke=_ink(shown, name), stroke_width=2.5))
        parts.append(_text(shown, at + 24, 18))
        at += 44 + 7 * len(shown)
    for i, body in enumerate(bodies):
        parts += _panel(body, name, (i % COLUMNS) * PANEL_WIDTH + 8, (i // COLUMNS) * PANEL_HEIGHT + 30)
    ends = [f"{b['set']}: {decimal(b['strategies'][name]['final'])}" for b in bodies]
    return picture(
        width,
        height,
        parts,
        title=f"Learning curves of {name} on {len(bodies)} data sets",
        description="Where it ends: " + "; ".join(ends) + ".",
        kind="panels",
    )


def _panel(body: Mapping[str, Any], name: str, left: float, top: float) -> list[Markup]:
    found = body["strategies"]
    shown = [key for key in dict.fromkeys([BASELINE, USUAL, name]) if key in found]
    xs = [x for key in shown for x in found[key]["labels"]]
    ys = [y for key in shown for y in found[key]["mean"]]
    x = Scale(min(xs), max(xs), left + 30, left + PANEL_WIDTH - 14)
    y = Scale(min(ys), max(ys), top + PANEL_HEIGHT - 28, top + 24)
    forest = ", forest" if body["setting"] == "forest" else ""
    parts = [_text(f"{body['set']}{forest}", left + 30, top + 14, weight="600")]
    for value in ticks(min(ys), max(ys), 4):
        parts.append(tag("line", x1=x.start, y1=y(value), x2=x.end, y2=y(value), stroke="#e3e6ea", stroke_width=1))
        parts.append(_text(decimal(value, 2), left + 26, y(value) + 4, anchor="end"))
    for value in (min(xs), max(xs)):
        anchor = "start" if value == min(xs) else "end"
        parts.append(_text(whole(value), x(value), top + PANEL_HEIGHT - 12, anchor=anchor))
    for key in shown:
        places = [(x(px), y(py)) for px, py in zip(found[key]["labels"], found[key]["mean"], strict=True)]
        steps = "L".join(f"{px:g} {py:g}" for px, py in places)
        parts.append(
            tag("path", d=f"M{steps}", fill="none", stroke=_ink(key, name), stroke_width=2.2 if key == name else 1.4)
        )
    return parts


def _ink(shown: str, name: str) -> str:
    return INK[""] if shown == name and name != BASELINE else INK[shown]


def _text(words: str, x: float, y: float, *, anchor: str = "start", weight: str = "400") -> Markup:
    return tag(
        "text",
        words,
        x=x,
        y=y,
        font_size=11,
        font_family="sans-serif",
        font_weight=weight,
        fill="#3b4048",
        text_anchor=anchor,
    )
