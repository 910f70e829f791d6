"""What a set of items covers, and the greedy choice of who covers most: exact and lazy, without a table of all pairs.

An item is covered as well as the most similar of those chosen covers it. What a candidate would add, its gain, only
shrinks while others are taken; an old gain is therefore an upper bound of the new one (Minoux, 1978), and most
candidates need never be looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads
from querist.strategies._kept_pairs import Chunk, Pairs, chunk_of, joined, joined_and_freed
from querist.strategies._kernels import Kernel, Space

TILE = 500  # rows on either side of a product: large enough for BLAS; to turn a tile of 512 takes five times as long
FIRST_LOOK = 16  # candidates brought up to date before anything is known of the next pick
LOOK_AT_MOST = 128
FIRST_TIER = 256
KEPT_PAIRS = 2**25  # pairs that may be kept, at 6 bytes each: 200 MB
SLACK = 1e-5  # of the weights' sum, for the rounding of a ceiling
PROBE = 256  # candidates, and four times as many references, from which the number of such pairs is guessed
WORTH_A_PASS = 0.25  # looks, as a share of the candidates, after which keeping pairs pays
FEW_MOVED = 0.7  # of the references: up to so many covered better, old gains are lowered, and not worked out anew
TIES = 16  # gains closer than so many roundings are equal


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be covered.

    Parameters
    ----------
    references : (n_references,) int
        Rows to cover.
    weights : (n_references,) float
        How much each counts.
    caps : (n_references,) float, optional
        A similarity above which a reference is covered no better.
    bonus : (n_candidates,) float, optional
        What each candidate adds whatever it covers.
    """

    references: Rows
    weights: Floats
    caps: Floats | None = None
    bonus: Floats | None = None


def cover(X: Floats, k: int, candidates: Rows, chosen: Rows, kernel: Kernel, goal: Goal) -> tuple[Rows, Floats]:
    """The `k` rows that a greedy loop takes, each the one that adds most to the cover, and what it adds.

    `candidates` ascend. Ties, and differences within the rounding of a sum, go to the lowest row.
    """
    search = _Search(X, candidates, kernel, goal)
    search.start_from(chosen)
    for n_left in range(k, 0, -1):
        search.take_best(n_left)
    return candidates[search.picked], np.array(search.gains)


def subsample(rows: Rows, n: int | None, rng: np.random.Generator) -> Rows:
    """All of the rows, or `n` of them drawn at random where there are more, in ascending order."""
    if n is None or len(rows) <= n:
        return rows
    return np.sort(rng.choice(rows, size=n, replace=False))


class _Search:
    """The state of one greedy loop: the cover, and for each candidate a bound of its gain and how old that is."""

    def __init__(self, X: Floats, candidates: Rows, kernel: Kernel, goal: Goal) -> None:
        self.space = Space(X, kernel, candidates)
        self.candidates = candidates
        self.goal = goal
        self.references = self.space.read(goal.references)
        self.mirrored = goal.caps is None and np.array_equal(candidates, goal.references)
        self.weights = goal.weights.astype(self.space.dtype)
        self.covered = np.zeros(len(goal.references), dtype=self.space.dtype)  # times the weights, once pairs are kept
        self.bounds = np.full(len(candidates), np.inf)
        self.seen = np.full(len(candidates), -1)
        self.picked: list[int] = []
        self.gains: list[float] = []
        self.n_looks = 0
        self.kept: Pairs | None = None
        self.last: _Pass | None = None
        self.lowered = -1
        self.eps = TIES * float(np.finfo(self.space.dtype).eps)
        largest = float(self.references[1].max(initial=0)) * float(self.weights.max(initial=0))
        self.slack = self.eps * (kernel.steep * sqrt(X.shape[1]) * largest + float(self.weights.max(initial=0)))

    def start_from(self, chosen: Rows) -> None:
        for start in range(0, len(chosen), TILE):
            centers = self.space.read(chosen[start : start + TILE])
            for part in _parts(len(self.covered)):
                best = self._similar(centers, part).max(axis=0)
                np.maximum(self.covered[part], best, out=self.covered[part])

    def take_best(self, n_left: int) -> None:
        """Add the candidate of largest gain to the cover."""
        if not self.picked:
            ceilings = self._ceilings()
            if ceilings is None:
                self._look_at_all(n_left)
            else:
                self.bounds = ceilings
        elif self.kept is None and self.n_looks > self._price() * len(self.candidates):
            self._look_at_all(n_left)
        best = self._raise_best(n_left)
        level = best - self._rounding(best)
        place = int(np.flatnonzero((self.bounds >= level) & (self.seen == len(self.picked)))[0])
        self.gains.append(max(0.0, float(self.bounds[place])))
        self.bounds[place] = -np.inf
        self.picked.append(place)
        if self.kept is not None:
            which, similar = self.kept.of(place)
            self.covered[which] = np.maximum(self.covered[which], similar)
            return
        center = self.space.read(self.candidates[place : place + 1])
        for part in _parts(len(self.covered)):
            np.maximum(self.covered[part], self._similar(center, part)[0], out=self.covered[part])

    def _raise_best(self, n_left: int) -> float:
        """The largest gain of all, every bound that comes near it being up to date."""
        now = len(self.picked)
        fresh = self.seen == now
        best = float(self.bounds[fresh].max(initial=-np.inf))
        first = True
        for tier in _tiers(self.bounds):
            if self.bounds[tier[0]] < best - self._rounding(best):
                return best
            stale = tier[self.seen[tier] < now]
            size = FIRST_LOOK
            while len(stale):
                if self.bounds[stale[0]] < best - self._rounding(best):
                    return best
                look, stale = stale[:size], stale[size:]
                self.bounds[look] = self._gains(look)
                self.seen[look] = now
                self.n_looks += len(look)
                best = max(best, float(self.bounds[look].max()))
                if self.kept is None:  # a larger product takes less time a candidate; a look at kept pairs does not
                    size = min(2 * size, LOOK_AT_MOST)
                if first and self._mostly_behind(best):
                    self._look_at_all(n_left)
                    return self._raise_best(n_left)
                first = False
        return best

    def _mostly_behind(self, best: float) -> bool:
        if self.lowered == len(self.picked):
            return False
        behind = np.count_nonzero((self.bounds > best) & (self.seen < len(self.picked)))
        share = 0.5 if self.mirrored else 0.8
        if self.kept is None and self._few_moved():
            share = min(share, self._price())
        return bool(behind > len(self.bounds) * share)

    def _few_moved(self) -> bool:
        """Whether few references are covered better than when all gains were last worked out."""
        return self.last is not None and bool(
            np.count_nonzero(self.covered > self.last.covered) <= FEW_MOVED * len(self.covered)
        )

    def _price(self) -> float:
        """How many looks, as a share of the candidates, a pass over all of them is worth."""
        if self.last is None or not self._few_moved():
            return WORTH_A_PASS
        return float(np.count_nonzero(self.covered > self.last.covered)) / len(self.covered)

    def _rounding(self, gain: float) -> float:
        return self.eps * abs(gain) + self.slack if np.isfinite(gain) else 0.0

    def _look_at_all(self, n_left: int) -> None:
        """Bring every bound up to date in one pass, and keep the pairs that still count where they are few enough."""
        self.lowered = len(self.picked)
        if self.kept is None and n_left > FIRST_LOOK and self._n_pairs() <= KEPT_PAIRS:
            self.kept, self.last = self._pairs(), None
            self.covered *= self.weights
            gains = np.concatenate([chunk.first_gains for chunk in self.kept.chunks])
        elif self.kept is not None:
            gains = self.kept.all_gains(self.covered)
        elif self._few_moved():
            self._lower_all()
            return
        else:
            gains = self._mirrored_gains() if self.mirrored else self._plain_gains()
            self.last = _Pass(gains.copy(), self.covered.copy())
        if self.goal.bonus is not None:
            gains += self.goal.bonus
        free = self.bounds > -np.inf
        self.bounds[free] = gains[free]
        self.seen[free] = len(self.picked)
        self.n_looks = 0

    def _lower_all(self) -> None:
        """Take from every gain of the last pass what the references that are covered better since have lost.

        Only those are read. Differences add up the rounding, so what is left is a bound and not a gain.
        """
        assert self.last is not None
        moved = np.flatnonzero(self.covered > self.last.covered)
        before, now, weights = self.last.covered[moved], self.covered[moved], self.weights[moved]
        points, norms = self.references[0][moved], self.references[1][moved]
        caps = None if self.goal.caps is None else self.goal.caps[moved]

        def one(part: slice) -> Floats:
            some = self.space.read(self.candidates[part])
            lost = np.zeros(part.stop - part.start)
            for within in _parts(len(moved)):
                similar = self.space.between(some, (points[within], norms[within]))
                if caps is not None:
                    np.minimum(similar, caps[within], out=similar)
                np.maximum(similar, before[within], out=similar)
                np.minimum(similar, now[within], out=similar)
                similar -= before[within]
                lost += similar @ weights[within]
            return lost

        left, lost = self.last.gains, np.concatenate(in_threads(one, _parts(len(self.candidates))))
        self.last.slack += self.eps * left + self.slack
        left -= lost
        self.last.covered = self.covered.copy()
        bounds = left + self.last.slack
        if self.goal.bonus is not None:
            bounds += self.goal.bonus
        stale = self.seen < len(self.picked)
        self.bounds[stale] = np.minimum(self.bounds[stale], bounds[stale])
        self.n_looks = 0

    def _gains(self, places: Rows) -> Floats:
        """What each of these candidates would add to the cover."""
        if self.kept is not None:
            found = self.kept.gains(places, self.covered)
        else:
            points = self.space.read(self.candidates[places])
            parts = list(_parts(len(self.covered)))
            found = np.sum(in_threads(lambda part: self._gains_within(points, part), parts), axis=0)
        return found if self.goal.bonus is None else found + self.goal.bonus[places]

    def _gains_within(self, points: tuple[Floats, Floats], part: slice) -> Floats:
        above = self._similar(points, part)
        above -= self.covered[part]
        np.maximum(above, 0, out=above)
        return (above @ self.weights[part]).astype(np.float64)

    def _plain_gains(self) -> Floats:
        def one(part: slice) -> Floats:
            points = self.space.read(self.candidates[part])
            found: Floats = np.sum([self._gains_within(points, within) for within in _parts(len(self.covered))], axis=0)
            return found

        return np.concatenate(in_threads(one, _parts(len(self.candidates))))

    def _mirrored_gains(self) -> Floats:
        """The same where the candidates are the references: each product serves its rows and its columns."""
        parts = list(_parts(len(self.candidates)))

        def one(first: int) -> list[Floats]:
            mine = parts[first]
            points = self.references[0][mine], self.references[1][mine]
            found = [np.zeros(mine.stop - mine.start)]
            for theirs in parts[first:]:
                similar = self._similar(points, theirs)
                if theirs is not mine:
                    above = similar - self.covered[mine][:, None]
                    np.maximum(above, 0, out=above)
                    found.append((self.weights[mine] @ above).astype(np.float64))
                similar -= self.covered[theirs]
                np.maximum(similar, 0, out=similar)
                found[0] += similar @ self.weights[theirs]
            return found

        gains = np.zeros(len(self.candidates))
        for first, found in enumerate(in_threads(one, range(len(parts)))):
            for part, some in zip(parts[first:], found, strict=True):
                gains[part] += some
        return gains

    def _similar(self, points: tuple[Floats, Floats], part: slice) -> Floats:
        similar = self.space.between(points, (self.references[0][part], self.references[1][part]))
        if self.goal.caps is not None:
            np.minimum(similar, self.goal.caps[part], out=similar)
        return similar

    def _n_pairs(self) -> float:
        """About how many pairs of a candidate and a reference there are in which it would still add something."""
        some = np.linspace(0, len(self.candidates) - 1, min(PROBE, len(self.candidates))).astype(np.int64)
        others = np.linspace(0, len(self.covered) - 1, min(4 * PROBE, len(self.covered))).astype(np.int64)
        similar = self.space.between(
            self.space.read(self.candidates[some]), (self.references[0][others], self.references[1][others])
        )
        if self.goal.caps is not None:
            np.minimum(similar, self.goal.caps[others], out=similar)
        share = np.count_nonzero(similar > self.covered[others]) / similar.size
        return share * len(self.candidates) * len(self.covered)

    def _pairs(self) -> Pairs:
        parts = list(_parts(len(self.candidates)))
        found: list[list[Chunk]] = [[] for _ in parts]

        def plain(part: slice) -> Chunk:
            points = self.space.read(self.candidates[part])
            return joined([self._chunk(self._similar(points, w), w) for w in _parts(len(self.covered))])

        def mirrored(first: int) -> tuple[list[Chunk], list[Chunk]]:
            mine = parts[first]
            points = self.references[0][mine], self.references[1][mine]
            along, across = [], []
            for theirs in parts[first:]:
                similar = self._similar(points, theirs)
                if theirs is not mine:
                    across.append(self._chunk(similar.T.copy(), mine))
                along.append(self._chunk(similar, theirs))
            return along, across

        if not self.mirrored:
            return Pairs(in_threads(plain, parts), TILE)
        for first, (along, across) in enumerate(in_threads(mirrored, range(len(parts)))):
            found[first] += along
            for later, chunk in enumerate(across, first + 1):
                found[later].append(chunk)
        return Pairs(in_threads(joined_and_freed, found), TILE)

    def _chunk(self, similar: Floats, part: slice) -> Chunk:
        return chunk_of(similar, self.covered, self.weights, part)

    def _ceilings(self) -> Floats | None:
        """Above each candidate's gain while nothing is covered, from moments of the references, not from pairs."""
        ceiling = self.space.kernel.ceiling
        points, norms = self.references
        if ceiling is None or self.goal.caps is not None or self.covered.any() or not (norms > 0.5).all():
            return None
        total = float(self.weights.sum(dtype=np.float64))
        sums = self.weights @ points
        squares = sum(points[part].T @ (points[part] * self.weights[part, None]) for part in _parts(len(points)))

        def one(part: slice) -> Floats:
            some, lengths = self.space.read(self.candidates[part])
            first = (some @ sums).astype(np.float64)
            second = np.einsum("ij,ij->i", some @ squares, some).astype(np.float64)
            return np.where(lengths > 0.5, ceiling(total, first, np.maximum(second, 0)), np.inf)

        found = np.concatenate(in_threads(one, _parts(len(self.candidates))))
        found += SLACK * total
        return found if self.goal.bonus is None else found + self.goal.bonus


@dataclass(slots=True)
class _Pass:
    """Every candidate's gain, less any bonus, at some cover, and by how much rounding may have put each too low."""

    gains: Floats
    covered: Floats
    slack: Floats | float = 0.0


def _parts(n: int) -> Iterator[slice]:
    for start in range(0, n, TILE):
        yield slice(start, min(start + TILE, n))


def _tiers(bounds: Floats) -> Iterator[Rows]:
    """The places from the largest bound down, as it was at the start, in tiers of growing size."""
    left = np.flatnonzero(bounds > -np.inf)
    values = bounds[left]
    size = FIRST_TIER
    while len(left):
        if size < len(left):
            cut = np.partition(values, len(left) - size)[len(left) - size]
            inside = values >= cut
        else:
            inside = np.ones(len(left), dtype=bool)
        tier, rank = left[inside], values[inside]
        left, values = left[~inside], values[~inside]
        yield tier[np.argsort(-rank, kind="stable")]
        size *= 4
