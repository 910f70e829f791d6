"""Pools of real libraries' own objects: a Hugging Face dataset, and files on an fsspec file system."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import querist as q
from querist.selection import select

pytestmark = pytest.mark.peers
N = 5_000


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.full(4, 0.7), size=N).astype(np.float32)
    return probs, rng.normal(size=(N, 16)).astype(np.float32)


def test_a_hugging_face_dataset_chooses_what_its_arrays_do(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    probs, embeddings = table()
    made = datasets.Dataset.from_dict(
        {"id": list(range(N)), "probs": probs.tolist(), "embeddings": embeddings.tolist()}
    )
    made.save_to_disk(tmp_path / "pool")
    there = datasets.load_from_disk(tmp_path / "pool")
    policy = q.Policy("margin", batch_size=50, exploration=0.2, near_duplicates=None, seed=3)
    theirs = select(q.Pool.from_dataset(there), policy)
    ours = select(q.Pool.from_arrays(probs=probs, embeddings=embeddings), policy)
    assert theirs.ids.tolist() == ours.ids.tolist()
    np.testing.assert_allclose(theirs.propensities, ours.propensities)
    shuffled = there.shuffle(seed=1)  # whose rows lie behind a table of indices
    picked = select(q.Pool.from_dataset(shuffled), q.Policy("margin", batch_size=50, exploration=0.0))
    ids = {int(shuffled[int(row)]["id"]) for row in picked.ids}
    best = select(q.Pool.from_arrays(probs=probs), q.Policy("margin", batch_size=50, exploration=0.0))
    assert ids == set(best.ids.tolist())


def test_files_in_an_fsspec_memory_choose_what_files_on_disk_do(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    probs, _ = table()
    columns = {f"p{c}": probs[:, c] for c in range(4)}
    whole = pa.table(columns)
    pq.write_table(whole, tmp_path / "pool.parquet", row_group_size=700)
    memory = fsspec.filesystem("memory")
    with memory.open("/pool/pool.parquet", "wb") as file:
        pq.write_table(whole, file, row_group_size=700)
    mapped = {"probs": [f"p{c}" for c in range(4)]}
    policy = q.Policy("entropy", batch_size=40, exploration=0.1)
    here = select(q.Pool.from_parquet(tmp_path / "pool.parquet", columns=mapped), policy)
    there = select(q.Pool.from_parquet("/pool/pool.parquet", columns=mapped, filesystem=memory), policy)
    assert here.ids.tolist() == there.ids.tolist()
