"""A batch divided among strategies: who picks how many, and what each knows of the others' picks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.catalogue import PolicyChooser
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.signals import Signals
from querist.strategies.divide import _sizes

PROBS = np.random.default_rng(1).dirichlet(np.ones(3), size=40)
X = np.random.default_rng(2).normal(size=(40, 5))


def chosen_by(params: dict[str, Any], k: int, chosen: Any = (), **signals: Any) -> Any:
    chooser = PolicyChooser(Policy("divided", params=params))
    known = Signals(40, **{"probs": PROBS, "embeddings": X, **signals})
    rows = np.array(chosen, dtype=np.int64)
    free = np.setdiff1d(np.arange(40), rows)
    return chooser.choose("divided", k, candidates=free, chosen=rows, rng=np.random.default_rng(0), signals=known)


@given(
    st.lists(st.floats(0.01, 10), min_size=1, max_size=5),
    st.lists(st.integers(1, 30), min_size=1, max_size=12),
)
def test_each_has_its_share_over_all_batches(weights: list[float], batches: list[int]) -> None:
    share = np.array(weights) / sum(weights)
    given_, before = np.zeros(len(weights)), 0
    for k in batches:
        sizes = _sizes(k, before, weights)
        assert sum(sizes) == k
        assert min(sizes) >= 0
        given_ += sizes
        before += k
        assert np.abs(given_ - share * before).max() < len(weights)  # each turn moves one by less than 1


def test_a_long_project_counts_its_turns_anew() -> None:
    assert _sizes(7, 1_000_003, [2, 1]) == _sizes(7, 3, [2, 1])


def test_each_part_knows_what_those_before_it_picked() -> None:
    choice = chosen_by({"strategies": ["k_center", "k_center"]}, 10)
    whole = PolicyChooser(Policy("k_center")).choose(
        "k_center",
        10,
        candidates=np.arange(40),
        chosen=np.empty(0, dtype=np.int64),
        rng=np.random.default_rng(0),
        signals=Signals(40, probs=PROBS, embeddings=X),
    )
    assert choice.picks.rows.tolist() == whole.picks.rows.tolist()  # as if one traversal had gone on


def test_look_alikes_of_what_another_part_picked_are_left_out() -> None:
    double = np.full(40, -1)
    best = np.argsort(-(1 - np.ptp(np.sort(PROBS, axis=1)[:, 1:], axis=1)))
    double[best[:2]] = 0  # the two most uncertain are one and the same
    params = {"strategies": ["margin", "margin"]}
    assert set(chosen_by(params, 2).picks.rows) == set(best[:2])
    assert set(chosen_by(params, 2, duplicates=double).picks.rows) == {best[0], best[2]}


def test_they_take_turns_where_a_batch_is_of_one() -> None:
    said = [chosen_by({"strategies": ["margin", "random"]}, 1, range(n)).reasons[0].split(":")[0] for n in range(4)]
    assert said == ["margin", "random", "margin", "random"]


def test_the_pool_may_end_in_the_middle() -> None:
    choice = chosen_by({"strategies": ["margin", "k_center"]}, 10, range(37))
    assert sorted(choice.picks.rows) == [37, 38, 39]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"strategies": []}, "strategies: must be at least one"),
        ({"shares": [1]}, "a weight of at least 0 for each of the 2"),
        ({"shares": [1, -1]}, "a weight of at least 0"),
        ({"shares": [0, 0]}, "a weight of at least 0"),
        ({"shares": [1, True]}, "a weight of at least 0"),
        ({"strategies": ["margin", "nobody"]}, "got 'nobody'"),
    ],
)
def test_nonsense_is_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        chosen_by(params, 4)
