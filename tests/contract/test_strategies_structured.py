"""Strategies for items with several labels, tokens or boxes keep the contract."""

from __future__ import annotations

import math

import numpy as np
import pytest

from querist.core.strategy import strategy
from querist.strategies import (
    box_uncertainty,
    cvirs,
    mmc,
    mnlp,
    multi_label_uncertainty,
    sequence_bald,
    token_entropy,
)
from querist.testing.strategies import StrategyContract


class TestMultiLabelUncertainty(StrategyContract):
    strategy = multi_label_uncertainty

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(2)


class TestTheLargestOfManyLabels(TestMultiLabelUncertainty):
    strategy = multi_label_uncertainty
    params = {"aggregate": "max"}  # noqa: RUF012


class TestTheSmallestMarginOfManyLabels(StrategyContract):
    strategy = multi_label_uncertainty
    params = {"aggregate": "min_margin"}  # noqa: RUF012

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, 1


class TestCvirs(StrategyContract):
    strategy = cvirs

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, 1


class TestMmc(StrategyContract):
    strategy = mmc

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, n_classes


class TestMnlp(StrategyContract):
    strategy = mnlp

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(n_classes)


class TestTokenEntropy(TestMnlp):
    strategy = token_entropy


class TestTokenEntropyInsideEntities(TestMnlp):
    strategy = token_entropy
    params = {"outside": 0, "sure": 0.5}  # noqa: RUF012


class TestSequenceBald(StrategyContract):
    strategy = sequence_bald

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(min(2, n_classes))


class TestBoxUncertainty(StrategyContract):
    strategy = box_uncertainty

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, min(1, n_classes - 1)


class TestTheMeanOfTheTopBoxes(TestBoxUncertainty):
    strategy = box_uncertainty
    params = {"aggregate": "mean_top_5"}  # noqa: RUF012


class TestTheSumOfTheBoxes(StrategyContract):
    strategy = box_uncertainty
    params = {"aggregate": "sum"}  # noqa: RUF012


@strategy(needs=["tokens"])
def writes_into_an_item(tokens):
    tokens[0][:] = 0
    return np.zeros(len(tokens))


def test_a_strategy_that_writes_into_an_item_is_caught() -> None:
    class Suite(StrategyContract):
        strategy = writes_into_an_item

    with pytest.raises(AssertionError, match="wrote into its tokens"):
        Suite().test_its_input_is_left_alone()
    with pytest.raises(ValueError, match="read-only"):
        Suite().test_read_only_arrays_will_do()
