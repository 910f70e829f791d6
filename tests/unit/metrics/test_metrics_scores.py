"""Scores against hand counts and, where it has the same thing, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from querist.core.errors import InvalidInput
from querist.metrics import scores

RNG = np.random.default_rng(3)
N_CLASSES = 4
PROBS = RNG.dirichlet(np.ones(N_CLASSES), size=300).round(1)  # rounded, so that scores tie
PROBS = (PROBS + 0.01) / (PROBS + 0.01).sum(axis=1, keepdims=True)
Y = RNG.integers(N_CLASSES, size=300)
PREDICTED = PROBS.argmax(axis=1)
BINARY = np.column_stack([1 - PROBS[:, 0], PROBS[:, 0]])
Y2 = (Y == 0).astype(int)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (scores.accuracy(Y, PREDICTED), sk.accuracy_score(Y, PREDICTED)),
        (scores.balanced_accuracy(Y, PREDICTED), sk.balanced_accuracy_score(Y, PREDICTED)),
        (scores.macro_f1(Y, PREDICTED), sk.f1_score(Y, PREDICTED, average="macro")),
        (scores.roc_auc(Y, PROBS), sk.roc_auc_score(Y, PROBS, multi_class="ovr", average="macro")),
        (scores.roc_auc(Y2, BINARY), sk.roc_auc_score(Y2, BINARY[:, 1])),
        (scores.average_precision(Y, PROBS), sk.average_precision_score(np.eye(N_CLASSES)[Y], PROBS, average="macro")),
        (scores.average_precision(Y2, BINARY), sk.average_precision_score(Y2, BINARY[:, 1])),
        (scores.log_loss(Y, PROBS), sk.log_loss(Y, PROBS)),
        (scores.brier(Y2, BINARY), 2 * sk.brier_score_loss(Y2, BINARY[:, 1])),
        (scores.r2(PROBS[:, 0], PROBS[:, 1]), sk.r2_score(PROBS[:, 0], PROBS[:, 1])),
        (scores.rmse(PROBS[:, 0], PROBS[:, 1]), sk.root_mean_squared_error(PROBS[:, 0], PROBS[:, 1])),
    ],
    ids=["accuracy", "balanced", "macro_f1", "auc", "auc2", "ap", "ap2", "log_loss", "brier", "r2", "rmse"],
)
def test_a_score_agrees_with_scikit_learn(ours: float, theirs: float) -> None:
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_precision_recall_and_f1_per_class_agree_with_scikit_learn() -> None:
    found = scores.per_class(Y, PREDICTED, N_CLASSES)
    precision, recall, f1, support = sk.precision_recall_fscore_support(Y, PREDICTED, labels=range(N_CLASSES))
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.recall, recall)
    np.testing.assert_allclose(found.f1, f1)
    np.testing.assert_array_equal(found.support, support)


def test_the_brier_score_sums_over_classes() -> None:
    # (0.5² + 0.3² + 0.2²) = 0.38 and (0.2² + 0.2² + 0²) = 0.08
    assert scores.brier([0, 1], [[0.5, 0.3, 0.2], [0.2, 0.8, 0.0]]) == pytest.approx((0.38 + 0.08) / 2)


def test_ties_count_half_in_the_area_under_the_curve() -> None:
    assert scores.roc_auc([0, 1, 0, 1], np.full((4, 2), 0.5)) == 0.5


def test_a_class_without_items_is_left_out_of_means_over_classes() -> None:
    y, probs = np.array([0, 0, 1, 1]), np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]])
    assert scores.roc_auc(y, probs) == 1
    assert scores.average_precision(y, probs) == 1
    assert scores.balanced_accuracy(y, [0, 0, 1, 2]) == 0.75
    assert scores.macro_f1(y, [0, 0, 1, 2]) == pytest.approx((1 + 2 / 3 + 0) / 3)  # class 2 was predicted, so it counts


def test_what_is_undefined_is_left_out_and_never_nan() -> None:
    found = scores.evaluate([1, 1], [[0.4, 0.6], [0.7, 0.3]], classes=["no", "yes"])
    assert set(found) == {"accuracy", "balanced_accuracy", "macro_f1", "average_precision", "log_loss", "brier", "ece"}
    assert np.isfinite(list(found.values())).all()
    assert scores.evaluate_number([1.0, 1.0], [1.0, 3.0]) == {"rmse": pytest.approx(np.sqrt(2))}


def test_a_class_never_seen_has_no_recall_by_name() -> None:
    named = scores.per_class([0, 0, 1], [0, 2, 1], 4).named(["a", "b", "c", "d"])
    assert named["c"] == {"support": 0.0, "precision": 0.0, "f1": 0.0}
    assert named["d"] == {"support": 0.0}
    assert named["a"] == {"support": 2.0, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3)}


def test_a_certain_and_wrong_model_has_a_finite_loss() -> None:
    assert scores.log_loss([0], [[0.0, 1.0]]) == pytest.approx(-np.log(np.finfo(float).eps))


@pytest.mark.parametrize(
    ("truth", "predicted", "f1"),
    [
        (["B-A", "I-A", "O"], ["B-A", "I-A", "O"], 1.0),
        (["B-A", "I-A", "O"], ["B-A", "O", "O"], 0.0),  # a shorter span is another span
        (["B-A", "B-A"], ["B-A", "I-A"], 0.0),  # two spans of one token, or one of two
        (["I-A", "I-A", "O"], ["B-A", "I-A", "O"], 1.0),  # an I with nothing to go on with opens a span
        (["B-A", "I-B"], ["B-A", "B-B"], 1.0),  # and so does one of another kind
        (["O", "B-A"], ["B-A", "B-A"], 2 / 3),  # one hit of one and two
        (["O"], ["O"], None),
    ],
)
def test_spans_count_where_kind_start_and_end_agree(truth: list[str], predicted: list[str], f1: float | None) -> None:
    assert scores.token_f1([truth], [predicted]) == (f1 if f1 is None else pytest.approx(f1))


def test_spans_are_counted_over_all_sequences_together() -> None:
    assert scores.token_f1([["B-A"], ["B-A"], ["B-A", "B-A"]], [["B-A"], ["O"], ["O", "O"]]) == pytest.approx(2 / 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scores.accuracy([0, 1], [0]), "predicted: must have one row per item of y, 2; got 1"),
        (lambda: scores.accuracy([], []), "at least one item"),
        (lambda: scores.accuracy([0.5], [0]), "y: must be 1-D class numbers"),
        (lambda: scores.roc_auc([0, 2], [[0.5, 0.5]] * 2), "y: must lie in 0..1; row 1 is 2"),
        (lambda: scores.accuracy([-1], [0]), "row 0 is -1"),
        (lambda: scores.evaluate([0], [[0.5, 0.5]], classes=["a"]), "classes: must name all 2 columns"),
        (lambda: scores.per_class([0], [0], 2).named(["a"]), "classes: must name all 2 classes"),
        (lambda: scores.token_f1([["X"]], [["O"]]), "sequence 0, token 0 is 'X'"),
        (lambda: scores.token_f1([["B-"]], [["O"]]), "token 0 is 'B-'"),
        (lambda: scores.token_f1([["O", "O"]], [["O"]]), "sequence 0 has 2 tokens and 1 tags"),
        (lambda: scores.token_f1([["O"]], []), "must have 1 sequences"),
        (lambda: scores.rmse([], []), "y: must hold at least one item"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_the_place(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()  # type: ignore[operator]
