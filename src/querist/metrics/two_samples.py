"""Whether two samples of rows come from one source: a classifier that tells them apart, and the distance of kernels.

Both p-values are by permutation: who is old and who is new is dealt anew, and the statistic computed again. They are
right whatever the rows look like, as long as old and new rows came to be rows in the same way: what an encoder has
learned from and what it has not are told apart with ease, although nothing has changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput

FOLDS = 5
PERMUTATIONS = 999  # the smallest p-value is one in a thousand: below what a family of ten checks at 5 % asks of one
MOST_ROWS = 1000  # of each side; more make the test surer of differences that are too small to matter
RIDGE = 0.1  # of each feature's variance: what keeps the classifier sane where features outnumber rows
FEWEST = 10


@dataclass(frozen=True, slots=True)
class TwoSamples:
    """How far apart two samples are.

    Parameters
    ----------
    statistic : float
        AUC of a classifier, or the squared distance.
    p_value : float
    n_reference, n_recent : int
        Rows that were looked at.
    weights, center : (n_dims,) float
        Of the classifier: `(X - center) @ weights` is higher where a row is more like the recent ones; empty otherwise.
    """

    statistic: float
    p_value: float
    n_reference: int
    n_recent: int
    weights: Floats
    center: Floats

    def newness(self, X: npt.ArrayLike) -> Floats:
        """How much each row is like the recent ones, for a ranking; of the classifier only."""
        x = checks.features("X", X)
        if x.shape[1] != len(self.weights):
            raise InvalidInput(
                f"X: must have the features that were compared, {len(self.weights)}; got {x.shape[1]}. Encode it alike."
            )
        return np.asarray((x - self.center) @ self.weights)


def c2st(
    reference: npt.ArrayLike,
    recent: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    n_permutations: int = PERMUTATIONS,
    most: int = MOST_ROWS,
) -> TwoSamples:
    """A linear classifier's AUC at telling recent rows from reference rows that it has not seen; chance is 0.5.

    High where the two differ in the mean of some direction. Blind to a change that leaves all means as they are, such
    as a wider spread: see `mmd`.

    Parameters
    ----------
    reference, recent : (n_items, n_dims) float
    rng : Generator
        Draws the rows, the folds and the permutations.
    n_permutations : int
    most : int
        Rows of each side that are looked at.

    Raises
    ------
    InvalidInput
        If they differ in features, or either has fewer than ten rows.

    Notes
    -----
    Classifier two-sample test: Lopez-Paz and Oquab (2017), arXiv 1610.06545. The classifier is ridge regression, whose
    cross-fitted predictions are linear in who is recent, so that all permutations are predicted by one product and the
    test is exact with all rows both learned from and tested on. O(n d (d + n_permutations)) time.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = c2st(rng.normal(size=(200, 5)), rng.normal(0.5, size=(200, 5)), rng=rng)
    >>> round(found.statistic, 2), found.p_value
    (0.81, 0.001)
    """
    old, new = _pair(reference, recent, rng, most)
    X = np.concatenate([old, new]).astype(np.float64)
    center, spread = X.mean(axis=0), X.std(axis=0)
    used = spread > 1e-9 * np.maximum(np.abs(center), 1e-300)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=used)
    Z = (X - center) * scale
    is_new = _dealt(len(old), len(new), n_permutations, rng)
    fold = rng.permutation(len(X)) % FOLDS
    above, pairs = np.zeros(is_new.shape[1]), np.zeros(is_new.shape[1])
    for part in range(FOLDS):
        held = fold == part
        scores = Z[held] @ _ridge(Z[~held], is_new[~held])
        n_new = is_new[held].sum(axis=0)
        ranks = scipy.stats.rankdata(scores, axis=0)
        above += (ranks * is_new[held]).sum(axis=0) - n_new * (n_new + 1) / 2
        pairs += n_new * (held.sum() - n_new)
    aucs = np.divide(above, pairs, out=np.full(len(pairs), 0.5), where=pairs > 0)
    weights = _ridge(Z, is_new[:, :1])[:, 0] * scale
    return TwoSamples(float(aucs[0]), _tail(aucs), len(old), len(new), weights, center)


def mmd(
    reference: npt.ArrayLike,
    recent: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    n_permutations: int = PERMUTATIONS,
    most: int = MOST_ROWS,
) -> TwoSamples:
    """The squared maximum mean discrepancy: how far the means of two samples lie apart under a Gaussian kernel.

    0 in expectation where both come from one source, at most 2; unlike a classifier it sees spreads and shapes, and
    sees less of a shift in one feature among many.

    Parameters
    ----------
    reference, recent : (n_items, n_dims) float
    rng : Generator
        Draws the rows and the permutations.
    n_permutations : int
    most : int
        Rows of each side that are looked at: time grows with their square.

    Raises
    ------
    InvalidInput
        If they differ in features, or either has fewer than ten rows.

    Notes
    -----
    Gretton et al. (2012), A kernel two-sample test, JMLR 13. Features are scaled to one spread; the kernel's width is
    the median distance of the rows of both. The estimate is the unbiased one. O(n² (d + n_permutations)) time, O(n²)
    memory.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> mmd(rng.normal(size=(200, 2)), rng.normal(0, 2, size=(200, 2)), rng=rng).p_value
    0.001
    """
    old, new = _pair(reference, recent, rng, most)
    X = np.concatenate([old, new]).astype(np.float32)
    spread = X.std(axis=0)
    X = (X - X.mean(axis=0)) * np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    squares = np.einsum("ij,ij->i", X, X)
    apart = np.maximum(squares[:, None] + squares - 2 * X @ X.T, 0)
    np.fill_diagonal(apart, 0)
    median = float(np.median(apart[np.triu_indices(len(X), 1)]))
    kernel = np.exp(-apart / median) if median > 0 else np.ones_like(apart)
    np.fill_diagonal(kernel, 0)
    n, m = len(old), len(new)
    is_new = _dealt(n, m, n_permutations, rng).astype(np.float32)
    within = kernel @ is_new  # of each row, its likeness to the recent ones
    new_new = np.einsum("ij,ij->j", is_new, within, dtype=np.float64)
    old_new = within.sum(axis=0, dtype=np.float64) - new_new
    old_old = kernel.sum(dtype=np.float64) - new_new - 2 * old_new
    squared = new_new / (m * (m - 1)) + old_old / (n * (n - 1)) - 2 * old_new / (n * m)
    return TwoSamples(float(squared[0]), _tail(squared), n, m, np.empty(0), np.empty(0))


def _pair(
    reference: npt.ArrayLike, recent: npt.ArrayLike, rng: np.random.Generator, most: int
) -> tuple[Floats, Floats]:
    old, new = checks.features("reference", reference), checks.features("recent", recent)
    checks.positive("most", most)
    if old.shape[1] != new.shape[1]:
        raise InvalidInput(
            f"recent: must have the features of the reference, {old.shape[1]}; got {new.shape[1]}. Encode both alike."
        )
    for name, rows in (("reference", old), ("recent", new)):
        if len(rows) < FEWEST:
            raise InvalidInput(
                f"{name}: must hold at least {FEWEST} items to be compared; got {len(rows)}. Wait for more."
            )
    return old[_some(len(old), most, rng)], new[_some(len(new), most, rng)]


def _some(n: int, most: int, rng: np.random.Generator) -> Rows:
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def _dealt(n_old: int, n_new: int, n_permutations: int, rng: np.random.Generator) -> Floats:
    """(n_items, 1 + n_permutations): who is recent, as it is in the first column, dealt anew in the others."""
    truth = np.repeat([0.0, 1.0], [n_old, n_new])[:, None]
    dealt = np.tile(truth, checks.positive("n_permutations", n_permutations))
    return np.concatenate([truth, rng.permuted(dealt, axis=0)], axis=1)


def _ridge(Z: Floats, is_new: Floats) -> Floats:
    """Weights of a ridge regression for each column, in whichever of two forms is the smaller system."""
    Z = Z - Z.mean(axis=0)
    y = is_new - is_new.mean(axis=0)
    n, d = Z.shape
    if d <= n:
        return np.asarray(np.linalg.solve(Z.T @ Z + RIDGE * n * np.eye(d), Z.T @ y))
    return np.asarray(Z.T @ np.linalg.solve(Z @ Z.T + RIDGE * n * np.eye(n), y))


def _tail(statistics: Floats) -> float:
    """The share of all deals, the true one among them, that are at least as extreme as the true one."""
    slack = 1e-6 * max(abs(float(statistics[0])), 1e-3)  # sums in another order differ in the last bits
    return float(np.mean(statistics >= statistics[0] - slack))
