"""From utilities to rows: the best k, with look-alikes left out, with quotas kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.strategies._doors import finite, generator, nothing, rows
from querist.strategies._elsewhere import host

FIRST_TIER = 64  # rows ranked before anyone asks for more; each further tier is four times as long
GROUP_SIZE = 256  # values that top_k looks at through their maximum
LOOK_AT_LEAST = 32
LOOK_AT_MOST = 1024  # bounds the table of who is like whom within one step


def top_k(utilities: npt.ArrayLike, k: int, *, candidates: npt.ArrayLike, rng: np.random.Generator) -> Picks:
    """The `k` candidates of highest utility; ties at the cut are broken at random.

    Parameters
    ----------
    utilities : (n_items,) float
        Of every item of the pool, by row.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    rng : numpy.random.Generator
        Breaks the ties at the cut, and is drawn from only where there are more than fit.

    Returns
    -------
    picks : Picks
        The highest utility first, the lower row first among equals. Propensities are exact inclusion probabilities:
        1 above the cut, m / t for the t candidates tied at the cut of which m fit. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If a utility is NaN or infinite, or `candidates` are not unique rows.

    Notes
    -----
    Time linear in the number of items, by partition.

    Examples
    --------
    >>> picks = top_k([0.1, 0.9, 0.5, 0.5], 2, candidates=[0, 1, 2, 3], rng=np.random.default_rng(0))
    >>> picks.rows[0], picks.propensities  # row 1 for certain, then one of two
    (np.int64(1), array([1. , 0.5]))
    """
    u = finite("utilities", host(utilities))
    checks.positive("k", k)
    generator(rng)
    free = rows("candidates", host(candidates), len(u))
    k = min(k, len(free))
    if not k:
        return nothing()
    if len(free) < len(u):  # all of the rows, ascending, need no copy
        u = u[free]
    high = _contenders(u, k)
    cut = np.partition(u[high], len(high) - k)[len(high) - k]
    above, tied = high[u[high] > cut], high[u[high] == cut]
    m = k - len(above)
    drawn = tied if m == len(tied) else rng.choice(tied, size=m, replace=False, shuffle=False)
    taken = np.concatenate([above, np.sort(drawn)])
    taken = taken[np.argsort(-u[taken], kind="stable")]
    propensities = np.where(u[taken] > cut, 1.0, m / len(tied))
    return Picks(free[taken], u[taken].astype(np.float64), propensities)


def ranking(utilities: npt.ArrayLike, *, candidates: npt.ArrayLike, rng: np.random.Generator) -> Iterator[Rows]:
    """All candidates from the highest utility down, in tiers, each ranked only when it is asked for.

    Parameters
    ----------
    utilities : (n_items,) float
        Of every item of the pool, by row.
    candidates : (n_candidates,) int
        Rows to rank.
    rng : numpy.random.Generator
        Orders equal utilities at random.

    Returns
    -------
    tiers : iterator of (n,) int
        Rows; joined, they are the whole ranking. No tie is split over two tiers, and tiers grow, so that reading the
        first few rows costs one partition and reading all of them a few.

    Raises
    ------
    InvalidInput
        If a utility is NaN or infinite, or `candidates` are not unique rows.

    Examples
    --------
    >>> [tier.tolist() for tier in ranking([0.1, 0.9, 0.5], candidates=[0, 1, 2], rng=np.random.default_rng(0))]
    [[1, 2, 0]]
    """
    u = finite("utilities", utilities)
    return _tiers(u, rows("candidates", candidates, len(u)), generator(rng))


def guarded_top_k(
    utilities: npt.ArrayLike,
    k: int,
    *,
    candidates: npt.ArrayLike,
    rng: np.random.Generator,
    duplicates: npt.ArrayLike | None = None,
    embeddings: Floats | None = None,
    max_cosine: float = 0.99,
    taken: npt.ArrayLike = (),
) -> Picks:
    """The `k` best candidates of which no two are near-duplicates.

    Goes down the ranking and skips what is too like an item already in the batch. Where that leaves fewer than `k`,
    the best of the skipped fill up, after the others.

    Parameters
    ----------
    utilities : (n_items,) float
        Of every item of the pool, by row.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    rng : numpy.random.Generator
        Orders equal utilities at random.
    duplicates : (n_items,) int, optional
        A near-duplicate group's number per item, below 0 for items of no group. Two of one group are look-alikes.
    embeddings : (n_items, n_dims) float, optional
        A vector per item. Two whose cosine is above `max_cosine` are look-alikes. Read only at the rows looked at;
        a vector of zeros is like no other.
    max_cosine : float
        See `embeddings`.
    taken : (n_taken,) int
        Rows that are in the batch already, for another reason; what is like them is skipped too.

    Returns
    -------
    picks : Picks
        The highest utility first, then what filled up. Propensities follow `top_k`: m / t for picks out of the t
        candidates tied at the cut of which m were picked, and 1 for all others. That is exact as long as no two equal
        utilities belong to look-alikes. Where the guard skipped a row tied at the cut, or the batch had to be filled
        up, all are 1: they then hold given the random order drawn for ties, and are no inclusion probabilities.

    Raises
    ------
    InvalidInput
        If a utility is NaN or infinite, an array is not of the same items, or a vector looked at is not finite.

    Notes
    -----
    Looks at as few rows as it can, in growing steps, each held against the batch: about k² · n_dims where little is
    skipped, n_candidates · k · n_dims where nearly all are look-alikes.

    Examples
    --------
    >>> picks = guarded_top_k(
    ...     [0.9, 0.8, 0.7], 2, candidates=[0, 1, 2], rng=np.random.default_rng(0), duplicates=[5, 5, -1]
    ... )
    >>> picks.rows  # row 1 copies row 0
    array([0, 2])
    """
    u = finite("utilities", utilities)
    checks.positive("k", k)
    checks.share("max_cosine", max_cosine)
    free = rows("candidates", candidates, len(u))
    groups = None if duplicates is None else _whole_numbers("duplicates", duplicates, len(u))
    guard = _Guard(groups, None if embeddings is None else _vectors(embeddings, len(u)), max_cosine)
    guard.hold(rows("taken", taken, len(u)))
    k = min(k, len(free))
    picked, skipped = nothing().rows, nothing().rows
    for row in _looks(_tiers(u, free, generator(rng)), k):
        admitted = guard.admit(row, k - len(picked))
        row = row[: len(admitted)]
        picked, skipped = np.concatenate([picked, row[admitted]]), np.concatenate([skipped, row[~admitted]])
        if len(picked) == k:
            break
    filler = skipped[: k - len(picked)]
    chosen = np.concatenate([picked, filler])
    propensities = np.ones(len(chosen))
    if len(chosen) and not len(filler):
        cut = u[chosen[-1]]
        if not (u[skipped] == cut).any():
            at_cut = u[chosen] == cut
            propensities[at_cut] = at_cut.sum() / (u[free] == cut).sum()
    return Picks(chosen, u[chosen].astype(np.float64), propensities)


@dataclass(frozen=True, slots=True)
class QuotaPicks:
    """Picks, and which of them a quota called for: (n,) bool."""

    picks: Picks
    by_quota: npt.NDArray[np.bool_]


def with_quotas(
    pick: Callable[[int, Rows, Rows], Picks],
    groups: npt.ArrayLike,
    minimum: Mapping[int, int],
    k: int,
    *,
    candidates: npt.ArrayLike,
) -> QuotaPicks:
    """Picks with a least number from some groups, the rest from wherever is best.

    Parameters
    ----------
    pick : callable
        `pick(m, candidates, taken) -> Picks` chooses up to `m` of `candidates`, knowing the rows `taken` for this batch
        so far. It is called only where there is something to pick, `m` being at least 1 and at most the candidates.
    groups : (n_items,) int
        The group of each item, such as the class predicted for it.
    minimum : mapping of int to int
        Least number of picks per group, served in this order.
    k : int
        How many to pick in all.
    candidates : (n_candidates,) int
        Rows that may be picked.

    Returns
    -------
    picked : QuotaPicks
        The quotas' picks first. A group with fewer candidates than its minimum gives all of them, and what is left of
        its share goes to the rest. Each propensity is that of the draw which picked the row, given the draws before it.

    Raises
    ------
    InvalidInput
        If the minimums add up to more than `k`, are below 0, or `groups` are not whole numbers, one per item.

    Examples
    --------
    >>> def pick(m, candidates, taken):
    ...     return top_k([0.9, 0.8, 0.2, 0.1], m, candidates=candidates, rng=np.random.default_rng(0))
    >>> picked = with_quotas(pick, [0, 0, 1, 1], {1: 1}, 2, candidates=[0, 1, 2, 3])
    >>> picked.picks.rows, picked.by_quota
    (array([2, 0]), array([ True, False]))
    """
    checks.positive("k", k)
    group = _whole_numbers("groups", groups, np.size(groups))
    for name, least in minimum.items():
        if isinstance(least, bool) or not isinstance(least, int | np.integer) or least < 0:
            raise InvalidInput(f"minimum[{name!r}]: must be a whole number of at least 0; got {least!r}.")
    if (total := sum(minimum.values())) > k:
        raise InvalidInput(f"minimum: must add up to at most k = {k}; got {total}. Lower them, or raise k.")
    demands = [(group == name, least) for name, least in minimum.items()]
    return with_demands(pick, demands, k, candidates=rows("candidates", candidates, len(group)), n_items=len(group))


def with_demands(
    pick: Callable[[int, Rows, Rows], Picks],
    demands: Sequence[tuple[npt.NDArray[np.bool_], int]],
    k: int,
    *,
    candidates: Rows,
    n_items: int,
) -> QuotaPicks:
    """`with_quotas` for groups that may overlap: a pick counts for every demand that it meets.

    Parameters
    ----------
    pick, k, candidates
        As for `with_quotas`.
    demands : sequence of (n_items,) bool and int
        The items of a group, and the least number of picks from it; served in this order, as far as `k` goes.
    n_items : int
        Items of the pool.

    Returns
    -------
    picked : QuotaPicks
        What the demands called for first.

    Examples
    --------
    >>> def pick(m, candidates, taken):
    ...     return top_k([0.9, 0.8, 0.2, 0.1], m, candidates=candidates, rng=np.random.default_rng(0))
    >>> late, last = np.array([False, False, True, True]), np.array([False, False, False, True])
    >>> with_demands(pick, [(last, 1), (late, 1)], 2, candidates=np.arange(4), n_items=4).picks.rows
    array([3, 0])
    """
    left = np.zeros(n_items, dtype=bool)
    left[candidates] = True
    so_far = nothing()
    for group, least in demands:
        missing = min(least - int(group[so_far.rows].sum()), k - len(so_far))
        so_far = _drawn(pick, max(0, missing), left, left & group, so_far)
    by_quota = len(so_far)
    so_far = _drawn(pick, k - by_quota, left, left, so_far)
    return QuotaPicks(so_far, np.arange(len(so_far)) < by_quota)


def _drawn(
    pick: Callable[[int, Rows, Rows], Picks],
    m: int,
    left: npt.NDArray[np.bool_],
    eligible: npt.NDArray[np.bool_],
    so_far: Picks,
) -> Picks:
    """`so_far` and `m` picks more out of the eligible rows, which it takes off the rows left."""
    candidates = np.flatnonzero(eligible)
    m = min(m, len(candidates))
    if not m:
        return so_far
    more = pick(m, candidates, so_far.rows)
    left[more.rows] = False
    return Picks(
        np.concatenate([so_far.rows, more.rows]),
        np.concatenate([so_far.utilities, more.utilities]),
        np.concatenate([so_far.propensities, more.propensities]),
    )


class _Guard:
    """What is in the batch so far, and whether a row is too like it."""

    def __init__(self, groups: Rows | None, vectors: Array | None, max_cosine: float) -> None:
        self._of = groups
        self._vectors = vectors
        self._max_cosine = max_cosine
        self._groups: set[int] = set()
        self._units = np.empty((0, 0 if vectors is None else vectors.shape[1]))

    def hold(self, taken: Rows) -> None:
        """Count these rows as in the batch."""
        if self._of is not None:
            self._groups.update(group for group in self._of[taken].tolist() if group >= 0)
        if self._vectors is not None:
            self._units = np.concatenate([self._units, _units(self._vectors, taken)])

    def admit(self, look: Rows, room: int) -> npt.NDArray[np.bool_]:
        """Take of these rows, in their order, what is unlike all in the batch, up to `room`: one flag per row read."""
        admitted = np.zeros(len(look), dtype=bool)
        near = np.zeros(len(look), dtype=bool)
        alike: npt.NDArray[np.bool_] | None = None
        if self._vectors is not None:
            units = _units(self._vectors, look)
            near |= self._too_near(units, self._units).any(axis=1)
            alike = self._too_near(units, units)
        read = 0
        while read < len(look) and room:
            group = -1 if self._of is None else int(self._of[look[read]])
            if not near[read] and group not in self._groups:
                admitted[read] = True
                room -= 1
                if group >= 0:
                    self._groups.add(group)
                if alike is not None:
                    near |= alike[read]
            read += 1
        self.hold(look[:read][admitted[:read]])
        return admitted[:read]

    def _too_near(self, units: Floats, others: Floats) -> npt.NDArray[np.bool_]:
        near: npt.NDArray[np.bool_] = np.minimum(units @ others.T, 1) > self._max_cosine  # rounding may exceed 1
        return near


def _looks(tiers: Iterator[Rows], k: int) -> Iterator[Rows]:
    """The ranking in steps, each as long as all before it, within bounds."""
    read = 0
    for tier in tiers:
        start = 0
        while start < len(tier):
            step = tier[start : start + min(max(LOOK_AT_LEAST, k, read), LOOK_AT_MOST)]
            yield step
            start += len(step)
            read += len(step)


def _tiers(u: Floats, free: Rows, rng: np.random.Generator) -> Iterator[Rows]:
    size = FIRST_TIER
    while len(free):
        values = u[free]
        if size < len(free):
            inside = values >= np.partition(values, len(free) - size)[len(free) - size]
            tier, free = free[inside], free[~inside]
        else:
            tier, free = free, free[:0]
        tier = rng.permutation(tier)
        yield tier[np.argsort(-u[tier], kind="stable")]
        size *= 4


def _contenders(u: Floats, k: int) -> Rows:
    """Places of the `k` highest values and of all that equal the lowest of them, with few others, ascending.

    The k-th highest of many groups' highest values has k values at or above it, so no lower one is among the k.
    """
    groups = len(u) // GROUP_SIZE
    if groups < 2 * k:
        return np.arange(len(u))
    highest = u[: groups * GROUP_SIZE].reshape(groups, GROUP_SIZE).max(axis=1)
    return np.flatnonzero(u >= np.partition(highest, groups - k)[groups - k])


def _whole_numbers(name: str, values: npt.ArrayLike, n: int) -> Rows:
    given = np.asarray(values)
    if given.ndim != 1 or len(given) != n or (n and given.dtype.kind not in "iu"):
        raise InvalidInput(
            f"{name}: must be whole numbers, one per item, ({n},); got {given.dtype} of shape {given.shape}. "
            "Number the groups from 0."
        )
    return given.astype(np.int64, copy=False)


def _vectors(embeddings: npt.ArrayLike, n: int) -> Array:
    """Checked in its shape only: what it holds is checked where it is read."""
    given = np.asarray(embeddings)
    if given.ndim != 2 or len(given) != n or given.dtype.kind not in "fiub":
        raise InvalidInput(
            f"embeddings: must be numbers, one row per item, ({n}, n_dims); got {given.dtype} of shape {given.shape}. "
            "Pass arrays of the same items."
        )
    return given


def _units(vectors: Array, look: Rows) -> Floats:
    part = vectors[look].astype(np.float64)
    finite = np.isfinite(part).all(axis=1)
    if not finite.all():
        raise InvalidInput(f"embeddings: must be finite; row {look[~finite][0]} is not. Check what computed it.")
    norms = np.sqrt(np.einsum("ij,ij->i", part, part))
    np.divide(part, norms[:, None], out=part, where=norms[:, None] > 0)
    return part
