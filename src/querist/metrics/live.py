"""What a running project has saved: one curve that was lived, beside one of what blind draws would have reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from querist.core.checks import Floats, share
from querist.core.errors import InvalidInput
from querist.core.evidence import Efficiency, Interval
from querist.metrics.efficiency import reach, widened_tail

OF_THE_GAIN = 0.95  # a level just under the end of a flat curve: its very end is noise


@dataclass(frozen=True, slots=True)
class Measured:
    """A curve with what resampling made of it: row 0 as it was measured, each further row one resample.

    Parameters
    ----------
    n_labels : (n_points,) float
        Rising.
    values : (1 + n_boot, n_points) float
        The metric, higher being better.
    """

    n_labels: Floats
    values: Floats

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.n_labels) or not len(self.n_labels):
            raise InvalidInput(
                f"values: must have a column for each of the {len(self.n_labels)} points, at least one; got shape "
                f"{self.values.shape}."
            )
        if np.any(np.diff(self.n_labels) <= 0):
            raise InvalidInput(f"n_labels: must rise; got {self.n_labels.tolist()}. Sort the points.")


def live_efficiency(
    lived: Measured,
    random: Measured,
    metric: str,
    *,
    n_units: int,
    level: float = 0.9,
    of_gain: float = OF_THE_GAIN,
) -> Efficiency:
    """Labels that random sampling needs, over those that this project needed, to reach one level.

    The level is the lower of the two curves' ends, less a part of random's gain: so high as both have come. Where the
    project stands higher than random ever came, that is where random came to, and the ratio is of that level alone.

    Parameters
    ----------
    lived, random : Measured
        The project's own curve and that of blind draws. Row by row of one resample, so that what both share (the test
        items) cancels.
    metric : str
    n_units : int
        How many independent units were resampled, at least 2: with few of them percentiles are taken further out.
    level : float
        Confidence of the interval.
    of_gain : float
        How much of random's gain the level keeps.

    Returns
    -------
    Efficiency
        `ratio` is None, and so are the labels, where neither curve rises: then there is nothing to save.

    Notes
    -----
    Both curves are read off their rising (isotonic) fits, as in `efficiency`; the interval is a percentile bootstrap,
    widened by Hesterberg's rule (2015, arXiv:1411.5279). It is of this project as it was labeled: a second project of
    the same policy would have a curve of its own.

    Examples
    --------
    >>> n = np.array([10.0, 20.0, 40.0, 80.0])
    >>> one, other = np.array([[0.5, 0.7, 0.9, 0.9]]), np.array([[0.5, 0.6, 0.7, 0.9]])
    >>> found = live_efficiency(Measured(n, one), Measured(n, other), "accuracy", n_units=5, of_gain=1.0)
    >>> found.labels, found.baseline_labels, found.ratio.value
    (40.0, 80.0, 2.0)
    """
    share("of_gain", of_gain)
    if len(lived.values) != len(random.values):
        raise InvalidInput(
            f"values: must have a row for each resample in both curves; got {len(lived.values)} and "
            f"{len(random.values)}. Resample both at once."
        )
    if n_units < 2:
        raise InvalidInput(f"n_units: must be at least 2; got {n_units}. One unit cannot be resampled.")
    ours, theirs = (
        np.stack([scipy.optimize.isotonic_regression(row).x for row in each.values]) for each in (lived, random)
    )
    start = theirs[:, 0]
    targets = start + of_gain * (np.minimum(ours[:, -1], theirs[:, -1]) - start)
    needed, base = reach(lived.n_labels, ours, targets), reach(random.n_labels, theirs, targets)
    flat = ours[:, -1] <= start  # no higher than random's first point: where it was reached says nothing
    return _said(metric, level, n_units, targets, needed, base, flat)


def _said(
    metric: str, level: float, n_units: int, targets: Floats, needed: Floats, base: Floats, flat: npt.NDArray[np.bool_]
) -> Efficiency:
    labels = baseline = ratio = None
    if not flat[0]:
        labels, baseline = float(needed[0]), float(base[0])
        ratios = np.where(flat, 0.0, base / needed)
        value = float(ratios[0])
        low = high = value
        if len(ratios) > 1:
            out = widened_tail(n_units, level)
            low, high = np.quantile(ratios[1:], [out, 1 - out])
        method = f"percentile bootstrap over {n_units} folds of the test items, {len(ratios) - 1} resamples"
        ratio = Interval(value, float(min(low, value)), float(max(high, value)), level, method)
    return Efficiency("the project", "random", metric, float(targets[0]), labels, baseline, ratio)
