"""Strategies for a number keep the contract."""

from __future__ import annotations

import math

from querist.strategies import greedy_x, greedy_xy, greedy_y, query_by_variance
from querist.testing.strategies import StrategyContract


class TestQueryByVariance(StrategyContract):
    strategy = query_by_variance

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.inf


class TestGreedyX(StrategyContract):
    strategy = greedy_x


class TestGreedyY(StrategyContract):
    strategy = greedy_y


class TestGreedyXY(StrategyContract):
    strategy = greedy_xy
