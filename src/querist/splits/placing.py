"""Where each new item goes: pool, test, calibration, or aside, fixed for good when it enters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from querist.core.checks import Rows
from querist.core.hashing import content_hash
from querist.core.items import FieldSpec, Split
from querist.splits.growing import Growing
from querist.splits.likeness import Likeness, first_equal, keys_of
from querist.splits.sketch import Sketches, sketch

ALONE = -1
NAMES: tuple[Split, ...] = ("pool", "test", "calibration", "excluded")
_ASIDE = NAMES.index("excluded")

Sides = npt.NDArray[np.uint8]  # places in NAMES


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
    share one of four bands of four hashes, as any two that agree in 13 do: a pair of Jaccard similarity 0.95 is found
    in 99 % of cases, of 0.9 in 93 %, of 0.8 in 60 %, of 0.5 in 1 %. Where more than 32 items of one split share a
    band, 32 of them are compared, so that the copies of a template cost time in proportion to their number; a pair of
    which one is not among them can be missed.

    An item alone is placed by a hash of its content and the seed, so that the order in which items come does not
    matter; copies that come in one batch are placed together, and one with a twin goes where its twin is. An item that
    is a near copy of both sides is set aside (`excluded`), and so is one asked for a split that its twin is not in.
    """

    def __init__(self, shares: Mapping[str, float], seed: int) -> None:
        wanted = [(split, shares.get(NAMES[split], 0.0)) for split in (1, 2)]
        self._drawable = np.array([*(split for split, share in wanted if share), 0], dtype=np.uint8)
        self._cuts = np.cumsum([share for _, share in wanted if share])
        self._salt = np.uint64(int(content_hash({"seed": seed})[:16], 16))
        self._items = Likeness()
        self._root = Growing(np.int32)
        self._sides = Growing(np.uint8)
        self._twinned = Growing(np.bool_)

    def __len__(self) -> int:
        return len(self._items)

    @property
    def placed(self) -> tuple[Sketches, Sides]:
        """What all items so far are known by, and the places of their splits in `pool, test, calibration, excluded`."""
        return self._items.sketches, self._sides.view()

    def restore(self, sketches: Sketches, splits: Sequence[Split], groups: Sequence[int]) -> None:
        """Items placed before, in the order of their numbers; `groups` hold the number of the first member, or -1."""
        code = {name: i for i, name in enumerate(NAMES)}
        numbers = self._append(sketches, np.array([code[split] for split in splits], dtype=np.uint8))
        known = np.asarray(groups, dtype=np.int64)
        self._twinned.view()[numbers] = known != ALONE
        self._root.view()[numbers] = np.where(known == ALONE, numbers, known)
        self._remember(*keys_of(sketches, np.arange(len(sketches))), numbers)

    def add(self, sketches: Sketches, forced: Split | None = None) -> Placement:
        """Place a batch; its items get the next numbers."""
        n = len(sketches)
        drawn = np.full(n, NAMES.index(forced), dtype=np.uint8) if forced else self._drawn(sketches.exact)
        numbers = self._append(sketches, drawn)
        twin = first_equal(sketches.exact)  # equal items have the same near copies, so only the first is looked up
        repeats = np.flatnonzero(twin != np.arange(n))
        keys, rows = keys_of(sketches, np.flatnonzero(twin == np.arange(n)))
        later, earlier = self._pairs(sketches, keys, rows, numbers)
        one, other = np.concatenate([later, numbers[repeats]]), np.concatenate([earlier, numbers[twin[repeats]]])
        changes = _Changes({}, {})
        if len(one):
            nodes, cluster = _clusters(one, other)
            disputed = self._settle(nodes, cluster, numbers, forced, sketches.exact, changes)
            links = _by_first(later, earlier) if len(disputed) else {}
            for number in disputed.tolist():
                first = int(numbers[0] + twin[number - numbers[0]])
                others = links.get(first, ()) if first == number else (*links.get(first, ()), first)
                self._decide(number, others, int(numbers[0]), forced, changes)
        self._remember(keys, rows, numbers)
        return Placement(
            [NAMES[side] for side in self._sides.view()[numbers].tolist()],
            np.where(self._twinned.view()[numbers], self._roots(numbers), ALONE),
            {member: self._root_of(root) for member, root in changes.joined.items()},
            {old: self._root_of(into) for old, into in changes.merged.items()},
        )

    def _drawn(self, exact: npt.NDArray[np.uint64]) -> Sides:
        mixed = (exact ^ self._salt) * np.uint64(0xD6E8FEB86659FD93)
        place = ((mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93) >> np.uint64(11)) / 2.0**53
        return self._drawable[np.searchsorted(self._cuts, place, side="right")]

    def _append(self, sketches: Sketches, sides: Sides) -> Rows:
        numbers = np.arange(len(self), len(self) + len(sketches))
        self._items.append(sketches)
        self._root.append(numbers)
        self._sides.append(sides)
        self._twinned.append(np.zeros(len(numbers), dtype=bool))
        return numbers

    def _remember(self, keys: npt.NDArray[np.uint64], rows: Rows, numbers: Rows) -> None:
        sides = self._sides.view()[numbers[rows]]
        live = sides != _ASIDE
        self._items.remember(keys[live], numbers[rows[live]], sides[live])

    def _pairs(self, sketches: Sketches, keys: npt.NDArray[np.uint64], rows: Rows, numbers: Rows) -> tuple[Rows, Rows]:
        """Near copies, as an item of the batch and an earlier one of it, or the root of an earlier item."""
        found = [
            _distinct(one, self._roots(other))
            for one, other in self._items.pairs(keys, numbers[rows], sketches.hashed[rows])
        ]
        if not found:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        return _distinct(np.concatenate([one for one, _ in found]), np.concatenate([other for _, other in found]))

    def _settle(
        self,
        nodes: Rows,
        cluster: Rows,
        numbers: Rows,
        forced: Split | None,
        exact: npt.NDArray[np.uint64],
        changes: _Changes,
    ) -> Rows:
        """Place clusters that touch one side at most; the new items of the others are returned."""
        first, root, sides, twinned = int(numbers[0]), self._root.view(), self._sides.view(), self._twinned.view()
        n_clusters = int(cluster.max()) + 1
        new = nodes >= first
        touched = np.full(n_clusters, 1 << NAMES.index(forced) if forced else 0, dtype=np.uint8)
        np.bitwise_or.at(touched, cluster[~new], np.left_shift(np.uint8(1), sides[nodes[~new]]))
        # A cluster's place is drawn by the least of its contents, so that the order within a batch does not matter.
        least = np.full(n_clusters, np.iinfo(np.uint64).max)
        np.minimum.at(least, cluster[new], exact[nodes[new] - first])
        side = np.where(touched > 0, np.log2(np.maximum(touched, 1)).astype(np.uint8), self._drawn(least))
        lowest = np.full(n_clusters, nodes.max())
        np.minimum.at(lowest, cluster, nodes)
        calm = ((touched & (touched - (touched > 0))) == 0)[cluster]
        settled, into = nodes[calm], lowest[cluster[calm]]
        for old, target in zip(settled[settled < first].tolist(), into[settled < first].tolist(), strict=True):
            changes.note(old, target, was_twinned=bool(twinned[old]))
        root[settled] = into
        twinned[settled] = True
        sides[nodes[calm & new]] = side[cluster[calm & new]]
        return np.sort(nodes[~calm & new])

    def _decide(self, number: int, others: Sequence[int], first: int, forced: Split | None, changes: _Changes) -> None:
        """Place one item of a cluster that touches several sides, after the items before it."""
        root, sides, twinned = self._root.view(), self._sides.view(), self._twinned.view()
        roots = sorted({self._root_of(other) for other in others if sides[other] != _ASIDE})
        found = {int(sides[r]) for r in roots}
        if forced and roots:
            found.add(NAMES.index(forced))
        if len(found) > 1:
            sides[number] = _ASIDE
        elif roots:
            sides[number] = found.pop()
            for other in roots:
                if other < first:
                    changes.note(other, roots[0], was_twinned=bool(twinned[other]))
            root[[*roots, number]] = roots[0]
            twinned[[*roots, number]] = True

    def _roots(self, numbers: Rows) -> Rows:
        root = self._root.view()
        found = root[numbers].astype(np.int64)
        while len(moved := np.flatnonzero(root[found] != found)):
            found[moved] = root[found[moved]]
        return found

    def _root_of(self, number: int) -> int:
        root = self._root.view()
        while root[number] != number:
            number = int(root[number])
        return number


def near_groups(columns: Mapping[str, Sequence[Any]], spec: FieldSpec) -> Rows:
    """A group number per item, the same for near copies: all at once, for data that is not stored.

    A vector may be a list or an array, of numbers or of an image's rows of pixels.

    Examples
    --------
    >>> texts = ["How do I top up my card?", "how do i top up my card", "My card was declined"]
    >>> near_groups({"text": texts}, FieldSpec({"text": "text"})).tolist()
    [0, 0, 2]
    """
    names = list(columns)
    rows = zip(*columns.values(), strict=True)
    hashes = [content_hash({name: _plain(cell) for name, cell in zip(names, row, strict=True)}) for row in rows]
    groups = Splitter({}, 0).add(sketch(columns, spec, hashes)).groups
    return np.where(groups == ALONE, np.arange(len(groups)), groups)


def _plain(cell: Any) -> Any:
    return cell.tolist() if isinstance(cell, np.ndarray) else cell


@dataclass(frozen=True, slots=True)
class _Changes:
    joined: dict[int, int]
    merged: dict[int, int]

    def note(self, old: int, into: int, *, was_twinned: bool) -> None:
        if not was_twinned:
            self.joined[old] = into
        elif old != into and old not in self.joined:
            self.merged[old] = into


def _clusters(one: Rows, other: Rows) -> tuple[Rows, Rows]:
    """The items that pairs name, and which of them hang together."""
    nodes, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    ends = places.reshape(2, -1)
    graph = scipy.sparse.coo_array(
        (np.ones(len(one), dtype=np.int8), (ends[0], ends[1])), shape=(len(nodes), len(nodes))
    )
    return nodes, scipy.sparse.csgraph.connected_components(graph, directed=False)[1]


def _by_first(one: Rows, other: Rows) -> dict[int, tuple[int, ...]]:
    """The others of each item; equal items stand together in `one`."""
    names, starts = np.unique(one, return_index=True)
    parts = np.split(other, starts[1:]) if len(names) else []
    return {name: tuple(part.tolist()) for name, part in zip(names.tolist(), parts, strict=True)}


def _distinct(one: Rows, other: Rows) -> tuple[Rows, Rows]:
    both = np.sort((one << 32) | other)
    both = both[np.concatenate([[True], both[1:] != both[:-1]])] if len(both) else both
    return both >> 32, both & 0xFFFFFFFF
