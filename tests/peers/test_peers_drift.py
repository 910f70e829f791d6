"""Detectors of change beside river's."""

from __future__ import annotations

import numpy as np
import pytest

from querist.metrics.detectors import Adwin, PageHinkley

pytestmark = pytest.mark.peers

N_STREAMS = 60


def stream(seed: int, later: float) -> list[float]:
    rng = np.random.default_rng(seed)
    return [float(x) for x in rng.random(3000) < np.repeat([0.1, later], 1500)]


@pytest.mark.parametrize("later", [0.2, 0.3, 0.5])
def test_adwin_alarms_when_rivers_does(later: float) -> None:
    drift = pytest.importorskip("river.drift")
    apart = []
    for seed in range(N_STREAMS):
        errors = stream(seed, later)
        ours, theirs = Adwin(rises_only=False), drift.ADWIN()
        mine = next((at for at, error in enumerate(errors) if ours.update(error)), None)
        other = None
        for at, error in enumerate(errors):
            theirs.update(error)
            if theirs.drift_detected:
                other = at
                break
        assert mine is not None
        apart.append(np.inf if other is None else other - mine)
    # River leaves the newest bucket of each size out of its cuts, so that it is at times some looks later.
    assert min(apart) >= 0
    assert np.mean(np.array(apart) == 0) >= 0.75
    assert np.mean(np.array(apart) <= 96) >= 0.95


def test_page_hinkley_alarms_where_rivers_does() -> None:
    drift = pytest.importorskip("river.drift")
    for seed in range(N_STREAMS):
        errors = stream(seed, 0.3)
        ours, theirs = PageHinkley(), drift.PageHinkley(mode="up")
        expected = []
        for at, error in enumerate(errors):
            theirs.update(error)
            if theirs.drift_detected:
                expected.append(at)
        assert [at for at, error in enumerate(errors) if ours.update(error)] == expected
