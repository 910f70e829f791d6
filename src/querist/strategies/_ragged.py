"""Items of unequal length, such as the tokens of a text, laid end to end and reduced item by item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput

BLOCK_VALUES = 80_000  # of a block laid end to end, so that it stays in cache


class Ragged:
    """An array of arrays, each with a row (along `axis`) per token or box; one of no values has none."""

    def __init__(self, name: str, values: Iterable[npt.ArrayLike], *, axis: int = 0) -> None:
        self.name = name
        self.axis = axis
        parts = [np.asarray(part) for part in values]  # one look per item, at its shape
        shaped = [part for part in parts if part.size]
        wrong = next((part for part in shaped if part.ndim != axis + 2), None)
        kinds = {part.shape[:axis] + part.shape[-1:] for part in shaped}
        if wrong is not None or len(kinds) > 1:
            what = "(n_members, n, n_classes)" if axis else "(n, n_classes)"
            got = f"an array of shape {wrong.shape}" if wrong is not None else f"several: {sorted(kinds)[:3]}"
            raise InvalidInput(
                f"{name}: must hold for each item an array {what}, of the same classes throughout; got {got}. "
                "Make an object array of (n_items,) arrays."
            )
        self.parts = parts
        self.sizes = np.fromiter((p.shape[axis] if p.size else 0 for p in parts), dtype=np.int64, count=len(parts))
        kinds_of_numbers = {part.dtype for part in shaped}
        for kind in kinds_of_numbers:
            checks.as_float(name, np.empty(0, dtype=kind))
        self.dtype = np.result_type(np.float32, *kinds_of_numbers)

    def __len__(self) -> int:
        return len(self.parts)

    def blocks(self) -> Iterator[tuple[Rows, Rows, Floats]]:
        """Items that have any rows, where each one's rows start, and all their rows end to end."""
        there = np.flatnonzero(self.sizes)
        if not len(there):
            return
        values = np.cumsum([self.parts[i].size for i in there])
        first = 0
        while first < len(there):
            begun = values[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(values, begun + BLOCK_VALUES, side="right")))
            items = there[first:last]
            table = np.concatenate([self.parts[i] for i in items], axis=self.axis)
            ends = np.cumsum(self.sizes[items])
            yield items, ends - self.sizes[items], self._sound(table)
            first = last

    def _sound(self, table: Array) -> Floats:
        check = checks.member_probabilities if self.axis else checks.probabilities
        return check(self.name, table).astype(self.dtype, copy=False)


def means(values: Floats, starts: Rows, *, counted: npt.NDArray[np.bool_] | None = None) -> Floats:
    """The mean of each stretch, over what is counted of it; 0 where nothing is."""
    if counted is None:
        return np.asarray(np.add.reduceat(values, starts) / np.diff(starts, append=len(values)))
    sums = np.add.reduceat(np.where(counted, values, 0), starts)
    n = np.add.reduceat(counted.astype(values.dtype), starts)
    return np.divide(sums, n, out=np.zeros_like(sums), where=n > 0)


def largest_first(values: Floats, starts: Rows, n: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The values, each stretch from its largest down, and which of them are among the first `n` of their stretch."""
    sizes = np.diff(starts, append=len(values))
    stretch = np.repeat(np.arange(len(starts)), sizes)
    order = np.lexsort((-values, stretch))
    return values[order], np.arange(len(values)) - np.repeat(starts, sizes) < n
