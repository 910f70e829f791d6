"""Vectors are computed once, survive an interruption, and lie in as few files as needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.learners import FunctionEncoder, vector_cache
from querist.learners.vector_cache import cache_folder, cached_vectors, text_keys

MADE_BY = {"name": "test", "version": "1"}


class Counting:
    """An encoder of two numbers that remembers what it was asked."""

    def __init__(self, fails_after: int | None = None) -> None:
        self.asked: list[list[str]] = []
        self.fails_after = fails_after

    def __call__(self, texts: list[str]) -> np.ndarray:
        if self.fails_after is not None and len(self.asked) >= self.fails_after:
            raise KeyboardInterrupt
        self.asked.append(list(texts))
        return vectors_of(texts)


def vectors_of(texts: Sequence[str]) -> np.ndarray:
    return np.array([[len(text), sum(map(ord, text))] for text in texts], dtype=np.float32).reshape(-1, 2)


def parts(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.keys.npy"))


def test_each_text_is_encoded_once_and_in_whatever_order_it_comes_again(own_cache: Path) -> None:
    encode = Counting()
    first = ["a", "bb", "a", "ccc"]
    np.testing.assert_array_equal(cached_vectors(first, encode, MADE_BY, at_once=10), vectors_of(first))
    assert encode.asked == [["a", "bb", "ccc"]]
    second = ["dddd", "ccc", "a"]
    np.testing.assert_array_equal(cached_vectors(second, encode, MADE_BY, at_once=10), vectors_of(second))
    assert encode.asked[1:] == [["dddd"]]
    assert len(parts(own_cache)) == 1
    np.testing.assert_array_equal(
        cached_vectors([*second, *first], encode, MADE_BY, at_once=10), vectors_of([*second, *first])
    )
    assert len(encode.asked) == 2


def test_another_encoder_or_version_shares_nothing(own_cache: Path) -> None:
    encode = Counting()
    cached_vectors(["a"], encode, MADE_BY, at_once=10)
    cached_vectors(["a"], encode, {**MADE_BY, "version": "2"}, at_once=10)
    assert len(encode.asked) == 2


def test_texts_asked_for_together_are_mapped_not_read(own_cache: Path) -> None:
    texts = [f"text {i}" for i in range(30)]
    made = cached_vectors(texts, Counting(), MADE_BY, at_once=7)
    assert isinstance(made.base, np.memmap)
    assert not made.flags.writeable
    np.testing.assert_array_equal(made, vectors_of(texts))
    again = cached_vectors(texts[5:20], Counting(fails_after=0), MADE_BY, at_once=7)
    assert isinstance(again.base, np.memmap)
    np.testing.assert_array_equal(again, vectors_of(texts[5:20]))


def test_what_an_interrupted_run_had_done_is_kept(own_cache: Path) -> None:
    texts = [f"text {i}" for i in range(20)]
    with pytest.raises(KeyboardInterrupt):
        cached_vectors(texts, Counting(fails_after=2), MADE_BY, at_once=6)
    encode = Counting()
    told: list[tuple[int, int | None]] = []
    found = cached_vectors(
        texts, encode, MADE_BY, at_once=6, progress=lambda done, total, _: told.append((done, total))
    )
    assert encode.asked == [texts[12:18], texts[18:]]
    assert told == [(0, 8), (6, 8), (8, 8)]
    np.testing.assert_array_equal(found, vectors_of(texts))


def test_a_write_cut_short_leaves_nothing_that_is_read(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def stop(source: str, target: Path) -> None:
        if str(target).endswith(".keys.npy"):
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(vector_cache.os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        cached_vectors(["a"], Counting(), MADE_BY, at_once=6)
    monkeypatch.undo()
    monkeypatch.setenv("QUERIST_CACHE", str(own_cache))
    assert parts(own_cache) == []
    encode = Counting()
    np.testing.assert_array_equal(cached_vectors(["a"], encode, MADE_BY, at_once=6), vectors_of(["a"]))
    assert encode.asked == [["a"]]


def test_many_small_requests_end_in_few_files(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_cache, "SMALL", 8)
    for i in range(30):
        cached_vectors([f"text {i}"], Counting(), MADE_BY, at_once=6)
    assert len(parts(own_cache)) <= 30 // 8 + 1
    assert len(list(own_cache.rglob("*.npy"))) == 2 * len(parts(own_cache))
    texts = [f"text {i}" for i in range(30)]
    found = cached_vectors(texts, Counting(fails_after=0), MADE_BY, at_once=6)
    np.testing.assert_array_equal(found, vectors_of(texts))


def test_a_part_that_another_process_took_away_is_computed_again(own_cache: Path) -> None:
    cached_vectors(["a", "bb"], Counting(), MADE_BY, at_once=6)
    for path in own_cache.rglob("*.npy"):
        if path not in parts(own_cache):
            path.unlink()
    np.testing.assert_array_equal(cached_vectors(["a"], Counting(), MADE_BY, at_once=6), vectors_of(["a"]))


def test_no_texts_have_vectors_of_the_right_length(own_cache: Path) -> None:
    assert cached_vectors([], Counting(), MADE_BY, at_once=6).shape == (0, 2)


def test_a_function_that_changes_its_length_must_change_its_version(own_cache: Path) -> None:
    FunctionEncoder(lambda texts: [[1.0, 2.0]] * len(texts), "mine", "1").fit([]).features(["a"])
    with pytest.raises(InvalidInput, match="another version"):
        FunctionEncoder(lambda texts: [[1.0]] * len(texts), "mine", "1").fit([]).features(["b"])


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("here", "utf-8")
    monkeypatch.setenv("QUERIST_CACHE", str(blocked))
    with pytest.raises(InvalidInput, match="Set QUERIST_CACHE"):
        cached_vectors(["a"], Counting(), MADE_BY, at_once=6)


def test_the_folder_is_the_variables_or_the_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("QUERIST_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(vector_cache.sys, "platform", "linux")
    assert cache_folder() == Path.home() / ".cache" / "querist"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "querist"
    monkeypatch.setattr(vector_cache.sys, "platform", "darwin")
    assert cache_folder() == Path.home() / "Library" / "Caches" / "querist"
    monkeypatch.setenv("QUERIST_CACHE", "~/vectors")
    assert cache_folder() == Path.home() / "vectors"


def test_keys_tell_texts_apart_and_take_half_a_surrogate_pair() -> None:
    keys = text_keys(["a", "b", "a", "\ud800", ""])
    assert len(np.unique(keys, axis=0)) == 4
    np.testing.assert_array_equal(keys[0], keys[2])
