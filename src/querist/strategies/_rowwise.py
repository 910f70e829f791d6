"""Reductions over the classes of each item, in blocks of rows that stay in cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.threads import in_threads

BLOCK_VALUES = 80_000  # 320 kB of float32: the least processor time of 20 k to 320 k; half of it costs a tenth more
PART_BLOCKS = 8  # blocks that one thread works through on end: handing over a part takes as long as half a block
WIDE = 20  # classes from which the largest of a row is found sooner in the row than along the transposed block
WIDE_FOR_TWO = 40  # the same for the two largest


def row_blocks(n_rows: int, row_size: int) -> Iterator[slice]:
    """Slices that cover `n_rows` rows of `row_size` values each."""
    step = max(1, BLOCK_VALUES // max(1, row_size))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def row_parts(n_rows: int, row_size: int) -> list[list[slice]]:
    """The slices of `row_blocks`, gathered into parts that are each worth a thread's while."""
    blocks = list(row_blocks(n_rows, row_size))
    return [blocks[i : i + PART_BLOCKS] for i in range(0, len(blocks), PART_BLOCKS)]


def rated(probs: npt.ArrayLike, rate: Callable[[Floats, np.dtype[np.floating]], Floats]) -> Floats:
    """What `rate` makes of each block of rows, over threads; the rows are checked while they are in the cache."""
    p = checks.probability_table("probs", probs)
    utilities = np.zeros(len(p), dtype=working_type(p))

    def work(part: list[slice]) -> None:
        for block in part:
            if not checks.are_distributions(p[block]):
                checks.probabilities("probs", p)  # says which row
            if p.shape[1] > 1:
                utilities[block] = rate(p[block], utilities.dtype)

    in_threads(work, row_parts(*p.shape))
    return utilities


def rated_members(
    members: npt.ArrayLike,
    rate: Callable[[Floats, np.dtype[np.floating]], Floats],
    dtype: npt.DTypeLike | None = None,
) -> Floats:
    """The same for blocks (n_members, n_rows, n_classes) of a committee's probabilities."""
    p = checks.member_table("members", members)
    utilities = np.zeros(p.shape[1], dtype=working_type(p) if dtype is None else dtype)

    def work(part: list[slice]) -> None:
        for block in part:
            rows = np.ascontiguousarray(p[:, block], dtype=working_type(p))
            if not checks.are_distributions(rows):
                checks.member_probabilities("members", p)  # says which row
            utilities[block] = rate(rows, utilities.dtype)

    in_threads(work, row_parts(p.shape[1], p.shape[0] * p.shape[2]))
    return utilities


def working_type(values: Floats) -> np.dtype[np.floating]:
    """The float type to compute in: the array's own, but not half precision."""
    return np.result_type(values.dtype, np.float32)


def entropies(p: Floats, dtype: npt.DTypeLike) -> Floats:
    """Shannon entropy of each row, in nats, along the last axis."""
    if p.shape[-1] == 1:
        return np.zeros(p.shape[:-1], dtype=dtype)
    logs = finite_logs(p, dtype)
    logs *= p
    found: Floats = logs @ np.full(p.shape[-1], -1, dtype=dtype)  # summing a short axis by BLAS is 6 times faster
    return np.maximum(found, 0, out=found)


def finite_logs(p: Floats, dtype: npt.DTypeLike) -> Floats:
    """Logarithms, of zero a finite one: 0 log 0 is then 0 without a mask."""
    logs: Floats = np.add(p, np.finfo(dtype).tiny, dtype=dtype)
    return np.log(logs, out=logs)


def largest(p: Floats, dtype: npt.DTypeLike) -> Floats:
    """The largest value of each row."""
    if p.shape[1] > WIDE:
        values = np.ascontiguousarray(p, dtype=dtype).ravel()
        wide: Floats = np.maximum.reduceat(values, _starts(p))  # `max` along a short axis takes twice as long
        return wide
    found: Floats = np.ascontiguousarray(p.T, dtype=dtype).max(axis=0)
    return found


def two_largest(p: Floats, dtype: npt.DTypeLike) -> tuple[Floats, Floats]:
    """The largest and the second largest value of each row of at least two, none negative."""
    if p.shape[1] > WIDE_FOR_TWO:
        rest, starts = np.array(p, dtype=dtype, order="C").ravel(), _starts(p)
        best = starts + p.argmax(axis=1)
        best_values = rest[best]
        rest[best] = -1
        return best_values, np.maximum.reduceat(rest, starts)
    columns = np.ascontiguousarray(p.T, dtype=dtype)
    first, second = np.maximum(columns[0], columns[1]), np.minimum(columns[0], columns[1])
    beaten = np.empty_like(first)
    for column in columns[2:]:
        np.minimum(first, column, out=beaten)
        np.maximum(second, beaten, out=second)
        np.maximum(first, column, out=first)
    return first, second


def _starts(p: Floats) -> npt.NDArray[np.int64]:
    return np.arange(0, p.size, p.shape[1])
