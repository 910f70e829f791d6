"""The fast forms give the picks of the formulas written out, and the full information agrees with explicit inverses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import _fisher, bait, margin, variance_reduction, weighted_variance_reduction
from querist.strategies._fisher import VarianceReduction
from querist.strategies._nystroem import nystroem


def clustered(n: int, d: int, seed: int, *, unit: bool = True) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) + 2 * rng.normal(size=(8, d))[rng.integers(8, size=n)]
    return X / np.linalg.norm(X, axis=1, keepdims=True) if unit else X


def written_out(
    X: np.ndarray, h: np.ndarray, chosen, candidates, k: int, ridge: float
) -> tuple[list[int], list[float]]:
    """tr(M⁻¹G) before and after every candidate, by explicit inverses: no Sherman-Morrison in it."""
    target = (X * h[:, None]).T @ X / len(X)
    M = ridge * np.eye(X.shape[1]) + (X[chosen] * h[chosen, None]).T @ X[chosen]
    picked, gains = [], []
    for _ in range(k):
        now = np.trace(np.linalg.solve(M, target))
        free = [i for i in candidates if i not in picked]
        after = [np.trace(np.linalg.solve(M + h[i] * np.outer(X[i], X[i]), target)) for i in free]
        best = free[int(np.argmin(after))]
        picked.append(best)
        gains.append(now - min(after))
        M = M + h[best] * np.outer(X[best], X[best])
    return picked, gains


@pytest.mark.parametrize("seed", range(4))
def test_each_pick_is_the_one_that_lowers_the_written_out_variance_most(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = clustered(60, 5, seed)
    probs = rng.dirichlet(np.ones(3), size=60)
    chosen, candidates = np.arange(7), np.arange(10, 60)
    picks = weighted_variance_reduction(probs, X, 8, candidates=candidates, chosen=chosen, rng=rng, ridge=0.3)
    rows, gains = written_out(X, margin(probs), chosen, candidates, 8, 0.3)
    assert picks.rows.tolist() == rows
    np.testing.assert_allclose(picks.utilities, gains, rtol=1e-8)


def test_without_weights_it_is_the_mean_variance_of_ridge_regression() -> None:
    X = clustered(50, 4, 1, unit=False)
    picks = variance_reduction(X, 6, candidates=np.arange(50), chosen=[], rng=np.random.default_rng(0), ridge=2.0)
    rows, gains = written_out(X, np.ones(50), [], np.arange(50), 6, 2.0)
    assert picks.rows.tolist() == rows
    np.testing.assert_allclose(picks.utilities, gains, rtol=1e-8)


@given(st.integers(0, 10_000), st.sampled_from([1, 3, 17]), st.sampled_from([5, 40]))
def test_speculation_on_very_few_rows_changes_no_pick(seed: int, promising: int, block: int) -> None:
    X = clustered(150, 6, seed)
    h = np.random.default_rng(seed).random(150)
    plain = VarianceReduction(X, h, np.arange(5, 150), np.arange(5), ridge=0.1).pick(20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_fisher, "PROMISING_ROWS", promising)
        patch.setattr(_fisher, "BLOCK_ROWS", block)
        narrow = VarianceReduction(X, h, np.arange(5, 150), np.arange(5), ridge=0.1).pick(20)
    np.testing.assert_array_equal(narrow[0], plain[0])
    np.testing.assert_allclose(narrow[1], plain[1], rtol=1e-8)


def test_without_the_check_on_all_rows_the_picks_would_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    X, h = clustered(150, 6, 0), np.random.default_rng(0).random(150)
    plain = VarianceReduction(X, h, np.arange(5, 150), np.arange(5), ridge=0.1).pick(20)[0]
    monkeypatch.setattr(_fisher, "PROMISING_ROWS", 3)
    monkeypatch.setattr(_fisher, "FEWEST_STEPS", 3)

    def trusting(self, steps, promising):
        return len(steps), *self._advanced(steps)

    monkeypatch.setattr(VarianceReduction, "_verify", trusting)
    assert VarianceReduction(X, h, np.arange(5, 150), np.arange(5), ridge=0.1).pick(20)[0].tolist() != plain.tolist()


def test_a_few_candidates_of_a_large_pool_are_weighed_against_all_of_it() -> None:
    rng = np.random.default_rng(2)
    X, probs = clustered(60, 4, 2), rng.dirichlet(np.ones(3), size=60)
    candidates = np.array([3, 8, 9, 20, 33, 41, 55])
    picks = weighted_variance_reduction(probs, X, 4, candidates=candidates, chosen=[0, 1], rng=rng, ridge=0.3)
    rows, gains = written_out(X, margin(probs), [0, 1], candidates, 4, 0.3)
    assert picks.rows.tolist() == rows
    np.testing.assert_allclose(picks.utilities, gains, rtol=1e-8)


def test_single_precision_finds_nearly_the_same_variance() -> None:
    X, rng = clustered(3000, 32, 0), np.random.default_rng(0)
    h = rng.random(3000)
    double = VarianceReduction(X, h, np.arange(20, 3000), np.arange(20), ridge=0.05).pick(100)[1]
    single = VarianceReduction(X.astype(np.float32), h, np.arange(20, 3000), np.arange(20), ridge=0.05).pick(100)[1]
    np.testing.assert_allclose(single.sum(), double.sum(), rtol=1e-4)


def test_only_directions_count_unless_said_otherwise() -> None:
    X, rng = clustered(40, 3, 0), np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(2), size=40)
    stretched = X * rng.uniform(0.1, 10, size=(40, 1))
    said = {"candidates": np.arange(40), "chosen": [], "rng": rng}
    plain = weighted_variance_reduction(probs, X, 5, **said)
    assert weighted_variance_reduction(probs, stretched, 5, **said).rows.tolist() == plain.rows.tolist()
    assert weighted_variance_reduction(probs, stretched, 5, normalize=False, **said).rows.tolist() != (
        plain.rows.tolist()
    )


def test_where_the_model_is_certain_of_all_nothing_is_gained_and_rows_are_picked_all_the_same() -> None:
    probs = np.tile([1.0, 0.0], (6, 1))
    picks = weighted_variance_reduction(
        probs, clustered(6, 2, 0), 3, candidates=np.arange(6), chosen=[], rng=np.random.default_rng(0)
    )
    assert picks.rows.tolist() == [0, 1, 2]
    assert picks.utilities.tolist() == [0, 0, 0]


def test_nystroem_on_all_rows_gives_the_kernel_itself() -> None:
    X = np.random.default_rng(0).normal(size=(30, 4))
    features = nystroem(X, 30, np.random.default_rng(0))
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    squared = ((z[:, None] - z[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(features @ features.T, np.exp(-squared / 4), atol=1e-5)


def fisher(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return np.kron(np.diag(p) - np.outer(p, p), np.outer(x, x))


def test_the_full_information_agrees_with_explicit_inverses_forward_and_backward() -> None:
    rng = np.random.default_rng(3)
    X, probs, ridge = clustered(25, 3, 3), rng.dirichlet(np.ones(3), size=25), 0.4
    chosen, candidates = np.arange(4), list(range(4, 25))
    target = sum(fisher(x, p) for x, p in zip(X, probs, strict=True)) / 25
    M = ridge * np.eye(9) + sum(fisher(X[i], probs[i]) for i in chosen)
    taken: list[int] = []
    for _ in range(6):
        free = [i for i in candidates if i not in taken]
        after = [np.trace(np.linalg.solve(M + fisher(X[i], probs[i]), target)) for i in free]
        taken.append(free[int(np.argmin(after))])
        M = M + fisher(X[taken[-1]], probs[taken[-1]])
    while len(taken) > 3:
        after = [np.trace(np.linalg.solve(M - fisher(X[i], probs[i]), target)) for i in taken]
        gone = taken.pop(int(np.argmin(after)))
        M = M - fisher(X[gone], probs[gone])
    picks = bait(probs, X, 3, candidates=candidates, chosen=chosen, rng=rng, ridge=ridge, oversample=2)
    assert picks.rows.tolist() == taken


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"ridge": 0}, "ridge: must be a number above 0"),
        ({"ridge": float("nan")}, "ridge: must be a number above 0"),
        ({"weight": "margins"}, "Did you mean 'margin'"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(said: dict, message: str) -> None:
    probs, X = np.full((4, 2), 0.5), np.eye(4)
    with pytest.raises(InvalidInput, match=message):
        weighted_variance_reduction(probs, X, 1, candidates=[0], chosen=[], rng=np.random.default_rng(0), **said)


def test_very_many_equal_rows_do_not_hide_the_better_ones() -> None:
    X = np.zeros((6300, 8))
    X[-300:] = clustered(300, 8, 0)
    picks = variance_reduction(X, 5, candidates=np.arange(6300), chosen=[], rng=np.random.default_rng(0))
    rows, _ = written_out(X, np.ones(6300), [], range(6000, 6300), 5, 0.05)
    assert picks.rows.tolist() == rows


@pytest.mark.parametrize("scale", [1e20, 1e30])
def test_embeddings_whose_squares_overflow_are_refused(scale: float) -> None:
    X = (clustered(50, 4, 0) * scale).astype(np.float32)
    with pytest.raises(InvalidInput, match="too large or too small"):
        variance_reduction(X, 5, candidates=np.arange(50), chosen=[], rng=np.random.default_rng(0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_too_short_to_have_a_direction_counts_as_zero(dtype: str) -> None:
    X, rng = clustered(80, 6, 9).astype(dtype), np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(3), size=80)
    short, zero = X.copy(), X.copy()
    short[[4, 11]] *= np.array([[1e-21], [1e-25]], dtype=dtype)  # whose weight at unit length single precision lacks
    zero[[4, 11]] = 0
    of = {"candidates": np.arange(80), "chosen": [], "rng": rng}
    found = weighted_variance_reduction(probs, short, 40, **of)
    wanted = weighted_variance_reduction(probs, zero, 40, **of)
    assert found.rows.tolist() == wanted.rows.tolist()
    assert found.utilities == pytest.approx(wanted.utilities)
    with pytest.raises(InvalidInput, match="too large or too small"):
        weighted_variance_reduction(probs, X * np.asarray(1e-15, dtype), 1, **of)
