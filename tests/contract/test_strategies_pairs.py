"""Strategies for pairs keep the contract."""

from __future__ import annotations

import math

from querist.strategies import pair_disagreement, pair_information, pair_optimal, pair_uncertainty
from querist.testing.strategies import StrategyContract


class TestPairUncertainty(StrategyContract):
    strategy = pair_uncertainty

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, 0.25 * min(1, n_classes - 1)


class TestPairDisagreement(TestPairUncertainty):
    strategy = pair_disagreement


class TestPairInformation(StrategyContract):
    strategy = pair_information

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(2)


class TestPairOptimal(StrategyContract):
    strategy = pair_optimal


class TestPairOptimalWithAPrior(StrategyContract):
    strategy = pair_optimal
    params = {"prior": 0.01}  # noqa: RUF012
