"""A policy's batch from a pool file: rows, propensities, reasons, money, and the command."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import querist as q
from querist.cli.app import app
from querist.core.errors import BudgetSpent, InvalidInput, PoolExhausted
from querist.core.policy import Budget, Costs, Policy
from querist.scale import Pool
from querist.selection import rows_in, select, write_batch

N = 400
RNG = np.random.default_rng(2)
PROBS = RNG.dirichlet(np.ones(3), size=N)
VECTORS = RNG.normal(size=(N, 4))
POOL = Pool.from_arrays(probs=PROBS, embeddings=VECTORS)
BARE = Pool.from_arrays(probs=PROBS)


def test_a_batch_is_what_the_loop_would_ask_apart_from_the_random_share() -> None:
    policy = Policy("margin", batch_size=20, exploration=0.1)
    batch = select(BARE, policy)
    _, asked = q.ask(q.State.start(N, policy), q.Signals(N, probs=PROBS))
    by_strategy = [{x.row: x for x in b.queries if x.purpose == "strategy"} for b in (batch, asked)]
    assert by_strategy[0].keys() == by_strategy[1].keys()
    assert all(by_strategy[0][row].reason == by_strategy[1][row].reason for row in by_strategy[0])
    drawn = [x for x in batch.queries if x.purpose == "exploration"]
    assert len(batch) == 20
    assert {(x.propensity, x.strategy, x.utility) for x in drawn} == {(2 / 382, "random", None)}
    assert [x.rank for x in batch.queries] == list(range(20))
    assert batch.n_candidates == N


def test_the_same_seed_and_number_give_the_same_batch_and_another_number_another_draw() -> None:
    policy = Policy("random", batch_size=10)
    assert select(BARE, policy).ids.tolist() == select(BARE, policy).ids.tolist()
    assert select(BARE, policy).ids.tolist() != select(BARE, policy, number=2).ids.tolist()
    assert set(select(BARE, policy).propensities) == {10 / N}


def test_the_random_share_holds_over_the_batches() -> None:
    policy = Policy("margin", batch_size=5, exploration=0.1)
    drawn = [sum(x.purpose == "exploration" for x in select(BARE, policy, n_asked=n).queries) for n in (0, 5, 10, 15)]
    assert drawn == [0, 1, 0, 1]


@pytest.mark.parametrize("name", ["weighted_k_means", "k_center", "k_means"])
def test_a_selection_picks_from_candidates(name: str) -> None:
    batch = select(POOL, Policy(name, batch_size=10, exploration=0.0), candidates=50, exclude=[0, 1, 2])
    assert len(set(batch.ids)) == 10
    assert not set(batch.ids) & {0, 1, 2}
    if name == "weighted_k_means":
        best = np.argsort(-q.strategies.margin(PROBS))[:53]
        assert set(batch.ids) <= set(best)


def test_near_duplicates_are_left_out_by_group_and_by_cosine() -> None:
    twins = np.repeat(PROBS[:10], 5, axis=0)
    groups = np.repeat(np.arange(10), 5)
    batch = select(Pool.from_arrays(probs=twins, duplicates=groups), Policy("margin", batch_size=10, exploration=0))
    assert len(set(groups[batch.ids])) == 10
    alike = Pool.from_arrays(probs=twins, embeddings=np.repeat(VECTORS[:10], 5, axis=0))
    batch = select(alike, Policy("margin", batch_size=5, exploration=0))
    assert len(set(groups[batch.ids])) == 5
    batch = select(alike, Policy("margin", batch_size=5, exploration=0, near_duplicates=None))
    assert len(set(groups[batch.ids])) == 1


def test_quotas_are_kept_and_say_so() -> None:
    policy = Policy("margin", batch_size=20, exploration=0.0, quotas={"c": 0.5})
    batch = select(BARE, policy, classes=["a", "b", "c"])
    assert Counter(PROBS[batch.ids].argmax(axis=1))[2] >= 10
    assert sum(x.purpose == "quota" for x in batch.queries) == 10
    assert batch.queries[0].reason.endswith("to fill its class's quota")
    with pytest.raises(InvalidInput, match="must be of the classes; got 'c'"):
        select(BARE, policy, classes=["a"])
    with pytest.raises(InvalidInput, match="quotas: must go with a score and without a guard"):
        select(POOL, policy, classes=["a", "b", "c"])


def test_money_and_labels_are_not_overspent() -> None:
    costs = RNG.choice([1.0, 5.0, 100.0], size=N)
    priced = Pool.from_arrays(probs=PROBS, costs=costs)
    batch = select(priced, Policy("margin", budget=Budget(usd=40), costs=Costs(per_utility=True)))
    assert batch.cost_usd <= 40
    assert max(x.cost_usd for x in batch.queries) < 100
    assert len(batch) == 8  # the dearest of what can be paid are reckoned with
    flat = Policy("margin", costs=Costs(per_label=3.0), budget=Budget(usd=10))
    assert [x.cost_usd for x in select(BARE, flat).queries] == [3.0] * 3
    assert len(select(BARE, Policy(budget=Budget(labels=30)), n_asked=25)) == 5
    with pytest.raises(BudgetSpent):
        select(BARE, Policy(budget=Budget(labels=30)), n_asked=30)
    with pytest.raises(PoolExhausted):
        select(BARE, exclude=range(N))


def test_auto_is_what_a_single_pass_can_do_of_it() -> None:
    policy = Policy(batch_size=5, exploration=0.0)
    assert {x.reason.partition(":")[0] for x in select(BARE, policy).queries} == {"margin"}
    assert {x.reason.partition(":")[0] for x in select(POOL, policy).queries} == {"weighted_variance_reduction"}


def test_what_a_single_pass_cannot_do_is_refused() -> None:
    with pytest.raises(InvalidInput, match="must provide 'embeddings'"):
        select(BARE, "k_center")
    with pytest.raises(InvalidInput, match="no start on a large pool"):
        select(Pool.from_arrays(strata=np.zeros(9, dtype=int)), "stratified")
    with pytest.raises(InvalidInput, match="must rate each row by itself"):
        select(POOL, "density_weighted")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pool.parquet"
    columns = {f"p_{i}": PROBS[:, i] for i in range(3)}
    pq.write_table(pa.table({"id": [f"i{n}" for n in range(N)], **columns}), path)
    return path


def test_a_batch_is_written_with_columns_of_the_pool(file: Path, tmp_path: Path) -> None:
    pool = Pool.from_parquet(file, columns={"probs": "p_*"})
    batch = select(pool, "margin")
    write_batch(batch, pool, tmp_path / "batch.csv", columns=["id"])
    with (tmp_path / "batch.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == [f"i{row}" for row in batch.ids]
    assert [float(row["propensity"]) for row in rows] == batch.propensities.tolist()
    np.testing.assert_array_equal(rows_in(tmp_path / "batch.csv"), np.sort(batch.ids))


def test_the_command_chooses_and_leaves_out_what_was_chosen_before(file: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.jsonl"
    words = ["select", str(file), "--column", "probs=p_*", "-n", "10", "--show", "id"]
    done = CliRunner().invoke(app, [*words, "--to", str(first)])
    assert done.exit_code == 0, done.output
    assert "10 of 400 rows, chosen by margin" in done.output
    done = CliRunner().invoke(app, [*words, "--to", str(second), "--exclude", str(first), "--json"])
    assert done.exit_code == 0, done.output
    chosen = [x["row"] for x in json.loads(done.stdout)["queries"]]
    assert len(chosen) == 10
    assert not set(chosen) & set(rows_in(first).tolist())
    assert set(chosen) == set(rows_in(second).tolist())
