"""Strategies about people keep the contract."""

from __future__ import annotations

import math

from querist.strategies import active_label, relabel_value
from querist.testing.strategies import StrategyContract


class TestActiveLabel(StrategyContract):
    strategy = active_label

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, 1


class TestRelabelValue(StrategyContract):
    strategy = relabel_value

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(n_classes)
