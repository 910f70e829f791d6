"""`python -m benchmarks.speed`: every engine beside other libraries', in one table, resumable.

Each operation runs in a process of its own, in which ours and the others take turns. A finished operation is a line of
`runs.jsonl` in the folder of `--runs` and is not measured again unless the code of `querist` changed, or `--again` is
given. What is not installed is left out. All of it takes about an hour, `--quick` some minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import kept
from benchmarks.speed.cases import CASES
from benchmarks.speed.contest import Case
from benchmarks.speed.one import MACHINE
from benchmarks.speed.table import markdown

FOLDER = kept.ROOT / "bench-results" / "speed"
REPEATS, QUICK_REPEATS = 7, 3
MEASURED = ("core", "strategies", "scale")  # the rooms whose code a figure is of
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "QUERIST_NUM_THREADS")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is missing, then write what all of it says."""
    wanted = _parser().parse_args(argv)
    chosen = _chosen(wanted)
    wanted.runs.mkdir(parents=True, exist_ok=True)
    log = wanted.runs / "runs.jsonl"
    now = {"code": _code(), **kept.commit()}
    done = _done(log, wanted)
    todo = [case for case in chosen if wanted.again or done.get(case.name, {}).get("code") != now["code"]]
    print(f"{len(chosen)} operations, of which {len(chosen) - len(todo)} are done", file=sys.stderr)
    failed = []
    steps = [(MACHINE, None)] * bool(todo) + [(case.name, case.cores) for case in todo]
    with log.open("a", encoding="utf-8") as out, kept.Bar(len(steps)) as advance:
        if log.stat().st_size:
            print(file=out)  # so that a line that was cut short stays by itself
        for step, (name, cores) in enumerate(steps):
            advance(name, step, len(steps))
            row, problem = _measured(name, cores, wanted)
            if row is None:
                failed.append(f"{name}\n{problem}")
                continue
            done[name] = {**row, **now}
            print(json.dumps(done[name]), file=out, flush=True)
    rows = [judged(case, done[case.name]) for case in CASES if case.name in done]
    if not rows or MACHINE not in done:
        print("".join(f"\nfailed: {said}" for said in failed) or "nothing measured", file=sys.stderr)
        return 1
    results = {
        "measured_at": _measured_at(rows),
        "machine": done[MACHINE],
        "quick": wanted.quick,
        "not_measured": [case.name for case in CASES if case.name not in done],
        "rows": rows,
    }
    wanted.json.parent.mkdir(parents=True, exist_ok=True)
    wanted.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    text = markdown(results)
    if wanted.markdown:
        wanted.markdown.write_text(text, "utf-8")
    print(text)
    print("".join(f"\nfailed: {said}" for said in failed), file=sys.stderr, end="")
    return int(bool(failed))


def judged(case: Case, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what its operation should reach: as it stands now, whenever the row was measured."""
    return {**row, "targets": [target.judged(row) for target in case.targets], "if_missed": case.if_missed}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.speed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", default=[], help="operations whose names begin so; may be repeated")
    parser.add_argument("--repeats", type=int, default=0, help=f"calls that count; {REPEATS}, or {QUICK_REPEATS} quick")
    parser.add_argument("--quick", action="store_true", help="what takes seconds, on smaller files")
    parser.add_argument("--large", action="store_true", help="also files of 20,000,000 rows, in 2 GB of disk")
    parser.add_argument("--again", action="store_true", help="measure finished operations too")
    parser.add_argument("--runs", type=Path, default=FOLDER, help="folder of finished operations")
    parser.add_argument("--json", type=Path, default=FOLDER / "results.json", help="write the results here")
    parser.add_argument("--markdown", type=Path, help="write the table here too")
    return parser


def _chosen(wanted: argparse.Namespace) -> list[Case]:
    found = []
    for case in CASES:
        if wanted.only:
            if any(case.name.startswith(start) for start in wanted.only):
                found.append(case)
        elif wanted.quick:
            if not case.minutes:
                found.append(case)
        elif wanted.large or not case.large:
            found.append(case)
    if not found:
        sys.exit(f"--only: must begin a name of {', '.join(case.name for case in CASES)}; got {wanted.only}")
    return found


def _done(log: Path, wanted: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Finished operations by name: those of the results that are to be written anew, then those of the runs."""
    found: list[dict[str, Any]] = []
    if wanted.json.exists():
        before = json.loads(wanted.json.read_text("utf-8"))
        found = [before["machine"], *before["rows"]]
    lines = [line for line in [*found, *kept.lines(log)] if line["quick"] == wanted.quick]
    return {line["name"]: line for line in lines}


def _measured(name: str, cores: int | None, wanted: argparse.Namespace) -> tuple[dict[str, Any] | None, str]:
    """The row, or what went wrong. All cores but where the operation is of fewer, whatever the environment says."""
    env = {key: value for key, value in os.environ.items() if key not in THREADS}
    if cores:
        env |= dict.fromkeys(THREADS, str(cores))
    repeats = wanted.repeats or (QUICK_REPEATS if wanted.quick else REPEATS)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "row.json"
        command = [sys.executable, "-m", "benchmarks.speed.one", name, str(file), "--repeats", str(repeats)]
        command += ["--quick"] * wanted.quick + ["--cores", str(cores or 0)]
        done = subprocess.run(command, cwd=kept.ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode or not file.exists():
            return None, done.stderr[-2000:] or f"ended with {done.returncode}"
        row: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return row, ""


def _code() -> str:
    digest = hashlib.sha256()
    for room in MEASURED:
        for path in sorted((kept.ROOT / "src" / "querist" / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _measured_at(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The commit of most rows, whether any of them was of code that no commit has, and the last day."""
    commits = Counter(row["commit"] for row in rows)
    return {
        "commit": commits.most_common(1)[0][0],
        "changed": any(row["changed"] for row in rows),
        "date": max(row["date"] for row in rows),
    }


if __name__ == "__main__":
    sys.exit(main())
