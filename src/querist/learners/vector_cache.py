"""Vectors of texts, kept on disk by what a text says and which encoder made them: each is computed once."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.atomic import beside
from querist.core.checks import Array, Floats
from querist.core.errors import InvalidInput
from querist.core.hashing import digest
from querist.core.ports import Progress, silent

VARIABLE = "QUERIST_CACHE"
KEY_WORDS = 2  # of 64 bits of a text's SHA-256: two of a billion texts share both once in 10^20 caches
SMALL = 4096  # a part with fewer rows is joined with the next that is written, so that parts stay few
COPY_ROWS = 4096

Encode = Callable[[list[str]], Floats]


def cache_folder() -> Path:
    """`QUERIST_CACHE`, else the platform's folder for what can be made again."""
    if said := os.environ.get(VARIABLE):
        return Path(said).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "querist"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "querist" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "querist"


def cached_vectors(
    texts: Sequence[str],
    encode: Encode,
    made_by: Mapping[str, Any],
    *,
    at_once: int,
    progress: Progress = silent,
) -> Floats:
    """(n_texts, n_dims) float32, a row per text, those that were not there before computed now.

    Parameters
    ----------
    texts : sequence of str
        A text that comes twice is encoded once.
    encode : callable
        From a list of texts to their vectors.
    made_by : mapping
        Plain JSON that says everything about the encoder.
    at_once : int
        Texts handed to `encode` together. What is done is kept, so that an interrupted run goes on there.
    progress : callable
        Told how many texts are done.

    Returns
    -------
    vectors : (n_texts, n_dims) float32
        Read-only and mapped from the disk where the texts lie there in this order, as they do once they were asked
        for together; else gathered in memory.

    Raises
    ------
    InvalidInput
        If the folder cannot be written to.
    """
    keys = text_keys(texts)
    store = _Store(cache_folder() / "vectors" / digest(dict(made_by)))
    missing = _first_rows(keys, store.find(keys)[0] < 0)
    if len(missing) or not len(keys):
        what = f"embedding {len(missing)} texts" + (
            f", {len(keys) - len(missing)} known" if len(missing) < len(keys) else ""
        )
        for start in range(0, max(1, len(missing)), at_once):
            rows = missing[start : start + at_once]
            progress(start, len(missing), what)
            made = encode([texts[i] for i in rows])
            if not len(keys):
                return np.asarray(made, dtype=np.float32)
            store.add(keys[rows], made)
        progress(len(missing), len(missing), what)
        store.join(keys[missing])
    return store.gather(keys)


def text_keys(texts: Sequence[str]) -> Array:
    """(n_texts, 2) uint64: the first half of each text's SHA-256.

    Examples
    --------
    >>> text_keys(["a", "b", "a"]).shape, bool((text_keys(["a"]) == text_keys(["a"])).all())
    ((3, 2), True)
    """
    size = 8 * KEY_WORDS
    joined = b"".join(sha256(text.encode("utf-8", "surrogatepass")).digest()[:size] for text in texts)
    return np.frombuffer(joined, dtype="<u8").reshape(-1, KEY_WORDS)


class _Store:
    """Parts of one encoder: `NAME.npy` with vectors and `NAME.keys.npy` with the texts' keys, which comes last.

    A part without keys is none, so a part is there whole or not at all. Several processes may write at once: at worst
    a text is in two parts, with the same vector.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[str, tuple[Array, Floats]] = {}
        self._read()

    def find(self, keys: Array) -> tuple[Array, Array]:
        """For each key the number of the part that has it, or -1, and its row there."""
        part, row = np.full(len(keys), -1), np.zeros(len(keys), dtype=np.int64)
        for number, (known, _) in enumerate(self._parts.values()):
            order = np.argsort(known[:, 0], kind="stable")
            at = order[np.minimum(np.searchsorted(known[order, 0], keys[:, 0]), len(known) - 1)]
            here = (known[at] == keys).all(axis=1)
            part[here], row[here] = number, at[here]
        return part, row

    def gather(self, keys: Array) -> Floats:
        """The vectors of these keys, all of which are there."""
        part, row = self.find(keys)
        vectors = [v for _, v in self._parts.values()]
        if (part == part[0]).all() and (np.diff(row) == 1).all():
            return np.asarray(vectors[part[0]][row[0] : row[0] + len(row)])
        out = np.empty((len(keys), vectors[0].shape[1]), dtype=np.float32)
        for number in np.unique(part).tolist():
            here = part == number
            out[here] = vectors[number][row[here]]
        return out

    def add(self, keys: Array, vectors: Floats) -> None:
        """Write a part."""
        widths = {v.shape[1] for _, v in self._parts.values()} | {vectors.shape[1]}
        if len(widths) > 1:
            raise InvalidInput(
                f"encoder: must give vectors of one length; got {vectors.shape[1]} where {min(widths)} or more were "
                "given before. Give the function another version where it changes."
            )
        self._write(keys, [vectors])

    def join(self, keys: Array) -> None:
        """Make one part of those that are small or hold these keys, these first and in their order."""
        part, _ = self.find(keys)
        names = list(self._parts)
        joined = [
            name
            for number, name in enumerate(names)
            if len(self._parts[name][0]) < SMALL or bool((part == number).any())
        ]
        if len(joined) < 2:
            return
        others = np.concatenate([self._parts[name][0] for name in joined])
        everything = np.concatenate([keys, others])
        kept = everything[np.sort(np.unique(everything, axis=0, return_index=True)[1])]
        blocks = (self.gather(kept[start : start + COPY_ROWS]) for start in range(0, len(kept), COPY_ROWS))
        self._write(kept, blocks)
        for name in joined:
            del self._parts[name]
            for path in (self._keys_path(name), self._path(name)):
                path.unlink(missing_ok=True)

    def _read(self) -> None:
        for path in sorted(self._folder.glob("*.keys.npy")):
            name = path.name.removesuffix(".keys.npy")
            try:
                part = np.load(path), np.load(self._path(name), mmap_mode="r")
            except (OSError, ValueError, EOFError):
                continue  # joined with others meanwhile, or cut short by a crash; what is missed is computed again
            if len(part[0]) == len(part[1]) > 0:
                self._parts[name] = part

    def _write(self, keys: Array, blocks: Iterator[Floats] | list[Floats]) -> None:
        name = secrets.token_hex(8)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with beside(self._path(name)) as scratch:
                out: Any = None
                start = 0
                for block in blocks:
                    if out is None:
                        shape = (len(keys), block.shape[1])
                        out = np.lib.format.open_memmap(scratch, mode="w+", dtype=np.float32, shape=shape)
                    out[start : start + len(block)] = block
                    start += len(block)
                out.flush()
                del out
            with beside(self._keys_path(name)) as scratch, scratch.open("xb") as stream:
                np.save(stream, keys)
        except OSError as error:
            raise InvalidInput(
                f"cache: its folder must be writable; {self._folder}: {error.strerror}. Set {VARIABLE} to another."
            ) from None
        self._parts[name] = keys, np.load(self._path(name), mmap_mode="r")

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"

    def _keys_path(self, name: str) -> Path:
        return self._folder / f"{name}.keys.npy"


def _first_rows(keys: Array, wanted: Array) -> Array:
    """Rows of the wanted keys, in their order, the first of those that are equal."""
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return rows
    return rows[np.sort(np.unique(keys[rows], axis=0, return_index=True)[1])]
