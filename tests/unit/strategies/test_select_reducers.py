"""Utilities turned into rows: ties, propensities, look-alikes and quotas, by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.strategies import guarded_top_k, ranking, top_k, with_quotas

RNG = np.random.default_rng
U = np.array([0.3, 0.9, 0.5, 0.5, 0.1, 0.5])
SIX = np.arange(6)


def test_the_best_come_first() -> None:
    picks = top_k([0.2, 0.9, 0.4, 0.7], 3, candidates=[0, 1, 2, 3], rng=RNG(0))
    assert picks.rows.tolist() == [1, 3, 2]
    np.testing.assert_allclose(picks.utilities, [0.9, 0.7, 0.4])
    np.testing.assert_array_equal(picks.propensities, [1, 1, 1])


def test_only_candidates_are_ranked() -> None:
    assert top_k(U, 2, candidates=[4, 0], rng=RNG(0)).rows.tolist() == [0, 4]


def test_a_tie_at_the_cut_is_drawn_and_says_so() -> None:
    picks = top_k(U, 3, candidates=SIX, rng=RNG(0))
    assert picks.rows[0] == 1
    assert set(picks.rows[1:]) <= {2, 3, 5}
    np.testing.assert_allclose(picks.propensities, [1, 2 / 3, 2 / 3])


def test_a_tie_that_fits_whole_is_not_drawn() -> None:
    rng = RNG(0)
    before = rng.bit_generator.state
    picks = top_k(U, 4, candidates=SIX, rng=rng)
    assert picks.rows.tolist() == [1, 2, 3, 5]
    np.testing.assert_array_equal(picks.propensities, np.ones(4))
    assert rng.bit_generator.state == before


def test_constant_utilities_give_a_simple_random_sample() -> None:
    picks = top_k(np.zeros(40), 10, candidates=np.arange(40), rng=RNG(0))
    np.testing.assert_allclose(picks.propensities, 0.25)
    assert picks.rows.max() >= 10  # not merely the first ten


def test_no_candidates_give_no_picks() -> None:
    assert len(top_k(U, 3, candidates=[], rng=RNG(0))) == 0
    assert len(guarded_top_k(U, 3, candidates=[], rng=RNG(0))) == 0
    assert list(ranking(U, candidates=[], rng=RNG(0))) == []


@pytest.mark.parametrize("reduce", [top_k, guarded_top_k])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"utilities": [0.1, np.nan]}, "utilities: must not hold NaN; row 1"),
        ({"utilities": [0.1, 0.2, np.inf]}, "utilities: must be finite; row 2 is inf"),
        ({"utilities": [-np.inf, 0.2]}, "utilities: must be finite; row 0 is -inf"),
        ({"utilities": [[0.1], [0.2]]}, "utilities: must be 1-D"),
        ({"k": 0}, "k: must be a whole number of at least 1"),
        ({"k": True}, "k: must be a whole number"),
        ({"candidates": [6]}, "candidates: must lie in"),
        ({"candidates": [0.5]}, "candidates: must be 1-D whole numbers"),
        ({"rng": None}, "rng: must be a numpy Generator"),
    ],
)
def test_bad_input_is_refused(reduce, changes, message) -> None:
    given = {"utilities": U, "k": 2, "candidates": [0], "rng": RNG(0)} | changes
    with pytest.raises(InvalidInput, match=message):
        reduce(given.pop("utilities"), given.pop("k"), **given)


def test_a_ranking_refuses_bad_input_before_it_is_read() -> None:
    with pytest.raises(InvalidInput, match="utilities: must be finite"):
        ranking([np.inf], candidates=[0], rng=RNG(0))


def test_a_ranking_goes_down_and_splits_no_tie() -> None:
    u = RNG(0).integers(50, size=5000).astype(float)
    candidates = np.arange(100, 5000)
    tiers = list(ranking(u, candidates=candidates, rng=RNG(1)))
    joined = np.concatenate(tiers)
    assert sorted(joined) == candidates.tolist()
    assert (np.diff(u[joined]) <= 0).all()
    for above, below in itertools.pairwise(tiers):
        assert u[above[-1]] > u[below[0]]


def test_the_first_tier_of_a_ranking_is_short() -> None:
    assert len(next(ranking(np.arange(100_000.0), candidates=np.arange(100_000), rng=RNG(0)))) == 64


def test_without_a_guard_it_is_top_k() -> None:
    u = RNG(0).normal(size=500)
    candidates = np.arange(0, 500, 3)
    plain, guarded = (f(u, 40, candidates=candidates, rng=RNG(1)) for f in (top_k, guarded_top_k))
    np.testing.assert_array_equal(guarded.rows, plain.rows)
    np.testing.assert_array_equal(guarded.utilities, plain.utilities)
    np.testing.assert_array_equal(guarded.propensities, plain.propensities)


def test_one_of_each_group_is_taken_and_items_of_no_group_are_free() -> None:
    picks = guarded_top_k([9, 8, 7, 6, 5, 4], 4, candidates=SIX, rng=RNG(0), duplicates=[1, 1, -1, -1, 1, 2])
    assert picks.rows.tolist() == [0, 2, 3, 5]


def test_what_points_the_same_way_is_skipped() -> None:
    X = np.array([[1.0, 0.0], [5.0, 0.01], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    picks = guarded_top_k([9, 8, 7, 6, 5], 4, candidates=np.arange(5), rng=RNG(0), embeddings=X)
    assert picks.rows.tolist() == [0, 2, 3, 4]  # zeros have no direction, and are like no other


def test_a_threshold_of_one_lets_even_copies_pass() -> None:
    X = np.full((4, 3), 0.1)
    picks = guarded_top_k([4, 3, 2, 1], 3, candidates=np.arange(4), rng=RNG(0), embeddings=X, max_cosine=1.0)
    assert picks.rows.tolist() == [0, 1, 2]


def test_look_alikes_of_what_the_batch_already_holds_are_skipped() -> None:
    picks = guarded_top_k([9, 8, 7], 1, candidates=[1, 2], rng=RNG(0), duplicates=[3, 3, 4], taken=[0])
    assert picks.rows.tolist() == [2]
    X = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    picks = guarded_top_k([9, 8, 7], 1, candidates=[1, 2], rng=RNG(0), embeddings=X, taken=[0])
    assert picks.rows.tolist() == [2]


def test_too_few_are_filled_up_with_the_best_of_the_skipped() -> None:
    picks = guarded_top_k([9, 8, 7, 6], 3, candidates=np.arange(4), rng=RNG(0), duplicates=[0, 0, 0, 1])
    assert picks.rows.tolist() == [0, 3, 1]
    np.testing.assert_array_equal(picks.propensities, np.ones(3))


def test_a_tie_the_guard_left_alone_keeps_its_propensity() -> None:
    picks = guarded_top_k([9, 8, 5, 5, 5], 2, candidates=np.arange(5), rng=RNG(0), duplicates=[0, 0, -1, -1, -1])
    assert picks.rows[0] == 0
    np.testing.assert_allclose(picks.propensities, [1, 1 / 3])


def test_a_tie_the_guard_touched_claims_no_probability() -> None:
    picks = guarded_top_k(np.ones(40), 3, candidates=np.arange(40), rng=RNG(0), duplicates=np.arange(40) % 4)
    assert len(set(picks.rows % 4)) == 3
    np.testing.assert_array_equal(picks.propensities, np.ones(3))


def test_only_the_vectors_looked_at_are_read() -> None:
    X = RNG(0).normal(size=(5000, 8))
    u = np.arange(5000.0)[::-1]
    X[100:] = np.nan
    assert guarded_top_k(u, 20, candidates=np.arange(5000), rng=RNG(0), embeddings=X).rows.tolist() == list(range(20))
    X[3] = np.nan
    with pytest.raises(InvalidInput, match="embeddings: must be finite; row 3"):
        guarded_top_k(u, 20, candidates=np.arange(5000), rng=RNG(0), embeddings=X)


def test_a_guard_refuses_arrays_of_other_items() -> None:
    with pytest.raises(InvalidInput, match="duplicates: must be whole numbers, one per item"):
        guarded_top_k(U, 2, candidates=SIX, rng=RNG(0), duplicates=[1, 2])
    with pytest.raises(InvalidInput, match="duplicates: must be whole numbers"):
        guarded_top_k(U, 2, candidates=SIX, rng=RNG(0), duplicates=np.zeros(6))
    with pytest.raises(InvalidInput, match="embeddings: must be numbers, one row per item"):
        guarded_top_k(U, 2, candidates=SIX, rng=RNG(0), embeddings=np.zeros((3, 2)))
    with pytest.raises(InvalidInput, match="max_cosine: must be a share"):
        guarded_top_k(U, 2, candidates=SIX, rng=RNG(0), max_cosine=2)


def best(m, candidates, taken):
    return top_k([0.9, 0.8, 0.7, 0.3, 0.2, 0.1], m, candidates=candidates, rng=RNG(0))


GROUPS = np.array([0, 0, 0, 1, 1, 2])


def test_quotas_are_served_first_and_the_rest_goes_to_the_best() -> None:
    picked = with_quotas(best, GROUPS, {1: 1, 2: 1}, 4, candidates=SIX)
    assert picked.picks.rows.tolist() == [3, 5, 0, 1]
    assert picked.by_quota.tolist() == [True, True, False, False]
    np.testing.assert_allclose(picked.picks.utilities, [0.3, 0.1, 0.9, 0.8])


def test_a_group_with_too_few_gives_what_it_has_and_the_rest_back() -> None:
    picked = with_quotas(best, GROUPS, {2: 3, 9: 1}, 4, candidates=SIX)
    assert picked.picks.rows.tolist() == [5, 0, 1, 2]
    assert picked.by_quota.tolist() == [True, False, False, False]


def test_without_quotas_it_is_one_draw() -> None:
    picked = with_quotas(best, GROUPS, {}, 2, candidates=SIX)
    assert picked.picks.rows.tolist() == [0, 1]
    assert not picked.by_quota.any()


def test_the_picker_is_told_what_is_taken_and_never_called_for_nothing() -> None:
    calls = []

    def pick(m, candidates, taken):
        calls.append((m, candidates.tolist(), taken.tolist()))
        return Picks(candidates[:m], np.zeros(m), np.ones(m))

    with_quotas(pick, GROUPS, {1: 2, 7: 1, 0: 0}, 9, candidates=[0, 1, 3, 4])
    assert calls == [(2, [3, 4], []), (2, [0, 1], [3, 4])]


def test_quotas_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidInput, match="minimum: must add up to at most k = 2; got 3"):
        with_quotas(best, GROUPS, {0: 3}, 2, candidates=SIX)
    with pytest.raises(InvalidInput, match=r"minimum\[0\]: must be a whole number of at least 0; got -1"):
        with_quotas(best, GROUPS, {0: -1}, 2, candidates=SIX)
    with pytest.raises(InvalidInput, match="groups: must be whole numbers"):
        with_quotas(best, ["a"] * 6, {}, 2, candidates=SIX)


@pytest.mark.parametrize("k", [1, 3, 20])
@pytest.mark.parametrize("n_values", [5, 10**9])
def test_among_many_the_best_and_their_ties_are_those_of_a_full_sort(k, n_values) -> None:
    rng = np.random.default_rng(k)
    for n in (20_000, 20_011):
        u = rng.integers(n_values, size=n).astype(float)
        picks = top_k(u, k, candidates=np.arange(n), rng=rng)
        np.testing.assert_array_equal(picks.utilities, np.sort(u)[::-1][:k])
        cut = picks.utilities[-1]
        expected = (picks.utilities == cut).sum() / (u == cut).sum()
        np.testing.assert_allclose(picks.propensities[picks.utilities == cut], expected)
