"""What holds of the way from utilities to rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from querist.strategies import guarded_top_k, ranking, top_k, with_quotas

EXAMPLES = settings(max_examples=80, deadline=None)
RNG = np.random.default_rng
LEVELS = st.sampled_from([-1.0, 0.0, 0.25, 0.5, 2.0])  # few, so that ties abound
UTILITIES = arrays(np.float64, st.integers(1, 30), elements=LEVELS)


@EXAMPLES
@given(u=UTILITIES, k=st.integers(1, 12), seed=st.integers(0, 99))
def test_top_k_leaves_nothing_better_behind(u, k, seed) -> None:
    candidates = np.flatnonzero(RNG(seed).random(len(u)) < 0.8)
    picks = top_k(u, k, candidates=candidates, rng=RNG(seed))
    np.testing.assert_array_equal(picks.utilities, np.sort(u[candidates])[::-1][:k])
    assert set(picks.rows) <= set(candidates)
    assert len(set(picks.rows)) == len(picks)


@EXAMPLES
@given(u=UTILITIES, k=st.integers(1, 12))
def test_propensities_add_up_to_the_number_of_picks(u, k) -> None:
    picks = top_k(u, k, candidates=np.arange(len(u)), rng=RNG(0))
    cut = u[picks.rows[-1]]
    certain = (u > cut).sum()
    in_the_tie = picks.propensities[u[picks.rows] == cut]
    assert (picks.propensities[u[picks.rows] > cut] == 1).all()
    assert abs(certain + in_the_tie[0] * (u == cut).sum() - len(picks)) < 1e-9


@settings(max_examples=6, deadline=None)
@given(u=arrays(np.float64, 12, elements=st.sampled_from([0.0, 0.5, 1.0])), k=st.integers(1, 11))
def test_propensities_are_the_frequencies_over_seeds(u, k) -> None:
    n_draws = 1500
    counts = np.zeros(12)
    promised = np.zeros(12)
    for seed in range(n_draws):
        picks = top_k(u, k, candidates=np.arange(12), rng=RNG(seed))
        counts[picks.rows] += 1
        promised[picks.rows] = picks.propensities
    # Hoeffding: a frequency strays by more than this with a chance of at most 2 exp(-2 n t²) = 1e-9.
    tolerance = np.sqrt(np.log(2e9) / (2 * n_draws))
    assert (abs(counts / n_draws - promised) <= tolerance).all()


@EXAMPLES
@given(u=UTILITIES, seed=st.integers(0, 99))
def test_a_ranking_holds_everyone_once_best_first(u, seed) -> None:
    joined = np.concatenate(list(ranking(u, candidates=np.arange(len(u)), rng=RNG(seed))))
    assert sorted(joined) == list(range(len(u)))
    assert (np.diff(u[joined]) <= 0).all()


@EXAMPLES
@given(u=UTILITIES, k=st.integers(1, 12), seed=st.integers(0, 99))
def test_an_idle_guard_gives_what_top_k_gives(u, k, seed) -> None:
    candidates = np.arange(len(u))
    plain = top_k(u, k, candidates=candidates, rng=RNG(seed))
    guarded = guarded_top_k(u, k, candidates=candidates, rng=RNG(seed), duplicates=np.full(len(u), -1))
    np.testing.assert_array_equal(guarded.utilities, plain.utilities)
    np.testing.assert_array_equal(guarded.propensities, plain.propensities)


@EXAMPLES
@given(u=UTILITIES, k=st.integers(1, 12), n_groups=st.integers(1, 15), seed=st.integers(0, 99))
def test_no_two_of_a_group_are_taken_where_that_can_be_avoided(u, k, n_groups, seed) -> None:
    groups = RNG(seed).integers(-1, n_groups, size=len(u))
    picks = guarded_top_k(u, k, candidates=np.arange(len(u)), rng=RNG(seed), duplicates=groups)
    assert len(set(picks.rows)) == len(picks) == min(k, len(u))
    taken = groups[picks.rows]
    n_unlike = len(set(groups[groups >= 0])) + (groups < 0).sum()
    n_taken_unlike = len(set(taken[taken >= 0])) + (taken < 0).sum()
    assert n_taken_unlike == min(len(picks), n_unlike)


@EXAMPLES
@given(u=UTILITIES, k=st.integers(1, 12), seed=st.integers(0, 99))
def test_the_guard_on_vectors_is_the_plain_loop(u, k, seed) -> None:
    X = RNG(seed).integers(-1, 2, size=(len(u), 3)).astype(float)
    picks = guarded_top_k(u, k, candidates=np.arange(len(u)), rng=RNG(seed), embeddings=X, max_cosine=0.8)
    with np.errstate(invalid="ignore"):
        unit = np.nan_to_num(X / np.linalg.norm(X, axis=1, keepdims=True))
    order = np.concatenate(list(ranking(u, candidates=np.arange(len(u)), rng=RNG(seed))))
    expected: list[int] = []
    for row in order:
        if all(unit[row] @ unit[other] <= 0.8 for other in expected):
            expected.append(row)
    skipped = [row for row in order if row not in expected]
    assert picks.rows.tolist() == (expected + skipped)[:k]


@EXAMPLES
@given(u=UTILITIES, k=st.integers(1, 12), seed=st.integers(0, 99))
def test_quotas_are_met_as_far_as_there_are_candidates(u, k, seed) -> None:
    rng = RNG(seed)
    groups = rng.integers(0, 3, size=len(u))
    candidates = np.flatnonzero(rng.random(len(u)) < 0.7)
    minimum = {0: k // 3, 2: k // 2}
    picked = with_quotas(
        lambda m, free, taken: top_k(u, m, candidates=free, rng=rng), groups, minimum, k, candidates=candidates
    )
    rows = picked.picks.rows
    assert len(set(rows)) == len(rows) == min(k, len(candidates))
    assert set(rows) <= set(candidates)
    for group, least in minimum.items():
        available = (groups[candidates] == group).sum()
        assert (groups[rows] == group).sum() >= min(least, available)
        assert (groups[rows[picked.by_quota]] == group).sum() == min(least, available)
