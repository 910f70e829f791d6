"""The label-efficiency suite itself: its numbers by hand, its pairing, and that nothing finished is made twice."""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.stats import wilcoxon

from benchmarks.labels import bench, choosers, data, suite, summary, tables
from benchmarks.labels.__main__ import main
from benchmarks.labels.data import Budget
from querist.learners import TextEncoder

DIGITS = replace(data.SETS["digits"], budget=Budget(20, 20, 60))


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch) -> data.DataSet:
    monkeypatch.setitem(data.SETS, "digits", DIGITS)
    suite.data_set.cache_clear()
    suite._bench.cache_clear()
    return data.load("digits")


def on(digits: data.DataSet, seed: int = 0, setting: Any = "linear") -> bench.Bench:
    return bench.bench(digits, seed, setting=setting, encoder=None)


def arguments(tmp_path: Path, *more: str) -> list[str]:
    return [
        "--sets=digits",
        "--settings=linear",
        "--strategies=margin",
        "--seeds=2",
        "--jobs=1",
        f"--runs={tmp_path}",
        f"--out={tmp_path / 'results.json'}",
        *more,
    ]


def test_the_area_is_the_mean_height_over_the_labels() -> None:
    assert summary.aubc([10, 20, 40], [0.5, 0.7, 0.8]) == pytest.approx((10 * 0.6 + 20 * 0.75) / 30)
    assert summary.aubc([10, 20], [0.4, 0.4]) == pytest.approx(0.4)


def test_labels_to_a_level_are_read_off_the_monotone_envelope() -> None:
    labels, values = [10, 20, 30, 40], [0.5, 0.7, 0.6, 0.8]
    assert summary.labels_to(0.75, labels, values) == 35
    assert summary.labels_to(0.7, labels, values) == 20
    assert summary.labels_to(0.4, labels, values) == 10
    assert summary.labels_to(0.81, labels, values) is None


def test_savings_are_at_three_shares_of_what_random_gained() -> None:
    ours, base = ([10, 20, 30], [0.5, 0.9, 0.9]), ([10, 20, 30], [0.5, 0.6, 0.7])
    found = summary.saving(ours, base)
    assert [level["score"] for level in found] == pytest.approx([0.68, 0.69, 0.7])
    assert [level["baseline_labels"] for level in found] == pytest.approx([28, 29, 30])
    assert [level["labels"] for level in found] == pytest.approx([14.5, 14.75, 15])
    assert [level["ratio"] for level in found] == pytest.approx([28 / 14.5, 29 / 14.75, 2], abs=1e-4)
    assert summary.saving(base, ours)[2]["ratio"] is None


def lines(areas: dict[str, dict[str, list[float]]]) -> list[dict[str, Any]]:
    """Runs of flat curves, so that a curve's area is its height."""
    return [
        {
            "set": name,
            "setting": "linear",
            "strategy": strategy,
            "seed": seed,
            "metric": "accuracy",
            "features": "f",
            "labels": [10, 20],
            "scores": {"accuracy": [height, height], "ece": [0, 0.1], "minority_recall": [0, 0.5]},
            "cpu_s": [0.001],
            "random_share": 0.0,
            "peak_rss_mb": 100,
            "commit": "c" * 40,
            "changed": False,
        }
        for name, of in areas.items()
        for strategy, heights in of.items()
        for seed, height in enumerate(heights)
    ]


def test_comparisons_are_paired_over_seeds_and_holm_adjusted_over_strategies() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(0.5, 0.1, size=8)  # seeds differ by far more than strategies do
    better, same = base + rng.uniform(0.01, 0.03, size=8), base + rng.normal(0, 0.01, size=8)
    areas = {"random": base, "margin": same, "best": better}
    found = summary.summary(lines({"a": {k: v.tolist() for k, v in areas.items()}}))
    of = found["sets"][0]["strategies"]
    p_best, p_same = wilcoxon(better - base).pvalue, wilcoxon(same - base).pvalue
    assert p_best < p_same
    assert of["best"]["vs_random"]["p"] == pytest.approx(p_best, abs=1e-6)
    assert of["best"]["vs_random"]["p_holm"] == pytest.approx(min(1, 2 * p_best), abs=1e-6)
    assert of["margin"]["vs_random"]["p_holm"] == pytest.approx(max(2 * p_best, p_same), abs=1e-6)
    assert of["best"]["vs_random"]["wins"] == 8
    assert of["best"]["vs_random"]["difference"] == pytest.approx(np.mean(better - base), abs=1e-5)
    assert of["best"]["vs_margin"]["pairs"] == 8
    assert "vs_random" not in of["random"]


def test_over_all_sets_the_worst_is_named_and_each_set_has_one_voice() -> None:
    found = summary.summary(
        lines(
            {
                "a": {"random": [0.5, 0.5, 0.5, 0.5], "margin": [0.6, 0.6, 0.6, 0.6]},
                "b": {"random": [0.5], "margin": [0.48]},
            }
        )
    )
    rows = {row["strategy"]: row for row in found["overall"]["linear"]}
    versus = rows["margin"]["vs_random"]
    assert versus["difference"] == pytest.approx((0.1 - 0.02) / 2)
    assert (versus["sets_ahead"], versus["n_sets"], versus["wins"], versus["pairs"]) == (1, 2, 4, 5)
    assert (versus["worst_set"], versus["worst_difference"]) == ("b", pytest.approx(-0.02))
    assert rows["random"]["vs_random"] is None
    assert rows["random"]["vs_margin"]["difference"] == pytest.approx(-0.04)


def test_the_default_is_held_against_the_best_of_each_set_in_hindsight() -> None:
    def body(**areas: list[float]) -> dict[str, Any]:
        return {"strategies": {name: {"aubc": {str(i): v for i, v in enumerate(a)}} for name, a in areas.items()}}

    rows = summary._hindsight(
        {
            "one": body(auto=[0.8, 0.9], margin=[0.7, 0.7], falcun=[0.85, 0.8], weighted_k_means=[1.0, 1.0]),
            "two": body(auto=[0.5], margin=[0.6]),
            "three": body(margin=[0.6]),
        }
    )
    assert rows == [
        {"set": "one", "rival": "falcun", "difference": 0.025, "wins": 1, "pairs": 2},
        {"set": "two", "rival": "margin", "difference": -0.1, "wins": 0, "pairs": 1},
    ]
    text = "\n".join(tables._hindsight(rows))
    assert "-0.038 on the mean, ahead on 1 of 2 sets." in text


def test_first_labels_hold_two_classes_even_where_one_is_rare() -> None:
    truth = np.zeros(1000, dtype=int)
    truth[7] = 1
    rows = bench.start_rows(truth, 10, np.random.default_rng(0))
    assert sorted(truth[rows].tolist()) == [0] * 9 + [1]
    many = np.arange(1000) % 10
    np.testing.assert_array_equal(
        bench.start_rows(many, 10, np.random.default_rng(0)), np.random.default_rng(0).permutation(1000)[:10]
    )


def test_strategies_of_a_seed_share_split_and_first_labels_and_seeds_do_not(digits: data.DataSet) -> None:
    first = [bench.run(on(digits), choosers.chooser(name, on(digits))) for name in ("random", "margin", "k_center")]
    assert len({json.dumps(run["scores"]["accuracy"][0]) for run in first}) == 1
    assert first[0]["labels"] == [20, 40, 60]
    assert not np.array_equal(on(digits, 0).start, on(digits, 1).start)
    again = bench.run(on(digits), choosers.chooser("margin", on(digits)))
    assert again["scores"] == first[1]["scores"]


def test_pool_and_test_set_are_apart_and_features_are_learned_from_the_pool(digits: data.DataSet) -> None:
    found = on(digits)
    assert len(found.test_truth) == round(0.3 * 1797)
    assert found.pool.n_items == 1797 - len(found.test_truth)
    np.testing.assert_allclose(np.linalg.norm(found.pool.features, axis=1), 1, rtol=1e-5)
    assert found.pool.embeddings() is found.pool.features  # so the model's own head is the one that strategies read


def test_a_forest_reads_raw_columns_and_distances_are_of_scaled_ones(digits: data.DataSet) -> None:
    found = on(digits, setting="forest")
    assert found.pool.features.shape[1] == 64
    assert found.pool.embeddings().shape[1] == 300
    assert found.budget == bench.FOREST


def test_a_projects_policy_draws_its_random_share_and_its_own_start(digits: data.DataSet) -> None:
    explored = bench.run(on(digits), choosers.chooser("explore:margin", on(digits)))
    assert explored["random_share"] == pytest.approx(0.1)
    assert explored["labels"] == [20, 40, 60]
    pure = bench.run(on(digits), choosers.chooser("margin", on(digits)))
    assert explored["scores"]["accuracy"][0] == pure["scores"]["accuracy"][0]
    project = bench.run(on(digits), choosers.chooser("project:margin", on(digits)))
    assert project["labels"] == [20, 40, 60]
    assert project["scores"]["accuracy"][0] != pure["scores"]["accuracy"][0]


def test_the_oracle_that_peeks_beats_what_does_not(digits: data.DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosers, "ORACLE_CANDIDATES", 5)
    small = replace(digits, budget=Budget(20, 5, 30))
    peeking, random = (bench.run(on(small), choosers.chooser(name, on(small))) for name in ("oracle", "random"))
    assert peeking["scores"]["accuracy"][-1] > random["scores"]["accuracy"][-1]


def test_finished_runs_are_kept_and_the_results_are_written(
    digits: data.DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = arguments(tmp_path, f"--markdown={tmp_path / 'r.md'}", f"--charts={tmp_path}")
    assert main(wanted) == 0
    log = tmp_path / "runs.jsonl"
    kept = log.read_text("utf-8")
    assert len(kept.splitlines()) == 4
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert len(results["measured_at"]["commit"]) == 40
    assert set(results["sets"][0]["strategies"]) == {"random", "margin"}
    assert "| `margin` |" in (tmp_path / "r.md").read_text("utf-8")
    picture = ElementTree.parse(tmp_path / "digits-linear.svg").getroot()
    assert picture.tag.endswith("svg")

    log.write_text(kept[: len(kept) - 30], "utf-8")  # as a crash would leave it
    asked: list[suite.Task] = []
    one = suite._one
    monkeypatch.setattr(suite, "_one", lambda task, *rest: asked.append(task) or one(task, *rest))
    assert main(wanted) == 0
    assert len(asked) == 1
    again = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert again["sets"][0]["strategies"]["margin"]["aubc"] == results["sets"][0]["strategies"]["margin"]["aubc"]
    assert main(wanted) == 0
    assert len(asked) == 1
    assert "4 runs, of which 4 are done" in capsys.readouterr().err


def test_runs_of_older_code_are_taken_only_for_strategies_that_are_named(
    digits: data.DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(tmp_path)) == 0
    old = choosers.fingerprint
    monkeypatch.setattr(choosers, "fingerprint", lambda name: old(name) + "changed")
    capsys.readouterr()
    assert main(arguments(tmp_path, "--any-code=random")) == 0
    assert "4 runs, of which 2 are done" in capsys.readouterr().err
    log = (tmp_path / "runs.jsonl").read_text("utf-8")
    assert log.count('"strategy": "margin"') == 4
    assert log.count('"strategy": "random"') == 2

    assert main(arguments(tmp_path, "--only-finished", "--any-code=random", "--seeds=5")) == 0
    assert (tmp_path / "runs.jsonl").read_text("utf-8").strip() == log.strip()
    found = json.loads((tmp_path / "results.json").read_text("utf-8"))["sets"][0]["strategies"]
    assert found["margin"]["seeds"] == [0, 1]


def test_a_run_that_fails_is_told_and_costs_no_other(
    digits: data.DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = suite.run

    def broken(bench: Any, chooser: Any) -> Any:
        if chooser._name == "margin":
            raise ZeroDivisionError("none left")
        return run(bench, chooser)

    monkeypatch.setattr(suite, "run", broken)
    assert main(arguments(tmp_path)) == 1
    assert "none left" in capsys.readouterr().err
    assert (tmp_path / "runs.jsonl").read_text("utf-8").count('{"key"') == 2


def test_a_set_that_is_not_there_is_left_out_with_a_word(
    digits: data.DataSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments(tmp_path, f"--data={tmp_path}"), "--sets=digits,phoneme"]) == 0
    assert "left out: phoneme" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["--sets=digit", "--strategies=nonesuch", "--strategies=project:nonesuch"])
def test_a_name_that_is_not_known_is_refused(digits: data.DataSet, tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SystemExit):
        main([*arguments(tmp_path), wrong])


def test_text_is_read_by_words_where_there_is_no_sentence_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    (tmp_path / "cr").mkdir()
    texts = [f"{i % 2} {'good fine' if i % 2 else 'bad poor'} thing number {i}" for i in range(60)]
    (tmp_path / "cr" / "custrev.all.gz").write_bytes(gzip.compress("\n".join(texts).encode("latin-1")))
    monkeypatch.setitem(data.SETS, "cr", replace(data.SETS["cr"], budget=Budget(4, 4, 12)))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setattr("benchmarks.labels.features.CARRIER", "a_package_that_is_not_there")
    suite.data_set.cache_clear()
    assert main(["--sets=cr", f"--data={tmp_path}", *arguments(tmp_path)[1:]]) == 0
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert results["sets"][0]["features"] == "topics 256"
    made = data.load("cr", tmp_path)
    assert made.classes == ("0", "1")
    assert TextEncoder().fit(made.items) is not None


def test_a_strategys_code_tells_finished_runs_from_others_and_its_comments_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "a_room_of_strategies"
    room.mkdir()
    for name in ("__init__", "family", "_engine", "other"):
        (room / f"{name}.py").write_text("", "utf-8")
    (room / "family.py").write_text('"""Doc."""\nfrom a_room_of_strategies._engine import f\n', "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    def code_with(engine: str) -> str:
        (room / "_engine.py").write_text(engine, "utf-8")
        choosers._code_of.cache_clear()
        return choosers._code_of("a_room_of_strategies.family")

    plain = code_with("def f():\n    return 1\n")
    (room / "other.py").write_text("x = 1\n", "utf-8")
    assert code_with('def f():\n    """Doc."""\n    return 1  # one\n') == plain
    assert code_with("def f():\n    return 2\n") != plain


def test_each_strategy_of_the_catalogue_that_can_be_run_is() -> None:
    names = choosers.own_names()
    assert {"auto", "random", "margin", "bald", "k_center", "weighted_k_means"} <= set(names)
    assert not {"stratified", "rules"} & set(names)
    assert choosers.fingerprint("margin") == choosers.fingerprint("explore:margin")
    assert choosers.fingerprint("margin") != choosers.fingerprint("k_center")


def test_a_run_of_a_composite_is_of_all_the_strategies_it_may_choose_by(monkeypatch: pytest.MonkeyPatch) -> None:
    before = choosers.fingerprint("auto")
    assert before != choosers.fingerprint("margin")
    real = choosers._code_of
    changed = choosers.find("margin").run.__module__
    choosers._code_of_all.cache_clear()
    monkeypatch.setattr(choosers, "_code_of", lambda room: real(room) + "x" * (room == changed))
    assert choosers.fingerprint("auto") != before
    choosers._code_of_all.cache_clear()


def test_numbers_are_written_so_that_they_can_be_read() -> None:
    assert tables._p(0.0204) == "0.020"
    assert tables._p(6e-10) == "6e-10"
    assert tables._times(None) == "not reached"
    assert tables._signed(-0.0123) == "-0.012"
