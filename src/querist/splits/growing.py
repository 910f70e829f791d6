"""An array that is appended to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Growing:
    """Rows appended in steps that grow with their number, so that a million appends cost a few dozen copies."""

    def __init__(self, dtype: npt.DTypeLike, width: int = 0) -> None:
        self._data = np.empty((1024, width) if width else 1024, dtype=dtype)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add these rows after the last."""
        needed = self._n + len(rows)
        if needed > len(self._data):
            grown = np.empty((max(needed, len(self._data) * 3 // 2), *self._data.shape[1:]), dtype=self._data.dtype)
            grown[: self._n] = self._data[: self._n]
            self._data = grown
        self._data[self._n : needed] = rows
        self._n = needed

    def view(self) -> npt.NDArray[Any]:
        """The rows so far, to be read or written in place until the next append."""
        return self._data[: self._n]
