"""Strategies for a number beside scikit-activeml's."""

from __future__ import annotations

import numpy as np
import pytest

from querist.strategies import greedy_x, greedy_xy, greedy_y

RNG = np.random.default_rng


@pytest.mark.peers
@pytest.mark.parametrize("seed", range(5))
def test_the_greedy_strategies_pick_what_scikit_activeml_picks(seed: int) -> None:
    pool = pytest.importorskip("skactiveml.pool")
    regressor = pytest.importorskip("skactiveml.regressor")
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = RNG(seed)
    X = rng.normal(size=(200, 3))
    y = np.where(np.arange(200) < 20, X @ [1, 2, -1] + 0.3 * rng.normal(size=200), np.nan)
    labeled, free = np.arange(200) < 20, np.arange(20, 200)
    model = regressor.SklearnRegressor(linear_model.LinearRegression()).fit(X, y)
    predictions = model.predict(X)
    where = {"candidates": free, "chosen": np.arange(20), "rng": RNG(0)}

    theirs = pool.GreedySamplingX(random_state=0).query(X, y, batch_size=15)
    np.testing.assert_array_equal(greedy_x(X, 15, **where).rows, theirs)
    theirs = pool.GreedySamplingTarget(method="GSy", random_state=0).query(X, y, model, fit_reg=False, batch_size=15)
    np.testing.assert_array_equal(greedy_y(predictions, y, labeled, 15, **where).rows, theirs)
    theirs = pool.GreedySamplingTarget(method="GSi", random_state=0).query(X, y, model, fit_reg=False, batch_size=15)
    np.testing.assert_array_equal(greedy_xy(X, predictions, y, labeled, 15, **where).rows, theirs)
