"""Multinomial logistic regression on sparse counts, with weights, a start and a cap on its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from querist.core.checks import Floats, Rows

MEMORY = 5  # steps that the optimizer remembers; each costs it two copies of the coefficients
TOLERANCE = 1e-4  # of a loss that is a mean over rows, in nats: ten times finer took twice the time and found no more


def softmax_regression(
    X: Any, y: Rows, weights: Floats, *, start: Floats, C: float, max_steps: int
) -> npt.NDArray[np.float32]:
    """(n_dims + 1, n_classes): coefficients whose softmax is the classes' probabilities, the bias last.

    Parameters
    ----------
    X : (n_rows, n_dims) sparse
    y : (n_rows,) int
        Classes from 0 to n_classes - 1.
    weights : (n_rows,) float
        How often each row counts.
    start : (n_dims + 1, n_classes) float
        Where to begin: zeros, or the coefficients of an earlier model.
    C : float
        Inverse strength of the penalty on the squares, from which the bias is free.
    max_steps : int

    Notes
    -----
    L-BFGS (Liu and Nocedal, 1989) on the penalized log-likelihood, which is convex: the start says how long it takes
    and, but for what a step below the tolerance would still change, not where it ends. A step takes two products of
    `X` with as many columns as there are classes.

    Examples
    --------
    >>> X = scipy.sparse.csr_array([[1.0, 0.0], [0.0, 1.0]])
    >>> found = softmax_regression(X, np.array([0, 1]), np.ones(2), start=np.zeros((3, 2)), C=1.0, max_steps=50)
    >>> round(float(found[0, 0] - found[0, 1]), 2)  # the gap d at which both forces meet: d = 2 / (1 + exp(d))
    0.67
    """
    n_rows, shape = len(y), start.shape
    penalty = 1 / (C * n_rows)
    turned = X.T.tocsr()
    at = np.arange(n_rows)

    def loss(flat: Floats) -> tuple[float, Floats]:
        coefficients = flat.reshape(shape)
        z = X @ coefficients[:-1] + coefficients[-1]
        z -= z.max(axis=1, keepdims=True)
        own = z[at, y]
        np.exp(z, out=z)
        sums = z.sum(axis=1)
        z /= sums[:, None]
        value = weights @ (np.log(sums) - own) / n_rows + penalty / 2 * np.vdot(coefficients[:-1], coefficients[:-1])
        z[at, y] -= 1
        z *= (weights / n_rows)[:, None]
        slope = np.empty(shape)
        slope[:-1] = turned @ z + penalty * coefficients[:-1]
        slope[-1] = z.sum(axis=0)
        return float(value), slope.ravel()

    options = {"maxiter": max_steps, "maxcor": MEMORY, "gtol": 0.0, "ftol": TOLERANCE}
    found = scipy.optimize.minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x.reshape(shape), dtype=np.float32)
