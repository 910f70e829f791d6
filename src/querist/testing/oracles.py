"""What every oracle of a simulation must keep to: subclass `OracleContract` in your own tests."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar

import numpy as np

from querist.core.checks import Array
from querist.core.ports import Oracle, Questions, Reply

N_ITEMS = 2000
STANDARD_ERRORS = 5  # a right oracle misses its rate by as many once in two million draws, and the seeds are fixed


class OracleContract:
    """Set `oracle`, and where it is known how often it errs, `rate`.

    Attributes
    ----------
    oracle : Oracle
        Under test. It answers about four classes, or about numbers where `n_classes` is 0.
    rate : float or None
        The share of its answers that are wrong, where difficulties are spread evenly about one half.
    silent : float
        The share of questions that it does not answer.
    exact : bool
        Whether what it says of an item is the same whatever else is asked with it: nothing about it is drawn.
    """

    oracle: ClassVar[Oracle]
    n_classes: ClassVar[int] = 4
    rate: ClassVar[float | None] = None
    silent: ClassVar[float] = 0.0
    exact: ClassVar[bool] = False

    def test_it_replies_to_each_question_in_order(self) -> None:
        """A reply for each, none for anything else, each value one that can be told."""
        asked = self._asked()
        replies = self.oracle.answer(asked, rng=np.random.default_rng(0))
        assert [reply.row for reply in replies] == asked.rows.tolist()
        assert all(isinstance(reply.delay, int) and reply.delay >= 0 for reply in replies)
        assert all(reply.cost_usd is None or reply.cost_usd >= 0 for reply in replies)
        values = [reply.value for reply in replies if reply.value is not None]
        if self.n_classes:
            assert all(isinstance(value, int) and 0 <= value < self.n_classes for value in values)
        else:
            assert all(isinstance(value, float) and np.isfinite(value) for value in values)

    def test_one_seed_is_one_answer(self) -> None:
        """The generator it is handed decides all; it keeps nothing between two questions."""
        first = self.oracle.answer(self._asked(), rng=np.random.default_rng(3))
        self.oracle.answer(self._asked(), rng=np.random.default_rng(4))
        assert self.oracle.answer(self._asked(), rng=np.random.default_rng(3)) == first

    def test_it_leaves_the_questions_alone(self) -> None:
        """The truth is the simulation's own."""
        asked = self._asked()
        before = (asked.rows.copy(), asked.truth.copy(), asked.difficulty.copy())
        self.oracle.answer(asked, rng=np.random.default_rng(0))
        for left, kept in zip((asked.rows, asked.truth, asked.difficulty), before, strict=True):
            np.testing.assert_array_equal(left, kept)

    def test_nothing_asked_is_nothing_said(self) -> None:
        """An empty batch is no error."""
        assert self.oracle.answer(self._asked(0), rng=np.random.default_rng(0)) == []

    def test_it_errs_and_is_silent_as_often_as_it_says(self) -> None:
        """Within five standard errors of a binomial share; so it is whether asked at once or by tens."""
        for size in (N_ITEMS, 10):
            replies = self._in_batches(size)
            silent = np.array([reply.value is None for reply in replies])
            assert _near(float(silent.mean()), self.silent, N_ITEMS)
            if self.rate is not None:
                truth = self._asked().truth[~silent]
                wrong = np.array([reply.value for reply in replies if reply.value is not None]) != truth
                assert _near(float(wrong.mean()), self.rate, len(truth))

    def test_what_is_not_drawn_does_not_depend_on_the_batch(self) -> None:
        """The same word on an item alone and among others, where that is promised."""
        if self.exact:
            assert [reply.value for reply in self._in_batches(7)] == [
                reply.value for reply in self._in_batches(N_ITEMS)
            ]

    def _in_batches(self, size: int) -> list[Reply]:
        rng = np.random.default_rng(5)
        replies: list[Reply] = []
        for start in range(0, N_ITEMS, size):
            replies += self.oracle.answer(self._asked(min(size, N_ITEMS - start), start), rng=rng)
        return replies

    def _asked(self, n: int = N_ITEMS, start: int = 0) -> Questions:
        rows = np.arange(start, start + n)
        truth: Array = rows % self.n_classes if self.n_classes else np.linspace(-3.0, 3.0, N_ITEMS)[rows]
        # 0.25 and 0.75 in turns of one class each: a mean of one half for every class alike.
        difficulty = 0.25 + 0.5 * ((rows // max(self.n_classes, 1)) % 2)
        return Questions(rows, truth, difficulty, self.n_classes, start, "choice" if self.n_classes else "number")


def _near(share: float, p: float, n: int) -> bool:
    return abs(share - p) <= STANDARD_ERRORS * sqrt(p * (1 - p) / n)
