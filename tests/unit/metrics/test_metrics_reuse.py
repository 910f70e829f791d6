from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.metrics import HALF_95, LOOKS, overrating


def test_the_best_of_equally_good_models_looks_as_much_too_good_as_said() -> None:
    rng = np.random.default_rng(0)
    n_items, accuracy = 400, 0.8
    error = np.sqrt(accuracy * (1 - accuracy) / n_items)
    for looks in (2, 10, 25):
        best = rng.binomial(n_items, accuracy, size=(20_000, looks)).max(axis=1) / n_items
        # Counts are whole, so that the largest of them lies a little off that of normal numbers.
        assert (best.mean() - accuracy) / error == pytest.approx(overrating(looks), abs=0.06)


def test_it_is_more_than_half_an_interval_from_25_looks_on() -> None:
    assert overrating(LOOKS - 1) <= HALF_95 < overrating(LOOKS)


def test_it_grows_with_looks_and_less_for_a_set_that_grew() -> None:
    values = [overrating(n) for n in (1, 2, 3, 10, 100, 10_000)]
    assert values == sorted(values)
    assert values[0] == 0
    assert overrating(100) < np.sqrt(2 * np.log(100))
    assert overrating(100, 0.25) == pytest.approx(overrating(100) / 2)


@pytest.mark.parametrize(("looks", "share"), [(0, 1.0), (3, 0.0), (3, 1.5), (3, float("nan"))])
def test_what_is_no_count_or_no_share_is_refused(looks: int, share: float) -> None:
    with pytest.raises(InvalidInput):
        overrating(looks, share)
