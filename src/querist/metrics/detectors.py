"""Change in a stream of errors, found as they come in: ADWIN and Page-Hinkley, whose state is plain JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from querist.core.checks import one_of, positive, share
from querist.core.errors import InvalidInput
from querist.core.ports import DetectsChange

BUCKETS = 5  # of each size, before the two oldest are merged: as in the paper and its implementations
FEWEST = 5  # errors on either side of a cut


@dataclass(slots=True)
class Adwin:
    """A window over the last errors that shrinks whenever its older part has another mean than its newer.

    Every `clock` errors, all cuts of the window into an older part of `n0` and a newer one of `n1` are tried; where the
    two means differ by more than chance explains, the oldest errors are dropped, until no cut does. The window is kept
    as an exponential histogram, so that a million errors are some hundred pairs of numbers. One change may alarm more
    than once, while what came before it is dropped bit by bit.

    Parameters
    ----------
    delta : float
        How readily it alarms. Smaller is slower and surer.
    clock : int
        Errors between two looks at the cuts.
    rises_only : bool
        Alarm only where the newer part is the worse. What fell is dropped, too, but silently: a model that has learned
        is no reason to wake anybody.

    Notes
    -----
    With m = 1 / (1/n0 + 1/n1), delta' = delta / ln n and s² the window's variance, a cut counts where the means differ
    by at least sqrt(2 s² ln(2/delta') / m) + 2 ln(2/delta') / (3 m): Bifet and Gavaldà (2007), Learning from
    time-changing data with adaptive windowing. Amortized O(log n) time at each look, O(log n) memory.

    Examples
    --------
    >>> adwin = Adwin()
    >>> [at for at in range(1000) if adwin.update(float(at >= 500 and at % 2))]
    [543, 575, 735]
    >>> again = detector_from_json(adwin.to_json())
    >>> again == adwin
    True
    """

    delta: float = 0.002
    clock: int = 32
    rises_only: bool = True
    n_seen: int = 0
    # Row r holds buckets of 2^r errors, the oldest first, each as its sum and its sum of squared deviations.
    rows: list[list[list[float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not 0 < share("delta", self.delta) < 1:
            raise InvalidInput(f"delta: must lie between 0 and 1; got {self.delta!r}. Take 0.002.")
        positive("clock", self.clock)

    @property
    def width(self) -> int:
        """How many errors the window holds."""
        return sum(len(row) << r for r, row in enumerate(self.rows))

    @property
    def mean(self) -> float:
        """The mean of the window; NaN before the first error."""
        n = self.width
        return sum(bucket[0] for row in self.rows for bucket in row) / n if n else math.nan

    def update(self, error: float, /) -> bool:
        """Take in the next error; True when the newer errors are found to be more than the older."""
        value = _error(error)
        self.n_seen += 1
        if not self.rows:
            self.rows.append([])
        self.rows[0].append([value, 0.0])
        self._merge()
        return self.n_seen % self.clock == 0 and self._shrink()

    def to_json(self) -> dict[str, Any]:
        """Settings and state as plain JSON."""
        return {"detector": "adwin", **asdict(self)}

    def _merge(self) -> None:
        for r, row in enumerate(self.rows):
            if len(row) <= BUCKETS:
                return
            if r + 1 == len(self.rows):
                self.rows.append([])
            (sum_a, spread_a), (sum_b, spread_b) = row[:2]
            del row[:2]
            # n n / (n + n) of the squared difference of means, with n = 2^r in each.
            between = (sum_a - sum_b) ** 2 / (2 << r)
            self.rows[r + 1].append([sum_a + sum_b, spread_a + spread_b + between])

    def _shrink(self) -> bool:
        alarm = False
        while (rise := self._cut()) is not None:
            alarm |= rise > 0 or not self.rises_only
            oldest = self.rows[-1]
            del oldest[0]
            while self.rows and not self.rows[-1]:
                self.rows.pop()
        return alarm

    def _cut(self) -> float | None:
        """By how much the newer part's mean exceeds the older's at the first cut that counts; None where none does."""
        buckets = [(1 << r, held, inside) for r in range(len(self.rows) - 1, -1, -1) for held, inside in self.rows[r]]
        n = sum(size for size, _, _ in buckets)
        if n < 2 * FEWEST:
            return None
        total = sum(held for _, held, _ in buckets)
        mean = total / n
        spread = sum(inside + size * (held / size - mean) ** 2 for size, held, inside in buckets)
        log_term = math.log(2 * math.log(n) / self.delta)
        n_old, sum_old = 0, 0.0
        for size, held, _ in buckets[:-1]:
            n_old += size
            sum_old += held
            if n_old < FEWEST or n - n_old < FEWEST:
                continue
            rise = (total - sum_old) / (n - n_old) - sum_old / n_old
            inverse = 1 / n_old + 1 / (n - n_old)
            if abs(rise) >= math.sqrt(2 * inverse * spread / n * log_term) + 2 / 3 * inverse * log_term:
                return rise
        return None


@dataclass(slots=True)
class PageHinkley:
    """The sum of how far errors lie above their running mean; a change when it has risen far above its lowest.

    Quick and of constant memory, but its threshold is in errors and promises no rate of false alarms: the right one
    hangs on the error rate and on how long one watches. Adwin needs no such choice.

    Parameters
    ----------
    slack : float
        Rises of the mean up to this are let pass.
    threshold : float
        In errors: by how many more than usual there must have been.
    memory : float
        What the sum is multiplied by at each error; below 1 it slowly forgets.
    fewest : int
        Errors before it may alarm. After an alarm it begins anew.

    Notes
    -----
    Page (1954), Continuous inspection schemes, Biometrika 41; the test is one-sided, upwards. O(1) time and memory.

    Examples
    --------
    >>> watch = PageHinkley(threshold=10)
    >>> [at for at in range(400) if watch.update(float(at >= 200 and at % 2))]
    [221]
    """

    slack: float = 0.005
    threshold: float = 50.0
    memory: float = 0.9999
    fewest: int = 30
    n: int = 0
    mean: float = 0.0
    excess: float = 0.0
    lowest: float = 0.0

    def __post_init__(self) -> None:
        positive("fewest", self.fewest)
        share("memory", self.memory)
        if not self.threshold > 0:
            raise InvalidInput(f"threshold: must be above 0; got {self.threshold!r}. It is in errors; take 50.")

    def update(self, error: float, /) -> bool:
        """Take in the next error; True when there have been too many."""
        value = _error(error)
        self.n += 1
        self.mean += (value - self.mean) / self.n
        self.excess = self.memory * self.excess + value - self.mean - self.slack
        self.lowest = self.excess if self.n == 1 else min(self.lowest, self.excess)
        if self.n < self.fewest or self.excess - self.lowest <= self.threshold:
            return False
        self.n, self.mean, self.excess, self.lowest = 0, 0.0, 0.0, 0.0
        return True

    def to_json(self) -> dict[str, Any]:
        """Settings and state as plain JSON."""
        return {"detector": "page_hinkley", **asdict(self)}


DETECTORS: Mapping[str, Callable[..., DetectsChange]] = {"adwin": Adwin, "page_hinkley": PageHinkley}


def detector_from_json(body: Mapping[str, Any]) -> DetectsChange:
    """The detector that `to_json` was called of, where it stood.

    Raises
    ------
    InvalidInput
        If it is none of ours, or a setting is none of its own.
    """
    said = dict(body)
    name = one_of("detector", str(said.pop("detector", "")), tuple(DETECTORS))
    try:
        return DETECTORS[name](**said)
    except TypeError as error:
        raise InvalidInput(f"detector: must have settings of its own; {error}. Pass what `to_json` gave.") from None


def _error(value: float) -> float:
    number = float(value)
    if not 0 <= number <= 1:
        raise InvalidInput(f"error: must lie in 0..1; got {value!r}. Pass 1 for a wrong prediction, 0 for a right one.")
    return number
