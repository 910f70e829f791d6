"""A random draw of near-duplicate groups, in proportion from each stratum."""

from __future__ import annotations

import numpy as np

from querist.core import checks
from querist.core.checks import Rows


def draw_groups(n: int, groups: Rows, strata: Rows | None = None, *, rng: np.random.Generator) -> Rows:
    """Rows of at least `n` items, whole groups, each with the same chance; each stratum gets its share.

    Parameters
    ----------
    n : int
        Fewer than there are items.
    groups : (n_items,) int
        The near-duplicate group of each item, -1 for one alone.
    strata : (n_items,) int, optional
        A group is of the stratum of its first item.
    rng : Generator

    Notes
    -----
    Groups in random order, sorted by stratum, of which every k-th is taken from a random start (systematic sampling:
    Cochran, Sampling Techniques, chapter 8), k being fit to the number of items wanted; then single ones are left out
    or added, at random, until one fewer would be too few.

    Examples
    --------
    >>> strata = np.repeat([0, 1], [90, 10])
    >>> rows = draw_groups(20, np.full(100, -1), strata, rng=np.random.default_rng(0))
    >>> len(rows), int((strata[rows] == 1).sum())
    (20, 2)
    """
    checks.positive("n", n)
    names = np.where(groups < 0, -1 - np.arange(len(groups)), groups)
    _, first, of, sizes = np.unique(names, return_index=True, return_inverse=True, return_counts=True)
    n_groups = len(first)
    order = rng.permutation(n_groups)
    if strata is not None:
        order = order[np.argsort(np.asarray(strata)[first[order]], kind="stable")]
    # Places on a line of all items in that order: a group is hit where a step falls on its first item.
    wanted = n * n_groups / len(groups)
    hits = np.floor((np.arange(n_groups) + 1) * wanted / n_groups + (start := rng.random())) > np.floor(
        np.arange(n_groups) * wanted / n_groups + start
    )
    taken, left = order[hits], rng.permutation(order[~hits])
    spare = rng.permutation(taken)
    total = int(sizes[taken].sum())
    kept = set(taken.tolist())
    for group in spare.tolist():
        if total - sizes[group] < n:
            break
        kept.discard(group)
        total -= int(sizes[group])
    for group in left.tolist():
        if total >= n:
            break
        kept.add(group)
        total += int(sizes[group])
    return np.flatnonzero(np.isin(of, sorted(kept)))
