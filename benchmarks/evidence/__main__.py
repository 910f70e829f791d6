"""Print what was found, and exit 1 where something that we say does not hold. Run with `make bench-evidence`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.evidence import advice, drifts, estimates, gates, leaks, live, stopping, streams
from benchmarks.kept import commit
from benchmarks.labels.data import FOLDER

Rows = list[dict[str, Any]]


def main() -> int:
    """The figures of each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="may be repeated; all by default")
    parser.add_argument("--runs", type=int, help="of each part in place of its own number")
    parser.add_argument(
        "--data", type=Path, default=FOLDER, help="where the real sets lie; those not there are left out"
    )
    parser.add_argument("--json", type=Path, help="where each part is written under its name; others there stay")
    wanted = parser.parse_args()
    found, broken = {}, []
    for name in wanted.only or PARTS:
        measure, complaints = PARTS[name]
        found[name] = measure(wanted)
        broken += complaints(found[name])
        if wanted.json:
            _write(wanted.json, name, found[name], wanted.runs or estimates.RUNS)
    if broken:
        print("Does not hold: " + ", ".join(broken))
    return 1 if broken else 0


def _write(path: Path, name: str, rows: Rows, runs: int) -> None:
    """Put a part beside those that are there, with when it was measured, and at what commit."""
    before = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if name == "estimates":
        before["runs"] = runs
    at = before.get("measured_at", {}) | {name: {"date": date.today().isoformat(), **commit()}}
    path.write_text(json.dumps(before | {"measured_at": at, name: rows}, indent=1) + "\n")


def _estimates(wanted: argparse.Namespace) -> Rows:
    rows = estimates.run(wanted.data, wanted.runs or estimates.RUNS)
    # A draw is the only way in which the naive mean is fair.
    naive = [row for row in rows if row["design"] != "uniform" and row["naive_coverage"] >= estimates.BETWEEN[0]]
    if naive:
        print("The naive mean holds, too: " + ", ".join(f"{row['pool']} by {row['design']}" for row in naive))
    return rows


def _broken_estimates(rows: Rows) -> list[str]:
    return [f"{row['pool']} by {row['design']}" for row in rows if not estimates.holds(row)]


def _gate(wanted: argparse.Namespace) -> Rows:
    return gates.run(wanted.runs or gates.RUNS)


def _broken_gates(rows: Rows) -> list[str]:
    return [f"the gate {row['gate']} at {row['difference']:+g}" for row in rows if not gates.holds(row)]


def _drifts(wanted: argparse.Namespace) -> Rows:
    return drifts.run(wanted.data, wanted.runs or drifts.RUNS)


def _broken_drifts(rows: Rows) -> list[str]:
    return [f"drift: {row.get('world', row.get('detector'))}" for row in rows if not drifts.holds(row)]


def _advice(wanted: argparse.Namespace) -> Rows:
    return advice.run(wanted.data)


def _streams(wanted: argparse.Namespace) -> Rows:
    return streams.run(wanted.data, wanted.runs or streams.SEEDS)


def _broken_streams(rows: Rows) -> list[str]:
    return [f"streams: {row.get('stream', 'speed')} at {row.get('budget', 1):.0%}" for row in streams.broken(rows)]


def _leaks(wanted: argparse.Namespace) -> Rows:
    return leaks.run(wanted.data)


def _broken_leaks(rows: Rows) -> list[str]:
    return [f"copies in {row['set']}" for row in rows if not leaks.holds(row)]


def _live(wanted: argparse.Namespace) -> Rows:
    return live.run(wanted.runs or live.RUNS)


def _broken_live(rows: Rows) -> list[str]:
    return [f"what a project saved, classes {row['world']}" for row in rows if not live.holds(row)]


def _stopping(wanted: argparse.Namespace) -> Rows:
    rows = stopping.run(wanted.data, wanted.runs or stopping.PROJECTS)
    if not all(stopping.naive_fails(row) for row in rows):
        print("Looking again and again keeps its promise, too: the test tells nothing.")
    return rows


def _broken_stopping(rows: Rows) -> list[str]:
    return [" ".join(str(row[k]) for k in ("what", "pool")) for row in rows if not stopping.holds(row)]


PARTS: dict[str, tuple[Callable[[argparse.Namespace], Rows], Callable[[Rows], list[str]]]] = {
    "estimates": (_estimates, _broken_estimates),
    "gate": (_gate, _broken_gates),
    "drifts": (_drifts, _broken_drifts),
    "advice": (_advice, advice.broken),
    "streams": (_streams, _broken_streams),
    "leaks": (_leaks, _broken_leaks),
    "live": (_live, _broken_live),
    "stopping": (_stopping, _broken_stopping),
}


if __name__ == "__main__":
    sys.exit(main())
