"""Coverage beside other libraries that do the same."""

from __future__ import annotations

import numpy as np
import pytest

from querist.strategies import facility_location, max_herding, probcover, typiclust

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(8, 10))
    return middles[rng.integers(8, size=600)] + 0.6 * rng.normal(size=(600, 10))


def test_facility_location_takes_what_apricot_takes(X) -> None:
    apricot = pytest.importorskip("apricot")
    u = X / np.linalg.norm(X, axis=1, keepdims=True)
    K = np.maximum(u @ u.T, 0)
    theirs = apricot.FacilityLocationSelection(40, metric="precomputed", optimizer="lazy").fit(K)
    ours = facility_location(X, 40, candidates=np.arange(600), chosen=[], rng=np.random.default_rng(0))
    np.testing.assert_array_equal(ours.rows, theirs.ranking)
    np.testing.assert_allclose(ours.utilities * 600, theirs.gains, rtol=1e-6, atol=1e-6)


def test_max_herding_takes_what_scikit_activeml_takes(X) -> None:
    pool = pytest.importorskip("skactiveml.pool")
    y = np.full(600, np.nan)
    y[:7] = 0
    theirs = pool.MaxHerding(metric_dict={"gamma": 1.0}, random_state=0).query(X, y, batch_size=40)
    ours = max_herding(X, 40, candidates=np.arange(7, 600), chosen=np.arange(7), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(ours.rows, theirs)


def test_probcover_covers_as_much_as_scikit_activeml(X) -> None:
    pool = pytest.importorskip("skactiveml.pool")
    _, theirs = pool.ProbCover(deltas=[2.0], random_state=0).query(X, np.full(600, np.nan), None, 1, True)
    candidates = np.arange(600)
    ours = probcover(X, 1, candidates=candidates, chosen=[], rng=np.random.default_rng(0), delta=2.0, normalize=False)
    assert ours.utilities[0] * 600 == np.nanmax(theirs)
    assert theirs[0, ours.rows[0]] == np.nanmax(theirs)


def test_typiclust_finds_most_typical_whom_scikit_activeml_does(X) -> None:
    pool = pytest.importorskip("skactiveml.pool")
    theirs = pool.TypiClust(random_state=0, k=5).query(X, np.full(600, np.nan), batch_size=1)
    ours = typiclust(
        X, 1, candidates=np.arange(600), chosen=[], rng=np.random.default_rng(0), n_neighbors=5, normalize=False
    )
    np.testing.assert_array_equal(ours.rows, theirs)
