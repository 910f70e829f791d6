"""What a running project has saved: read off two curves at one level, with an interval over what was resampled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.metrics.live import Measured, live_efficiency

N = np.array([10.0, 20.0, 40.0, 80.0])


def curve(*rows: list[float], n: np.ndarray = N) -> Measured:
    return Measured(n, np.array(rows))


def test_the_level_is_the_lower_end_and_labels_are_read_off_straight_lines() -> None:
    ours, theirs = curve([0.5, 0.7, 0.9, 0.95]), curve([0.5, 0.6, 0.7, 0.8])
    found = live_efficiency(ours, theirs, "accuracy", n_units=5, of_gain=1.0)
    assert found.target == 0.8, "random ended there"
    assert found.labels == pytest.approx(30), "half the way from 0.7 at 20 to 0.9 at 40"
    assert found.baseline_labels == 80
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(80 / 30)
    later = live_efficiency(ours, theirs, "accuracy", n_units=5, of_gain=0.5)
    assert (later.target, later.labels, later.baseline_labels) == (0.65, pytest.approx(17.5), pytest.approx(30))


def test_a_project_that_is_behind_is_compared_where_it_stands() -> None:
    found = live_efficiency(
        curve([0.5, 0.55, 0.6, 0.7]), curve([0.5, 0.7, 0.9, 0.95]), "accuracy", n_units=5, of_gain=1.0
    )
    assert (found.target, found.labels, found.baseline_labels) == (0.7, 80, 20)
    assert found.ratio is not None
    assert found.ratio.value == 0.25


def test_where_the_project_never_rises_above_randoms_first_point_there_is_no_ratio() -> None:
    found = live_efficiency(curve([0.4, 0.4, 0.4, 0.5]), curve([0.5, 0.6, 0.7, 0.8]), "accuracy", n_units=5)
    assert (found.labels, found.baseline_labels, found.ratio) == (None, None, None)


def test_what_both_curves_share_cancels() -> None:
    """A resample with easier items lifts both curves alike, and the ratio stays."""
    rng = np.random.default_rng(0)
    lift = np.concatenate([[0.0], rng.normal(0, 0.05, 200)])[:, None]
    ours = Measured(N, np.array([0.5, 0.7, 0.85, 0.85]) + lift)
    theirs = Measured(N, np.array([0.5, 0.6, 0.7, 0.8]) + lift)
    shared = live_efficiency(ours, theirs, "accuracy", n_units=5).ratio
    alone = live_efficiency(ours, Measured(N, theirs.values - lift + np.roll(lift, 1)), "accuracy", n_units=5).ratio
    assert shared is not None
    assert alone is not None
    assert shared.high - shared.low < 1e-6 < alone.high - alone.low


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_trading_places_turns_the_ratio_over(one: list[float], other: list[float]) -> None:
    both = [sorted(one), sorted(other)]
    both[0][0] = both[1][0] = min(both[0][0], both[1][0])
    there, back = (live_efficiency(curve(a), curve(b), "accuracy", n_units=5) for a, b in (both, reversed(both)))
    assert (there.ratio is None) or (back.ratio is None) or there.ratio.value == pytest.approx(1 / back.ratio.value)
    assert there.target == pytest.approx(back.target)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: curve([0.1, 0.2]), "values: must have a column for each of the 4 points"),
        (lambda: Measured(N[::-1], np.zeros((1, 4))), "n_labels: must rise"),
        (
            lambda: live_efficiency(curve([0.0] * 4), curve([0.0] * 4, [0.0] * 4), "accuracy", n_units=5),
            "a row for each resample in both curves; got 1 and 2",
        ),
        (lambda: live_efficiency(curve([0.0] * 4), curve([0.0] * 4), "accuracy", n_units=1), "n_units: must be at"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()  # type: ignore[operator]
