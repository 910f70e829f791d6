"""What a linear model reads of a token: itself, its parts and its neighbors, hashed into buckets."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from querist.core.checks import Rows
from querist.learners.tokens import TokenTable, of_each

Hashes = npt.NDArray[np.uint64]

AFFIX = 4  # the longest prefix and suffix
ENDING = 3  # of a neighbor
NEAR = 3  # tokens from the text's border whose place is told apart

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_INVERSE = pow(_BASE, -1, 2**64)
_BORDER = np.uint64(0x5851F42D4C957F2D)  # stands for a neighbor that is not there
_UPPER, _LOWER, _CASELESS, _DIGIT = range(4)


def token_features(table: TokenTable, n_buckets: int) -> npt.NDArray[np.int32]:
    """(n_tokens, n_features) int32: the bucket of each of a token's features.

    The token as written and in lower case, its shape (which kinds of characters follow one another), its prefixes and
    suffixes of up to four characters, and whether a space stands on either side; two neighbors either side, their
    shapes, and the endings of the nearest; pairs of all these; and where in the text it stands. The same on every
    machine, and for a text whatever stands beside it.

    Notes
    -----
    A polynomial hash of each token from sums along the whole text, after Karp and Rabin (1987), so that an affix costs
    two look-ups whatever its length; hashed to columns as in Weinberger et al. (2009), arXiv:0902.2206. Time linear in
    the characters and tokens; about 500 bytes for each token while it runs.

    Examples
    --------
    >>> from querist.learners.tokens import tokenized
    >>> once, twice = (token_features(tokenized(texts), 1 << 20) for texts in (["Bo eats"], ["Hi!", "Bo eats"]))
    >>> bool((once == twice[2:]).all())
    True
    """
    starts, ends = table.starts, table.ends
    powers = _Powers(len(table.codes))
    exact = powers.sums(table.codes)
    folded = powers.sums(of_each(table.codes, lower, np.uint32))
    word, shape = folded(starts, ends), _shapes(table, powers)
    prefixes = [folded(starts, np.minimum(starts + k, ends)) for k in range(1, AFFIX + 1)]
    suffixes = [folded(np.maximum(ends - k, starts), ends) for k in range(1, AFFIX + 1)]

    near = _Neighbors(table)
    words = {d: near.at(word, d) for d in (-2, -1, 1, 2)}
    shapes = {d: near.at(shape, d) for d in (-2, -1, 1, 2)}
    place = near.place()
    told = [
        *(exact(starts, ends), word, shape, near.glued(), *prefixes, *suffixes),
        *(*words.values(), *shapes.values(), *(near.at(suffixes[ENDING - 1], d) for d in (-1, 1))),
        *(_both(words[-1], word), _both(word, words[1]), _both(words[-1], shape), _both(shape, words[1])),
        *(_both(shapes[-1], shape), _both(shape, shapes[1]), _both(_both(shapes[-1], shape), shapes[1])),
        *(place, _both(place, shape)),
    ]
    out = np.empty((len(table), len(told)), dtype=np.int32)
    for column, values in enumerate(told):
        salt = np.uint64((column + 1) * _BASE % 2**64)  # so that a word and a neighbor's word are two features
        out[:, column] = _mixed(values + salt) % np.uint64(n_buckets)
    return out


@cache
def lower(code: int) -> int:
    """The code point in lower case; itself where that would be several."""
    small = chr(code).lower()
    return ord(small) if len(small) == 1 else code


@cache
def shape_of(code: int) -> int:
    """A kind of character: upper case, lower case, without case, a digit; any other is a kind of its own."""
    category = unicodedata.category(chr(code))
    if category in ("Lu", "Lt"):
        return _UPPER
    if category == "Ll":
        return _LOWER
    if category[0] in "LM":
        return _CASELESS
    return _DIGIT if category[0] == "N" else code + _DIGIT + 1


class _Powers:
    """Powers of the base and of its inverse, for hashes of any stretch of `n` characters."""

    def __init__(self, n: int) -> None:
        self._up, self._down = _powers(_BASE, n), _powers(_INVERSE, n)

    def sums(self, values: npt.NDArray[np.uint32], *, kept: npt.NDArray[np.bool_] | None = None) -> _Sums:
        terms = _mixed(values.astype(np.uint64) + np.uint64(1))
        places = np.arange(len(values) + 1)
        if kept is not None:
            terms[~kept] = 0
            places = np.concatenate([[0], np.cumsum(kept)])
        sums = np.zeros(len(values) + 1, dtype=np.uint64)
        np.cumsum(terms * self._up[places[:-1]], out=sums[1:])
        return _Sums(sums, self._down, places)


class _Sums:
    """The hash of every stretch: its terms' sum, moved to where the stretch begins."""

    def __init__(self, sums: Hashes, down: Hashes, places: Rows) -> None:
        self._sums, self._down, self._places = sums, down, places

    def __call__(self, starts: Rows, ends: Rows) -> Hashes:
        return (self._sums[ends] - self._sums[starts]) * self._down[self._places[starts]]


class _Neighbors:
    """Who stands beside whom, within a text."""

    def __init__(self, table: TokenTable) -> None:
        self._table = table
        sizes = np.diff(table.firsts)
        self._text = np.repeat(np.arange(len(sizes)), sizes)

    def at(self, values: Hashes, distance: int) -> Hashes:
        out = np.full(len(values), _BORDER)
        if abs(distance) < len(values):
            front, back = slice(None, -abs(distance)), slice(abs(distance), None)
            here, there = (back, front) if distance < 0 else (front, back)
            same = self._text[here] == self._text[there]
            out[here] = np.where(same, values[there], _BORDER)
        return out

    def glued(self) -> Hashes:
        """Whether a token begins where the one before ends, and ends where the next begins."""
        glued = np.zeros(len(self._text) + 1, dtype=np.uint64)
        glued[1:-1] = self._table.starts[1:] == self._table.ends[:-1]
        return np.asarray(2 * glued[:-1] + glued[1:])

    def place(self) -> Hashes:
        """How far it is from the text's first token and from its last, up to `NEAR`."""
        at, firsts = np.arange(len(self._text)), self._table.firsts
        before, behind = at - firsts[self._text], firsts[self._text + 1] - 1 - at
        near = np.minimum(before, NEAR) * (NEAR + 1) + np.minimum(behind, NEAR)
        return np.asarray(near, dtype=np.uint64)


def _shapes(table: TokenTable, powers: _Powers) -> Hashes:
    """A hash of each token's kinds of characters, a run of one kind counting once: `Berlin` and `Rome` are alike."""
    kinds = of_each(table.codes, shape_of, np.uint32)
    kept = np.ones(len(kinds), dtype=bool)
    kept[1:] = kinds[1:] != kinds[:-1]
    kept[table.starts] = True
    return powers.sums(kinds, kept=kept)(table.starts, table.ends)


def _both(one: Hashes, other: Hashes) -> Hashes:
    return _mixed(one) * np.uint64(_INVERSE) + other


def _mixed(values: Hashes) -> Hashes:
    """The output function of SplitMix64: every bit of the value moves every bit of the hash."""
    z = values.copy()
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z ^= z >> np.uint64(shift)
        z *= np.uint64(factor)
    z ^= z >> np.uint64(31)
    return z


def _powers(base: int, n: int) -> Hashes:
    powers = np.full(n + 1, base, dtype=np.uint64)
    powers[0] = 1
    return np.asarray(np.multiply.accumulate(powers))
