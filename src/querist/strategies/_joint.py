"""What an item's label would be after others are known: the joint predictive distribution, by matrix products.

All members' predictions of one item are one mixture; to learn a label of another item is to weigh the members anew.
Expected information gains are thus differences of entropies of re-weighted mixtures, and each re-weighting is a column
of a matrix with which the members' probabilities are multiplied, block by block.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads
from querist.strategies._rowwise import entropies, working_type

BLOCK_ROWS = 512  # rows (an item's class each) of a block of the joint table
BLOCK_COLUMNS = 256  # its columns; 512 kB of float32 with which the next steps find it in the cache
FLOOR = 1e-16  # probabilities below count as this, so that no logarithm is of zero


def mean_entropies(members: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """Entropy of the members' mean at each of these rows, and the mean of the members' entropies."""
    whole, inside = np.empty(len(rows)), np.empty(len(rows))
    dtype = working_type(members)

    def work(block: slice) -> None:
        part = members[:, rows[block]].astype(dtype, copy=False)
        whole[block] = entropies(part.mean(axis=0), dtype)
        inside[block] = entropies(part, dtype).mean(axis=0)

    in_threads(work, list(_item_blocks(len(rows), members.shape[0] * members.shape[2], 2**17)))
    return whole, inside


def expected_entropies(members: Floats, rows: Rows, weights: Floats, chances: Floats) -> Floats:
    """Entropy to expect of each item's label once an outcome is known, Σ_s chances[s] H(Σ_k weights[k, s] p_k).

    Parameters
    ----------
    members : (n_members, n_items, n_classes) float
        Distributions.
    rows : (n,) int
        The items to compute it for.
    weights : (n_members, n_outcomes) float
        How the members weigh after each outcome; each column sums to 1.
    chances : (n_outcomes,) float
        Of the outcomes; they sum to 1. Those that together are below rounding are left out.

    Returns
    -------
    entropies : (n,) float64
    """
    dtype = working_type(members)
    kept = _worth_counting(chances, dtype)
    chances = chances[kept].astype(np.float64)
    # With chances w and mixtures m we need Σ w m log m. The columns hold g w m instead, with the one g for which
    # Σ w log(g w) = 0: then Σ (g w m) log(g w m) is g times that, without a pass to bring the chances in.
    scale = float(np.exp(-(chances * np.log(chances)).sum()))
    columns = np.ascontiguousarray(weights[:, kept] * (scale * chances), dtype=dtype)
    n_classes = members.shape[2]
    found = np.empty(len(rows))

    def work(block: slice) -> None:
        table = _rows_of(members, rows[block], dtype)
        total = np.zeros(table.shape[1])
        for part in _column_blocks(columns.shape[1]):
            joint = table.T @ columns[:, part]
            total += np.einsum("ij,ij->i", joint, np.log(joint))
        found[block] = total.reshape(-1, n_classes).sum(axis=1) / -scale

    in_threads(work, list(_item_blocks(len(rows), n_classes, BLOCK_ROWS)))
    return np.maximum(found, 0, out=found)


def expected_best(members: Floats, rows: Rows, targets: Rows) -> Floats:
    """Chance of being right about a target drawn at random, once each item's label is known: mean_t Σ_y max_y' J.

    J is the joint probability of label y of the item and y' of the target, (1/K) Σ_k p_k(y) q_k(y').
    """
    dtype = working_type(members)
    n_members, _, n_classes = members.shape
    # Classes before targets, so that the greatest over the classes is one of whole rows.
    columns = np.ascontiguousarray(members[:, targets].transpose(0, 2, 1), dtype=dtype)
    columns /= n_members
    found = np.empty(len(rows))
    step = max(1, BLOCK_COLUMNS // n_classes)

    def work(block: slice) -> None:
        table = _rows_of(members, rows[block], dtype)
        total = np.zeros(table.shape[1])
        for start in range(0, len(targets), step):
            part = columns[:, :, start : start + step]
            joint = table.T @ part.reshape(n_members, -1)
            total += joint.reshape(-1, n_classes, part.shape[2]).max(axis=1).sum(axis=1)
        found[block] = total.reshape(-1, n_classes).sum(axis=1) / len(targets)

    in_threads(work, list(_item_blocks(len(rows), n_classes, BLOCK_ROWS)))
    return found


def outcomes_of(members: Floats, targets: Rows, importance: Floats | None = None) -> tuple[Floats, Floats]:
    """The outcomes "target t is of class c": how the members weigh after each, and its chance."""
    dtype = working_type(members)
    n_members, _, n_classes = members.shape
    columns = np.maximum(members[:, targets].reshape(n_members, -1), FLOOR, dtype=dtype)
    totals = columns.sum(axis=0, dtype=np.float64)
    columns /= totals
    share = np.full(len(targets), 1 / len(targets)) if importance is None else importance / importance.sum()
    chances = totals / n_members * np.repeat(share, n_classes)
    return columns, chances / chances.sum()


def predictive_gains(
    members: Floats, rows: Rows, target_members: Floats, targets: Rows, importance: Floats | None = None
) -> Floats:
    """What each row's label would tell about the label of a target, in nats, on average."""
    whole, _ = mean_entropies(members, rows)
    weights, chances = outcomes_of(target_members, targets, importance)
    gains = whole - expected_entropies(members, rows, weights, chances)
    return np.maximum(gains, 0, out=gains)


def _worth_counting(chances: Floats, dtype: np.dtype[np.floating]) -> Rows:
    order = np.argsort(chances, kind="stable")
    negligible = np.cumsum(chances[order]) <= np.finfo(dtype).eps
    return np.sort(order[~negligible])


def _rows_of(members: Floats, rows: Rows, dtype: np.dtype[np.floating]) -> Floats:
    part = members[:, rows].reshape(len(members), -1).astype(dtype, copy=False)
    return np.maximum(part, FLOOR, out=part)


def _item_blocks(n_items: int, item_size: int, block_size: int) -> Iterator[slice]:
    step = max(1, block_size // max(1, item_size))
    for start in range(0, n_items, step):
        yield slice(start, min(start + step, n_items))


def _column_blocks(n_columns: int) -> Iterator[slice]:
    for start in range(0, n_columns, BLOCK_COLUMNS):
        yield slice(start, min(start + BLOCK_COLUMNS, n_columns))
