"""Strategies of contrast, and the guard against what lies outside, against numbers worked out by hand or naively."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import contrastive, discriminative, falcun, margin, ood_discount

RNG = np.random.default_rng


def test_contrastive_is_the_mean_divergence_from_the_nearest_labeled() -> None:
    rng = RNG(0)
    for shift in (0, 1000):
        probs, X = rng.dirichlet(np.ones(4), size=2500), rng.normal(size=(2500, 6)) + shift
        labeled = rng.random(2500) < 0.3
        known = np.flatnonzero(labeled)
        found = contrastive(probs, X, labeled, n_neighbors=7)
        for i in range(0, 2500, 50):
            near = known[np.argsort(((X[known] - X[i]) ** 2).sum(axis=1))[:7]]
            expected = np.mean([(probs[j] * np.log(probs[j] / probs[i])).sum() for j in near])
            assert found[i] == pytest.approx(expected, rel=1e-6)


def test_contrastive_takes_all_labeled_where_there_are_few_and_nothing_where_there_are_none() -> None:
    probs, X = np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]), np.array([[0.0], [1.0], [2.0]])
    two = contrastive(probs, X, np.array([True, False, True]))
    assert two[1] == pytest.approx(0.9 * np.log(0.9 / 0.5) + 0.1 * np.log(0.1 / 0.5))
    np.testing.assert_array_equal(contrastive(probs, X, np.zeros(3, dtype=bool)), np.zeros(3))


def test_a_certain_item_beside_a_certain_one_of_another_class_has_a_finite_contrast() -> None:
    probs, X = np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros((2, 1))
    assert contrastive(probs, X, np.array([True, False]))[1] == pytest.approx(np.log(1e7), rel=1e-5)


def logistic_direction(X, is_candidate):
    """The direction of Fisher's discriminant, from the spread within both kinds."""
    a, b = X[is_candidate], X[~is_candidate]
    within = (np.cov(a.T, bias=True) * len(a) + np.cov(b.T, bias=True) * len(b)) / len(X)
    return np.linalg.solve(within, a.mean(axis=0) - b.mean(axis=0)), within


def test_the_discriminator_is_fishers() -> None:
    rng = RNG(0)
    X = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 3)) + 5
    labeled = X[:, 0] > np.quantile(X[:, 0], 0.8)
    free = np.flatnonzero(~labeled)
    picks = discriminative(X, labeled, 20, candidates=free, chosen=[], rng=RNG(0), n_steps=1)
    direction, _ = logistic_direction(X, ~labeled)
    middle = (X[free].mean(axis=0) + X[labeled].mean(axis=0)) / 2
    told = 1 / (1 + np.exp(-(X - middle) @ direction))
    # The ridge of a thousandth of the mean variance is all that is between them.
    np.testing.assert_allclose(picks.utilities, told[picks.rows], atol=0.02)
    best = free[np.argsort(-((X[free] - middle) @ direction))]
    assert len(set(picks.rows) & set(best[:22])) >= 18


def test_each_step_learns_from_those_before_it() -> None:
    # Labeled in the middle; the first step goes right, where the mean of the others lies, and the second left.
    X = np.concatenate([np.zeros(20), np.full(10, 5.0), np.full(9, -5.0)])[:, None] + 0.01 * RNG(0).normal(size=(39, 1))
    labeled = np.arange(39) < 20
    one = discriminative(X, labeled, 10, candidates=range(20, 39), chosen=[], rng=RNG(0), n_steps=1)
    two = discriminative(X, labeled, 10, candidates=range(20, 39), chosen=[], rng=RNG(0), n_steps=2)
    assert (X[one.rows] > 0).all()
    assert (X[two.rows[:5]] > 0).all()
    assert (X[two.rows[5:]] < 0).all()


def test_pending_rows_count_as_labeled_and_a_first_step_without_any_is_drawn() -> None:
    X = np.array([[0.0], [1.0], [2.0], [9.0]])
    nothing = np.zeros(4, dtype=bool)
    pending = discriminative(X, nothing, 1, candidates=[1, 2, 3], chosen=[0], rng=RNG(0))
    assert pending.rows.tolist() == [3]
    rows = [discriminative(X, nothing, 1, candidates=range(4), chosen=[], rng=RNG(seed)) for seed in range(60)]
    assert {int(p.rows[0]) for p in rows} == {0, 1, 2, 3}
    assert all(p.utilities[0] == 0.5 for p in rows)


def naive_falcun(probs, picked, gamma):
    """The chance of each pick, given those before it."""
    u = margin(probs)
    d, chances = u.copy(), []
    for j, i in enumerate(picked):
        if j:
            d = np.minimum(d, np.abs(probs - probs[picked[j - 1]]).sum(axis=1))
            d = (d - d.min()) / (d.max() - d.min())
        weight = (u + d) ** gamma
        weight[picked[:j]] = 0
        chances.append(weight[i] / weight.sum())
    return chances


@pytest.mark.parametrize("gamma", [0, 1, 10])
def test_falcun_draws_with_the_chances_of_the_paper(gamma) -> None:
    probs = RNG(0).dirichlet(np.ones(5), size=300)
    picks = falcun(probs, 25, candidates=range(300), chosen=[], rng=RNG(1), gamma=gamma)
    np.testing.assert_allclose(picks.propensities, naive_falcun(probs, picks.rows, gamma), rtol=1e-9)


def test_falcun_draws_as_often_as_it_says() -> None:
    probs = np.array([[0.5, 0.5], [0.7, 0.3], [0.9, 0.1]])  # u = d = 1, 0.6, 0.2
    first = np.bincount([falcun(probs, 1, candidates=range(3), chosen=[], rng=RNG(s), gamma=1).rows[0]
                         for s in range(3000)], minlength=3)  # fmt: skip
    for n, chance in zip(first, np.array([1, 0.6, 0.2]) / 1.8, strict=True):
        assert abs(n - 3000 * chance) < 5 * (3000 * chance * (1 - chance)) ** 0.5


def test_falcun_of_a_model_sure_of_one_class_is_a_random_draw() -> None:
    picks = falcun(np.tile([1.0, 0.0], (10, 1)), 3, candidates=range(10), chosen=[], rng=RNG(0))
    np.testing.assert_allclose(picks.propensities, [1 / 10, 1 / 9, 1 / 8])
    with pytest.raises(InvalidInput, match="gamma: must be a number of at least 0; got -1"):
        falcun(np.full((2, 2), 0.5), 1, candidates=[0], chosen=[], rng=RNG(0), gamma=-1)


def test_what_is_far_from_all_data_is_discounted_and_nothing_else() -> None:
    rng = RNG(0)
    X = rng.normal(size=(3000, 4))
    X[7] += 40
    u = rng.normal(size=3000)
    u[7] = u.max() + 1
    found = ood_discount(u, X, np.zeros(3000, dtype=bool))
    lowered = np.flatnonzero(found < u)
    assert 7 in lowered
    assert len(lowered) <= 30  # the one in a hundred beyond the quantile
    np.testing.assert_array_equal(np.delete(found, lowered), np.delete(u, lowered))
    assert found[7] < u.min() + 0.1 * (u[7] - u.min())
    assert (found >= u.min()).all()


def test_what_was_labeled_vouches_for_its_neighbors() -> None:
    X = np.concatenate([RNG(0).normal(size=(2000, 3)), RNG(1).normal(size=(8, 3)) + 50])
    u, labeled = np.ones(2008), np.zeros(2008, dtype=bool)
    u[0] = 0
    labeled[-7:] = True
    strange = 2008 - 8
    assert ood_discount(u, X, np.zeros(2008, dtype=bool), quantile=0.995)[strange] < 0.5
    assert ood_discount(u, X, labeled, quantile=0.995)[strange] > 0.9


@given(st.integers(1, 30), st.integers(0, 5), st.floats(0, 1))
def test_the_discount_never_raises_nor_leaves_the_range(n, seed, quantile) -> None:
    rng = RNG(seed)
    u, X = rng.normal(size=n), rng.normal(size=(n, 2)).round()
    found = ood_discount(u, X, rng.random(n) < 0.3, quantile=quantile)
    assert (found <= u + 1e-12).all()
    assert (found >= u.min() - 1e-12).all()
    np.testing.assert_array_equal(ood_discount(u, X, np.zeros(n, dtype=bool), quantile=1), u)


def test_the_guard_refuses_what_it_cannot_use() -> None:
    with pytest.raises(InvalidInput, match="embeddings: must have one row per utility, 3; got 2"):
        ood_discount([1, 2, 3], np.zeros((2, 1)), np.zeros(3, dtype=bool))
    with pytest.raises(InvalidInput, match="quantile: must be a share"):
        ood_discount([1, 2], np.zeros((2, 1)), np.zeros(2, dtype=bool), quantile=99)
