"""Results as Markdown tables for the docs, and as curves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.labels.summary import BASELINE, DEFAULT, USUAL
from querist.report import charts

STYLE = Path(charts.__file__).parent / "templates" / "style.css"
CURVES = 6  # strategies in a picture beside random and margin; more cannot be told apart


def markdown(results: Mapping[str, Any]) -> str:
    """The tables: over all sets, then set by set."""
    at = results["measured_at"]
    commit = at["commit"][:12] + (" with changes" if at["changed"] else "")
    parts = [f"Measured at commit {commit} with {at['seeds']} seeds, on {at['machine']}, Python {at['python']}."]
    if at["other_commits"]:
        others = ", ".join(at["other_commits"])
        parts.append(f"Runs of strategies that pick the same since were kept from commits {others}.")
    for setting, rows in results["overall"].items():
        parts += [f"## {_setting(setting)}, over all sets", _overall(rows)]
        if hindsight := results["hindsight"][setting]:
            parts += _hindsight(hindsight)
        parts += [
            f"### {body['set']} ({body['metric'].replace('_', ' ')}; {body['features']})\n\n{_of_set(body)}"
            for body in results["sets"]
            if body["setting"] == setting
        ]
    return "\n\n".join(parts) + "\n"


def _setting(name: str) -> str:
    return {"linear": "Logistic regression on frozen features", "forest": "Random forest on raw columns"}[name]


def _overall(rows: Sequence[Mapping[str, Any]]) -> str:
    header = [
        "strategy",
        "sets",
        f"area over {BASELINE}",
        "p (Holm)",
        "sets ahead",
        "pairs won",
        "worst set",
        f"area over {USUAL}",
        "p (Holm)",
        "sets ahead",
        "worst set",
        "labels saved (median)",
        "CPU ms a batch",
    ]
    body = []
    for row in rows:
        a, b = row[f"vs_{BASELINE}"], row[f"vs_{USUAL}"]
        body.append(
            [
                f"`{row['strategy']}`",
                str(len(row["sets"])),
                *(
                    [_signed(a["difference"]), _p(a["p_holm"]), _of(a, "sets"), _of(a, "pairs"), _worst(a)]
                    if a
                    else ["–"] * 5
                ),
                *([_signed(b["difference"]), _p(b["p_holm"]), _of(b, "sets"), _worst(b)] if b else ["–"] * 4),
                _times(row["median_saving"]) if a else "–",
                f"{1000 * row['cpu_s_per_query']:.1f}",
            ]
        )
    return _table(header, body)


def _hindsight(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    differences = [row["difference"] for row in rows]
    mean, ahead = sum(differences) / len(differences), sum(d > 0 for d in differences)
    return [
        f"`{DEFAULT}` against the best of what a released library ships, chosen for each set after all results were "
        f"known: {_signed(mean)} on the mean, ahead on {ahead} of {len(differences)} sets.",
        _table(
            ["set", "the best", f"`{DEFAULT}` over it", "pairs won"],
            [
                [row["set"], f"`{row['rival']}`", _signed(row["difference"]), f"{row['wins']} of {row['pairs']}"]
                for row in rows
            ],
        ),
    ]


def _of_set(body: Mapping[str, Any]) -> str:
    header = [
        "strategy",
        "area",
        "first",
        "final",
        f"over {BASELINE}",
        "won",
        "p (Holm)",
        "saved at 90 %",
        "95 %",
        "100 %",
        "calibration error",
        "minority recall",
        "random share",
    ]
    rows = []
    for name, found in sorted(body["strategies"].items(), key=lambda pair: -pair[1]["aubc_mean"]):
        versus = found.get(f"vs_{BASELINE}")
        rows.append(
            [
                f"`{name}`",
                *(f"{found[key]:.3f}" for key in ("aubc_mean", "first", "final")),
                *(
                    [_signed(versus["difference"]), f"{versus['wins']} of {versus['pairs']}", _p(versus["p_holm"])]
                    if versus
                    else ["–"] * 3
                ),
                *(_times(level["ratio"]) if versus else "–" for level in found["saving"]),
                f"{found['final_ece']:.3f}",
                f"{found['final_minority_recall']:.3f}",
                f"{found['random_share']:.2f}",
            ]
        )
    return _table(header, rows)


def write_curves(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """A picture for each set: random, margin, and the best of the others."""
    folder.mkdir(parents=True, exist_ok=True)
    own_paper = ".chart { background: var(--paper); }"  # a page around it may be dark where the picture is light
    style = re.sub(r"\s+", " ", STYLE.read_text("utf-8") + own_paper).replace("]]>", "")
    written = []
    for body in results["sets"]:
        ranked = sorted(body["strategies"], key=lambda name: -body["strategies"][name]["aubc_mean"])
        fixed = [name for name in (BASELINE, USUAL) if name in ranked]
        shown = [*fixed, *[name for name in ranked if name not in fixed][:CURVES]]
        lines = [_line(name, color, body["strategies"][name]) for color, name in enumerate(shown)]
        title = f"{body['set']}: {body['metric'].replace('_', ' ')} by labels, {_setting(body['setting']).lower()}"
        picture = str(charts.line_chart(lines, title=title, x_label="labels", y_label=body["metric"].replace("_", " ")))
        path = folder / f"{body['set']}-{body['setting']}.svg"
        path.write_text(picture.replace(">", f"><style><![CDATA[{style}]]></style>", 1), "utf-8")
        written.append(path)
    return written


def _line(name: str, color: int, found: Mapping[str, Any]) -> charts.Line:
    mean, errors = found["mean"], found["standard_error"] or [0.0] * len(found["mean"])
    low = [m - e for m, e in zip(mean, errors, strict=True)]
    high = [m + e for m, e in zip(mean, errors, strict=True)]
    return charts.Line(name, color, found["labels"], mean, low, high)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"


def _of(versus: Mapping[str, Any], what: str) -> str:
    if what == "sets":
        return f"{versus['sets_ahead']} of {versus['n_sets']}"
    return f"{versus['wins']} of {versus['pairs']}"


def _worst(versus: Mapping[str, Any]) -> str:
    return f"{versus['worst_set']} {_signed(versus['worst_difference'])}"


def _times(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.1f}×"
