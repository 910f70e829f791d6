"""Adding a CSV of a million rows to a new SQLite project: rows per second, and the process's peak memory.

Run with `make bench`. The file is made here, synthetic, of sentences of about 60 characters and a number.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS_PER_SECOND = 50_000
PEAK_MB = 500
SYLLABLES = ("ban", "ca", "de", "fo", "gri", "ho", "lu", "mer", "no", "pel", "ra", "sti", "to")
WORDS = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]  # 2,197: a plain speaker's vocabulary

CHILD = """
import json, resource, sys, time
from querist.service import intake, projects
from querist.core.schema import Schema
work = projects.create("sqlite:///" + sys.argv[2], "bench", schema=Schema("label", ("a", "b")))
began = time.perf_counter()
with work:
    added = intake.add_file(work, sys.argv[1])
scale = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
print(json.dumps({"rows": added.n_added, "seconds": time.perf_counter() - began, "peak_mb": peak / 1e6}))
"""


def write(path: Path, n: int) -> None:
    """A synthetic CSV of `n` rows."""
    rng = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "amount"])
        for i in range(n):
            text = " ".join(rng.choices(WORDS, k=9)) + f" {rng.randrange(10**6)}"
            writer.writerow([i, text, f"{rng.random() * 1000:.2f}"])


def main() -> int:
    """Print the figures as JSON; exit 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.csv"
        write(path, wanted.rows)
        began = time.perf_counter()
        command = [sys.executable, "-c", CHILD, str(path), str(Path(folder) / "querist.db")]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        whole = time.perf_counter() - began
        size_mb = path.stat().st_size / 1e6
    found = json.loads(re.findall(r"\{.*\}", out)[-1])
    rate = found["rows"] / found["seconds"]
    figures = {
        "rows": found["rows"],
        "file_mb": round(size_mb, 1),
        "rows_per_s": round(rate),
        "rows_per_s_wanted": ROWS_PER_SECOND,
        "process_s": round(whole, 1),
        "peak_mb": round(found["peak_mb"], 1),
        "peak_mb_allowed": PEAK_MB,
    }
    print(json.dumps(figures, indent=2))
    return int(rate < ROWS_PER_SECOND or found["peak_mb"] > PEAK_MB)


if __name__ == "__main__":
    sys.exit(main())
