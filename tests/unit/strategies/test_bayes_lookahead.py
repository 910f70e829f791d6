"""Looking ahead in closed form, held against training the model anew for each candidate and label."""

from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.strategies import (
    epig,
    expected_error_reduction,
    expected_error_reduction_reweighted,
    expected_gradient_length,
    expected_model_change,
)
from querist.strategies._refits import FREE, LeastSquaresRefit, LogisticRefit, design


def losses(probs, loss):
    """Mean over the items."""
    if loss == "zero_one":
        return (1 - probs.max(axis=1)).mean()
    return -(probs * np.log(np.maximum(probs, 1e-300))).sum(axis=1).mean()


def trained(X, y, like=None):
    """A logistic regression fitted until nothing moves any more, from where `like` stands."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(tol=1e-8, max_iter=5000, warm_start=like is not None)
    if like is not None:
        model.coef_, model.intercept_, model.classes_ = like.coef_.copy(), like.intercept_.copy(), like.classes_
    return model.fit(X, y)


def digits(n_labeled, n_candidates, n_targets=100):
    """Twenty principal components, and rows that are labeled, candidates and targets."""
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA

    X, y = load_digits(return_X_y=True)
    X = PCA(20, random_state=0).fit_transform(X / 16)
    order = np.random.default_rng(0).permutation(len(X))
    labeled, rest = order[:n_labeled], order[n_labeled:]
    return X, y, labeled, rest[:n_candidates], rest[-n_targets:]


def looked_ahead(X, probs, labeled, candidates, targets, **params):
    """The utility of each candidate, in their order."""
    picks = expected_error_reduction(
        probs,
        X,
        np.isin(np.arange(len(X)), labeled),
        len(candidates),
        candidates=candidates,
        chosen=labeled,
        rng=np.random.default_rng(0),
        targets=targets,
        **params,
    )
    found = dict(zip(picks.rows.tolist(), picks.utilities.tolist(), strict=True))
    return np.array([found[int(row)] for row in candidates])


def test_it_ranks_as_training_a_logistic_regression_for_each_label_does() -> None:
    from scipy.stats import spearmanr

    X, y, labeled, candidates, targets = digits(60, 15)
    model = trained(X[labeled], y[labeled])
    probs = model.predict_proba(X)
    expected = {"log": np.zeros(len(candidates)), "zero_one": np.zeros(len(candidates))}
    for place, row in enumerate(candidates):
        for label in range(10):
            again = trained(np.vstack([X[labeled], X[row]]), np.append(y[labeled], label), like=model)
            for loss in expected:
                change = losses(probs[targets], loss) - losses(again.predict_proba(X[targets]), loss)
                expected[loss][place] += probs[row, label] * change
    for loss, trained_anew in expected.items():
        found = looked_ahead(X, probs, labeled, candidates, targets, loss=loss)
        assert spearmanr(found, trained_anew)[0] > 0.98, loss
        assert np.abs(found - trained_anew).max() < 0.15 * np.abs(trained_anew).max(), loss


def test_two_classes_are_penalized_as_scikit_learn_does() -> None:
    X, y, labeled, candidates, targets = digits(40, 3)
    y = (y > 4).astype(int)
    model = trained(X[labeled], y[labeled])
    probs = model.predict_proba(X)
    found = looked_ahead(X, probs, labeled, candidates, targets)
    for place, row in enumerate(candidates):
        change = 0.0
        for label in range(2):
            again = trained(np.vstack([X[labeled], X[row]]), np.append(y[labeled], label))
            change += probs[row, label] * (
                losses(probs[targets], "log") - losses(again.predict_proba(X[targets]), "log")
            )
        np.testing.assert_allclose(found[place], change, atol=2e-4)


def test_one_more_row_of_least_squares_is_exact() -> None:
    rng = np.random.default_rng(0)
    columns = design(rng.normal(size=(30, 4)), 3)
    labeled, one = np.arange(12), np.eye(3)
    y = rng.integers(3, size=30)
    ridge = np.diag([0.5] * 4 + [0.5 * FREE])

    def predicted(rows, labels):
        A = columns[rows]
        return columns @ np.linalg.solve(A.T @ A + ridge, A.T @ one[labels])

    before = predicted(labeled, y[labeled])
    refit = LeastSquaresRefit(columns, before, labeled, 0.5)
    moves = refit.moves(np.array([20, 25]), columns).reshape(3, 30, 2, 3)
    for place, row in enumerate((20, 25)):
        for label in range(3):
            after = predicted(np.append(labeled, row), np.append(y[labeled], label))
            np.testing.assert_allclose(before + moves[:, :, place, label].T, after, atol=1e-10)


def test_without_labels_only_the_penalty_holds_the_logits() -> None:
    # No old labels, so the closed form is no approximation: the minimum of penalty/2 |w|² - log softmax(w x)_y.
    refit = LogisticRefit(np.array([[2.0, 0.0]]), np.full((1, 2), 0.5), np.empty(0, dtype=int), 1.0)
    moved = refit.moves(np.array([0]), np.array([[2.0, 0.0]], dtype=np.float32))[:, 0, 0]
    # By symmetry the logits are t and -t with t = 4 (1 - q), q = 1 / (1 + exp(-2 t)), x being 2.
    t = 0.5
    for _ in range(200):
        t -= 0.1 * (t - 4 * (1 - 1 / (1 + np.exp(-2 * t))))
    np.testing.assert_allclose(moved, [t, -t], rtol=1e-5)


def test_long_vectors_are_cut_to_their_principal_components() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 400)) * np.r_[np.full(5, 9.0), np.full(395, 0.01)]
    columns = design(X, 10)
    assert columns.shape == (50, 150)
    centered = X - X.mean(axis=0)
    np.testing.assert_allclose((columns[:, :-1] ** 2).sum(), (centered**2).sum(), rtol=1e-9)  # 49 of rank are enough


@pytest.mark.parametrize("loss", ["log", "zero_one"])
def test_reweighting_is_what_weighing_the_members_by_hand_gives(loss) -> None:
    members = np.random.default_rng(0).dirichlet(np.ones(3), size=(8, 30))
    targets = [3, 7, 20]
    picks = expected_error_reduction_reweighted(
        members, 30, candidates=np.arange(30), chosen=[], rng=np.random.default_rng(0), targets=targets, loss=loss
    )
    now = losses(members.mean(axis=0)[targets], loss)
    for row, utility in zip(picks.rows, picks.utilities, strict=True):
        expected = 0.0
        for label in range(3):
            weights = members[:, row, label] / members[:, row, label].sum()
            after = np.einsum("k,ktc->tc", weights, members[:, targets])
            expected += members[:, row, label].mean() * losses(after, loss)
        np.testing.assert_allclose(utility, now - expected, atol=1e-12)


def test_by_the_log_loss_reweighting_is_epig() -> None:
    members = np.random.default_rng(0).dirichlet(np.ones(3), size=(8, 30))
    usual = {"candidates": np.arange(30), "chosen": [], "targets": np.arange(10)}
    one = expected_error_reduction_reweighted(members, 9, rng=np.random.default_rng(0), loss="log", **usual)
    other = epig(members, 9, rng=np.random.default_rng(0), **usual)
    np.testing.assert_array_equal(one.rows, other.rows)


def test_the_expected_gradient_is_as_long_as_gradients_built_one_by_one() -> None:
    rng = np.random.default_rng(0)
    probs, X = rng.dirichlet(np.ones(4), size=20), rng.normal(size=(20, 5))
    one = np.eye(4)
    built = [sum(probs[i, y] * np.linalg.norm(np.outer(probs[i] - one[y], X[i])) for y in range(4)) for i in range(20)]
    np.testing.assert_allclose(expected_gradient_length(probs, X), built, rtol=1e-12)


def test_the_expected_model_change_is_the_mean_length_of_each_members_step() -> None:
    rng = np.random.default_rng(0)
    f, members, X = rng.normal(size=20), rng.normal(size=(6, 20)), rng.normal(size=(20, 5))
    built = [np.mean([np.linalg.norm((f[i] - m[i]) * X[i]) for m in members]) for i in range(20)]
    np.testing.assert_allclose(expected_model_change(f, members, X), built, rtol=1e-12)


def test_what_is_of_other_items_is_refused() -> None:
    probs, X = np.full((3, 2), 0.5), np.zeros((2, 4))
    usual = {"candidates": [0], "chosen": [], "rng": np.random.default_rng(0)}
    with pytest.raises(InvalidInput, match="embeddings: must have one row per row of probs, 3; got 2"):
        expected_gradient_length(probs, X)
    with pytest.raises(InvalidInput, match="labeled: must be true or false, one per item"):
        expected_error_reduction(probs, np.zeros((3, 4)), [True, False], 1, **usual)
    with pytest.raises(InvalidInput, match="penalty: must be a number above 0"):
        expected_error_reduction(probs, np.zeros((3, 4)), [True] * 3, 1, penalty=0, **usual)
    with pytest.raises(InvalidInput, match="targets: must name at least one row"):
        expected_error_reduction(probs, np.zeros((3, 4)), [True] * 3, 1, targets=[], **usual)
    with pytest.raises(InvalidInput, match=r"member_predictions: must be 2-D, \(n_members, 2\)"):
        expected_model_change([1.0, 2.0], [1.0, 2.0], X)
    with pytest.raises(InvalidInput, match="loss: must be one of 'log', 'zero_one'"):
        expected_error_reduction_reweighted(np.full((2, 3, 2), 0.5), 1, loss="hinge", **usual)
