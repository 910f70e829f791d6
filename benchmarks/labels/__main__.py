"""`python -m benchmarks.labels`: strategies against random on real data, paired over seeds, resumable.

Each finished run is a line of `runs.jsonl` in the folder of `--runs`; a run that is there is not made again unless its
strategy's code changed. Without options: every set that is at hand, every strategy of the catalogue, and the best of
scikit-activeml where that is installed, with 10 seeds. That takes many hours; `--quick` takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: processes are parallel already
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmarks import kept
from benchmarks.labels import choosers, data, peers, suite, tables
from benchmarks.labels.features import SETTINGS, WORDS, prepared, text_encoder
from benchmarks.labels.summary import BASELINE, USUAL, summary
from querist.learners import SentenceEncoder

FOLDER = kept.ROOT / "bench-results" / "labels"
QUICK_SETS = ("digits", "segment", "sms_spam", "trec")
QUICK_STRATEGIES = (BASELINE, USUAL, "weighted_k_means", "weighted_variance_reduction", "uncertainty_herding", "auto")
QUICK_SEEDS = 3
SEEDS = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Make the runs that are missing, then write what they say."""
    wanted = _parser().parse_args(argv)
    encoder = text_encoder(wanted.encoder)
    sets = _sets(wanted, wanted.data)
    strategies = _strategies(wanted)
    features = {name: _features_tag(name, encoder, wanted.data) for name in sets}
    seeds = range(wanted.seeds or (QUICK_SEEDS if wanted.quick else SEEDS))
    settings = wanted.settings.split(",")
    tasks = [
        suite.Task(name, setting, seed, strategy)
        for name in sets
        for setting in SETTINGS
        if setting in settings and (setting == "linear" or data.SETS[name].kind == "table")
        for seed in seeds
        for strategy in strategies
    ]
    keys = {task: task.key(features[task.set], choosers.fingerprint(task.strategy)) for task in tasks}
    wanted.runs.mkdir(parents=True, exist_ok=True)
    log = wanted.runs / "runs.jsonl"
    made = kept.lines(log)
    done = {line["key"]: line for line in made}
    older = {_without_code(line["key"]): line for line in made if line["strategy"] in wanted.any_code.split(",")}
    for key in keys.values():
        if key not in done and (short := _without_code(key)) in older:
            done[key] = older[short]
    todo = [] if wanted.only_finished else [task for task in tasks if keys[task] not in done]
    commit, failed = kept.commit(), list[str]()
    n_done = sum(keys[task] in done for task in tasks)
    print(f"{len(tasks)} runs, of which {n_done} are done", file=sys.stderr)
    with log.open("a", encoding="utf-8") as out, kept.Bar(len(todo)) as advance:
        if log.stat().st_size:
            print(file=out)  # so that a line that was cut short stays by itself
        tags = {name: tag if tag.startswith("sentence") else None for name, tag in features.items()}
        for task, found in suite.made(todo, encoder, tags, wanted.data, wanted.jobs):
            advance(f"{task.set} {task.strategy} {task.seed}")
            if "error" in found:
                failed.append(f"{task}\n{found['error']}")
                continue
            line = {"key": keys[task], **asdict(task), **commit, **found}
            print(json.dumps(line), file=out, flush=True)
            done[line["key"]] = line
    lines = [done[keys[task]] for task in tasks if keys[task] in done]
    results = {"measured_at": _measured_at(commit, lines, len(seeds)), **summary(lines)}
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    wanted.out.write_text(_compact(results), "utf-8")
    text = tables.markdown(results)
    if wanted.markdown:
        wanted.markdown.write_text(text, "utf-8")
    if wanted.charts:
        tables.write_curves(results, wanted.charts)
    print(text)
    print("".join(f"\nfailed: {said}" for said in failed), file=sys.stderr, end="")
    return int(bool(failed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.labels", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="four sets, random, margin and the best few, 3 seeds")
    parser.add_argument("--data", type=Path, default=data.FOLDER, help="folder of the data sets")
    parser.add_argument("--sets", default="", help=f"of {', '.join(data.names())}; joined by commas")
    parser.add_argument(
        "--strategies", default="", help="names, also explore:NAME, project:NAME, oracle, skactiveml:NAME"
    )
    parser.add_argument("--seeds", type=int, default=0, help=f"how many; {SEEDS} by default")
    parser.add_argument("--settings", default=",".join(SETTINGS), help="linear (all sets), forest (tables)")
    parser.add_argument("--encoder", help=f"folder or hub name; {WORDS!r} for none; all-MiniLM-L6-v2 by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--only-finished", action="store_true", help="make no run; say what the finished ones show")
    parser.add_argument(
        "--any-code",
        default="",
        metavar="STRATEGIES",
        help="whose finished runs to take although their code changed since, since they still pick the same",
    )
    parser.add_argument(
        "--runs", type=Path, default=kept.ROOT / "bench-results" / "labels", help="folder of finished runs"
    )
    parser.add_argument("--out", type=Path, default=kept.ROOT / "bench-results" / "labels" / "results.json")
    parser.add_argument("--markdown", type=Path, help="write the tables here too")
    parser.add_argument("--charts", type=Path, help="folder for a picture of each set's curves")
    return parser


def _sets(wanted: argparse.Namespace, folder: Path) -> list[str]:
    names = wanted.sets.split(",") if wanted.sets else list(QUICK_SETS if wanted.quick else data.names())
    here = []
    for name in names:
        if name not in data.SETS:
            sys.exit(f"--sets: must be of {', '.join(data.names())}; got {name!r}")
        try:
            suite.data_set(name, folder)
            here.append(name)
        except data.Missing as missing:
            print(f"left out: {missing}", file=sys.stderr)
    return here


def _strategies(wanted: argparse.Namespace) -> list[str]:
    if wanted.strategies:
        names = wanted.strategies.split(",")
        for name in names:
            if not choosers.is_known(name):
                sys.exit(f"--strategies: must be known and installed; got {name!r}")
    elif wanted.quick:
        names = [name for name in QUICK_STRATEGIES if choosers.is_known(name)]
        for name in set(QUICK_STRATEGIES) - set(names):
            print(f"left out: {name} is not in the catalogue", file=sys.stderr)
    else:
        names = [*choosers.own_names(), *peers.names()]
    return list(dict.fromkeys([BASELINE, *names]))


def _features_tag(name: str, encoder: SentenceEncoder | None, folder: Path) -> str:
    """What the set's features are made by; texts are embedded now, once, and not by every process."""
    if data.SETS[name].kind == "table":
        return "columns"
    with kept.Bar(None) as advance:

        def tell(done: int, total: int | None, what: str) -> None:
            advance(f"{name}: {what}", done, total)

        has = prepared(encoder, suite.data_set(name, folder).items, tell)
    if encoder is not None and not has:
        print(f"{name}: no sentence encoder at hand, so words and topics instead", file=sys.stderr)
    return f"sentence encoder {encoder.digest}" if encoder is not None and has else "topics"


def _without_code(key: str) -> str:
    """What tells a run from others, but for the code it was made with."""
    return key.rpartition("|")[0]


def _compact(results: Mapping[str, Any]) -> str:
    """Results as JSON that is kept in the repository: innermost lists and maps on one line."""
    text = json.dumps(results, indent=1)
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda found: " ".join(found.group().split()), text) + "\n"


def _measured_at(commit: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], seeds: int) -> dict[str, Any]:
    """At which commit most of the runs were made, and at which the others."""
    often = Counter(line["commit"] for line in lines).most_common(1)
    most = often[0][0] if often else commit["commit"]
    others = sorted({line["commit"][:12] for line in lines} - {most[:12]})
    return {
        "commit": most,
        "changed": any(line["changed"] for line in lines),
        "other_commits": others,
        "seeds": seeds,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": version("scikit-learn"),
    }


if __name__ == "__main__":
    sys.exit(main())
