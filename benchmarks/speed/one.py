"""One operation, in a process of its own: `python -m benchmarks.speed.one NAME FILE`, for `benchmarks.speed`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

MACHINE = "machine"


def main() -> int:
    """Write what was measured to the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("file", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cores", type=int, default=0)
    wanted = parser.parse_args()
    if wanted.cores and hasattr(os, "sched_setaffinity"):  # before NumPy, which counts the cores once
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: wanted.cores])
    warnings.simplefilter("ignore")
    load = round(os.getloadavg()[0], 1)
    if wanted.name == MACHINE:
        from benchmarks.speed import machine

        row = {"name": MACHINE, **machine.description(), **machine.limits()}
    else:
        from benchmarks.speed.cases import CASES
        from benchmarks.speed.measure import measured

        case = next(case for case in CASES if case.name == wanted.name)
        contest = case.make(wanted.quick)
        try:
            row = measured(case, contest, wanted.repeats, quick=wanted.quick)
        finally:
            if contest.close:
                contest.close()
    about = {"quick": wanted.quick, "load": load, "date": datetime.now(UTC).date().isoformat()}
    wanted.file.write_text(json.dumps({**row, **about}), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
