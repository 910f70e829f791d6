"""Work on blocks of rows, over the cores that this process may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def n_threads() -> int:
    """Threads to compute with: `QUERIST_NUM_THREADS`, else `OMP_NUM_THREADS`, else the cores this process may use.

    A process that is one of several, as in a simulation over seeds, is told to use one.
    """
    for name in ("QUERIST_NUM_THREADS", "OMP_NUM_THREADS"):
        said = os.environ.get(name, "")
        if said.isdecimal() and int(said) > 0:
            return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(work: Callable[[T], R], parts: Iterable[T], *, threads: int | None = None) -> list[R]:
    """What `work` makes of each part, in their order. NumPy lets go of the interpreter's lock while it computes.

    The parts, not the threads, say what is computed: the result is the same on any number of cores.

    Examples
    --------
    >>> in_threads(lambda x: x * x, [1, 2, 3], threads=2)
    [1, 4, 9]
    """
    todo = list(parts)
    wanted = min(n_threads() if threads is None else threads, len(todo))
    if wanted <= 1:
        return [work(part) for part in todo]
    with ThreadPoolExecutor(wanted) as pool:
        return list(pool.map(work, todo))
