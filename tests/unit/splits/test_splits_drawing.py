"""A draw of near-duplicate groups: whole, large enough, each item with the same chance, each stratum with its share."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from querist.splits import draw_groups


@given(st.lists(st.integers(-1, 6), min_size=2, max_size=60), st.data())
def test_groups_stay_whole_and_as_many_items_are_drawn_as_wanted(groups: list[int], data: st.DataObject) -> None:
    of = np.array(groups)
    n = data.draw(st.integers(1, len(groups) - 1))
    strata = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(groups), max_size=len(groups))))
    rows = draw_groups(n, of, strata, rng=np.random.default_rng(data.draw(st.integers(0, 99))))
    assert len(np.unique(rows)) == len(rows) >= n
    assert not np.intersect1d(of[rows][of[rows] >= 0], np.delete(of, rows)).size


def test_every_item_has_the_same_chance_and_strata_their_share() -> None:
    groups, strata = np.full(60, -1), np.repeat([0, 1, 2], [40, 15, 5])
    groups[:4] = 0  # one group of four
    counts, shares = np.zeros(60), []
    rng = np.random.default_rng(0)
    for _ in range(4000):
        rows = draw_groups(12, groups, strata, rng=rng)
        counts[rows] += 1
        shares.append(np.bincount(strata[rows], minlength=3) / len(rows))
    chance = counts / 4000
    # 0.2 each; five standard errors of 4000 draws are 0.032, and whole groups make the draws a little larger.
    assert np.abs(chance - 0.2).max() < 0.045
    spread = np.std(shares, axis=0)[2]
    blind = np.sqrt(5 / 60 * 55 / 60 / 12)  # of a draw that does not know the strata
    assert spread < 0.8 * blind
