"""What is measured of drift, and what of it must hold."""

from __future__ import annotations

import pytest

from benchmarks.evidence import drifts


def row(**change: object) -> dict[str, object]:
    return {"part": "look", "nothing": True, "must_find": False, "runs": 1000, "alarms": 0.05, **change}


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (row(), True),
        (row(alarms=0.07), True),  # 0.05 and three standard errors of 0.0069
        (row(alarms=0.071), False),
        (row(nothing=False, alarms=0.1), True),
        (row(nothing=False, must_find=True, alarms=0.79), False),
        (row(nothing=False, must_find=True, alarms=0.8), True),
        ({"part": "detector", "later_than_rivers": 0.0}, True),
        ({"part": "detector", "later_than_rivers": None}, True),
        ({"part": "detector", "later_than_rivers": 0.01}, False),
        ({"part": "real"}, True),
    ],
)
def test_what_must_hold_is_held_to(measured: dict[str, object], expected: bool) -> None:
    assert drifts.holds(measured) is expected


def test_a_world_is_looked_at_and_the_same_seed_finds_the_same() -> None:
    for world in drifts.WORLDS[1::5]:
        judged, naive = drifts.look(world, 3)
        assert len(judged) == 8
        assert (judged, naive) == drifts.look(world, 3)
