"""The runs of a suite, one after the other or in several processes."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.labels import choosers, data
from benchmarks.labels.bench import Bench, bench, run
from benchmarks.labels.features import Setting
from querist.learners import SentenceEncoder


@dataclass(frozen=True, slots=True)
class Task:
    """One run to make."""

    set: str
    setting: Setting
    seed: int
    strategy: str

    def key(self, features: str, code: str) -> str:
        """What tells a finished run from others."""
        return "|".join([self.set, self.setting, str(self.seed), self.strategy, features, code])


def made(
    todo: Sequence[Task], encoder: SentenceEncoder | None, tags: Mapping[str, str | None], folder: Path, jobs: int
) -> Iterator[tuple[Task, dict[str, Any]]]:
    """The runs, as they are finished; one that failed has an `error`.

    `tags` says of a set what its texts are embedded by, or None.
    """
    if jobs == 1 or len(todo) < 2:
        for task in todo:
            yield _one(task, encoder if tags[task.set] else None, folder)
        return
    import joblib

    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=min(jobs, len(todo)), return_as="generator_unordered", batch_size=1)
        yield from parallel(joblib.delayed(_one)(task, encoder if tags[task.set] else None, folder) for task in todo)


def _one(task: Task, encoder: SentenceEncoder | None, folder: Path) -> tuple[Task, dict[str, Any]]:
    try:
        on = _bench(task.set, task.setting, task.seed, encoder, folder)
        found = run(on, choosers.chooser(task.strategy, on))
    except Exception:  # hours of other runs must not be lost to one strategy's fault; the caller shows it
        return task, {"error": traceback.format_exc()}
    return task, {"metric": on.metric, "features": on.made_by, **found}


@lru_cache(maxsize=2)
def _bench(name: str, setting: Setting, seed: int, encoder: SentenceEncoder | None, folder: Path) -> Bench:
    return bench(data_set(name, folder), seed, setting=setting, encoder=encoder)


@lru_cache(maxsize=2)
def data_set(name: str, folder: Path) -> data.DataSet:
    """The set, read once a process."""
    return data.load(name, folder)
