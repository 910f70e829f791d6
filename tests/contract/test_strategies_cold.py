"""Starts that know an older model keep the contract."""

from __future__ import annotations

from querist.strategies import zero_shot
from querist.testing.strategies import StrategyContract


class TestZeroShot(StrategyContract):
    strategy = zero_shot
