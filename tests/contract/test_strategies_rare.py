"""Strategies for rare classes keep the contract."""

from __future__ import annotations

from querist.strategies import active_search, class_balanced, galaxy, positive_first
from querist.testing.strategies import StrategyContract


class TestPositiveFirst(StrategyContract):
    strategy = positive_first

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, 1


class TestPositiveFirstWithATarget(TestPositiveFirst):
    strategy = positive_first
    params = {"target": 0}  # noqa: RUF012


class TestActiveSearch(StrategyContract):
    strategy = active_search


class TestActiveSearchWithEveryParameter(StrategyContract):
    strategy = active_search
    params = {"target": 0, "remaining": 15, "neighbors": 4, "limit": 12}  # noqa: RUF012


class TestClassBalanced(StrategyContract):
    strategy = class_balanced


class TestGalaxy(StrategyContract):
    strategy = galaxy
