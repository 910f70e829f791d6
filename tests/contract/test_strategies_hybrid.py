"""Every hybrid strategy keeps the contract."""

from __future__ import annotations

from querist.strategies import badge, lcmd
from querist.testing.strategies import StrategyContract


class TestBadge(StrategyContract):
    strategy = badge


class TestBadgeWithExactPropensities(StrategyContract):
    strategy = badge
    params = {"exact_propensities": True}  # noqa: RUF012


class TestLcmd(StrategyContract):
    strategy = lcmd
