"""What other libraries pick, we pick too, where both mean the same."""

from __future__ import annotations

import numpy as np
import pytest

from querist.strategies import contrastive, falcun, k_center, lcmd

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
RNG = np.random.default_rng


def known(probs):
    """A classifier of scikit-activeml that predicts row i of `probs` for the item whose first number is i."""
    base = pytest.importorskip("skactiveml.base")

    class Known(base.SkactivemlClassifier):
        def fit(self, X, y, sample_weight=None):
            return self

        def predict_proba(self, X):
            return probs[X[:, 0].astype(int)]

    return Known(classes=np.arange(probs.shape[1]))


def test_k_center_picks_what_scikit_activeml_does() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    X = RNG(0).normal(size=(4000, 20))
    y = np.where(np.arange(4000) < 50, 0.0, np.nan)
    theirs = pool.CoreSet(missing_label=np.nan, random_state=0).query(X, y, batch_size=60)
    ours = k_center(X, 60, candidates=np.arange(50, 4000), chosen=np.arange(50), rng=RNG(0))
    assert ours.rows.tolist() == list(theirs)


def test_lcmd_picks_what_bmdal_reg_does(monkeypatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(np, "Inf", np.inf, raising=False)  # it was written for NumPy 1
    selection = pytest.importorskip("bmdal_reg.bmdal.selection")
    from bmdal_reg.bmdal.feature_data import TensorFeatureData
    from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap
    from bmdal_reg.bmdal.features import Features

    rng = RNG(0)
    X = 0.5 * rng.normal(size=(3000, 20)) + rng.normal(size=(30, 20))[rng.integers(30, size=3000)]
    for n_chosen in (0, 40):
        parts = [
            Features(IdentityFeatureMap(n_features=20), TensorFeatureData(torch.from_numpy(X[rows])))
            for rows in (slice(n_chosen, None), slice(0, max(1, n_chosen)))
        ]
        method = selection.LargestClusterMaxDistSelectionMethod(*parts, sel_with_train=n_chosen > 0)
        ours = lcmd(X, 60, candidates=np.arange(n_chosen, 3000), chosen=np.arange(n_chosen), rng=RNG(0))
        assert (ours.rows - n_chosen).tolist() == method.select(60).tolist()


def test_contrastive_rates_as_scikit_activeml_does() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    rng = RNG(0)
    probs, X = rng.dirichlet(np.ones(4), size=500), rng.normal(size=(500, 6))
    X[:, 0] = np.arange(500)
    labeled = rng.random(500) < 0.2
    y = np.where(labeled, 0.0, np.nan)
    query = pool.ContrastiveAL(nearest_neighbors_dict={"n_neighbors": 10}, random_state=0)
    _, theirs = query.query(X, y, known(probs), fit_clf=False, return_utilities=True)
    np.testing.assert_allclose(contrastive(probs, X, labeled)[~labeled], theirs[0][~labeled], rtol=1e-6)


def test_falcun_gives_its_first_two_draws_the_chances_of_scikit_activeml() -> None:
    pool = pytest.importorskip("skactiveml.pool")
    probs = RNG(0).dirichlet(np.ones(4), size=5)
    X, y = np.arange(5.0)[:, None], np.full(5, np.nan)
    for seed in range(8):
        query = pool.Falcun(random_state=seed, gamma=2)
        rows, chances = query.query(X, y, known(probs), fit_clf=False, batch_size=2, return_utilities=True)
        for other in range(2000):
            ours = falcun(probs, 2, candidates=range(5), chosen=[], rng=RNG(other), gamma=2)
            if ours.rows.tolist() == list(rows):
                np.testing.assert_allclose(ours.propensities, [chances[0][rows[0]], chances[1][rows[1]]], rtol=1e-9)
                break
        else:
            pytest.fail("no draw of ours takes these rows, one of twenty pairs")
