"""Density that turns into uncertainty keeps the contract."""

from __future__ import annotations

from querist.strategies import dcom
from querist.testing.strategies import StrategyContract


class TestDcom(StrategyContract):
    strategy = dcom


class TestDcomOfARadius(StrategyContract):
    strategy = dcom
    params = {"delta": 1.5, "normalize": False, "n_reference": 9, "center": 0.3, "steepness": 8}  # noqa: RUF012
