"""Prediction-powered estimates beside those of ppi-python."""

from __future__ import annotations

import numpy as np
import pytest

from querist.metrics import Beside, estimate, estimate_quantile

pytestmark = pytest.mark.peers


def sample(seed: int, n: int = 200, n_unlabeled: int = 1500):
    rng = np.random.default_rng(seed)
    truth = rng.gamma(2.0, 1.5, n + n_unlabeled)
    guess = truth + rng.normal(0.2, 0.7, n + n_unlabeled)
    return truth[n_unlabeled:], guess, Beside(n_unlabeled, n)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("trust", [None, 0.0, 0.4, 1.0])
def test_means_and_their_intervals_are_ppi_pythons(seed: int, trust: float | None) -> None:
    ppi = pytest.importorskip("ppi_py")
    y, guess, design = sample(seed)
    rest, beside = guess[: design.n_unlabeled], guess[design.n_unlabeled :]
    low, high = ppi.ppi_mean_ci(y, beside, rest, alpha=0.1, lam=trust)
    found = estimate("mean", y, design, guess=guess, level=0.9, trust=trust)
    assert (found.low, found.high) == pytest.approx((float(low[0]), float(high[0])), abs=1e-9)
    assert found.value == pytest.approx(float(np.mean([low[0], high[0]])), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("q", [0.25, 0.5, 0.9])
def test_quantiles_begin_where_ppi_pythons_do_and_end_one_value_later(seed: int, q: float) -> None:
    ppi = pytest.importorskip("ppi_py")
    y, guess, design = sample(seed)
    rest, beside = guess[: design.n_unlabeled], guess[design.n_unlabeled :]
    low, high = ppi.ppi_quantile_ci(y, beside, rest, q, alpha=0.1, exact_grid=True)
    found = estimate_quantile(q, y, design, guess=guess, level=0.9)
    steps = np.sort(np.concatenate([y, guess]))
    assert found.low == pytest.approx(float(low), abs=1e-9)
    assert found.high == pytest.approx(float(steps[np.searchsorted(steps, high, side="right")]), abs=1e-9)
