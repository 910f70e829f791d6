"""A file is whole, or as it was before, and nothing is left beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from querist.core.atomic import beside, replacing


def test_a_file_takes_its_place_only_once_all_went_well(tmp_path: Path) -> None:
    path = tmp_path / "kept.npy"
    with beside(path) as part:
        part.write_text("first")
        assert not path.exists()
    path.chmod(0o640)
    with pytest.raises(FileNotFoundError):
        _half(path)
    assert path.read_text() == "first"
    with replacing(path) as stream:
        stream.write(b"second")
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["kept.npy"]


def _half(path: Path) -> None:
    with beside(path) as part:
        part.write_text("half")
        (path.parent / "missing" / "file").read_text()


def test_two_who_write_the_same_file_do_not_write_into_one_another(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with replacing(path) as one, replacing(path) as other:
        one.write(b"one")
        other.write(b"other")
    assert path.read_text() == "one"  # the last to end, whole
    with beside(path) as a, beside(path) as b:
        assert a != b
        a.touch()
        b.touch()
