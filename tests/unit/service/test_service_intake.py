"""The classes that a file names, however many rows name them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from querist.service.intake import distinct_values


def long_file(path: Path, n_rows: int) -> str:
    path.write_text("kind,mood\n" + "ham,a; b\nspam,b\n,\n" * (n_rows // 3), "utf-8")
    return str(path)


def peak_bytes(source: str) -> int:
    tracemalloc.start()
    try:
        assert distinct_values(source, "kind") == ["ham", "spam"]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_classes_of_a_long_file_are_read_without_holding_it(tmp_path: Path) -> None:
    short, long = long_file(tmp_path / "short.csv", 30_000), long_file(tmp_path / "long.csv", 120_000)
    assert distinct_values(f"{short}:mood", "", "labels") == ["a", "b"]
    assert peak_bytes(long) < 1.2 * peak_bytes(short)
