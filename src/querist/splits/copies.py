"""Copies on two sides that no import saw: looked for anew, with a wider net and the texts themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.items import FieldSpec
from querist.splits.bands import KEPT
from querist.splits.sketch import N_HASHES, Sketches, texts_of

ALIKE_TEXTS = 0.8  # a copy with three changes keeps as much; two of a kind, such as questions of one topic, seldom do
ALIKE_VECTORS = 0.95
LEAST_AGREED = 3  # of 16 min-hashes; a copy with three changes has fewer once in a hundred times
SURELY = 6  # of 16, where a quick look must do: few that are no copies have as many, and most copies do
MANY = (2 * 10**7, 2 * 10**9)  # pairs of items, beyond which three hashes must agree instead of two, and four
MOST_PAIRS = 100_000  # whose texts are compared, those of the most hashes in common first
GRAMS = (2, 3)  # characters; of the shorter ones a typing error spoils fewer, the longer ones tell words apart
OPERATIONS = 10**12  # multiplications to compare vectors; beyond, only those of alike sketches are compared
BLOCK = 1024

_TURNS: Mapping[int, tuple[tuple[int, ...], ...]] = {
    2: ((0, 1), (0, 3)),
    3: ((0, 1, 3), (0, 2, 7)),
    4: ((0, 1, 3, 7), (0, 2, 5, 6)),
}
_WORD = re.compile(r"\w+")

Pairs = tuple[Rows, Rows]


def candidates(one: Sketches, other: Sketches, *, least: int = LEAST_AGREED) -> Pairs:
    """Rows of `one` and of `other` that may be copies: equal, or with at least so many of 16 min-hashes in common.

    Found by 32 pairs of hashes, by triples where there are over 20 million pairs of items, and by fours over 2 billion,
    of which 6 of 16 must then agree; at most 32 rows of `one` under a key, and the 100,000 pairs that have the most in
    common. Memory and time are linear in the number of items and of pairs found.

    Examples
    --------
    >>> from querist.splits.sketch import sketch
    >>> texts = ["How do I top up my card?", "My card was declined", "Please, how do I top up the card"]
    >>> both = sketch({"text": texts}, FieldSpec({"text": "text"}), ["0" * 16, "1" * 16, "2" * 16])
    >>> one, other = candidates(both[:2], both[2:])
    >>> one.tolist(), other.tolist()
    ([0], [0])
    """
    found = [_equal(one.exact, other.exact)]
    mine, theirs = np.flatnonzero(one.hashed), np.flatnonzero(other.hashed)
    a, b = one.minhash[mine], other.minhash[theirs]
    best = np.empty(0, dtype=np.int64)
    width = 2 + sum(len(a) * len(b) > many for many in MANY)
    least = least if width == 2 else max(least, SURELY)
    for turn in _TURNS[width]:
        for first in range(N_HASHES):
            at = [(first + step) % N_HASHES for step in turn]
            left, right = _equal(_joined(a, at), _joined(b, at))
            enough = np.count_nonzero(a[left] == b[right], axis=1) >= least
            best = np.union1d(best, left[enough] << 32 | right[enough])
    left, right = best >> 32, best & 0xFFFFFFFF
    if len(best) > MOST_PAIRS:
        agreed = np.count_nonzero(a[left] == b[right], axis=1)
        top = np.sort(np.argsort(-agreed, kind="stable")[:MOST_PAIRS])
        left, right = left[top], right[top]
    found.append((mine[left], theirs[right]))
    both = np.unique(np.concatenate([x << 32 | y for x, y in found]))
    return both >> 32, both & 0xFFFFFFFF


def alike_texts(one: str, other: str) -> float:
    """How much of two texts is the same, from 0 to 1, whatever the case, the punctuation and the order of words.

    Runs of two and of three characters inside words, in common, over the mean number of runs (Dice, 1945). At 0.8 two
    texts are taken for copies: one with a word left out, a typing error and a "Re:" before it still is. 0 where neither
    says anything.

    Examples
    --------
    >>> alike_texts("How do I top up my card?", "how do i TOP UP my card")
    1.0
    >>> round(alike_texts("How do I top up my card?", "Re: how do I top up card"), 2)
    0.88
    >>> round(alike_texts("How do I top up my card?", "How do I close my account?"), 2)
    0.48
    """
    a, b = _grams(one), _grams(other)
    total = a.total() + b.total()
    if not total:
        return 0.0
    return 2 * sum((a & b).values()) / total


def alike_vectors(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> tuple[Pairs, Floats]:
    """Rows of vectors that are almost the same, (n, d) and (m, d), and how alike they are.

    The cosine about the mean of all of them, above 0.95: a vector beside the same with a twentieth of its length of
    noise. O(n m d); where that is beyond 10**12, nothing is compared, and none returned.
    """
    if len(one) * len(other) * one.shape[1] > OPERATIONS or not len(one) or not len(other):
        none = np.empty(0, dtype=np.int64)
        return (none, none), np.empty(0)
    middle = (one.sum(axis=0) + other.sum(axis=0)) / (len(one) + len(other))
    a, b = _unit(one - middle), _unit(other - middle)
    left, right, alike = [], [], []
    for start in range(0, len(a), BLOCK):
        cosines = a[start : start + BLOCK] @ b.T
        rows, columns = np.nonzero(cosines >= ALIKE_VECTORS)
        left.append(rows + start)
        right.append(columns)
        alike.append(cosines[rows, columns])
    return (np.concatenate(left), np.concatenate(right)), np.concatenate(alike).astype(np.float64)


def texts_in(fields: Sequence[Mapping[str, Any]], spec: FieldSpec) -> list[str]:
    """What each item says, as its sketch reads it; empty texts where the fields hold none."""
    names = spec.named("text")
    if not names:
        return [""] * len(fields)
    return texts_of([[each.get(name) for each in fields] for name in names])


def _equal(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Pairs:
    """Places of equal values; of each of `other` with the first 32 of `one`."""
    order = np.argsort(one, kind="stable")
    ranked = one[order]
    low = np.searchsorted(ranked, other, side="left")
    counts = np.minimum(np.searchsorted(ranked, other, side="right") - low, KEPT)
    theirs = np.repeat(np.arange(len(other)), counts)
    within = np.arange(len(theirs)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[np.repeat(low, counts) + within].astype(np.int64), theirs


def _joined(minhash: npt.NDArray[np.uint16], at: Sequence[int]) -> npt.NDArray[np.uint64]:
    key = np.zeros(len(minhash), dtype=np.uint64)
    for place in at:
        key = key << np.uint64(16) | minhash[:, place].astype(np.uint64)
    return key


@lru_cache(maxsize=1 << 16)
def _grams(text: str) -> Counter[str]:
    words = (f" {word} " for word in _WORD.findall(text.casefold()))
    return Counter(word[i : i + n] for word in words for n in GRAMS for i in range(len(word) - n + 1))


def _unit(rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: npt.NDArray[np.float32] = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit
