"""Other libraries' strategies choose within the loop of the label-efficiency suite."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.labels import bench, choosers, data, peers
from benchmarks.labels.data import Budget

pytest.importorskip("skactiveml")


@pytest.mark.peers
@pytest.mark.parametrize("name", peers.STRATEGIES)
def test_other_libraries_choose_in_the_same_loop(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    small = replace(data.SETS["digits"], budget=Budget(20, 10, 40))
    monkeypatch.setitem(data.SETS, "digits", small)
    on = bench.bench(replace(data.load("digits"), budget=small.budget), 0, setting="linear", encoder=None)
    assert bench.run(on, choosers.chooser(f"skactiveml:{name}", on))["labels"] == [20, 30, 40]
