"""The rows as one Markdown table, and the list of what was missed. Reads only JSON, so that the docs can be built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
HEADER = (
    "operation",
    "ours",
    "memory beyond the input",
    "others (times ours by the clock / by the processors)",
    "limits",
    "target",
    "met",
)


def markdown(results: Mapping[str, Any], *, between: str = "; ") -> str:
    """What was measured where, the table, and what was missed; `between` separates what shares a cell."""
    parts = [about(results), table(results["rows"], between=between)]
    if notes := left_out(results["rows"]):
        parts.append(notes)
    return "\n\n".join([*parts, missed(results["rows"])]) + "\n"


def about(results: Mapping[str, Any]) -> str:
    """The commit, the machine and the versions, in sentences."""
    at, machine = results["measured_at"], results["machine"]
    commit = at["commit"][:12] + (" with changes" if at["changed"] else "")
    loads = [row["load"] for row in results["rows"]]
    lines = [
        f"Measured on {at['date']} at commit {commit} with Python {machine['python']}, NumPy {machine['numpy']}"
        + "".join(f", {name} {version}" for name, version in machine["peers"].items())
        + ".",
        f"The machine: {machine['cores']} cores of {machine['processor']}, {machine['memory_gb']} GB, "
        f"{machine['system']}, {machine['blas']} with {machine['blas_threads']} threads. It reads memory at "
        f"{machine['read_gb_s']} GB/s ({machine['read_one_core_gb_s']} on one core), copies at "
        f"{machine['copy_gb_s']} GB/s, and multiplies float32 at {machine['product_gflop_s']} GFLOP/s "
        f"({machine['product_one_core_gflop_s']} on one core).",
    ]
    if loads and max(loads) > machine["cores"] / 2:
        lines.append(
            f"Other work shared the machine, with a load of {min(loads):g} to {max(loads):g} when an operation began: "
            "trust ratios before seconds, and those by the processors' time before those by the clock."
        )
    if others := sorted({row["commit"][:12] for row in results["rows"]} - {at["commit"][:12]}):
        lines.append(f"Some rows are kept from commits {', '.join(others)}.")
    if results["not_measured"]:
        lines.append(f"Not measured: {'; '.join(results['not_measured'])}.")
    if results["quick"]:
        lines.append("A quick run: fewer repeats, smaller files, and without what takes minutes.")
    return " ".join(lines)


def table(rows: Sequence[Row], *, between: str = "; ") -> str:
    """A line for each operation."""
    lines = [HEADER, ["---"] * len(HEADER), *(_cells(row, between) for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def missed(rows: Sequence[Row]) -> str:
    """What was missed, by how much, and why as far as is known."""
    lines = []
    for row in rows:
        short = [target for target in row["targets"] if target["met"] is False]
        if short:
            said = "; ".join(f"{_found(target)} where the target is {target['text']}" for target in short)
            why = f" {row['if_missed']}" if row["if_missed"] else ""
            lines.append(f"- **{row['name']}**: {said}.{why}")
    judged = [target["met"] for row in rows for target in row["targets"] if target["met"] is not None]
    head = f"{sum(judged)} of {len(judged)} targets met."
    return "\n".join([head, "", "Missed:", "", *lines]) if lines else head


def left_out(rows: Sequence[Row]) -> str:
    """Which others were not there, and which failed."""
    absent = sorted({name for row in rows for name in row["absent"]})
    lines = [f"Not installed: {', '.join(absent)}."] if absent else []
    lines += [
        f"{name} failed at {row['name']}: {why.splitlines()[0]}" for row in rows for name, why in row["failed"].items()
    ]
    return "\n\n".join(lines)


def seconds(s: float) -> str:
    """Two or three digits and a unit."""
    if s < 0.1:
        return f"{1000 * s:.2g} ms"
    return f"{s:.2g} s" if s < 10 else f"{s:.0f} s"


def _cells(row: Row, between: str) -> list[str]:
    ours, others = row["ours"], row["others"]
    beside = [f"{name} {_other(other, ours)}" for name, other in others.items() if other["kind"] != "limit"]
    limits = [f"{1 / o['times_ours']:.2g}× {name}" for name, o in others.items() if o["kind"] == "limit"]
    targets = row["targets"]
    return [
        f"`{row['name']}`{between}{row['size']}",
        seconds(ours["s"]) + _times_run(ours),
        _memory(ours) or "–",
        between.join(beside) or "–",
        between.join(limits) or "–",
        between.join(target["text"] for target in targets) or "–",
        between.join(f"{_verdict(target)} ({_found(target)})" for target in targets) or "–",
    ]


def _other(other: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    by_processors = other["processor_s"] / max(ours["processor_s"], 1e-9)
    notes = [f"{times(other['times_ours'])}× / {times(by_processors)}×"] if "times_ours" in other else [other["size"]]
    notes += [_memory(other)] if "extra_mb" in other else []
    return f"{seconds(other['s'])}{_times_run(other)} ({', '.join(notes)})"


def _times_run(contender: Mapping[str, Any]) -> str:
    return ", once" if contender["n"] == 1 else ""


def _memory(contender: Mapping[str, Any]) -> str:
    megabytes = contender.get("extra_mb")
    if megabytes is None:
        return ""
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"


def times(ratio: float) -> str:
    """A ratio in two digits, or in whole numbers."""
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}"


def _verdict(target: Mapping[str, Any]) -> str:
    return {True: "yes", False: "**no**", None: "not measured"}[target["met"]]


def _found(target: Mapping[str, Any]) -> str:
    found = target["found"]
    if found is None:
        return "–"
    if target["kind"] in ("extra", "peak"):
        return f"{found:.0f} MB"
    if target["kind"] == "check":
        return f"{found:.7g}"
    return f"{times(found)}×"
