"""Pools of every kind give the same blocks, and nothing that was not asked for is read."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from querist.core.errors import Conflict, InvalidInput
from querist.scale import Pool, embedded, parquet, sources

N = 1000
RNG = np.random.default_rng(0)
PROBS = RNG.dirichlet(np.ones(3), size=N).astype(np.float32)
VECTORS = RNG.normal(size=(N, 4)).astype(np.float16)
IDS = np.array([f"item-{i}" for i in range(N)], dtype=object)


def table(rows: slice = slice(None)) -> pa.Table:
    probs, vectors = np.ascontiguousarray(PROBS[rows]), np.ascontiguousarray(VECTORS[rows])
    columns: dict[str, Any] = {
        "id": pa.array(IDS[rows]),
        "probs": pa.FixedSizeListArray.from_arrays(pa.array(probs.ravel()), 3),
        "embeddings": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 4),
        "loose": pa.array(probs.tolist(), type=pa.list_(pa.float32())),
        "costs": pa.array(np.arange(N)[rows] + 1.0),
    }
    columns |= {f"p_{i}": pa.array(np.ascontiguousarray(probs[:, i])) for i in range(3)}
    return pa.table(columns)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parquet, "PART_ROWS", 250)
    monkeypatch.setattr(sources, "PART_ROWS", 250)
    pq.write_table(table(), tmp_path / "pool.parquet", row_group_size=100)
    return tmp_path / "pool.parquet"


class FakeDataset:
    """What the Hugging Face library shows of a data set."""

    _fingerprint = "f00d"

    def __init__(self, held: pa.Table) -> None:
        self.held, self.read = held, list[list[str]]()

    @property
    def column_names(self) -> list[str]:
        return self.held.column_names

    def __len__(self) -> int:
        return self.held.num_rows

    def with_format(self, kind: str, columns: list[str]) -> Any:
        assert kind == "arrow"
        self.read.append(columns)
        return Sliced(self.held.select(columns))


class Sliced:
    def __init__(self, held: pa.Table) -> None:
        self.held = held

    def __getitem__(self, rows: Any) -> pa.Table:
        return self.held.slice(rows.start, rows.stop - rows.start) if isinstance(rows, slice) else self.held.take(rows)


class FakeFiles:
    """A file system as fsspec shapes them."""

    def __init__(self, root: Path) -> None:
        self.root, self.opened = root, list[str]()

    def glob(self, pattern: str) -> list[str]:
        return [str(each.relative_to(self.root)) for each in self.root.glob(pattern)]

    def open(self, path: str, mode: str) -> Any:
        self.opened.append(path)
        return (self.root / path).open(mode)

    def info(self, path: str) -> dict[str, int]:
        return {"size": (self.root / path).stat().st_size}


def whole(pool: Pool, name: str, n_rows: int | None = None) -> np.ndarray:
    blocks = list(pool.blocks([name], n_rows=n_rows))
    assert [b.start for b in blocks] == np.cumsum([0, *(b.n for b in blocks[:-1])]).tolist()
    return np.concatenate([b[name] for b in blocks])


@pytest.mark.parametrize("kind", ["parquet", "arrays", "files", "dataset", "fsspec", "several"])
@pytest.mark.parametrize("n_rows", [None, 7, 100])
def test_blocks_joined_are_the_pool(kind: str, n_rows: int | None, file: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "probs.npy", PROBS)
    np.save(tmp_path / "vectors.npy", VECTORS)
    for i, rows in enumerate((slice(0, 300), slice(300, N))):
        pq.write_table(table(rows), tmp_path / f"part-{i}.parquet", row_group_size=64)
    pool = {
        "parquet": lambda: Pool.from_parquet(file),
        "arrays": lambda: Pool.from_arrays(probs=PROBS, embeddings=VECTORS, id=IDS),
        "files": lambda: Pool.from_arrays(probs=tmp_path / "probs.npy", embeddings=tmp_path / "vectors.npy", id=IDS),
        "dataset": lambda: Pool.from_dataset(FakeDataset(table())),
        "fsspec": lambda: Pool.from_parquet("pool.*", filesystem=FakeFiles(tmp_path)),
        "several": lambda: Pool.from_parquet(tmp_path / "part-*.parquet"),
    }[kind]()
    assert pool.n_items == N
    assert len(pool.parts) > 3
    np.testing.assert_array_equal(whole(pool, "probs", n_rows), PROBS)
    np.testing.assert_array_equal(whole(pool, "embeddings", n_rows), VECTORS)
    rows = [700, 3, 299, 300]
    taken = pool.take(rows, ["id", "probs"])
    assert taken["id"].tolist() == IDS[rows].tolist()
    np.testing.assert_array_equal(taken["probs"], PROBS[rows])


def test_columns_side_by_side_a_pattern_and_lists_of_any_kind_are_one_array(file: Path) -> None:
    for said in ("loose", "p_*", ["p_0", "p_1", "p_2"]):
        pool = Pool.from_parquet(file, columns={"probs": said})
        np.testing.assert_array_equal(whole(pool, "probs"), PROBS)


def test_numbered_columns_are_a_signal_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    wide = RNG.dirichlet(np.ones(12), size=5)
    pq.write_table(pa.table({f"probs_{i}": wide[:, i] for i in reversed(range(12))}), tmp_path / "pool.parquet")
    np.testing.assert_array_equal(whole(Pool.from_parquet(tmp_path), "probs"), wide)


def test_lists_and_numbers_are_not_copied(file: Path) -> None:
    block = next(iter(Pool.from_parquet(file).blocks(["probs", "embeddings", "costs"])))
    for name in ("probs", "embeddings", "costs"):
        assert not block[name].flags.owndata
        assert not block[name].flags.writeable


def test_only_what_is_named_is_read(file: Path) -> None:
    dataset = FakeDataset(table())
    next(iter(Pool.from_dataset(dataset, columns={"probs": "p_*"}).blocks(["probs"])))
    assert dataset.read == [["p_0", "p_1", "p_2"]]
    assert list(next(iter(Pool.from_parquet(file).blocks(["costs"]))).arrays) == ["costs"]


def test_a_pool_can_be_sent_to_another_process(file: Path) -> None:
    pool = pickle.loads(pickle.dumps(Pool.from_parquet(file)))
    np.testing.assert_array_equal(whole(pool, "probs"), PROBS)


def test_the_fingerprint_is_of_the_content(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.parquet"
    copy.write_bytes(file.read_bytes())
    assert Pool.from_parquet(copy).fingerprint == Pool.from_parquet(file).fingerprint
    data = bytearray(file.read_bytes())
    data[200] ^= 1
    copy.write_bytes(data)
    assert Pool.from_parquet(copy).fingerprint != Pool.from_parquet(file).fingerprint
    assert Pool.from_arrays(a=np.zeros(3)).fingerprint != Pool.from_arrays(a=np.zeros(3, np.float32)).fingerprint
    np.save(tmp_path / "a.npy", np.zeros(3))
    assert Pool.from_arrays(a=tmp_path / "a.npy").fingerprint == Pool.from_arrays(a=np.zeros(3)).fingerprint


def test_more_arrays_can_be_laid_beside_a_file(file: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "more.npy", np.arange(N))
    pool = Pool.from_parquet(file).with_arrays(strata=tmp_path / "more.npy")
    blocks = list(pool.blocks(["strata", "probs"], n_rows=90))
    np.testing.assert_array_equal(np.concatenate([b["strata"] for b in blocks]), np.arange(N))
    np.testing.assert_array_equal(whole(pool, "strata"), np.arange(N))
    assert pool.take([5, 2], ["strata", "id"])["strata"].tolist() == [5, 2]
    with pytest.raises(InvalidInput, match="must be of the pool's 1000 items; got 3"):
        pool.with_arrays(strata=np.zeros(3))


def test_embeddings_are_made_once_for_each_version_and_content(file: Path) -> None:
    calls = []

    def embed(ids: np.ndarray, costs: np.ndarray) -> np.ndarray:
        calls.append(len(ids))
        return np.stack([costs, [len(i) for i in ids]], axis=1)

    pool = embedded(Pool.from_parquet(file), embed, needs=["id", "costs"], version="1", name="made", dtype=np.float32)
    np.testing.assert_array_equal(whole(pool, "made")[:, 0], np.arange(N) + 1)
    assert sum(calls) == N
    again = embedded(Pool.from_parquet(file), embed, needs=["id", "costs"], version="1", name="made", dtype=np.float32)
    assert sum(calls) == N
    np.testing.assert_array_equal(whole(again, "made"), whole(pool, "made"))
    embedded(Pool.from_parquet(file), embed, needs=["id", "costs"], version="2", name="made")
    assert sum(calls) == 2 * N
    assert len(list(file.parent.glob("made-*.npy"))) == 2


@pytest.mark.parametrize("torn", [0, 3, 5000], ids=["between blocks", "in a row", "in a block"])
def test_embeddings_go_on_where_they_were_interrupted(file: Path, torn: int) -> None:
    calls: list[int] = []

    def embed(ids: np.ndarray, costs: np.ndarray, *, most: float) -> np.ndarray:
        if sum(calls) >= most:
            raise KeyboardInterrupt
        calls.append(len(ids))
        return np.stack([costs, [len(i) for i in ids]], axis=1)

    def make(most: float) -> Pool:
        pool = Pool.from_parquet(file)
        return embedded(pool, partial(embed, most=most), needs=["id", "costs"], version="1", dtype=np.float32)

    with pytest.raises(KeyboardInterrupt):
        make(N // 2)
    assert not list(file.parent.glob("embeddings-*.npy"))
    (part,) = file.parent.glob(".embeddings-*.part")
    before = sum(calls)
    assert N // 2 <= before < N
    with part.open("r+b") as stream:
        stream.truncate(max(0, part.stat().st_size - torn))
    calls.clear()
    np.testing.assert_array_equal(whole(make(np.inf), "embeddings")[:, 0], np.arange(N) + 1)
    if torn == 0:
        assert sum(calls) == N - before
    elif torn == 3:
        assert N - before < sum(calls) < N  # the block of the torn row again
    assert not list(file.parent.glob(".embeddings-*"))


def test_embeddings_are_not_made_by_two_at_once(file: Path) -> None:
    def embed(ids: np.ndarray) -> np.ndarray:
        with pytest.raises(Conflict, match="another process is making it"):
            embedded(Pool.from_parquet(file), lambda ids: np.zeros((len(ids), 1)), needs=["id"], version="1")
        return np.ones((len(ids), 1))

    pool = embedded(Pool.from_parquet(file), embed, needs=["id"], version="1")
    assert (whole(pool, "embeddings") == 1).all()


def test_embeddings_that_were_not_finished_leave_nothing_behind(file: Path) -> None:
    with pytest.raises(InvalidInput, match="must return"):
        embedded(Pool.from_parquet(file), lambda ids: np.zeros((3, 2)), needs=["id"], version="1")
    assert not list(file.parent.glob("*.npy*")) + list(file.parent.glob(".*.part"))


def test_what_is_wrong_with_a_pool_is_said(tmp_path: Path, file: Path) -> None:
    with pytest.raises(InvalidInput, match=r"must be Parquet files; there is none"):
        Pool.from_parquet(tmp_path / "*.nothing")
    (tmp_path / "bad.parquet").write_bytes(b"no")
    with pytest.raises(InvalidInput, match=r"bad.parquet: must be a Parquet file that can be read"):
        Pool.from_parquet(tmp_path / "bad.parquet")
    with pytest.raises(InvalidInput, match=r"columns\['probs'\].*got 'probz'. Did you mean 'probs'"):
        Pool.from_parquet(file, columns={"probs": "probz"})
    with pytest.raises(InvalidInput, match="must provide 'members'"):
        next(iter(Pool.from_parquet(file).blocks(["members"])))
    pq.write_table(pa.table({"costs": [1.0, None]}), tmp_path / "holes.parquet")
    with pytest.raises(InvalidInput, match="costs: must have a number in every row; 1 of 2"):
        whole(Pool.from_parquet(tmp_path / "holes.parquet"), "costs")
    pq.write_table(pa.table({"probs": [[0.5, 0.5], [1.0]]}), tmp_path / "ragged.parquet")
    with pytest.raises(InvalidInput, match="lengths differ"):
        whole(Pool.from_parquet(tmp_path / "ragged.parquet"), "probs")
    with pytest.raises(InvalidInput, match="must be files of one schema"):
        Pool.from_parquet([tmp_path / "holes.parquet", tmp_path / "ragged.parquet"])
    with pytest.raises(InvalidInput, match="must be of the same items"):
        Pool.from_arrays(a=np.zeros(3), b=np.zeros(4))
    with pytest.raises(InvalidInput, match="must be one split"):
        Pool.from_dataset({"train": 1})
