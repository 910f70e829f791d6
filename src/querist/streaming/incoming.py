"""What comes to a stream, looked over before anything is decided on it: one item amiss would spoil every later fit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.checks import short
from querist.core.errors import InvalidInput
from querist.core.ports import Learner
from querist.core.rng import generator

TEXTS = -1  # the width of items that have no columns
TRIAL_ROWS = 40


class Door:
    """Lets in what the learner can be fitted on, all of one kind: texts, or rows of as many numbers as the first.

    Parameters
    ----------
    learner : Learner
    n_classes : int
    width : int or None
        How many numbers an item has, `TEXTS` for texts; None before the first came.

    Examples
    --------
    >>> from querist.streaming.learning import default_learner
    >>> door = Door(default_learner(), 2)
    >>> door.remember(door.read("X", [[1, 2], [3, 4]]))
    >>> door.read("X", [[5, 6, 7]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    querist.core.errors.InvalidInput: X: must have 2 columns, as the stream's first items had; got 3. Pass ...
    """

    def __init__(self, learner: Learner, n_classes: int, width: int | None = None) -> None:
        self.width = width
        self._learner = learner
        self._n_classes = n_classes
        self._takes: dict[str, bool] = {}

    def read(self, name: str, X: Any) -> Any:
        """The items as a list of texts, or an array with a row each.

        Raises
        ------
        InvalidInput
            If they are neither, of another width than the first, or hold what the learner does not take.
        """
        texts = _texts(X)
        if texts is not None:
            self._see_width(name, TEXTS)
            for row, text in enumerate(texts):
                if not isinstance(text, str):
                    raise InvalidInput(
                        f"{name}: must be all texts where the first is one; item {row} is {short(text)}. "
                        "Put an empty text where there is none."
                    )
            return texts
        items = _numbers(name, X)
        if items.shape == (0,):
            return items  # nothing came, which is neither
        items = checks.features(name, items, finite=False)
        if len(items):
            self._see_width(name, items.shape[1])
        if not np.isfinite(items).all():
            self._see_holes(name, items)
        return items

    def remember(self, items: Any) -> None:
        """Hold what comes later to these, if they are the first."""
        if self.width is None and len(items):
            self.width = width_of(items[0])

    def _see_width(self, name: str, width: int) -> None:
        if self.width is None or width == self.width:
            return
        if TEXTS in (width, self.width):
            now, first = ("texts", "rows of numbers") if width == TEXTS else ("rows of numbers", "texts")
            raise InvalidInput(
                f"{name}: must be {first}, as the stream's first items were; got {now}. Make another stream for them."
            )
        raise InvalidInput(
            f"{name}: must have {self.width} columns, as the stream's first items had; got {width}. "
            "Pass the same features in the same order."
        )

    def _see_holes(self, name: str, items: Any) -> None:
        """Refuse NaN and infinities, unless the learner takes them: whether it does, a trial tells."""
        kinds = ("nan",) if not np.isinf(items).any() else ("nan", "inf") if np.isnan(items).any() else ("inf",)
        for kind in kinds:
            if kind not in self._takes:
                self._takes[kind] = self._fits_with(float(kind), items.shape[1])
            if not self._takes[kind]:
                checks.features(name, items)  # which says where it is, and what to do

    def _fits_with(self, hole: float, width: int) -> bool:
        rng = generator(0, "stream trial")
        X, y = rng.normal(size=(TRIAL_ROWS, width)), np.arange(TRIAL_ROWS) % self._n_classes
        X[0] = X[TRIAL_ROWS // 2] = hole
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model: Any = self._learner.fit(X, y, n_classes=self._n_classes, rng=rng)
                return bool(np.isfinite(model.predict_proba(X)).all())
        except Exception:  # whatever a learner of anybody's raises, it does not take them
            return False


def width_of(item: Any) -> int:
    """How many numbers an item has; `TEXTS` where it is a text."""
    return TEXTS if isinstance(item, str) else len(item)


def _texts(X: Any) -> list[Any] | None:
    """`X` as a list, where its first item is a text."""
    if isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind in "OU":
        X = X.tolist()
    return list(X) if isinstance(X, list | tuple) and X and isinstance(X[0], str) else None


def _numbers(name: str, X: Sequence[Any]) -> Any:
    try:
        return np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"{name}: must be a table of numbers, a row of equal length per item, or a list of texts; got {short(X)}. "
            "Encode it first, or pass a pipeline that reads texts as the learner."
        ) from None
