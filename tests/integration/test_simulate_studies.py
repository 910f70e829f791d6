"""Studies: stopped and gone on with, the same in one process and in two, of every strategy and both tasks."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression

from querist.core.errors import InvalidInput
from querist.core.evidence import Run
from querist.core.items import Columns
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.loop.coldstart import SeedRule
from querist.project import Project
from querist.simulation import simulate

FOR_NUMBERS = ("random", "k_center", "k_means", "variance")
STARTS = ("rules", "stratified", "zero_shot")  # a policy's start, not its strategy


def table(n: int = 120, seed: int = 0) -> tuple[Columns, Any]:
    X, y = make_classification(n, 5, n_informative=3, n_redundant=0, n_classes=2, random_state=seed)
    return Columns({f"x{i}": X[:, i] for i in range(5)}), y


def timeless(runs: tuple[Run, ...]) -> list[Run]:
    """Runs without how long they took."""
    return [replace(done, seconds=0.0) for done in runs]


def write(path: Path, n: int) -> Path:
    X, y = table(n)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([*X.names, "kind"])
        out.writerows(zip(*(X[name].tolist() for name in X.names), (f"k{c}" for c in y), strict=True))
    return path


def test_a_study_stopped_by_ctrl_c_goes_on_where_it_was(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    write(tmp_path / "old.csv", 200)
    usual = [sys.executable, "-m", "querist", "simulate", "old.csv", "--target", "kind", "--seeds", "12", "--json"]
    usual += ["--strategies", "margin", "--budget", "50", "--batch-size", "10"]
    popen: dict[str, Any] = {"cwd": tmp_path, "env": clean_environment, "encoding": "utf-8"}
    # A shell that starts the tests in the background has them, and all they start, ignore Ctrl-C.
    popen["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)

    def kept() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (tmp_path / ".querist-runs").glob("*/*.json")}

    with subprocess.Popen([*usual, "--to", "stopped.html", "--jobs", "2"], stdout=-1, stderr=-1, **popen) as process:  # type: ignore[call-overload]
        while not kept():
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Stopped. What was acknowledged is kept" in err
    before = kept()
    assert 1 <= len(before) < 24
    assert not (tmp_path / "stopped.html").exists()

    def whole(*more: str) -> Any:
        done = subprocess.run([*usual, *more], capture_output=True, timeout=120, check=False, **popen)  # type: ignore[call-overload]
        assert (done.returncode, done.stderr) == (0, "")
        study = json.loads(done.stdout)
        for run in study["runs"]:
            del run["seconds"]
        return study

    resumed = whole("--to", "resumed.html", "--jobs", "1")
    after = kept()
    assert {path: after[path] for path in before} == before, "what was finished was not made again"
    assert len(after) == 24
    assert resumed == whole("--runs", "elsewhere", "--to", "whole.html", "--jobs", "1")


def test_one_process_and_two_measure_the_same() -> None:
    X, y = table()
    usual: dict[str, Any] = {"strategies": ["margin", "vote_entropy"], "seeds": 2, "budget": 30, "batch_size": 10}
    one, two = (simulate(X, y, n_jobs=n, **usual) for n in (1, 2))
    assert timeless(one.runs) == timeless(two.runs)
    assert repr(one.curves) == repr(two.curves)


def test_a_kept_run_is_of_this_data_and_this_question_only(tmp_path: Path) -> None:
    X, y = table()
    usual: dict[str, Any] = {"strategies": ["margin"], "seeds": 1, "batch_size": 10, "n_jobs": 1, "resume": tmp_path}
    simulate(X, y, budget=30, **usual)
    spoiled, other = tmp_path.glob("*.json")
    said: list[str] = []
    simulate(X, y, budget=30, progress=lambda done, total, what: said.append(what), **usual)
    assert said == ["2 runs, 2 of them kept from before"]
    simulate(X, 1 - y, budget=30, **usual)
    simulate(X, y, budget=40, **usual)
    assert len(list(tmp_path.glob("*.json"))) == 6
    spoiled.write_text(spoiled.read_text("utf-8")[:40], "utf-8")
    made = other.stat().st_mtime_ns
    simulate(X, y, budget=30, **usual)
    assert json.loads(spoiled.read_text("utf-8"))["points"], "what cannot be read is made again"
    assert other.stat().st_mtime_ns == made


def numbers(n: int, seed: int = 0) -> tuple[Columns, Any]:
    X, y = make_regression(n, 4, n_informative=3, noise=5.0, random_state=seed)
    return Columns({f"x{i}": X[:, i] for i in range(4)}), y


@pytest.mark.parametrize("strategy", FOR_NUMBERS)
def test_a_number_is_learned_from_the_first_round_to_the_report(
    strategy: str, start: Callable[..., Project], tmp_path: Path
) -> None:
    X, y = numbers(160)
    project = start(
        f"sqlite:///{tmp_path / 'db'}",
        schema=Schema("price", task="number"),
        policy=Policy(strategy, batch_size=15, seed=1),
        shares={"test": 0.3},
    )
    project.add([{"id": f"h{i}", **{name: float(X[name][i]) for name in X.names}} for i in range(160)])
    truth = {f"h{i}": float(y[i]) for i in range(160)}
    project.tell({entry.item_id: truth[entry.item_id] for entry in project.ask(40, split="test").entries})
    for _ in range(4):
        project.tell({entry.item_id: truth[entry.item_id] for entry in project.ask().entries})
    project.train()
    points = project.curve()
    assert points[-1].n_labels == 60
    assert points[-1].metrics["r2"] > 0.5
    assert project.status().metric == "r2"
    assert all(project.replay(round_.number).same for round_ in project.status().rounds if round_.number > 1)
    assert "R²" in project.report(tmp_path / "report.html").read_text("utf-8")
    assert project.verify() == []


def test_a_strategy_for_classes_is_refused_for_a_number() -> None:
    X, y = numbers(60)
    with pytest.raises(InvalidInput, match="margin"):
        simulate(X, y, strategies=["margin"], seeds=1, budget=20, batch_size=10, n_jobs=1)


@pytest.mark.parametrize("oracle", ["late:2", "abstaining:0.4", "abstaining:0.3+late:1.5+uniform:0.1"])
def test_late_and_silent_oracles_lose_nothing(oracle: str) -> None:
    from querist.simulation import parse

    X, y = table()
    study = simulate(
        X, y, strategies=["margin", "default"], seeds=2, budget=40, batch_size=10, oracle=parse(oracle), n_jobs=1
    )
    for run in study.runs:
        counts = [point.n_labels for point in run.points]
        assert counts == sorted(counts)
        assert counts[-1] == 40, f"{run.strategy} came to {counts}"


def test_a_crowd_answers_a_study_on_the_command_line(cli: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "data.csv", 120)
    words = ["--strategies", "relabel_value", "--oracle", "crowd:4:0.7", "--seeds", "1", "--jobs", "1"]
    said = cli("simulate", "data.csv", "--target", "kind", "--budget", "40", "--batch-size", "10", *words, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json["facts"]["oracle"].startswith("Crowd(members=(Uniform(error=")
    assert [run["points"][-1]["n_labels"] for run in said.json["runs"]] == [40, 40]


def test_a_project_starts_by_rules(messages: Callable[..., Any], start: Callable[..., Project], tmp_path: Path) -> None:
    data = messages(60)
    rules = start(
        f"sqlite:///{tmp_path / 'rules.db'}",
        policy=Policy("margin", start="rules", batch_size=9),
        rules=(SeedRule("money", "billing", pattern="card|bank"), SeedRule("box", "delivery", pattern="box")),
    )
    rules.add(data.items)
    asked = rules.ask()
    assert asked.strategy == "rules"
    said = " ".join(str(entry.fields["text"]) for entry in asked.entries)
    assert "box" in said
    assert "card" in said or "bank" in said
    assert np.all([0 < entry.propensity <= 1 for entry in asked.entries])
