"""Every hybrid strategy keeps the contract."""

from __future__ import annotations

import math

from querist.strategies import (
    alfa_mix,
    badge,
    cluster_margin,
    contrastive,
    discriminative,
    drop_query,
    falcun,
    lcmd,
)
from querist.testing.strategies import StrategyContract


class TestBadge(StrategyContract):
    strategy = badge


class TestBadgeWithExactPropensities(StrategyContract):
    strategy = badge
    params = {"exact_propensities": True}  # noqa: RUF012


class TestLcmd(StrategyContract):
    strategy = lcmd


class TestClusterMargin(StrategyContract):
    strategy = cluster_margin


class TestDropQuery(StrategyContract):
    strategy = drop_query


class TestAlfaMix(StrategyContract):
    strategy = alfa_mix


class TestFalcun(StrategyContract):
    strategy = falcun


class TestContrastive(StrategyContract):
    strategy = contrastive

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(1e7)


class TestDiscriminative(StrategyContract):
    strategy = discriminative
