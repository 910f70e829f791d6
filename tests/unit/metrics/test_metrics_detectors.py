"""Change found in a stream of errors."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.core.ports import DetectsChange
from querist.metrics.detectors import DETECTORS, Adwin, PageHinkley, detector_from_json

N_STREAMS = 300


def coin(seed: int, *parts: tuple[int, float]) -> list[float]:
    """Errors of so many items at such a rate, part after part."""
    rng = np.random.default_rng(seed)
    return [float(error) for n, rate in parts for error in rng.random(n) < rate]


def alarms(detector: DetectsChange, errors: list[float]) -> list[int]:
    return [at for at, error in enumerate(errors) if detector.update(error)]


@given(st.lists(st.floats(0, 1), max_size=300), st.integers(0, 300), st.sampled_from(sorted(DETECTORS)))
def test_a_detector_that_was_written_down_goes_on_as_if_it_had_not_been(
    errors: list[float], at: int, name: str
) -> None:
    straight, before = DETECTORS[name](), DETECTORS[name]()
    for error in errors[:at]:
        before.update(error)
    after = detector_from_json(json.loads(json.dumps(before.to_json())))
    expected = alarms(straight, errors)
    assert [a for a in expected if a >= at] == [at + a for a in alarms(after, errors[at:])]
    assert after.to_json() == straight.to_json() or at > len(errors)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=400))
def test_the_window_of_adwin_is_the_last_errors_and_nothing_else(errors: list[float]) -> None:
    adwin = Adwin(clock=1)
    for error in errors:
        adwin.update(error)
    assert 0 < adwin.width <= len(errors)
    assert adwin.mean == pytest.approx(np.mean(errors[-adwin.width :]), abs=1e-9)
    assert all(len(row) <= 5 for row in adwin.rows)


def test_a_window_of_a_hundred_thousand_errors_is_kept_in_a_hundred_numbers() -> None:
    adwin = Adwin()
    for error in [0.0, 1.0] * 50_000:
        adwin.update(error)
    assert adwin.width == 100_000
    assert sum(len(row) for row in adwin.rows) < 100


def test_the_cut_is_where_the_papers_bound_says() -> None:
    # Older half all right, newer half all wrong: s² = 1/4, 1/m = 4/n, and the means differ by 1.
    def bound(n: int) -> float:
        log_term = math.log(2 * math.log(n) / 0.002)
        return math.sqrt(2 * 4 / n * 0.25 * log_term) + 2 / 3 * 4 / n * log_term

    smallest = next(n for n in range(10, 200, 2) if bound(n) <= 1)

    def cut(n: int) -> bool:
        adwin = Adwin(clock=n)
        return bool(alarms(adwin, [0.0] * (n // 2) + [1.0] * (n // 2)))

    even = [n for n in range(10, 80, 2) if cut(n)]
    assert min(even) >= smallest
    assert min(even) <= smallest + 6  # a cut can be made between buckets only


def test_adwin_is_silent_where_nothing_changes_and_page_hinkley_is_not_always() -> None:
    streams = [coin(seed, (3000, 0.2)) for seed in range(N_STREAMS)]
    n_adwin = sum(bool(alarms(Adwin(), errors)) for errors in streams)
    n_low = sum(bool(alarms(PageHinkley(threshold=20), errors)) for errors in streams)
    slack = 3 * math.sqrt(0.01 * 0.99 / N_STREAMS)
    assert n_adwin / N_STREAMS <= 0.01 + slack
    assert n_low / N_STREAMS > 0.05 + slack  # a threshold in errors promises no rate


def test_a_doubled_error_rate_is_found() -> None:
    found = [alarms(Adwin(), coin(seed, (1000, 0.1), (1000, 0.25))) for seed in range(50)]
    assert all(each and each[0] >= 1000 for each in found)
    assert np.median([each[0] - 1000 for each in found]) < 350


def test_an_error_rate_that_fell_is_forgotten_without_an_alarm() -> None:
    errors = coin(3, (1000, 0.4), (1000, 0.1))
    quiet = Adwin()
    assert alarms(quiet, errors) == []
    assert quiet.width < 1200
    assert alarms(Adwin(rises_only=False), errors)


def test_page_hinkley_adds_up_what_lies_above_the_mean() -> None:
    watch = PageHinkley(slack=0.0, threshold=1.0, memory=1.0, fewest=1)
    # Means 0, 1/2, 2/3: the sum is 0, then 1/2, then 5/6, then 5/6 + 1/4 > 1.
    assert alarms(watch, [0.0, 1.0, 1.0, 1.0]) == [3]
    assert watch.n == 0


@pytest.mark.parametrize("error", [-0.1, 1.5, math.nan])
def test_an_error_outside_zero_and_one_is_refused(error: float) -> None:
    for make in DETECTORS.values():
        with pytest.raises(InvalidInput, match="error: must lie in 0"):
            make().update(error)


def test_what_is_no_detector_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'adwin'"):
        detector_from_json({"detector": "adwim"})
    with pytest.raises(InvalidInput, match="settings of its own"):
        detector_from_json({"detector": "adwin", "window": 3})
    with pytest.raises(InvalidInput, match="threshold"):
        PageHinkley(threshold=0)
    with pytest.raises(InvalidInput, match="delta"):
        Adwin(delta=0)
