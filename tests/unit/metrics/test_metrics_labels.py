"""Scores where several labels may hold: by hand, and as scikit-learn has them."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as reference
from sklearn.exceptions import UndefinedMetricWarning

from querist.core.errors import InvalidInput
from querist.metrics import METRICS, evaluate_labels, per_label


def test_by_hand() -> None:
    y = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 0, 0]])
    probs = np.array([[0.9, 0.6, 0.8], [0.1, 0.2, 0.4], [0.7, 0.3, 0.1], [0.2, 0.1, 0.2]])
    found = evaluate_labels(y, probs, classes=["a", "b", "c"])
    # a: 2 of 2, none wrong; b: 1 predicted, wrong, and 1 missed; c: 1 of 2
    assert found["micro_f1"] == pytest.approx(2 * 3 / (5 + 4))
    assert found["macro_f1"] == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert found["subset_accuracy"] == pytest.approx(1 / 4)
    assert found["label_accuracy"] == pytest.approx(9 / 12)
    assert found["average_precision"] == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert set(found) == set(METRICS["labels"])
    named = per_label(y, probs > 0.5).named(["a", "b", "c"])
    assert named["b"] == {"support": 1.0, "precision": 0.0, "recall": 0.0, "f1": 0.0}


@st.composite
def judged(draw: st.DrawFn) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 4)))
    y = draw(arrays(bool, shape))
    return y, draw(arrays(np.float64, shape, elements=st.integers(0, 8).map(lambda n: n / 8)))


@given(judged())
def test_as_the_reference_has_them(case: tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]) -> None:
    y, probs = case
    found = evaluate_labels(y, probs, classes=[str(label) for label in range(y.shape[1])])
    guessed = probs > 0.5
    occurring = y.any(axis=0) | guessed.any(axis=0)
    assert found["label_accuracy"] == pytest.approx(1 - reference.hamming_loss(y.ravel(), guessed.ravel()))
    assert found["subset_accuracy"] == pytest.approx(
        np.mean([np.array_equal(a, b) for a, b in zip(y, guessed, strict=True)])
    )
    assert ("macro_f1" in found) == ("micro_f1" in found) == bool(occurring.any())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        if occurring.any():
            each = [reference.f1_score(y[:, c], guessed[:, c], zero_division=0.0) for c in np.flatnonzero(occurring)]
            assert found["macro_f1"] == pytest.approx(np.mean(each))
            assert found["micro_f1"] == pytest.approx(reference.f1_score(y.ravel(), guessed.ravel(), zero_division=0.0))
        if y.any():
            each = [reference.average_precision_score(y[:, c], probs[:, c]) for c in np.flatnonzero(y.any(axis=0))]
            assert found["average_precision"] == pytest.approx(np.mean(each))


@pytest.mark.parametrize(
    ("y", "probs", "said"),
    [
        ([[1, 0]], [[0.5]], "probs: must have a column for each of the 2 labels"),
        ([[1, 0]], [[0.5, 0.5]] * 2, "must have one row per item"),
        ([1, 0], [[0.5, 0.5]], "y: must be true or false"),
        (np.zeros((0, 2), dtype=bool), np.zeros((0, 2)), "y: must be true or false for at least one item"),
    ],
)
def test_what_does_not_fit_is_refused(y: object, probs: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        evaluate_labels(y, probs, classes=["a", "b"])  # type: ignore[arg-type]
