"""Set what was measured as tables, for the pages that show them; run by every build of the docs.

So no measured figure is typed by hand: a page includes a table, and the table is made of results in the repository.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.speed import table

SPEED = Path(__file__).parents[1] / "benchmarks" / "results" / "speed.json"


def write(folder: Path) -> list[Path]:
    """Write each table, not as a page of its own, and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    results = json.loads(SPEED.read_text("utf-8"))
    path = folder / "speed.inc"
    path.write_text(table.markdown(results, between="<br>"), "utf-8")
    return [path]


if __name__ == "__main__":
    print("\n".join(map(str, write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference/measured")))))
