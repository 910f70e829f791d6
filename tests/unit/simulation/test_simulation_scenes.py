"""Synthetic scenes: what is said of them is in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from querist.core.boxes import box_tables, iou_matrix
from querist.core.errors import InvalidInput
from querist.simulation import digit_scenes

RNG = np.random.default_rng


@settings(deadline=None, max_examples=25)
@given(st.integers(16, 60), st.integers(1, 9), st.floats(1, 2), st.integers(0, 99))
def test_boxes_lie_on_the_canvas_and_not_over_one_another(side: int, most: int, scale: float, seed: int) -> None:
    X, y = digit_scenes(4, rng=RNG(seed), side=side, most=most, scale=scale)
    assert X.shape == (4, side, side)
    assert X.dtype == np.float32
    for table in box_tables("y", y, n_classes=10):
        assert len(table) <= most
        assert (table[:, :2] >= 0).all()
        assert (table[:, :2] + table[:, 2:4] <= side).all()
        assert ((table[:, 2:4] >= 8) & (table[:, 2:4] <= round(8 * scale))).all()
        overlaps = iou_matrix(table, table)
        assert not overlaps[~np.eye(len(table), dtype=bool)].any()


def test_a_digit_of_its_own_size_is_there_to_the_pixel_and_nothing_beside_it() -> None:
    digits = load_digits()
    X, y = digit_scenes(6, rng=RNG(0), noise=0, digits=[7])  # the eighth of them, a seven
    assert digits.target[7] == 7
    assert sum(map(len, y)) > 6
    for image, boxes in zip(X, y, strict=True):
        for left, top, width, height, digit in boxes:
            assert (width, height, digit) == (8, 8, 7)
            place = image[int(top) :, int(left) :][:8, :8]
            np.testing.assert_allclose(place, digits.images[7] / 16)
            place[:] = 0
        assert not image.any()


def test_a_grown_digit_keeps_its_ink_and_stays_within_its_box() -> None:
    X, y = digit_scenes(6, rng=RNG(0), noise=0, most=1, scale=3, side=30, digits=[0])
    ink = load_digits().images[0].sum() / 16
    for image, boxes in zip(X, y, strict=True):
        for left, top, width, height, _ in boxes:
            grown = (width / 8) ** 2
            assert image.sum() / grown == pytest.approx(ink, rel=0.05)
            image[int(top) : int(top + height), int(left) : int(left + width)] = 0
        assert not image.any()


def test_the_same_seed_makes_the_same_scenes() -> None:
    (X, y), (again, y_again) = (digit_scenes(3, rng=RNG(5), scale=1.5) for _ in range(2))
    np.testing.assert_array_equal(X, again)
    assert y.tolist() == y_again.tolist()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"scale": 7}, "scale: must be from 1 to 6"),
        ({"scale": 0.5}, "scale: must be from 1 to 6"),
        ({"most": 0}, "most: must be a whole number of at least 1"),
        ({"digits": [1797]}, r"digits: must lie in 0\.\.1796"),
        ({"digits": []}, "digits: must name a row"),
        ({"noise": -1}, "noise: must not be negative"),
        ({"side": 7.5}, "side: must be a whole number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        digit_scenes(1, rng=RNG(0), **words)
