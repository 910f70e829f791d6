"""Where each new item goes: pool, test, calibration, or aside, fixed for good when it enters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Rows
from querist.core.hashing import content_hash
from querist.core.items import FieldSpec, Split
from querist.splits.bands import ALIKE, BandIndex, Keys, band_keys
from querist.splits.sketch import Sketches, sketch

ALONE = -1


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a batch goes.

    Parameters
    ----------
    splits : list of str, one per item
    groups : (n,) int
        The number of each item's near-duplicate group: the number of its first member; -1 for an item alone.
    joined : mapping of int to int
        Earlier items that were alone and now have a twin, and the group they are in.
    merged : mapping of int to int
        Groups that turned out to be one, and the group that takes them in.
    """

    splits: list[Split]
    groups: Rows
    joined: Mapping[int, int]
    merged: Mapping[int, int]


class Splitter:
    """Places items as they come, so that near copies are never on two sides.

    Parameters
    ----------
    shares : mapping of {"test", "calibration"} to float
        The share of items held out for each; the rest is the pool.
    seed : int

    Notes
    -----
    Two items are near copies where they are equal, or at least 13 of 16 min-hashes agree. Candidates are items that
    share one of four bands of four hashes: a pair of Jaccard similarity 0.95 is found in 99 % of cases, of 0.9 in 93 %,
    of 0.8 in 60 %, of 0.5 in 1 %. An item alone is placed by a hash of its content and the seed, so that the order in
    which items come does not matter; one with a twin goes where its twin is. An item that is near copies of both sides
    is set aside (`excluded`), and so is one asked for a split that its twin is not in.
    """

    def __init__(self, shares: Mapping[str, float], seed: int) -> None:
        self._cuts: list[tuple[float, Split]] = []
        total = 0.0
        for split in ("test", "calibration"):
            if share := shares.get(split, 0.0):
                total += share
                self._cuts.append((total, "test" if split == "test" else "calibration"))
        self._salt = np.uint64(int(content_hash({"seed": seed})[:16], 16))
        self._index = BandIndex()
        self._minhash = _Growing(np.uint16, 16)
        self._exact = _Growing(np.uint64, 0)
        self._root = _Growing(np.int32, 0)
        self._splits = _Growing(np.uint8, 0)
        self._names: list[Split] = ["pool", "test", "calibration", "excluded"]
        self._twinned: set[int] = set()

    def __len__(self) -> int:
        return len(self._root)

    def restore(self, sketches: Sketches, splits: Sequence[Split], groups: Sequence[int]) -> None:
        """Items placed before, in the order of their numbers; `groups` hold the number of the first member, or -1."""
        first = len(self)
        numbers = np.arange(first, first + len(sketches))
        self._append(sketches, splits)
        known = np.asarray(groups, dtype=np.int64)
        twins = known != ALONE
        self._root.view()[numbers[twins]] = known[twins]
        self._twinned.update(numbers[twins].tolist())
        keys, rows = band_keys(sketches)
        self._remember(keys, rows, first, np.array([split != "excluded" for split in splits], dtype=bool))

    def add(self, sketches: Sketches, forced: Split | None = None) -> Placement:
        """Place a batch; its items get the next numbers."""
        first = len(self)
        splits = [forced] * len(sketches) if forced else self._drawn(sketches.exact)
        self._append(sketches, splits)
        kept = np.ones(len(sketches), dtype=bool)
        joined: dict[int, int] = {}
        merged: dict[int, int] = {}
        touched: set[int] = set()
        keys, rows = band_keys(sketches)
        for i, others in self._links(sketches, keys, rows, first).items():
            number = first + i
            roots = sorted({self._find(o) for o in others if o < first or kept[o - first]})
            if not roots:
                continue
            sides = {self._names[self._splits.view()[r]] for r in roots}
            if len(sides) > 1 or (forced and sides != {forced}):
                kept[i] = False
                splits[i] = "excluded"
                self._splits.view()[number] = 3
                continue
            root = roots[0]
            splits[i] = next(iter(sides))
            self._splits.view()[number] = self._names.index(splits[i])
            for other in roots[1:]:
                self._root.view()[other] = root
                if other < first and other in self._twinned:
                    merged[other] = root
            self._root.view()[number] = root
            for member in (*others, number, *roots):
                if member < first or kept[member - first]:
                    if member < first and member not in self._twinned:
                        joined[member] = root
                    self._twinned.add(member)
                    touched.add(member)
        self._remember(keys, rows, first, kept)
        groups = np.full(len(sketches), ALONE, dtype=np.int64)
        for number in [n for n in touched if n >= first]:
            groups[number - first] = self._find(number)
        return Placement(
            splits,
            groups,
            {member: self._find(root) for member, root in joined.items()},
            {old: self._find(into) for old, into in merged.items()},
        )

    def _drawn(self, exact: npt.NDArray[np.uint64]) -> list[Split]:
        mixed = (exact ^ self._salt) * np.uint64(0xD6E8FEB86659FD93)
        place = ((mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93) >> np.uint64(11)) / 2.0**53
        codes = np.searchsorted([cut for cut, _ in self._cuts], place, side="right")
        names: list[Split] = [*(split for _, split in self._cuts), "pool"]
        return [names[code] for code in codes.tolist()]

    def _append(self, sketches: Sketches, splits: Sequence[Split]) -> None:
        first, n = len(self), len(sketches)
        self._minhash.append(sketches.minhash)
        self._exact.append(sketches.exact)
        self._root.append(np.arange(first, first + n, dtype=np.int32))
        code = {name: i for i, name in enumerate(self._names)}
        self._splits.append(np.array([code[split] for split in splits], dtype=np.uint8))

    def _remember(self, keys: Keys, rows: Rows, first: int, kept: npt.NDArray[np.bool_]) -> None:
        use = kept[rows]
        self._index.add(keys[use], first + rows[use])

    def _links(self, sketches: Sketches, keys: Keys, rows: Rows, first: int) -> dict[int, list[int]]:
        """For each row, in order, the earlier items it is a near copy of."""
        found = self._index.candidates(keys)
        same = np.concatenate([[False], keys[1:] == keys[:-1]])
        start = np.maximum.accumulate(np.where(same, 0, np.arange(len(keys))))
        pairs = np.concatenate(
            [
                np.stack([rows, found], axis=1)[found >= 0],
                np.stack([rows, first + rows[start]], axis=1)[same],
            ]
        )
        if not len(pairs):
            return {}
        pairs = np.unique(pairs, axis=0)
        row, other = pairs[:, 0], pairs[:, 1]
        agree = (sketches.minhash[row] == self._minhash.view()[other]).sum(axis=1) >= ALIKE
        equal = sketches.exact[row] == self._exact.view()[other]
        alike = (other < first + row) & np.where(sketches.hashed[row], agree, equal)
        links: dict[int, list[int]] = {}
        for i, o in zip(row[alike].tolist(), other[alike].tolist(), strict=True):
            links.setdefault(i, []).append(o)
        return links

    def _find(self, number: int) -> int:
        root = self._root.view()
        path = []
        while root[number] != number:
            path.append(number)
            number = int(root[number])
        for step in path:
            root[step] = number
        return number


def near_groups(columns: Mapping[str, Sequence[Any]], spec: FieldSpec) -> Rows:
    """A group number per item, the same for near copies: all at once, for data that is not stored.

    Examples
    --------
    >>> texts = ["How do I top up my card?", "how do i top up my card", "My card was declined"]
    >>> near_groups({"text": texts}, FieldSpec({"text": "text"})).tolist()
    [0, 0, 2]
    """
    names = list(columns)
    hashes = [content_hash(dict(zip(names, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    groups = Splitter({}, 0).add(sketch(columns, spec, hashes)).groups
    return np.where(groups == ALONE, np.arange(len(groups)), groups)


class _Growing:
    """An array that is appended to, in doubling steps."""

    def __init__(self, dtype: npt.DTypeLike, width: int) -> None:
        self._data = np.empty((1024, width) if width else 1024, dtype=dtype)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def append(self, rows: npt.NDArray[Any]) -> None:
        needed = self._n + len(rows)
        if needed > len(self._data):
            grown = np.empty((max(needed, len(self._data) * 3 // 2), *self._data.shape[1:]), dtype=self._data.dtype)
            grown[: self._n] = self._data[: self._n]
            self._data = grown
        self._data[self._n : needed] = rows
        self._n = needed

    def view(self) -> npt.NDArray[Any]:
        return self._data[: self._n]
