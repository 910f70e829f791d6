"""Print what was found, and exit 1 where something that we say does not hold. Run with `make bench-evidence`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.evidence import estimates
from benchmarks.labels.data import FOLDER


def main() -> int:
    """The figures of each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=estimates.RUNS)
    parser.add_argument(
        "--data", type=Path, default=FOLDER, help="where the real sets lie; those not there are left out"
    )
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    rows = estimates.run(wanted.data, wanted.runs)
    if wanted.json:
        wanted.json.write_text(json.dumps({"runs": wanted.runs, "estimates": rows}, indent=1) + "\n")
    broken = [f"{row['pool']} by {row['design']}" for row in rows if not estimates.holds(row)]
    # A draw is the only way in which the naive mean is fair.
    naive = [row for row in rows if row["design"] != "uniform" and row["naive_coverage"] >= estimates.BETWEEN[0]]
    if broken:
        print("Does not hold: " + ", ".join(broken))
    if naive:
        print("The naive mean holds, too: " + ", ".join(f"{row['pool']} by {row['design']}" for row in naive))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
