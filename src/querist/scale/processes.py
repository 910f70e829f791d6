"""One pass over a pool: every block scored, and boiled down, on as many threads or processes as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.blocks import Block, Partial, Reducer
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.ports import Progress, silent
from querist.core.signals import BY_MEMBER
from querist.core.state import Picks
from querist.core.strategy import Strategy, of
from querist.core.threads import n_threads
from querist.scale.pool import Pool
from querist.scale.resume import Kept
from querist.scale.sources import Part

Score = Callable[..., Any] | Strategy | None
FEW = 2  # rows scored again by themselves, to see whether the rest of the block had a say
TOLERANCE = 1e-3  # float32 sums in another order differ by 1e-6


def run(
    pool: Pool,
    score: Score,
    reducer: Reducer,
    *,
    params: Mapping[str, Any] | None = None,
    processes: int = 1,
    threads: int | None = None,
    progress: Progress = silent,
    resume: str | Path | None = None,
) -> Picks:
    """The picks of a reducer from a pool of any size, in one pass.

    Parameters
    ----------
    pool : Pool
    score : declared strategy, or None
        What rates each row by itself, as `margin` does; a function of your own, perhaps with a model in it, is declared
        with `@querist.strategy(needs=[...])`. None leaves all rows equal: with `TopK` that is a random draw.
    reducer : Reducer
        Of `querist.strategies.reduce`, or your own.
    params : mapping, optional
        Arguments of the score other than its arrays.
    processes : int
        Each takes parts of the pool in turn. For scores that hold Python's lock.
    threads : int, optional
        In one process, parts worked on at a time: by default one per core for our own scores, and one for yours, which
        may not stand being called twice at once.
    progress : callable
        Told of rows done.
    resume : path, optional
        A folder for the partial results of finished parts. The same pool, score, parameters and reducer go on from
        there; the key is a hash of the pool's content, of the score's name and source, and of the reducer. What a score
        closes over, such as a model, is not in the key: take a folder for each model.

    Returns
    -------
    picks : Picks
        The same on any number of threads and processes.

    Raises
    ------
    InvalidInput
        If the pool lacks an array, or the score looks at other rows than the one it rates.

    Notes
    -----
    Memory is that of a block, and of what the reducer holds, for each thread or process.

    Examples
    --------
    >>> from querist.strategies import margin
    >>> from querist.strategies.reduce import TopK
    >>> pool = Pool.from_arrays(probs=np.array([[0.9, 0.1], [0.5, 0.5], [0.6, 0.4]]))
    >>> run(pool, margin, TopK(2)).rows
    array([1, 2])
    """
    state = fold(
        pool,
        score,
        reducer,
        params=params,
        processes=processes,
        threads=threads,
        progress=progress,
        resume=resume,
    )
    return reducer.finish(state)


def fold(
    pool: Pool,
    score: Score,
    reducer: Reducer,
    *,
    parts: Sequence[Part] | None = None,
    params: Mapping[str, Any] | None = None,
    processes: int = 1,
    threads: int | None = None,
    progress: Progress = silent,
    resume: str | Path | None = None,
) -> Partial:
    """What a reducer knows after some parts of a pool, all by default: for machines that share the work.

    `reducer.merge` joins what came of different parts, and `reducer.finish` makes the picks.

    Parameters
    ----------
    parts : sequence of Part, optional
        Some of `pool.parts`. The others are those of `run`.
    """
    work = _Work(pool, _scorer(score, params), reducer)
    wanted = list(pool.parts if parts is None else parts)
    total = sum(part.n for part in wanted)
    kept = None if resume is None else Kept.of(resume, pool.fingerprint, work.score.describe(), reducer.describe())
    held, done, todo = reducer.start(), 0, list[Part]()
    for part in wanted:
        state = kept.load(part) if kept else None
        if state is None:
            todo.append(part)
        else:
            held = reducer.merge(held, state)
            done += part.n
    progress(done, total, "scored")
    checks.positive("processes", processes)
    n = checks.positive("threads", threads) if threads is not None else n_threads() if work.score.ours else 1
    results = _in_processes(work, todo, processes) if processes > 1 else _in_threads(work, todo, n)
    for part, state in results:
        if kept:
            kept.save(part, state)
        held = reducer.merge(held, state)
        done += part.n
        progress(done, total, "scored")
    return held


@dataclass(frozen=True)
class _Scorer:
    """A score, and what it reads."""

    strategy: Strategy | None
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[str, ...]:
        return self.strategy.needs if self.strategy else ()

    @property
    def ours(self) -> bool:
        return self.strategy is None or str(getattr(self.strategy.run, "__module__", "")).startswith("querist.")

    def describe(self) -> dict[str, Any]:
        if self.strategy is None:
            return {"score": None}
        return {"score": self.strategy.name, "source": _source_of(self.strategy.run), "params": dict(self.params)}

    def __call__(self, block: Block) -> Block:
        if self.strategy is None:
            return block
        u = np.asarray(self.strategy.run(*(block[need] for need in self.needs), **self.params))
        if u.shape != (block.n,):
            raise InvalidInput(
                f"score: must give one utility per row, ({block.n},); {self.strategy.name} gives shape {u.shape}."
            )
        return block.with_(utilities=u)


@dataclass(frozen=True)
class _Work:
    pool: Pool
    score: _Scorer
    reducer: Reducer

    def __call__(self, part: Part) -> tuple[Part, Partial]:
        names = tuple(dict.fromkeys((*self.score.needs, *self.reducer.needs)))
        state = self.reducer.start()
        for i, block in enumerate(self.pool.blocks(names, part=part)):
            scored = self.score(block)
            if i == 0 and part.index == 0 and block.n > FEW and scored.utilities is not None:
                self._rates_each_by_itself(block, scored.utilities)
            state = self.reducer.update(state, scored)
        return part, state

    def _rates_each_by_itself(self, block: Block, utilities: Floats) -> None:
        few = {name: v[:, :FEW] if name in BY_MEMBER else v[:FEW] for name, v in block.arrays.items()}
        alone = self.score(Block(block.start, FEW, few)).utilities
        among = utilities[:FEW]
        if alone is not None and not np.allclose(alone, among, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
            name = self.score.strategy.name if self.score.strategy else "it"
            raise InvalidInput(
                f"score: must rate each row by itself; {name} rates row {block.start} {among[0]:.3g} among others, "
                f"and {alone[0]:.3g} among two. Choose with Candidates, on rows that a score of one's own puts first."
            )


def _scorer(score: Score, params: Mapping[str, Any] | None) -> _Scorer:
    strategy = score if score is None or isinstance(score, Strategy) else of(score)
    if strategy is not None and strategy.kind != "score":
        raise InvalidInput(f"score: must rate rows one by one; {strategy.name} chooses a set. Pass it to Candidates.")
    return _Scorer(strategy, params or {})


def _in_threads(work: _Work, parts: Sequence[Part], threads: int) -> Iterator[tuple[Part, Partial]]:
    if threads == 1 or len(parts) < 2:
        yield from map(work, parts)
        return
    with ThreadPoolExecutor(min(threads, len(parts))) as workers:
        left = iter(parts)
        running = {workers.submit(work, part) for part in islice(left, threads)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {workers.submit(work, part) for part in islice(left, len(done))}
            yield from (each.result() for each in done)


def _in_processes(work: _Work, parts: Sequence[Part], processes: int) -> Iterator[tuple[Part, Partial]]:
    import joblib

    if not parts:
        return
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        workers = joblib.Parallel(n_jobs=min(processes, len(parts)), return_as="generator_unordered", batch_size=1)
        yield from workers(joblib.delayed(work)(part) for part in parts)


def _source_of(function: Callable[..., Any]) -> str:
    from inspect import getsource

    try:
        return getsource(function)
    except (OSError, TypeError):  # written at a prompt, or made by a partial
        return str(getattr(getattr(function, "__code__", None), "co_code", b"").hex())
