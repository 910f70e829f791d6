"""Runs made in parallel, each kept in a file once it is finished, so that nothing finished is made again."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from querist.catalogue import functions, register
from querist.core.atomic import replacing
from querist.core.checks import Rows
from querist.core.errors import InvalidInput
from querist.core.evidence import AskedItem, Point, Round, Run
from querist.core.hashing import digest
from querist.core.ports import Encoder, Learner, Prepares, Progress
from querist.simulation.data import Labeled
from querist.simulation.run import Plan, run


@dataclass(frozen=True, slots=True)
class Job:
    """One run to make, and all that it is made of; `rows` are those of pool and test set, where the plan draws none."""

    data: Labeled
    plan: Plan
    encoder: Encoder
    learner: Learner
    rows: tuple[Rows, Rows] | None = None

    def run(self) -> Run:
        """The run."""
        return run(self.data, self.plan, self.encoder, self.learner, rows=self.rows)


def run_all(jobs: Sequence[Job], resume: str | Path | None, n_jobs: int | None, progress: Progress) -> list[Run]:
    """The runs of all jobs, in their order; those that `resume` has from before are read.

    Raises
    ------
    InvalidInput
        If in a run no answer came.
    """
    folder = None if resume is None else Path(resume)
    keys = [""] * len(jobs)
    done: dict[int, Run] = {}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        keys = _keys(jobs)
        done = {i: run for i, key in enumerate(keys) if (run := _stored(folder / f"{key}.json")) is not None}
    what = f"{len(jobs)} runs" if not done else f"{len(jobs)} runs, {len(done)} of them kept from before"
    todo = [i for i in range(len(jobs)) if i not in done]
    for job in {(id(jobs[i].encoder), id(jobs[i].data)): jobs[i] for i in todo}.values():
        if isinstance(job.encoder, Prepares):
            job.encoder.prepare(job.data.X, progress)  # once, here, and not in each process
    progress(len(done), len(jobs), what)
    for i, finished in _results(jobs, todo, os.cpu_count() or 1 if n_jobs is None else n_jobs):
        if not finished.points:
            raise InvalidInput(
                f"oracle: must answer some questions; no answer came in the run of {finished.strategy} with seed "
                f"{finished.seed}. Let it abstain less."
            )
        done[i] = finished
        if folder is not None:
            _store(folder / f"{keys[i]}.json", finished)
        progress(len(done), len(jobs), what)
    return [done[i] for i in range(len(jobs))]


def run_to_json(done: Run) -> dict[str, Any]:
    """A run as plain JSON."""
    return asdict(done)


def run_from_json(body: Mapping[str, Any]) -> Run:
    """The reverse of `run_to_json`."""
    return Run(
        strategy=body["strategy"],
        seed=body["seed"],
        points=tuple(Point(**p) for p in body["points"]),
        rounds=tuple(Round(**{**r, "asked": tuple(AskedItem(**a) for a in r["asked"])}) for r in body["rounds"]),
        calibration=tuple((a, b, c) for a, b, c in body["calibration"]),
        per_class=body["per_class"],
        seconds=body["seconds"],
    )


def nameless(thing: object) -> bool:
    """Whether the repr does not say what it does: a function's, or an address in memory."""
    if callable(thing) or type(thing).__repr__ is object.__repr__:
        return True
    if isinstance(thing, tuple):
        return any(map(nameless, thing))
    return is_dataclass(thing) and any(nameless(getattr(thing, f.name)) for f in fields(thing))


def _keys(jobs: Sequence[Job]) -> list[str]:
    """What tells each run from any other: its data, recipe and plan, and the version that made it."""
    data = {id(job.data): job.data.digest for job in {id(job.data): job for job in jobs}.values()}
    return [
        digest(
            {
                "data": data[id(job.data)],
                "encoder": job.encoder.describe(),
                "learner": job.learner.describe(),
                "querist": version("querist"),
                "plan": job.plan.to_json(),
            }
        )
        for job in jobs
    ]


def _results(jobs: Sequence[Job], todo: Sequence[int], n_jobs: int) -> Iterator[tuple[int, Run]]:
    if n_jobs == 1 or len(todo) < 2:
        for i in todo:
            yield i, jobs[i].run()
        return
    import joblib

    # What a user registered is known in this process only; our own strategies are known in every one.
    used = {function for i in todo for function in functions(jobs[i].plan.policy)}
    own = [function for function in used if not function.__module__.startswith("querist.")]
    # One BLAS thread a process: two processes of two threads each take longer than one after the other.
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=min(n_jobs, len(todo)), return_as="generator_unordered", batch_size=1)
        yield from parallel(joblib.delayed(_numbered)(i, jobs[i], own) for i in todo)


def _numbered(i: int, job: Job, functions: Sequence[Callable[..., Any]]) -> tuple[int, Run]:
    for function in functions:
        register(function)
    warnings.filterwarnings("ignore", module="sklearn")  # one line of ours for each fit would help nobody
    return i, job.run()


def _stored(path: Path) -> Run | None:
    try:
        return run_from_json(json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return None  # a run that cannot be read is made again


def _store(path: Path, done: Run) -> None:
    with replacing(path) as stream:
        stream.write(json.dumps(run_to_json(done)).encode())
