"""Calibration by hand."""

from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.metrics.calibration import ece, reliability


def two_class(confidence: list[float]) -> np.ndarray:
    return np.column_stack([confidence, 1 - np.array(confidence)])


def test_each_bin_weighs_by_its_share_of_items() -> None:
    # bins of width 0.2: {0.65, 0.75} right once of two, {0.95, 0.95} right both times
    y, probs = [0, 1, 0, 0], two_class([0.65, 0.75, 0.95, 0.95])
    assert ece(y, probs, n_bins=5) == pytest.approx(0.5 * abs(0.70 - 0.5) + 0.5 * abs(0.95 - 1.0))
    assert np.allclose(reliability(y, probs, n_bins=5), [(0.70, 0.5, 0.5), (0.95, 1.0, 0.5)])


def test_a_confidence_on_an_edge_falls_in_the_lower_bin() -> None:
    assert [row[2] for row in reliability([0, 0, 0], two_class([0.5, 0.6, 1.0]), n_bins=2)] == pytest.approx(
        [1 / 3, 2 / 3]
    )


def test_equal_mass_bins_hold_equal_numbers() -> None:
    # sorted, 0.55 and 0.60 against 0.95 and 0.99; by equal width all four lie above 0.5, in one bin
    y, probs = [0, 1, 0, 0], two_class([0.99, 0.60, 0.95, 0.55])
    assert ece(y, probs, n_bins=2, equal_mass=True) == pytest.approx(0.5 * 0.075 + 0.5 * 0.03)
    assert ece(y, probs, n_bins=2) == pytest.approx(abs(0.7725 - 0.75))


def test_more_bins_than_items_puts_each_item_in_its_own() -> None:
    assert ece([0, 1], two_class([0.8, 0.6]), n_bins=10, equal_mass=True) == pytest.approx((0.2 + 0.6) / 2)


def test_a_model_that_is_sure_and_right_is_perfectly_calibrated() -> None:
    assert ece([0, 0, 0], two_class([1.0, 1.0, 1.0])) == 0
    assert reliability([0, 0, 0], two_class([1.0, 1.0, 1.0])) == ((1.0, 1.0, 1.0),)


def test_no_bins_is_refused() -> None:
    with pytest.raises(InvalidInput, match="n_bins"):
        ece([0], two_class([0.8]), n_bins=0)
