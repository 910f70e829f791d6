"""Work on blocks of rows, over the cores that this process may use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

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
    if wanted <= 1 or getattr(_here, "inside", False):  # the cores are taken by the call that this one is part of
        return [work(part) for part in todo]
    with one_blas_thread(), ThreadPoolExecutor(wanted, initializer=_enter) as pool:
        return list(pool.map(work, todo))


_here = threading.local()


def _enter() -> None:
    _here.inside = True


_limiting = threading.Lock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """While somebody is in here, a matrix product stays on the thread that asks for it.

    Threads that each ask for threads stand in line for them: small products were up to a hundred times slower. Only
    one caller at a time sets the limit, and lifts it itself; who comes in meanwhile leaves it alone, so that it is
    never restored to what another had set.
    """
    if not _limiting.acquire(blocking=False):
        yield
        return
    try:
        with _blas().limit(limits=1, user_api="blas"):
            yield
    finally:
        _limiting.release()


@cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
