"""What keeps a score from chasing junk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.threads import in_threads
from querist.strategies._doors import same_items
from querist.strategies._labeled import labeled_rows
from querist.strategies._neighbors import Neighbors

REFERENCES = 512  # rows held against, of the pool and of the labeled each; enough to know what is near to nothing


def ood_discount(
    utilities: npt.ArrayLike,
    embeddings: Floats,
    labeled: npt.ArrayLike,
    *,
    quantile: float = 0.99,
    n_neighbors: int = 5,
) -> Floats:
    """Utilities, lowered where an item is far from all data: the out-of-distribution guard of any score.

    A score of uncertainty is high for what is unlike all the model was shown, which is where junk lies: broken texts,
    another language, an empty image. This leaves the rest of the pool as it is, and lowers what lies beyond.

    Parameters
    ----------
    utilities : (n_items,) float
        Of any score, higher meaning label it sooner.
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    labeled : (n_items,) bool
        Whether each item is labeled: what was judged worth a label is data, however rare.
    quantile : float
        The share of the pool that is left alone; at 1 all of it is.
    n_neighbors : int
        The distance is that to the neighbor of this number, so that a few copies of junk do not vouch for one another.

    Returns
    -------
    utilities : (n_items,) float
        The same where the distance is at most the quantile q of the pool's distances; elsewhere what the utility has
        above the lowest one, multiplied by q over the distance.

    Raises
    ------
    InvalidInput
        If a utility is NaN, `embeddings` is not finite, `labeled` is no mask, they are of different items, or a
        parameter is out of its range.

    Notes
    -----
    The distance to the k-th nearest neighbor is a strong plain detector of what lies outside (Sun, Ming, Zhu and Li,
    2022, arXiv:2204.06507). Neighbors are looked for among at most 512 rows spread evenly over the pool, and 512 over
    the labeled: time O(n_items · 1024 · n_dims), memory O(n_items). Deterministic.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [13.0]])
    >>> ood_discount([0.2, 0.4, 0.6, 0.8, 1.0], X, np.zeros(5, bool), quantile=0.75, n_neighbors=1).round(2)
    array([0.2 , 0.4 , 0.6 , 0.8 , 0.28])
    """
    u = checks.vector("utilities", utilities)
    X = checks.features("embeddings", embeddings)
    same_items(X, u, other="utility")
    checks.share("quantile", quantile)
    checks.positive("n_neighbors", n_neighbors)
    known = labeled_rows(labeled, len(X))
    among = np.union1d(_spread(np.arange(len(X))), _spread(known))
    n = min(n_neighbors, len(among) - 1)
    if n < 1:
        return u.copy()
    neighbors = Neighbors(X, among)
    squared = np.concatenate(in_threads(lambda block: neighbors.kth(block, n), neighbors.blocks()))
    distances = np.sqrt(squared)
    limit = np.quantile(distances, quantile).astype(distances.dtype)
    low = u.min()
    far = distances > limit
    found = u.copy()
    found[far] = low + (u[far] - low) * (limit / distances[far])
    return found


def _spread(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """At most `REFERENCES` of some rows, evenly spaced."""
    if len(rows) <= REFERENCES:
        return rows
    return rows[np.linspace(0, len(rows) - 1, REFERENCES).astype(np.int64)]
