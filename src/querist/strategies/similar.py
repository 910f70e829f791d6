"""More items like some that are known: submodular mutual information with a query set."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._coverage import Goal, cover, subsample
from querist.strategies._doors import generator, nothing, number, pool_rows
from querist.strategies._kernels import Space, cosine

BLOCK = 1024


@strategy(
    needs=("embeddings", "labels", "labeled"),
    kind="select",
    family="rare",
    reason="like labeled items of the class looked for, gain {utility:.3g}",
    cost="O(n_candidates · (n_query + n_reference) · n_dims) time, O(n_candidates + n_reference · n_dims) memory",
    source="Kothawade, Beck, Killamsetty and Iyer (2021), SIMILAR, arXiv:2107.00717",
)
def similar(
    embeddings: Floats,
    labels: Array,
    labeled: Array,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    target: int | None = None,
    objective: str = "flqmi",
    eta: float = 1.0,
    n_reference: int | None = 10_000,
) -> Picks:
    """Candidates like the labeled items of one class, and unlike one another.

    For a class that is rare: a few known examples say what more to look for. It finds what resembles the examples and
    nothing else, so mix in random draws, or other kinds of the class stay unseen.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item; only its direction counts. A vector of zeros resembles nothing.
    labels : (n_items,) int
        The class number of each labeled item; elsewhere anything.
    labeled : (n_items,) bool
        Whether each item is labeled.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; those of them that are not labeled cover already.
    rng : numpy.random.Generator
        Of the reference sample; not drawn from where all candidates are references.
    target : int, optional
        The class number looked for. By default the class with the fewest labeled items, the lowest among equals.
    objective : {"flqmi", "flvmi"}
        "flqmi" wants each example to have a like pick, and each pick a like example. "flvmi" wants the pool's items
        covered, but none more than the examples cover it, so that picks spread over the examples' neighborhood.
    eta : float, at least 0
        For "flqmi", how much a pick's own likeness to the examples counts; for "flvmi", how far the examples reach.
    n_reference : int or None
        For "flvmi", where there are more candidates only so many of them, drawn at random, are covered; None for all.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is what the pick adds to the objective, divided by the number of
        examples for "flqmi" and of references for "flvmi"; propensities are 1, which says no more than that the choice
        is fixed once the seed is. Without a labeled item of the class all references are examples, and the picks
        are those of `facility_location`. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, `labels` are no class numbers, the arrays are of different items, the
        rows are not unique rows of them, some are in both, or a parameter is out of its range.

    Notes
    -----
    With s the cosine, negative ones counted as 0, A the picks, Q the examples and V the references, greedy on
    sum over Q of max over A of s + eta · sum over A of max over Q of s (FLQMI), or
    sum over V of min(max over A of s, eta · max over Q of s) (FLVMI): Kothawade, Beck, Killamsetty and Iyer (2021),
    arXiv:2107.00717. Ties go to the lowest row.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8]])
    >>> labels, labeled = np.array([1, 0, 0, 0]), np.array([True, False, False, False])
    >>> picks = similar(X, labels, labeled, 2, candidates=[1, 2, 3], chosen=[0], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities  # 0.8 + 0.8; then row 3 adds nothing to the cover, and 0.6 of its own
    (array([1, 3]), array([1.6, 0.6]))
    """
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    checks.one_of("objective", objective, ("flqmi", "flvmi"))
    number("eta", eta, least=0)
    if n_reference is not None:
        checks.positive("n_reference", n_reference)
    query = _query(labels, labeled, target, len(X))
    free, taken = pool_rows(candidates, chosen, len(X))
    generator(rng)
    if not len(free):
        return nothing()
    pending = taken[~np.asarray(labeled, dtype=bool)[taken]]
    if not len(query):
        references = subsample(free, n_reference, rng)
        goal = Goal(references, np.ones(len(references)))
    elif objective == "flqmi":
        goal = Goal(query, np.ones(len(query)), bonus=eta * _likeness(X, free, query).astype(np.float64))
    else:
        references = subsample(free, n_reference, rng)
        goal = Goal(references, np.ones(len(references)), caps=eta * _likeness(X, references, query))
    rows, gains = cover(X, min(k, len(free)), free, pending if len(query) else taken, cosine(), goal)
    return Picks(rows, gains / len(goal.references), np.ones(len(rows)))


def _query(labels: Array, labeled: Array, target: int | None, n_items: int) -> Rows:
    """The labeled rows of the class looked for."""
    known, y = np.asarray(labeled), np.asarray(labels)
    if known.shape != (n_items,) or y.shape != (n_items,):
        raise InvalidInput(
            f"labels: must have one value per item, {n_items}, and so must labeled; got shapes {y.shape} and "
            f"{known.shape}. Pass arrays of the same items."
        )
    rows = np.flatnonzero(known)
    if target is not None and (isinstance(target, bool) or not isinstance(target, int | np.integer) or target < 0):
        raise InvalidInput(f"target: must be a class number of at least 0; got {target!r}. Number classes from 0.")
    if not len(rows):
        return rows
    if y.dtype.kind not in "iufb" or not (np.isfinite(y[rows]) & (y[rows] == np.floor(y[rows]))).all():
        raise InvalidInput("labels: must be class numbers where labeled; got others. Use it for classes, not numbers.")
    if target is None:
        classes, counts = np.unique(y[rows], return_counts=True)
        target = int(classes[counts.argmin()])
    of_the_class: Rows = rows[y[rows] == target]
    return of_the_class


def _likeness(X: Floats, rows: Rows, query: Rows) -> Floats:
    """The largest similarity of each row to a row of the query set."""
    space = Space(X, cosine(), query)
    found = np.zeros(len(rows), dtype=space.dtype)
    for start in range(0, len(query), BLOCK):
        theirs = space.read(query[start : start + BLOCK])
        for first in range(0, len(rows), BLOCK):
            part = slice(first, first + BLOCK)
            np.maximum(found[part], space.between(space.read(rows[part]), theirs).max(axis=1), out=found[part])
    return found
