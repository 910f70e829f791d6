"""Items for a model of a number: where a committee differs, and what is unlike all that is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._apart import apart_first
from querist.strategies._doors import generator, nothing, pool_rows, same_items
from querist.strategies._farthest import farthest_first
from querist.strategies._labeled import labeled_rows, numbers
from querist.strategies.committee import variance


@strategy(
    needs=("member_predictions",),
    family="regression",
    reason="the committee's predictions have a variance of {utility:.3g}",
    cost="O(n_members · n_items) time, one float per item",
    source="Burbidge, Rowland and King (2007), Active learning for regression based on query by committee",
)
def query_by_variance(member_predictions: Floats) -> Floats:
    """Query by committee for a number: another name of `variance`.

    High where the members disagree on the number; zero where they agree.

    Parameters
    ----------
    member_predictions : (n_members, n_items) float
        The number that each member predicts.

    Returns
    -------
    utilities : (n_items,) float, in squared units of the prediction
        At least 0; higher means label it sooner. All zero for one member.

    Raises
    ------
    InvalidInput
        If `member_predictions` is not 2-D, has no member, or is not finite.

    Notes
    -----
    Burbidge, Rowland and King (2007). Time linear in the size of `member_predictions`; extra memory one block of items.

    Examples
    --------
    >>> query_by_variance(np.array([[1.0, 5.0], [3.0, 5.0]]))  # mean 2, each 1 away; and agreement
    array([1., 0.])
    """
    return variance(member_predictions)


@strategy(
    needs=("embeddings",),
    kind="select",
    family="regression",
    reason="the nearest item chosen before it is {utility:.3g} away",
    cost="O(n_candidates · (n_chosen + k) · n_dims) time, O(n_candidates) memory",
    source="Yu and Kim (2010), Passive sampling for regression; as GSx Wu, Lin and Huang (2019), arXiv:1808.04245",
)
def greedy_x(
    embeddings: Floats, k: int, *, candidates: npt.ArrayLike, chosen: npt.ArrayLike, rng: np.random.Generator
) -> Picks:
    """Greedy sampling in the inputs (GSx): each pick is the candidate farthest from everything chosen before it.

    Needs no model, so it serves before there is one. The same loop as `k_center`, under the name it has for numbers.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending. Without any, the first pick is the candidate nearest the candidates' mean.
    rng : numpy.random.Generator
        Not drawn from: the choice is deterministic, ties going to the lowest row.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is the distance to the nearest row chosen when it was picked, NaN where
        there was none; propensities are 1. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, or the rows are not unique rows of it, or some are in both.

    Notes
    -----
    Wu, Lin and Huang (2019), after Yu and Kim (2010). Never holds a distance matrix.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [5.0], [9.0]])
    >>> greedy_x(X, 2, candidates=[1, 2, 3], chosen=[0], rng=np.random.default_rng(0)).rows
    array([3, 2])
    """
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    generator(rng)
    free, taken = pool_rows(candidates, chosen, len(X))
    if not len(free):
        return nothing()
    rows, distances = farthest_first(X, min(k, len(free)), free, taken)
    return Picks(rows, distances, np.ones(len(rows)))


@strategy(
    needs=("predictions", "labels", "labeled"),
    kind="select",
    family="regression",
    reason="its prediction is {utility:.3g} from the nearest label or prediction chosen before it",
    cost="O(n_candidates · (log n_labeled + k)) time, O(n_items) memory",
    source="Wu, Lin and Huang (2019), Active learning for regression using greedy sampling, arXiv:1808.04245",
)
def greedy_y(
    predictions: Floats,
    labels: npt.NDArray[np.generic],
    labeled: npt.NDArray[np.bool_],
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
) -> Picks:
    """Greedy sampling in the outputs (GSy): each pick's prediction is the farthest from all numbers known before it.

    Spreads the labels over the range of the answer, so that rare large and small values are not missed. Worth what the
    model is worth, and drawn to its wildest predictions.

    Parameters
    ----------
    predictions : (n_items,) float
        A predicted number per item.
    labels : (n_items,) float
        The numbers of the labeled items; elsewhere anything.
    labeled : (n_items,) bool
        Which items are labeled. A candidate counts as unlabeled.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending. For one that is pending, as for every pick of this batch, its prediction stands.
    rng : numpy.random.Generator
        Not drawn from: the choice is deterministic, ties going to the lowest row.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is the distance to the nearest number known when it was picked, in
        units of the prediction. With nothing labeled or pending the first pick is the candidate whose prediction is
        nearest their mean, and its utility NaN. Propensities are 1. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If the arrays are not of the same items or not finite, or the rows are not unique rows of them.

    Notes
    -----
    Wu, Lin and Huang (2019). Computed in float64.

    Examples
    --------
    >>> labels, labeled = np.array([0.0, 0.0, 0.0, 0.0]), np.array([True, False, False, False])
    >>> picks = greedy_y(
    ...     np.array([7.0, 1.0, 5.0, 9.0]), labels, labeled, 2, candidates=[1, 2, 3], chosen=[0],
    ...     rng=np.random.default_rng(0),
    ... )
    >>> picks.rows, picks.utilities  # 9 from the label 0; then 5 is 4 from 9, and 1 only 1 from 0
    (array([3, 2]), array([9., 4.]))
    """
    checks.positive("k", k)
    generator(rng)
    marks, free, taken = _marks(predictions, labels, labeled, candidates, chosen)
    if not len(free):
        return nothing()
    values = marks[free]
    if len(taken):
        known = np.sort(marks[taken])
        above = np.searchsorted(known, values)
        distances = np.minimum(
            np.abs(values - known[np.maximum(above - 1, 0)]),
            np.abs(known[np.minimum(above, len(known) - 1)] - values),
        )
    else:
        distances = np.full(len(free), np.inf)
    picked: list[int] = []
    utilities: list[float] = []
    for _ in range(min(k, len(free))):
        first = not len(taken) and not picked
        i = int(np.abs(values - values.mean()).argmin() if first else distances.argmax())
        picked.append(i)
        utilities.append(np.nan if first else float(distances[i]))
        np.minimum(distances, np.abs(values - values[i]), out=distances)
        distances[i] = -1
    return Picks(free[picked], np.array(utilities), np.ones(len(picked)))


@strategy(
    needs=("embeddings", "predictions", "labels", "labeled"),
    kind="select",
    family="regression",
    reason="{utility:.3g} from the nearest item chosen before it, as distance times difference of numbers",
    cost="O(n_candidates · (n_labeled + k) · n_dims) time, O(n_items) memory",
    source="Wu, Lin and Huang (2019), Active learning for regression using greedy sampling, arXiv:1808.04245",
)
def greedy_xy(
    embeddings: Floats,
    predictions: Floats,
    labels: npt.NDArray[np.generic],
    labeled: npt.NDArray[np.bool_],
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
) -> Picks:
    """Improved greedy sampling (iGS): unlike all that is known in its inputs, and in its predicted number.

    A pick's utility is the least product, over everything chosen before it, of distance and difference of numbers. It
    takes neither a copy with another prediction nor a far item of a number well known.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    predictions : (n_items,) float
        A predicted number per item.
    labels : (n_items,) float
        The numbers of the labeled items; elsewhere anything.
    labeled : (n_items,) bool
        Which items are labeled. A candidate counts as unlabeled.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending. For one that is pending, as for every pick of this batch, its prediction stands.
    rng : numpy.random.Generator
        Not drawn from: the choice is deterministic, ties going to the lowest row.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is in units of distance times units of the prediction. With nothing
        labeled or pending the first pick is the candidate nearest the candidates' mean, and its utility NaN.
        Propensities are 1. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If the arrays are not of the same items or not finite, or the rows are not unique rows of them.

    Notes
    -----
    Wu, Lin and Huang (2019). Computed in the float type of `embeddings`. As utilities only fall while items are
    chosen, most are not looked at again for each pick; the picks are those of the full loop.

    Examples
    --------
    >>> X, predictions = np.array([[0.0], [1.0], [2.0], [6.0]]), np.array([0.0, 4.0, 5.0, 1.0])
    >>> labels, labeled = np.zeros(4), np.array([True, False, False, False])
    >>> picks = greedy_xy(
    ...     X, predictions, labels, labeled, 2, candidates=[1, 2, 3], chosen=[0], rng=np.random.default_rng(0)
    ... )
    >>> picks.rows, picks.utilities  # 2 · 5 beats 6 · 1 and 1 · 4; then row 3 keeps 6 and row 1 has 1 · 1 to row 2
    (array([2, 3]), array([10.,  6.]))
    """
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    generator(rng)
    marks, free, taken = _marks(predictions, labels, labeled, candidates, chosen)
    same_items(X, marks, other="prediction")
    if not len(free):
        return nothing()
    rows, utilities = apart_first(X, marks, min(k, len(free)), free, taken)
    return Picks(rows, utilities, np.ones(len(rows)))


def _marks(
    predictions: npt.ArrayLike,
    labels: npt.ArrayLike,
    labeled: npt.ArrayLike,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
) -> tuple[Floats, Rows, Rows]:
    """Each item's number, its label where there is one, else its prediction; the candidates; what they are held
    against."""
    marks = checks.vector("predictions", predictions).astype(np.float64)
    if not np.isfinite(marks).all():
        row = int(np.flatnonzero(~np.isfinite(marks))[0])
        raise InvalidInput(f"predictions: must be finite; row {row} is {marks[row]}. Check what computed it.")
    free, taken = pool_rows(candidates, chosen, len(marks))
    known = np.setdiff1d(labeled_rows(labeled, len(marks)), free, assume_unique=True)
    marks[known] = numbers(labels, known, len(marks))
    return marks, free, np.union1d(taken, known)
