"""What a linear model would predict with one label more, in closed form."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats, Rows
from querist.strategies._rowwise import row_blocks

MOST_COEFFICIENTS = 1500  # of all classes together: their curvature is a matrix of this size, inverted once
FREE = 1e-4  # the bias is not penalized; this share of the penalty keeps the curvature invertible without labels
ROUNDS = 3  # in which the curvature at the old minimum is corrected for the way the model moves
DAMPING = 0.5  # of each correction, as a whole one goes too far and the next comes back
STEPS = 6  # of Newton's method for the new label; few are needed but for labels that come as a surprise
LONGEST_STEP = 4.0  # in logits; keeps a surprise from overshooting
CLOSE = 1e-2  # in logits; a step shorter than this leaves an error of about its square


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

    The old labels' loss is taken for quadratic around its minimum, with the curvature of all classes together, and the
    new label's as it is: the minimum of both then needs one equation per class. What the old labels' gradient is there
    in truth corrects the quadratic, a few times over; its curvature is inverted only once for all candidates.
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
        self.inverse = np.linalg.inv(flat).astype(np.float32)
        self.design = design.astype(np.float32)
        self.known = self.design[labeled]
        self.probs = probs
        self.there = p.T[:, :, None].astype(np.float32)

    def moves(self, rows: Rows, targets: Floats) -> Floats:
        """(n_classes, n_targets, n_rows · n_labels): the shift of each logit at each target for each row's labels."""
        n_classes, n_columns, n = self.probs.shape[1], self.design.shape[1], len(rows)
        x = self.design[rows]
        columns = (self.inverse.reshape(-1, n_columns) @ x.T).reshape(n_classes, n_columns, n_classes, n)
        reach = np.ascontiguousarray(columns.transpose(3, 0, 1, 2)).reshape(n, -1, n_classes)
        own = np.einsum("bn,bcnd->bcd", x, reach.reshape(n, n_classes, n_columns, n_classes)).astype(np.float64)
        start = np.log(self.probs[rows])[:, None, :] + np.zeros((n, n_classes, 1))
        shift: Floats = np.zeros((n, n_classes, n_classes))  # by row, label and class
        moved: Floats = np.zeros((n_classes, n_columns, n * n_classes), dtype=np.float32)
        bent = np.zeros((n_classes * n_columns, n * n_classes), dtype=np.float32)
        for turn in range(ROUNDS if len(self.known) else 1):
            if turn:
                bent += DAMPING * (self.inverse @ self._bend(moved).reshape(bent.shape) - bent)
            base = np.einsum("bn,cnby->byc", x, bent.reshape(n_classes, n_columns, n, n_classes))
            shift, residuals = _settled(own, start - base, shift)
            pulled = reach @ residuals.transpose(0, 2, 1).astype(np.float32)  # (n, n_classes · n_columns, n_labels)
            moved = -(bent + pulled.transpose(1, 0, 2).reshape(bent.shape)).reshape(n_classes, n_columns, -1)
        return np.asarray(targets @ moved)

    def _bend(self, moved: Floats) -> Floats:
        """The old labels' gradient after the move, less what their curvature before it makes of the move."""
        shifts = self.known @ moved  # (n_classes, n_labeled, n)
        linear = shifts - (self.there * shifts).sum(axis=0)
        linear += 1
        linear *= self.there
        shifts += np.log(self.there)
        shifts -= shifts.max(axis=0)
        after = np.exp(shifts, out=shifts)
        after /= after.sum(axis=0)
        after -= linear
        return np.asarray(self.known.T @ after)


def _settled(own: Floats, start: Floats, shift: Floats) -> tuple[Floats, Floats]:
    """Where logits come to rest that a label pulls at and a curvature holds back, and the pull that is left.

    Solves shift + own · (softmax(start + shift) - one-hot label) = 0 for each row and label.
    """
    one = np.eye(start.shape[2])
    for _ in range(STEPS):
        q = _softmax(start + shift)
        gap = shift + (q - one) @ own
        slope = one + own[:, None] @ (q[..., None] * one - q[..., None] * q[..., None, :])
        step = np.linalg.solve(slope, gap[..., None])[..., 0]
        longest = np.abs(step).max(axis=2, keepdims=True)
        shift = shift - step * (LONGEST_STEP / np.maximum(longest, LONGEST_STEP))
        if longest.max() < CLOSE:
            break
    return shift, _softmax(start + shift) - one


def _softmax(logits: Floats) -> Floats:
    powers: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


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

    def moves(self, rows: Rows, targets: Floats) -> Floats:
        """(n_classes, n_targets, n_rows · n_labels): the shift of each prediction at each target for their labels."""
        x = self.design[rows]
        reach = x @ self.inverse
        pull = targets @ reach.T / (1 + np.einsum("ij,ij->i", x, reach))
        wanted = np.eye(self.predicted.shape[1])[:, None, :] - self.predicted[rows].T[:, :, None]
        return np.asarray((pull[None, :, :, None] * wanted[:, None]).reshape(len(wanted), len(targets), -1))
