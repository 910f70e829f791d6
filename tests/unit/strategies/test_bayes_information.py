"""Information gains against their definitions, computed one item, target and outcome at a time."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import _batch_information, bald, batch_bald, epig, epig_scores, laplace_members


def entropy_of(p):
    p = np.asarray(p)
    return -(p * np.log(np.where(p > 0, p, 1))).sum()


def mutual_information(members, item, others, target):
    joint = members[:, item].T @ others[:, target] / len(members)
    return entropy_of(joint.sum(axis=1)) + entropy_of(joint.sum(axis=0)) - entropy_of(joint)


def joint_information(members, batch):
    """H(y_1..y_m) - mean of the members' entropies, over every way in which the labels may turn out."""
    total = 0.0
    for ways in itertools.product(range(members.shape[2]), repeat=len(batch)):
        each = np.prod([members[:, row, y] for row, y in zip(batch, ways, strict=True)], axis=0)
        total -= each.mean() * np.log(max(each.mean(), 1e-300))
    return total - sum(np.mean([entropy_of(p) for p in members[:, row]]) for row in batch)


def plain_greedy(members, k):
    """Every item rated at every turn."""
    picked, gains = [], []
    for _ in range(k):
        so_far = joint_information(members, picked) if picked else 0.0
        others = [row for row in range(members.shape[1]) if row not in picked]
        rated = {row: joint_information(members, [*picked, row]) for row in others}
        best = max(rated, key=lambda row: (rated[row], -row))
        picked.append(best)
        gains.append(rated[best] - so_far)
    return picked, gains


def committee(n_members, n_items, n_classes, seed=0, sharpness=0.5):
    return np.random.default_rng(seed).dirichlet(np.full(n_classes, sharpness), size=(n_members, n_items))


def test_epig_is_the_mean_mutual_information_with_a_target() -> None:
    members, targets = committee(7, 90, 3), committee(7, 11, 3, seed=1)
    expected = [np.mean([mutual_information(members, i, targets, t) for t in range(11)]) for i in range(90)]
    np.testing.assert_allclose(epig_scores(members, targets), expected, atol=1e-12)
    single = epig_scores(members.astype(np.float32), targets.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, atol=2e-6)


def test_targets_count_by_their_weights() -> None:
    members, targets = committee(5, 20, 4), committee(5, 3, 4, seed=1)
    weights = np.array([3.0, 0.0, 1.0])
    expected = [
        sum(w * mutual_information(members, i, targets, t) for t, w in enumerate(weights)) / 4 for i in range(20)
    ]
    np.testing.assert_allclose(epig_scores(members, targets, weights), expected, atol=1e-12)


def test_many_outcomes_in_many_blocks_agree_with_one_target_at_a_time() -> None:
    members = committee(4, 300, 6)
    each = np.mean([epig_scores(members, members[:, [t]]) for t in range(120)], axis=0)
    np.testing.assert_allclose(epig_scores(members, members[:, :120]), each, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(n_members=st.integers(1, 5), n_items=st.integers(1, 6), n_classes=st.integers(1, 4), seed=st.integers(0, 99))
def test_no_target_learns_more_than_the_label_holds(n_members, n_items, n_classes, seed) -> None:
    members = committee(n_members, n_items, n_classes, seed, sharpness=0.05)
    gains = epig_scores(members, members)
    assert (gains >= 0).all()
    # By the data-processing inequality: what it tells about another label it tells through the parameters.
    assert (gains <= bald(members) + 1e-9).all()


def test_epig_picks_the_best_for_the_targets_given() -> None:
    members = committee(20, 50, 3)
    scores = epig_scores(members, members[:, [4, 8]])
    picks = epig(members, 5, candidates=np.arange(50), chosen=[], rng=np.random.default_rng(0), targets=[8, 4])
    np.testing.assert_array_equal(picks.rows, np.argsort(-scores)[:5])
    np.testing.assert_allclose(picks.utilities, np.sort(scores)[::-1][:5], atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_classes", [2, 3])
def test_batch_bald_takes_what_the_plain_greedy_loop_takes(seed, n_classes) -> None:
    members = committee(6, 12, n_classes, seed)
    picked, gains = plain_greedy(members, 5)
    picks = batch_bald(members, 5, candidates=np.arange(12), chosen=[], rng=np.random.default_rng(0))
    assert picks.rows.tolist() == picked
    np.testing.assert_allclose(picks.utilities, gains, atol=1e-9)


def test_batch_bald_is_exact_in_many_small_looks_too(monkeypatch) -> None:
    monkeypatch.setattr(_batch_information, "FIRST_LOOK", 1)
    members = committee(6, 14, 2, seed=9)
    picks = batch_bald(members, 6, candidates=np.arange(14), chosen=[], rng=np.random.default_rng(0))
    assert picks.rows.tolist() == plain_greedy(members, 6)[0]


def test_most_items_are_never_rated_twice(monkeypatch) -> None:
    rated = []
    plain = _batch_information.expected_entropies
    monkeypatch.setattr(
        _batch_information,
        "expected_entropies",
        lambda members, rows, *outcomes: (rated.append(len(rows)), plain(members, rows, *outcomes))[1],
    )
    # A few items that the members quarrel over, among many that they hardly do.
    members = committee(10, 2000, 2, sharpness=50.0)
    members[:, :100] = committee(10, 100, 2, sharpness=0.3)
    batch_bald(members, 5, candidates=np.arange(2000), chosen=[], rng=np.random.default_rng(0))
    assert sum(rated) < 0.2 * 4 * 2000


def test_with_drawn_outcomes_the_gains_are_near_the_exact_ones() -> None:
    members = committee(8, 30, 3)
    usual = {"candidates": np.arange(30), "chosen": []}
    exact = batch_bald(members, 6, rng=np.random.default_rng(0), **usual)
    drawn = batch_bald(members, 6, rng=np.random.default_rng(0), n_configurations=200, **usual)
    np.testing.assert_array_equal(drawn.rows[:5], exact.rows[:5])  # 3^4 = 81 ways are all reckoned with
    so_far = joint_information(members, drawn.rows[:5].tolist())
    truth = joint_information(members, drawn.rows.tolist()) - so_far
    # An entropy of three classes deviates by at most log(3) / 2; five standard errors of 200 draws.
    assert abs(drawn.utilities[5] - truth) < 5 * np.log(3) / 2 / np.sqrt(200)


def test_look_alikes_count_once() -> None:
    members = np.repeat(committee(10, 3, 2), 2, axis=1)
    picks = batch_bald(members, 3, candidates=np.arange(6), chosen=[], rng=np.random.default_rng(0))
    assert len(set((picks.rows // 2).tolist())) == 3
    best_alone = np.argsort(-bald(members), kind="stable")[:2]
    assert set((best_alone // 2).tolist()) != {0, 1, 2}


def test_the_joint_table_is_never_whole_in_memory() -> None:
    members = committee(10, 2000, 5).astype(np.float32)
    epig_scores(members, members[:, :300])
    tracemalloc.start()
    epig_scores(members, members[:, :300])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    whole = 2000 * 5 * 300 * 5 * 4
    assert peak < 0.2 * whole


def test_members_of_a_laplace_posterior_vary_as_it_says() -> None:
    # At p = ½ the classes' curvature is ½ along (1, -1)/√2 and none along (1, 1): for the logits' difference the
    # covariance of the coefficients is 2 (½ XᵀX + penalty)⁻¹, with a ten-thousandth of the penalty on the bias.
    X, labeled = np.array([[2.0], [2.0], [1.0]]), np.array([True, True, False])
    members = laplace_members(np.full((3, 2), 0.5), X, np.zeros((2, 2)), labeled, 40_000, np.random.default_rng(0))
    ratio = np.log(members[:, :, 0] / members[:, :, 1])
    rows = np.column_stack([X[labeled], np.ones(2)])
    precision = 0.5 * rows.T @ rows + np.diag([1, 1e-4])
    at = np.column_stack([X, np.ones(3)])
    variance = 2 * np.einsum("ij,jk,ik->i", at, np.linalg.inv(precision), at)
    # A sample variance of n normal draws has a relative deviation of sqrt(2 / n) = 0.7 %.
    np.testing.assert_allclose(ratio.var(axis=0), variance, rtol=0.035)


def test_laplace_members_lie_around_the_head_and_keep_the_float_type() -> None:
    rng = np.random.default_rng(0)
    X, head = rng.normal(size=(60, 4)), rng.normal(size=(3, 5))
    logits = X @ head[:, :-1].T + head[:, -1]
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labeled = np.arange(60) < 40
    tight = laplace_members(probs, X, head, labeled, 5, rng, penalty=1e9)
    np.testing.assert_allclose(tight.mean(axis=0)[:, 0], probs[:, 0], atol=0.4)
    loose = laplace_members(probs, X.astype(np.float32), head, labeled, 5, rng)
    assert loose.dtype == np.float32
    assert loose.shape == (5, 60, 3)
    np.testing.assert_allclose(loose.sum(axis=2), 1, atol=1e-6)


def test_what_does_not_belong_together_is_refused() -> None:
    members = committee(3, 4, 2)
    with pytest.raises(InvalidInput, match="target_members: must be of the same members and classes"):
        epig_scores(members, committee(2, 4, 2))
    with pytest.raises(InvalidInput, match=r"target_members: .* at least one target"):
        epig_scores(members, members[:, :0])
    with pytest.raises(InvalidInput, match="weights: must be finite, at least 0 and not all 0"):
        epig_scores(members, members, np.zeros(4))
    with pytest.raises(InvalidInput, match="n_configurations: must be a whole number of at least 1"):
        batch_bald(members, 1, candidates=[0], chosen=[], rng=np.random.default_rng(0), n_configurations=0)
    with pytest.raises(InvalidInput, match="head: must be"):
        laplace_members(
            members[0], np.zeros((4, 2)), np.zeros((2, 2)), np.ones(4, dtype=bool), 2, np.random.default_rng(0)
        )
