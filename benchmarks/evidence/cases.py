"""`python -m benchmarks.evidence.cases`: the table of `querist.simulation.measured`, made anew from the sets at hand.

A random part of each set that learns, by another draw than the one `benchmarks.evidence.advice` tries its advice on.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from benchmarks.evidence.advice import piloted
from benchmarks.evidence.known import OTHERS, known
from benchmarks.labels.data import FOLDER, SETS, Missing
from querist.simulation.measured import Case

DRAWS = (1,)


def main() -> None:
    """Print a line of Python for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=FOLDER)
    parser.add_argument("--sets", default=",".join([*SETS, *OTHERS]))
    wanted = parser.parse_args()
    for name in wanted.sets.split(","):
        try:
            truth = known(name, wanted.data)
        except Missing as missing:
            print(f"# left out: {missing}")
            continue
        print(f"# {truth}", flush=True)
        if truth.ratio is None or not truth.learns:
            continue
        for draw in DRAWS:
            found = piloted(name, draw, wanted.data)
            rate, error = found.found.log_rate
            case = Case(name, round(rate, 4), round(error, 4), round(found.final, 4), round(math.log(truth.ratio), 4))
            print(f"    {case},", flush=True)


if __name__ == "__main__":
    main()
