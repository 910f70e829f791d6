"""The look-ahead strategies keep the contract."""

from __future__ import annotations

from querist.strategies import bait, variance_reduction, weighted_variance_reduction
from querist.testing.strategies import StrategyContract


class TestWeightedVarianceReduction(StrategyContract):
    strategy = weighted_variance_reduction


class TestWeightedVarianceReductionWithEveryParameter(StrategyContract):
    strategy = weighted_variance_reduction
    params = {"ridge": 1.0, "weight": "entropy", "normalize": False}  # noqa: RUF012


class TestVarianceReduction(StrategyContract):
    strategy = variance_reduction


class TestVarianceReductionOfAKernel(StrategyContract):
    strategy = variance_reduction
    params = {"kernel": "rbf", "n_landmarks": 20}  # noqa: RUF012


class TestBait(StrategyContract):
    strategy = bait
