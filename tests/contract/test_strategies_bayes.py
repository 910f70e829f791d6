"""The Bayesian scores, and those that look ahead, keep the contract."""

from __future__ import annotations

import math

from querist.strategies import (
    batch_bald,
    epig,
    expected_error_reduction,
    expected_error_reduction_reweighted,
    expected_gradient_length,
    expected_model_change,
    power_bald,
)
from querist.testing.strategies import StrategyContract


class TestBatchBald(StrategyContract):
    strategy = batch_bald
    params = {"n_configurations": 200}  # noqa: RUF012


class TestEpig(StrategyContract):
    strategy = epig


class TestEpigWithFewTargets(StrategyContract):
    strategy = epig
    params = {"n_targets": 3}  # noqa: RUF012


class TestPowerBald(StrategyContract):
    strategy = power_bald


class TestPowerBaldNearTheBest(StrategyContract):
    strategy = power_bald
    params = {"beta": 4}  # noqa: RUF012


class TestExpectedErrorReduction(StrategyContract):
    strategy = expected_error_reduction


class TestExpectedErrorReductionOfTheZeroOneLoss(StrategyContract):
    strategy = expected_error_reduction
    params = {"loss": "zero_one", "n_targets": 7}  # noqa: RUF012


class TestExpectedErrorReductionOfLeastSquares(StrategyContract):
    strategy = expected_error_reduction
    params = {"learner": "least_squares", "penalty": 0.1}  # noqa: RUF012


class TestExpectedErrorReductionReweighted(StrategyContract):
    strategy = expected_error_reduction_reweighted


class TestExpectedErrorReductionReweightedByTheLogLoss(StrategyContract):
    strategy = expected_error_reduction_reweighted
    params = {"loss": "log"}  # noqa: RUF012


class TestExpectedGradientLength(StrategyContract):
    strategy = expected_gradient_length

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.inf


class TestExpectedModelChange(StrategyContract):
    strategy = expected_model_change

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.inf
