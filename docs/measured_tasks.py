"""Tell what was measured where an answer is no class, from the results kept in the repository; run by every build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import measured

RESULTS = measured.RESULTS / "tasks.json"
WHAT = {"labels": "several labels", "spans": "spans", "boxes": "boxes", "number": "a number"}


def write(docs: Path) -> list[str]:
    """Write the tables, and each measured strategy's part of its page; return the strategies."""
    results = json.loads(RESULTS.read_text("utf-8"))
    folder, beside = docs / "reference" / "measured", docs / "strategies" / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    beside.mkdir(parents=True, exist_ok=True)
    (folder / "tasks.inc").write_text("\n\n".join(map(table, results["sets"])) + "\n", "utf-8")
    names = sorted({name for body in results["sets"] for name in body["strategies"]} - {measured.BASELINE})
    for name in names:
        (beside / f"{name}-tasks.inc").write_text(told(name, results), "utf-8")
        (beside / f"{name}-tasks.svg").write_text(str(measured.panels(name, results)), "utf-8")
    return names


def table(body: Mapping[str, Any]) -> str:
    """A set's strategies, the largest area first."""
    random = body["strategies"][measured.BASELINE]
    metric = body["metric"].replace("_", " ")
    lines = [
        f"**{body['set']}**, {WHAT[body['setting']]}: {body['n_items']:,} items, {body['classes']} classes, batches of "
        f"{body['batch_size']}, {metric}, {body['seeds']} seeds; `{measured.BASELINE}` ends at {random['final']:.3f}. "
        f"Measured at commit `{body['commit'][:12]}`.",
        "",
        "| strategy | area over random | interval | p | seeds ahead | ends at |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    others = {name: row for name, row in body["strategies"].items() if name != measured.BASELINE}
    for name, row in sorted(others.items(), key=lambda pair: -pair[1]["area"]):
        span = f"{signed(row['low'])} to {signed(row['high'])}"
        cells = [f"`{name}`", signed(row["area"]), span, f"{row['p']:.3f}", str(row["wins"]), f"{row['final']:.3f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def told(name: str, results: Mapping[str, Any]) -> str:
    """A strategy's results in sentences, and its curves."""
    said = [
        f"On {body['set']} ({WHAT[body['setting']]}): its curve lies {signed(row['area'])} above "
        f"`{measured.BASELINE}`'s, and is ahead in {row['wins']} of {body['seeds']} seeds (p {row['p']:.3f})."
        for body in results["sets"]
        if (row := body["strategies"].get(name))
    ]
    text = "\n".join(said)
    whole = "../reference/label-efficiency.md#other-answers-than-one-class"
    return (
        f"{text}\n[All of it, and how it was measured]({whole}).\n\n"
        f"![Its learning curves beside random's](measured/{name}-tasks.svg)\n"
    )


def signed(value: float) -> str:
    """With its sign, and a minus that is one."""
    return f"{value:+.3f}".replace("-", "−")
