"""One pass gives what the whole pool in memory gives, on any number of threads and processes, stopped or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.blocks import Block
from querist.core.errors import InvalidInput
from querist.core.strategy import strategy
from querist.scale import Pool, fold, run, sources
from querist.strategies import density_weighted, margin, top_k, weighted_k_means
from querist.strategies.reduce import Candidates, Excluding, Guarded, Mixed, Quotas, Reservoir, TopK

N = 3000
RNG = np.random.default_rng(1)
PROBS = RNG.dirichlet(np.ones(4), size=N).round(2)  # so that some utilities tie
PROBS /= PROBS.sum(axis=1, keepdims=True)
VECTORS = RNG.normal(size=(N, 5))
REDUCERS = [
    TopK(50),
    Reservoir(50),
    Guarded(50, max_cosine=0.9),
    Quotas({2: 20}, 50),
    Mixed(TopK(45), 5),
    Excluding(Candidates(weighted_k_means, 20, 200), np.arange(0, N, 3)),
]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setattr(sources, "PART_ROWS", 300)
    return Pool.from_arrays(probs=PROBS, embeddings=VECTORS, duplicates=RNG.integers(-1, 900, size=N))


def same(a: Any, b: Any) -> None:
    for name in type(a).__dataclass_fields__:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def in_memory(pool: Pool, reducer: Any) -> Any:
    arrays = {name: pool.take(np.arange(N), [name])[name] for name in pool.names}
    return reducer.finish(reducer.update(reducer.start(), Block(0, N, arrays, margin(PROBS))))


@pytest.mark.parametrize("reducer", REDUCERS, ids=lambda r: type(r).__name__)
@pytest.mark.parametrize("threads", [1, 3])
def test_one_pass_gives_what_the_whole_pool_gives(pool: Pool, reducer: Any, threads: int) -> None:
    assert len(pool.parts) == 10
    same(run(pool, margin, reducer, threads=threads), in_memory(pool, reducer))


def test_processes_give_the_same(pool: Pool) -> None:
    for reducer in REDUCERS[-2:]:
        same(run(pool, margin, reducer, processes=2), in_memory(pool, reducer))


def test_it_is_top_k_of_the_whole_pool(pool: Pool) -> None:
    picks = run(pool, margin, TopK(50))
    expected = top_k(margin(PROBS), 50, candidates=np.arange(N), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(picks.utilities, expected.utilities)
    np.testing.assert_array_equal(picks.propensities, expected.propensities)


def test_machines_that_share_the_work_merge_what_they_found(pool: Pool) -> None:
    reducer = Mixed(TopK(45), 5)
    a, b = (fold(pool, margin, reducer, parts=parts) for parts in (pool.parts[1::2], pool.parts[::2]))
    same(reducer.finish(reducer.merge(a, b)), in_memory(pool, reducer))


def test_a_stopped_run_goes_on_from_the_parts_that_were_finished(pool: Pool, tmp_path: Path) -> None:
    scored: list[int] = []
    stop_after = 1200

    @strategy(needs=["probs"])
    def stops(probs):
        if sum(scored) >= stop_after:
            raise KeyboardInterrupt
        if len(probs) > 2:
            scored.append(len(probs))
        return margin(probs)

    with pytest.raises(KeyboardInterrupt):
        run(pool, stops, REDUCERS[4], resume=tmp_path)
    assert sum(scored) == 1200
    stop_after = N * 2
    told: list[tuple[int, int | None]] = []
    picks = run(
        pool, stops, REDUCERS[4], resume=tmp_path, progress=lambda done, total, what: told.append((done, total))
    )
    assert sum(scored) == N
    assert told[0] == (1200, N)
    assert told[-1] == (N, N)
    same(picks, in_memory(pool, REDUCERS[4]))
    for kept in list(tmp_path.rglob("part-0-*"))[:1]:
        kept.write_bytes(b"torn")
    same(run(pool, stops, REDUCERS[4], resume=tmp_path), picks)
    assert sum(scored) == N + 300


def test_nothing_is_kept_for_another_pool_score_or_reducer(pool: Pool, tmp_path: Path) -> None:
    run(pool, margin, TopK(5), resume=tmp_path)
    run(pool, margin, TopK(5), resume=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    run(pool, margin, TopK(6), resume=tmp_path)
    run(pool, None, TopK(5), resume=tmp_path)
    run(pool, margin, Excluding(TopK(5), np.array([3])), resume=tmp_path)
    run(pool, margin, Excluding(TopK(5), np.array([4])), resume=tmp_path)
    run(Pool.from_arrays(probs=PROBS[::-1].copy()), margin, TopK(5), resume=tmp_path)
    assert len(list(tmp_path.iterdir())) == 6


def test_a_score_that_looks_at_the_whole_pool_is_refused(pool: Pool) -> None:
    with pytest.raises(InvalidInput, match="must rate each row by itself; density_weighted rates row 0"):
        run(pool, density_weighted, TopK(5))
    with pytest.raises(InvalidInput, match="weighted_k_means chooses a set"):
        run(pool, weighted_k_means, TopK(5))


def test_what_is_wrong_with_a_score_is_said_with_its_row(pool: Pool) -> None:
    @strategy(needs=["embeddings"])
    def broken(embeddings):
        return np.where(embeddings[:, 0] == VECTORS[1234, 0], np.nan, 0.0)

    @strategy(needs=["embeddings"])
    def short(embeddings):
        return np.zeros(3)

    with pytest.raises(InvalidInput, match="utilities: must be finite; row 1234 is nan"):
        run(pool, broken, TopK(5))
    with pytest.raises(InvalidInput, match="must give one utility per row"):
        run(pool, short, TopK(5))
    with pytest.raises(InvalidInput, match="must be declared"):
        run(pool, lambda probs: probs[:, 0], TopK(5))


def test_a_score_of_ones_own_is_not_called_twice_at_once(pool: Pool) -> None:
    inside = 0

    @strategy(needs=["probs"])
    def counts(probs):
        nonlocal inside
        inside += 1
        assert inside == 1
        u = margin(probs)
        inside -= 1
        return u

    same(run(pool, counts, TopK(50)), in_memory(pool, TopK(50)))
