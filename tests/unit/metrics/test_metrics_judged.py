from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.metrics import corrected_share


def test_it_covers_and_the_share_judged_good_does_not() -> None:
    rng = np.random.default_rng(0)
    for share, q1, q0 in ((0.5, 0.9, 0.7), (0.1, 0.8, 0.95), (0.95, 0.9, 0.6)):
        inside, values, naive = [], [], []
        for _ in range(600):
            truth = rng.random(800) < share
            good = np.arange(160) < 80  # people check as many of either kind
            judged, checked = (rng.random(len(t)) < np.where(t, q1, 1 - q0) for t in (truth, good))
            found = corrected_share(judged, checked, good)
            inside.append(found.low <= share <= found.high)
            values.append(found.value)
            naive.append(judged.mean())
        assert 0.86 <= np.mean(inside) <= 0.95
        assert abs(np.mean(values) - share) < 0.01
        assert abs(np.mean(naive) - share) > 0.02


def test_by_hand() -> None:
    checked, truth = [1] * 9 + [0] + [1] * 2 + [0] * 8, [1] * 10 + [0] * 10
    found = corrected_share([1] * 55 + [0] * 45, checked, truth, level=0.9)
    # p = 0.55, q1 = 0.9, q0 = 0.8: (0.55 - 0.2) / 0.7; each rate with one more of either kind in its variance.
    spread = 56 / 102 * 46 / 102 / 102 + 0.25 * (9 / 12 * 3 / 12 / 12) + 0.25 * (10 / 12 * 2 / 12 / 12)
    assert found.value == pytest.approx(0.5)
    assert found.high - found.value == pytest.approx(1.6448536 * np.sqrt(spread) / 0.7)
    assert found.value - found.low == pytest.approx(found.high - found.value)


def test_a_share_stays_one() -> None:
    found = corrected_share([0] * 50, [1] * 9 + [0] * 11, [1] * 10 + [0] * 10)
    assert (found.value, found.low) == (0, 0)
    assert found.high < 0.3


@pytest.mark.parametrize(
    ("judged", "checked", "truth", "said"),
    [
        ([1, 0], [1, 0] * 10, [1, 1, 0, 0] * 5, "tells good from bad"),
        ([1, 0], [1, 0, 1], [1, 1, 1], "at least two good and two bad"),
        ([1, 0], [1, 0, 1], [1, 0], "one per checked item"),
        ([], [1, 0], [1, 0], "must hold verdicts"),
        ([0.5], [1, 0], [1, 0], "true or false"),
    ],
)
def test_a_judge_no_better_than_a_coin_and_what_is_no_verdict_is_refused(
    judged: list[float], checked: list[int], truth: list[int], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        corrected_share(judged, checked, truth)


@pytest.mark.parametrize("level", [0, 1, -1.0])
def test_a_level_is_between_0_and_1(level: float) -> None:
    with pytest.raises(InvalidInput, match="level"):
        corrected_share([1, 0], [1, 0] * 2, [1, 0] * 2, level=level)
