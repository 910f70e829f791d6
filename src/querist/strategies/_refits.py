"""What a linear model would predict with one label more, in closed form."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats, Rows
from querist.strategies._rowwise import row_blocks

MOST_COEFFICIENTS = 1500  # of all classes together: their curvature is a matrix of this size, inverted once
FREE = 1e-4  # the bias is not penalized; this share of the penalty keeps the curvature invertible without labels
STEPS = 8  # of Newton's method, of which three are enough but for labels that come as a surprise
LONGEST_STEP = 4.0  # in logits; keeps a surprise from overshooting


def design(X: Floats, n_classes: int) -> Floats:
    """The vectors with a 1 behind them; where they are too long their principal components, in float64."""
    room = max(1, MOST_COEFFICIENTS // n_classes - 1)
    n_items, n_dims = X.shape
    moved = X.astype(np.float64)
    if n_dims > room:
        moved -= moved.mean(axis=0)
        spread = np.zeros((n_dims, n_dims))
        for block in row_blocks(n_items, n_dims):
            spread += moved[block].T @ moved[block]
        moved = moved @ np.linalg.eigh(spread)[1][:, ::-1][:, :room]
    return np.column_stack([moved, np.ones(n_items)])


class LogisticRefit:
    """A multinomial logistic regression, by its probabilities: how its logits move when one label comes in.

    The loss on the labels so far is taken for quadratic around its minimum, with the full curvature over all classes;
    that of the new label is taken as it is. Its minimum then needs a system of one equation per class.
    """

    def __init__(self, design: Floats, probs: Floats, labeled: Rows, penalty: float) -> None:
        n_classes, n_columns = probs.shape[1], design.shape[1]
        known, p = design[labeled], probs[labeled]
        curvature = np.zeros((n_classes, n_columns, n_classes, n_columns))
        for c in range(n_classes):
            for other in range(c, n_classes):
                weights = p[:, c] * ((c == other) - p[:, other])
                curvature[c, :, other] = curvature[other, :, c] = (known * weights[:, None]).T @ known
        ridge = np.full(n_columns, penalty)
        ridge[-1] *= FREE
        flat = curvature.reshape(n_classes * n_columns, -1)
        flat[np.diag_indices_from(flat)] += np.tile(ridge, n_classes)
        self.inverse = np.linalg.inv(flat).reshape(n_classes, n_columns, n_classes, n_columns)
        self.design = design
        self.probs = probs

    def moves(self, row: int, targets: Floats) -> Floats:
        """(n_classes, n_targets, n_labels): the shift of each logit at each target for each label of the row."""
        reach = self.inverse @ self.design[row]  # (n_classes, n_columns, n_classes)
        own = self.design[row] @ reach  # (n_classes, n_classes)
        residuals = _residuals(own, self.probs[row])
        directions = reach @ residuals  # (n_classes, n_columns, n_labels)
        return -(targets @ directions)


class LeastSquaresRefit:
    """A ridge regression on one column per class, by what it predicts: how that moves when one label comes in."""

    def __init__(self, design: Floats, predicted: Floats, labeled: Rows, penalty: float) -> None:
        known = design[labeled]
        gram = known.T @ known
        ridge = np.full(design.shape[1], penalty)
        ridge[-1] *= FREE
        gram[np.diag_indices_from(gram)] += ridge
        self.inverse = np.linalg.inv(gram)
        self.design = design
        self.predicted = predicted

    def moves(self, row: int, targets: Floats) -> Floats:
        """(n_classes, n_targets, n_labels): the shift of each prediction at each target for each label of the row."""
        reach = self.inverse @ self.design[row]
        pull = targets @ reach / (1 + self.design[row] @ reach)
        wanted = np.eye(self.predicted.shape[1]) - self.predicted[row][:, None]
        return pull[None, :, None] * wanted[:, None, :]


def _residuals(own: Floats, probs: Floats) -> Floats:
    """(n_classes, n_labels): what the model predicts less what the label says, once it was fitted to that label."""
    n_classes = len(probs)
    log_p = np.log(probs)
    one = np.eye(n_classes)
    shift = np.zeros((n_classes, n_classes))  # a row per label
    for _ in range(STEPS):
        q = np.exp(log_p + shift - (log_p + shift).max(axis=1, keepdims=True))
        q /= q.sum(axis=1, keepdims=True)
        gap = shift + (q - one) @ own
        slope = one + own @ (q[:, :, None] * one - q[:, :, None] * q[:, None, :])
        step = np.linalg.solve(slope, gap[:, :, None])[:, :, 0]
        longest = np.abs(step).max()
        shift -= step * np.minimum(1, LONGEST_STEP / np.maximum(np.abs(step).max(axis=1, keepdims=True), LONGEST_STEP))
        if longest < 1e-6:
            break
    q = np.exp(log_p + shift - (log_p + shift).max(axis=1, keepdims=True))
    return (q / q.sum(axis=1, keepdims=True) - one).T
