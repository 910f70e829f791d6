"""The speed suite itself: what it measures, how it judges, what it keeps, and that nothing asked for is forgotten."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.speed import __main__ as suite
from benchmarks.speed import measure, plain, table
from benchmarks.speed.cases import CASES
from benchmarks.speed.contest import Case, Contest, check, extra, faster, limit, near, peak, peer
from benchmarks.speed.contest import plain as as_written
from querist import strategies

ASKED = {  # the operations that the catalogue's speed targets name, with what each is to reach
    "entropy, best 100 of 1,000,000 x 10": {"peer": 5, "extra": 16, "limit": 5},
    "margin, best 100 of 1,000,000 x 10": {"peer": 1, "extra": 16, "limit": 5},
    "least confidence, best 100 of 1,000,000 x 10": {"peer": 1, "extra": 16, "limit": 5},
    "entropy, best 100 of 200,000 x 100": {"peer": 3},
    "margin, best 100 of 200,000 x 100": {"peer": 1},
    "least confidence, best 100 of 200,000 x 100": {},
    "bald of 100,000": {"peer": 4, "extra": 500},
    "batch_bald, 10 of 2,000": {"peer": 4, "extra": 500},
    "epig of 20,000": {"peer": 4, "extra": 500},
    "k_center, 100,000": {"peer": 10, "check": 1, "limit": 2},
    "badge, 20,000, 10 classes": {"peer": 10, "plain": 1, "extra": 20},
    "badge, 20,000, 50 classes": {"peer": 10, "plain": 1, "extra": 20},
    "facility_location, 10,000": {"peer": 5, "check": 1 - 1e-6, "extra": 300},
    "max_herding, 5,000": {"peer": 5},
    "max_herding, 100,000": {"check": 1 - 1e-6, "extra": 300},
    "uncertainty_herding, 100,000": {"check": 1 - 1e-6, "extra": 300},
    "typiclust, 20,000": {"peer": 5},
    "probcover, 20,000, radius 0.6": {"peer": 5},
    "information_density, 20,000": {"peer": 5},
    "typiclust, 200,000": {"peak": 2000},
    "probcover, 200,000": {"peak": 2000},
    "information_density, 200,000": {"peak": 2000},
    "expected_error_reduction, digits": {"peer": 50, "check": 0.95},
    "margin over a Parquet file, a column each": {"peak": 1000, "limit": 1 / 0.6},
    "entropy over a Parquet file, a column each": {"peak": 1000, "limit": 1 / 0.6},
    "margin over a Parquet file, one list column": {"peak": 1000, "limit": 1 / 0.6},
    "cluster_margin over a Parquet file": {"peak": 1000},
    "weighted_variance_reduction, 50,000, one core": {"plain": 2},
    "uncertainty_herding, 50,000, one core": {"plain": 2},
    "weighted_k_means, 50,000, one core": {},
}


def row(ours: float = 1.0, **others: tuple[str, float]) -> dict[str, Any]:
    return {
        "name": "sorting",
        "size": "ten",
        "ours": {"s": ours, "processor_s": 2 * ours, "n": 3, "extra_mb": 20.0, "peak_mb": 1200.0},
        "others": {
            name: {"kind": kind, "s": s, "processor_s": s, "n": 1, "times_ours": s / ours}
            for name, (kind, s) in others.items()
        },
        "absent": [],
        "failed": {},
        "checks": {"same picks": 0.9},
        "load": 0.1,
        "commit": "c" * 40,
        "date": "2026-01-02",
        "quick": False,
    }


def test_every_operation_that_was_asked_for_is_measured_against_what_was_asked() -> None:
    found = {case.name: {target.kind: target.bound for target in case.targets} for case in CASES}
    assert len(found) == len(CASES)
    assert {name: found.get(name) for name in ASKED} == ASKED


def test_a_target_counts_the_fastest_of_its_kind_and_what_has_the_same_size() -> None:
    found = row(2.0, slow=("peer", 30.0), fast=("peer", 9.0), numpy=("plain", 3.0), read=("limit", 0.5))
    found["others"]["part"] = {"kind": "peer", "s": 0.1, "n": 1, "size": "10 items only"}
    judge = [faster(5), faster(4), faster(2, "plain"), near(3, "read"), near(4, "read"), extra(16), peak(2000)]
    figures = [(t.judged(found)["found"], t.judged(found)["met"]) for t in judge]
    assert figures == [(4.5, False), (4.5, True), (1.5, False), (4.0, False), (4.0, True), (20, False), (1200, True)]
    assert check("same picks", 1).judged(found)["met"] is False
    assert faster(5).judged(row())["met"] is None


def test_contenders_take_turns_after_a_first_call_that_does_not_count() -> None:
    calls: list[str] = []

    def work(name: str) -> Any:
        return lambda: calls.append(name) or time.sleep(0.01 if name == "ours" else 0.03)

    contest = Contest("a nap", work("ours"), {"peer": peer(lambda: work("peer")), "gone": peer(lambda: missing())})

    def missing() -> Any:
        raise ImportError("not here")

    found = measure.measured(Case("nap", lambda quick: contest), contest, 3)
    assert "".join(name[0] for name in calls) == "oo" + "p" + "opopop" + "p"  # first and weighed, by turns, weighed
    assert found["absent"] == ["gone"]
    assert found["ours"]["n"] == 3
    assert found["ours"]["s"] >= 0.01
    assert found["others"]["peer"]["s"] >= 0.03
    assert found["others"]["peer"]["times_ours"] == found["others"]["peer"]["s"] / found["ours"]["s"]


def test_another_library_that_breaks_is_named_and_the_rest_is_measured() -> None:
    contest = Contest("", lambda: None, {"a": peer(lambda: lambda: 1 / 0), "b": limit(lambda: None)})
    found = measure.measured(Case("x", lambda quick: contest), contest, 1)
    assert found["failed"] == {"a": "ZeroDivisionError: division by zero"}
    assert list(found["others"]) == ["b"]


@pytest.mark.skipif(not measure.resident(), reason="the system does not say what a process holds")
def test_memory_is_what_a_call_held_at_most_beyond_what_was_there() -> None:
    before = np.ones(10_000_000)

    def work() -> float:
        first = before + 1  # 80 MB
        del first
        return float((before[:5_000_000] * 2).sum())  # 40 MB, when the 80 are gone

    runner = measure.Runner(work)
    runner.begin()
    runner.weigh()
    assert runner.memory["extra_mb"] == pytest.approx(80, abs=4)


def test_what_takes_minutes_is_left_out_of_a_quick_run() -> None:
    others = {"long": peer(lambda: lambda: None, minutes=True), "short": as_written(lambda: lambda: None)}
    contest = Contest("", lambda: None, others)
    assert list(measure.measured(Case("x", lambda quick: contest), contest, 1, quick=True)["others"]) == ["short"]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what is measured, of two made-up operations."""
    names: list[str] = []

    def one(name: str, cores: int | None, wanted: Any) -> tuple[dict[str, Any] | None, str]:
        names.append(name)
        if name == "broken":
            return None, "it broke"
        facts = {"cores": 2, "processor": "P", "memory_gb": 1, "system": "S", "blas": "B", "blas_threads": 2}
        speeds = ("read_gb_s", "copy_gb_s", "product_gflop_s", "read_one_core_gb_s", "product_one_core_gflop_s")
        facts |= {"python": "3", "numpy": "2", "peers": {"rival": "1.0"}}
        machine = {"name": name, "quick": False, "load": 0.1, **facts, **dict.fromkeys(speeds, 1.0)}
        return (machine if name == "machine" else {**row(1.0, a=("peer", 3.0)), "name": name}), ""

    make = lambda quick: Contest("", lambda: None)  # noqa: E731
    monkeypatch.setattr(suite, "CASES", (Case("first", make, (faster(2),)), Case("second", make)))
    monkeypatch.setattr(suite, "_measured", one)
    return names


def run(folder: Path, *more: str) -> int:
    return suite.main([f"--runs={folder}", f"--json={folder / 'results.json'}", *more])


def test_finished_operations_are_not_measured_again(tmp_path: Path, measured: list[str]) -> None:
    assert run(tmp_path, "--only=first") == 0
    assert run(tmp_path) == 0
    assert measured == ["machine", "first", "machine", "second"]
    assert run(tmp_path) == 0
    assert len(measured) == 4
    assert run(tmp_path, "--again", "--only=second") == 0
    assert measured[4:] == ["machine", "second"]
    results = json.loads((tmp_path / "results.json").read_text())
    assert [found["name"] for found in results["rows"]] == ["first", "second"]
    assert results["rows"][0]["targets"][0]["met"] is True
    assert results["not_measured"] == []
    assert results["measured_at"]["date"] == "2026-01-02"


def test_rows_of_changed_code_are_measured_again_and_kept_until_then(
    tmp_path: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    monkeypatch.setattr(suite, "_code", lambda: "other")
    assert run(tmp_path, "--only=second") == 0
    assert measured[3:] == ["machine", "second"]
    assert [line["name"] for line in json.loads((tmp_path / "results.json").read_text())["rows"]] == ["first", "second"]
    run(tmp_path)
    assert measured[5:] == ["machine", "first"]


def test_an_operation_that_fails_is_told_and_the_others_stand(
    tmp_path: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite, "CASES", (*suite.CASES, Case("broken", suite.CASES[0].make)))
    assert run(tmp_path) == 1
    assert "it broke" in capsys.readouterr().err
    assert len(json.loads((tmp_path / "results.json").read_text())["rows"]) == 2


def test_the_table_says_ratios_limits_and_what_was_missed_by_how_much() -> None:
    found = row(2.0, rival=("peer", 9.0), numpy=("plain", 0.06), read=("limit", 0.5))
    case = Case(
        "sorting", lambda quick: Contest("", lambda: None), (faster(5), extra(30)), if_missed="Sorting is hard."
    )
    line = suite.judged(case, found)
    cells = [cell.strip() for cell in table.table([line]).splitlines()[2].strip("|").split("|")]
    assert cells == [
        "`sorting`; ten",
        "2 s",
        "20 MB",
        "rival 9 s, once (4.5× / 2.2×); numpy 60 ms, once (0.03× / 0.015×)",
        "4× read",
        "5× the fastest peer; under 30 MB more",
        "**no** (4.5×); yes (20 MB)",
    ]
    assert "1 of 2 targets met." in table.missed([line])
    assert "- **sorting**: 4.5× where the target is 5× the fastest peer. Sorting is hard." in table.missed([line])


def test_plain_code_picks_what_ours_does() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6)).astype(np.float32)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    probs = rng.dirichlet(np.ones(4), size=400)
    free = {"candidates": np.arange(10, 400), "chosen": np.arange(10), "rng": rng}
    ones = np.ones(400, dtype=np.float32)
    np.testing.assert_array_equal(strategies.k_center(X, 20, **free).rows, plain.k_center(X, 10, 20))
    ours = strategies.weighted_variance_reduction(probs, X.astype(float), 20, **free).rows
    np.testing.assert_array_equal(ours, plain.weighted_variance_reduction(probs, X.astype(float), 10, 20))
    for similar, select in ((plain.rbf, strategies.max_herding), (plain.positive, strategies.facility_location)):
        mine = select(X, 20, n_reference=None, **free).rows
        R, first = X[10:], np.arange(10)
        greedy = plain.lazy_herding(similar, R, ones[10:], X, 10, 20)
        values = [plain.covered(similar, R, ones[10:], X, np.concatenate([first, rows])) for rows in (mine, greedy)]
        assert values[0] == pytest.approx(values[1], rel=1e-6)
        np.testing.assert_array_equal(greedy, plain.herding(similar, R, ones[10:], X, 10, 20))
