"""Quotas by class and by group hold together, and an item counts for every one that it meets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import querist as q
from querist.core.errors import InvalidInput


def batch_of(policy: q.Policy, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet([2, 1], size=n)
    strata = rng.integers(3, size=n)
    signals = q.Signals(n, classes=("no", "yes"), strata_names=("east", "north", "west"), probs=probs, strata=strata)
    _, batch = q.ask(q.State.start(n, policy), signals)
    return batch.ids, probs.argmax(axis=1), strata


@given(st.integers(0, 10_000), st.floats(0, 0.5), st.floats(0, 0.5))
def test_every_quota_is_met_where_there_are_items(seed: int, by_class: float, by_group: float) -> None:
    policy = q.Policy(
        batch_size=20, exploration=0.0, quotas={"yes": by_class}, group_quotas={"north": by_group}, trust=False
    )
    rows, predicted, strata = batch_of(policy, 300, seed)
    assert len(set(rows.tolist())) == 20
    assert (predicted[rows] == 1).sum() >= int(20 * by_class)
    assert (strata[rows] == 1).sum() >= int(20 * by_group)


def test_without_the_quota_the_group_goes_short() -> None:
    probs = np.tile([0.9, 0.1], (30, 1))
    probs[10:] = [0.55, 0.45]
    strata = np.repeat([0, 1], [10, 20])
    signals = q.Signals(30, classes=("a", "b"), strata_names=("few", "many"), probs=probs, strata=strata)
    plain = q.Policy(batch_size=10, exploration=0.0, trust=False)
    _, without = q.ask(q.State.start(30, plain), signals)
    _, held = q.ask(q.State.start(30, plain.with_(group_quotas={"few": 0.4})), signals)
    assert (strata[without.ids] == 0).sum() == 0
    assert (strata[held.ids] == 0).sum() == 4
    assert [query.purpose for query in held.queries].count("quota") == 4
    assert "to fill a quota" in held.queries[0].reason


def test_a_group_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidInput, match="group_quotas: must be of the values of the strata field; got 'south'"):
        batch_of(q.Policy(exploration=0.0, group_quotas={"south": 0.2}, trust=False), 50, 0)


def test_group_quotas_leave_room_for_the_random_share() -> None:
    with pytest.raises(InvalidInput, match="group_quotas: must leave room"):
        q.Policy(exploration=0.2, group_quotas={"north": 0.9})
