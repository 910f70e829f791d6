"""A few bytes per item by which near copies know one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.chats import text_of
from querist.core.checks import Array, Rows
from querist.core.display import media_of
from querist.core.items import FieldSpec

N_HASHES = 16
SHINGLE = 5  # bytes; shorter ones are shared by unrelated texts, longer ones by too few related ones
LEAST_BYTES = 8  # below this a text has too few shingles to say that two are alike; only equality counts then
LEAST_TOKENS = 8  # the same for a vector
LEVELS = 8  # steps a vector's values are rounded to, of its largest
SKETCH_BYTES = 2 * N_HASHES
BLOCK_BYTES = 1 << 16  # windows hashed at once: their hashes stay in a core's cache while sixteen passes are made

_ODD = np.random.default_rng(20260301).integers(1, 2**31, size=N_HASHES, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
_ADD = np.random.default_rng(20260302).integers(0, 2**32, size=N_HASHES, dtype=np.uint32)
_BLANKS = bytes(b if b >= 0x80 or b == 0 or chr(b).isalnum() else 0x20 for b in range(256))


@dataclass(frozen=True, slots=True)
class Sketches:
    """What is kept of items to find near copies.

    Parameters
    ----------
    exact : (n,) uint64
        The beginning of the content hash: equal items have equal numbers.
    minhash : (n, 16) uint16
        Min-hashes of the text's shingles or the vector's quantized values.
    hashed : (n,) bool
        Whether the item has enough text, or a vector, for its min-hashes to mean something.
    """

    exact: npt.NDArray[np.uint64]
    minhash: npt.NDArray[np.uint16]
    hashed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.exact)

    def __getitem__(self, rows: slice | Rows) -> Sketches:
        return Sketches(self.exact[rows], self.minhash[rows], self.hashed[rows])

    def to_bytes(self) -> list[bytes | None]:
        """The min-hashes of each item, to be stored with it; None where they mean nothing."""
        raw = np.ascontiguousarray(self.minhash).tobytes()
        flags = self.hashed.tolist()
        return [raw[i * SKETCH_BYTES : (i + 1) * SKETCH_BYTES] if flag else None for i, flag in enumerate(flags)]

    @classmethod
    def from_bytes(cls, content_hashes: Sequence[str], stored: Sequence[bytes | None]) -> Sketches:
        """The reverse of `to_bytes`."""
        blank = bytes(SKETCH_BYTES)
        raw = b"".join(blank if s is None else s for s in stored)
        minhash = np.frombuffer(raw, dtype=np.uint16).reshape(-1, N_HASHES)
        return cls(_exact(content_hashes), minhash, np.array([s is not None for s in stored], dtype=bool))


def sketch(columns: Mapping[str, Sequence[Any]], spec: FieldSpec, content_hashes: Sequence[str]) -> Sketches:
    """Sketches of a batch of items.

    Items with text are alike by their text, items with vectors and no text by those; tables of numbers and categories
    only by equality, since rows of a table that differ in one field of ten are not copies, and chaining them would
    join half a table into one group. So are names of images and sounds, of which one says nothing of the next.

    Parameters
    ----------
    columns : mapping of str to sequence
        The batch, column by column.
    spec : FieldSpec
    content_hashes : (n,) sequence of str
        Hex digests of each item.

    Notes
    -----
    Text is folded to lower case, its punctuation and blanks to single blanks, and cut into all its runs of 5 bytes. A
    vector is cut into its positions, each with its value in steps of an eighth of the vector's largest; a step that
    more than half of the positions share is background, and left out. The chance that one of the 16 min-hashes
    (Broder, 1997) of two items agrees is the Jaccard similarity of their sets of such runs; each hash is a
    multiplication modulo 2**32 by an odd number.
    """
    n = len(content_hashes)
    texts, vectors = spec.named("text"), spec.named("vector")
    exact = _exact(content_hashes)
    if texts:
        minhash, hashed = _of_text(texts_of([columns[name] for name in texts]), n)
    elif vectors:
        minhash, hashed = _of_vectors([columns[name] for name in vectors], n)
    else:
        minhash, hashed = np.zeros((n, N_HASHES), dtype=np.uint16), np.zeros(n, dtype=bool)
    return Sketches(exact, minhash, hashed)


def _exact(content_hashes: Sequence[str]) -> npt.NDArray[np.uint64]:
    raw = bytes.fromhex("".join([h[:16] for h in content_hashes]))
    return np.frombuffer(raw, dtype=">u8").astype(np.uint64)


def texts_of(columns: Sequence[Sequence[Any]]) -> list[str]:
    """What each item's fields of text say, one after the other."""
    if len(columns) == 1:
        return [_said(value) for value in columns[0]]
    return [" ".join(filter(None, map(_said, values))) for values in zip(*columns, strict=True)]


def _said(value: Any) -> str:
    """A text, or that of a chat; nothing of anything else, nor of the name of an image or a sound."""
    if isinstance(value, str):
        return "" if media_of(value) else value
    return text_of(value) if isinstance(value, list | dict) else ""


def _of_text(texts: list[str], n: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
    minhash, hashed = np.zeros((n, N_HASHES), dtype=np.uint16), np.zeros(n, dtype=bool)
    first, size = 0, 0
    for i, text in enumerate(texts):
        size += len(text)
        if size >= BLOCK_BYTES or i == n - 1:
            block = slice(first, i + 1)
            minhash[block], hashed[block] = _text_block(texts[block])
            first, size = i + 1, 0
    return minhash, hashed


def _text_block(texts: list[str]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
    whole = "\x00".join(texts) + "\x00"
    if whole.count("\x00") != len(texts):  # NUL ends a text here, so none may be inside
        whole = "\x00".join(text.replace("\x00", " ") for text in texts) + "\x00"
    raw = np.frombuffer(whole.casefold().encode("utf-8", "surrogatepass").translate(_BLANKS), dtype=np.uint8)
    blank = raw == 0x20
    after = np.concatenate([[True], (raw[:-1] == 0x20) | (raw[:-1] == 0)])
    before = np.concatenate([raw[1:] == 0, [True]])
    raw = raw[~(blank & (after | before))]
    ends = np.flatnonzero(raw == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts
    windows = np.maximum(lengths - SHINGLE + 1, 1)
    # Eight bytes from each place on, of which the shingle's are kept: one pass instead of one a byte.
    padded = raw.tobytes() + bytes(8)
    shingles = np.ndarray(len(raw), dtype="<u8", buffer=padded, strides=(1,)) & np.uint64((1 << 8 * SHINGLE) - 1)
    # Of each text's places only those whose window ends inside it; one place stays for a text too short for any.
    within = np.arange(len(raw)) < np.repeat(starts + windows, lengths + 1)
    chosen = shingles[within]
    return _min_hashes(chosen, np.concatenate([[0], np.cumsum(windows)[:-1]])), lengths >= LEAST_BYTES


def _of_vectors(columns: Sequence[Sequence[Any]], n: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
    hashed = np.array([all(column[i] is not None for column in columns) for i in range(n)], dtype=bool)
    minhash = np.zeros((n, N_HASHES), dtype=np.uint16)
    rows = np.flatnonzero(hashed)
    if not len(rows):
        return minhash, hashed
    width = sum(_flat([column[int(rows[0])]]).shape[1] for column in columns)
    step = max(1, BLOCK_BYTES // max(width, 1))
    for at in range(0, len(rows), step):
        block = rows[at : at + step]
        values = np.concatenate([_flat([column[i] for i in block]) for column in columns], axis=1)
        largest = np.abs(values).max(axis=1, keepdims=True)
        levels = np.round(values / np.where(largest > 0, largest, 1) * LEVELS).astype(np.int64) + LEVELS
        told = levels != _backgrounds(levels)
        hashed[block] = told.sum(axis=1) >= LEAST_TOKENS
        block, levels, told = block[hashed[block]], levels[hashed[block]], told[hashed[block]]
        if len(block):
            tokens = (np.arange(width, dtype=np.int64) * (2 * LEVELS + 1) + levels)[told].astype(np.uint64)
            counts = told.sum(axis=1)
            minhash[block] = _min_hashes(tokens, np.cumsum(counts) - counts)
    return minhash, hashed


def _flat(vectors: Sequence[Any]) -> npt.NDArray[np.float64]:
    """A row per item, also where an item's vector has rows of its own."""
    return np.array(vectors, dtype=np.float64).reshape(len(vectors), -1)


def _backgrounds(levels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The level at more than half of a row's positions, (n, 1), or -1 where none is.

    Drawings are mostly paper: counted, the paper would make any two of them alike.
    """
    middle = np.sort(levels, axis=1)[:, levels.shape[1] // 2][:, None]  # a level of the majority is the median
    common = (levels == middle).sum(axis=1, keepdims=True) * 2 > levels.shape[1]
    return np.where(common, middle, -1)


def _min_hashes(tokens: npt.NDArray[np.uint64], starts: Array) -> npt.NDArray[np.uint16]:
    mixed = tokens * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    short = (mixed >> np.uint64(32)).astype(np.uint32)
    out = np.empty((len(starts), N_HASHES), dtype=np.uint16)
    hashes = np.empty_like(short)
    for j in range(N_HASHES):
        np.multiply(short, _ODD[j], out=hashes)
        hashes += _ADD[j]
        # The least of many hashes is close to 0, so that its high bits say little; the low ones are kept.
        out[:, j] = np.minimum.reduceat(hashes, starts) & np.uint32(0xFFFF)
    return out
