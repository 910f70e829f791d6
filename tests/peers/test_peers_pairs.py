"""Comparisons of pairs, as designs and as committees: what other libraries pick and rate, we do alike."""

from __future__ import annotations

import numpy as np
import pytest

from querist.strategies import pair_disagreement, pair_information, pair_optimal

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
RNG = np.random.default_rng


def test_pair_disagreement_is_baals_variance() -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    members = RNG(0).dirichlet(np.ones(2), size=(12, 300))  # members, pairs, first or second
    theirs = heuristics.Variance(reduction="mean").get_uncertainties(np.transpose(members, (1, 2, 0)))
    np.testing.assert_allclose(pair_disagreement(members), theirs, rtol=1e-9)


def test_pair_information_is_baals_bald_over_draws_of_the_reward() -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    rng = RNG(1)
    n, n_dims, n_known, prior, n_draws = 40, 3, 10, 0.5, 20_000
    X, p = rng.normal(size=(n, n_dims)), rng.uniform(0.05, 0.95, size=n)
    labeled = np.arange(n) < n_known
    x = X[labeled]
    covariance = np.linalg.inv(prior * np.eye(n_dims) + (x * (p * (1 - p))[labeled, None]).T @ x)
    moved = rng.multivariate_normal(np.zeros(n_dims), covariance, size=n_draws)
    first = 1 / (1 + np.exp(-(np.log(p / (1 - p))[:, None] + X @ moved.T)))
    theirs = heuristics.BALD().get_uncertainties(np.stack([first, 1 - first], axis=1))
    # Terms lie within log 2, so a mean over 20,000 draws is off by more than 5 standard errors, 0.025, nearly never.
    np.testing.assert_allclose(pair_information(np.c_[p, 1 - p], X, labeled, prior=prior), theirs, atol=0.025)


@pytest.mark.parametrize("prior", [0.25, 4.0])
def test_pair_optimal_of_even_chances_picks_what_bmdal_regs_maxdet_does(monkeypatch, prior: float) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(np, "Inf", np.inf, raising=False)  # it was written for NumPy 1
    selection = pytest.importorskip("bmdal_reg.bmdal.selection")
    from bmdal_reg.bmdal.feature_data import TensorFeatureData
    from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap
    from bmdal_reg.bmdal.features import Features

    n, n_chosen, k = 1500, 20, 60
    X = RNG(2).normal(size=(n, 12))
    pool, train = (
        Features(IdentityFeatureMap(n_features=12), TensorFeatureData(torch.from_numpy(X[rows])))
        for rows in (slice(n_chosen, None), slice(0, n_chosen))
    )
    # With p = 1/2 an answer weighs 1/4: V / prior is that of a linear Gaussian process with a noise of 4 prior.
    method = selection.MaxDetSelectionMethod(pool, train, sel_with_train=True, noise_sigma=2 * prior**0.5)
    labeled = np.arange(n) < n_chosen
    ours = pair_optimal(
        np.full((n, 2), 0.5),
        X,
        labeled,
        k,
        candidates=np.arange(n_chosen, n),
        chosen=np.arange(n_chosen),
        rng=RNG(0),
        prior=prior,
    )
    assert (ours.rows - n_chosen).tolist() == list(method.select(k).tolist())
