"""Greedy selection on the full Fisher information of a softmax model: forward, then backward (Ash et al., 2021)."""

from __future__ import annotations

from math import ceil

import numpy as np

from querist.core.checks import Floats, Rows


def greedy_information(
    X: Floats, probs: Floats, candidates: Rows, chosen: Rows, *, k: int, ridge: float, oversample: float
) -> tuple[Rows, Floats]:
    """The `k` rows kept, in the order they were taken, and what each lowered tr(M⁻¹G) by then.

    Vectors of the parameters run class by class: (n_classes · n_dims,).
    """
    roots = _roots(probs)
    n_classes, n_dims = probs.shape[1], X.shape[1]
    target = _information(X, roots, np.arange(len(X))) / len(X)
    information = _information(X, roots, chosen) + ridge * np.eye(n_classes * n_dims)
    inverse = np.linalg.inv(information)
    few, few_roots = X[candidates], roots[candidates]
    free = np.ones(len(candidates), dtype=bool)
    places: list[int] = []
    gains: list[float] = []
    for _ in range(min(ceil(oversample * k), len(candidates))):
        gained = np.where(free, _change(few, few_roots, inverse, target, added=True), -np.inf)
        i = int(gained.argmax())
        places.append(i)
        gains.append(float(gained[i]))
        free[i] = False
        inverse = _updated(inverse, few[i], few_roots[i], added=True)
    while len(places) > k:
        at = np.array(places)
        lost = _change(few[at], few_roots[at], inverse, target, added=False)
        worst = int(lost.argmin())
        inverse = _updated(inverse, few[at[worst]], few_roots[at[worst]], added=False)
        del places[worst], gains[worst]
    return candidates[np.array(places, dtype=np.int64)], np.array(gains)


def _roots(probs: Floats) -> Floats:
    """(n_items, n_classes, n_classes): R with RRᵀ = diag(p) - ppᵀ."""
    square = np.sqrt(probs)
    roots: Floats = square[:, :, None] * np.eye(probs.shape[1]) - probs[:, :, None] * square[:, None, :]
    return roots


def _information(X: Floats, roots: Floats, rows: Rows) -> Floats:
    """Σ (RRᵀ) ⊗ xxᵀ over these rows."""
    n_classes, n_dims = roots.shape[1], X.shape[1]
    total = np.zeros((n_classes, n_dims, n_classes, n_dims))
    weights = np.einsum("nij,nkj->nik", roots[rows], roots[rows])
    x = X[rows]
    for i in range(n_classes):
        for j in range(i, n_classes):
            total[i, :, j] = (x * weights[:, i, j, None]).T @ x
            total[j, :, i] = total[i, :, j].T
    return total.reshape(n_classes * n_dims, n_classes * n_dims)


def _change(X: Floats, roots: Floats, inverse: Floats, target: Floats, *, added: bool) -> Floats:
    """By how much tr(M⁻¹G) falls with each row added, or rises with it taken away."""
    inner = _quadratic(X, roots, inverse)
    spread = _quadratic(X, roots, inverse @ target @ inverse)
    eye = np.eye(inner.shape[1])
    middle = eye + inner if added else eye - inner
    found: Floats = np.trace(np.linalg.solve(middle, spread), axis1=1, axis2=2)
    return found


def _quadratic(X: Floats, roots: Floats, matrix: Floats) -> Floats:
    """(n_rows, n_classes, n_classes): AᵀBA with A = R ⊗ x, for a symmetric B."""
    n_classes, n_dims = roots.shape[1], X.shape[1]
    blocks = matrix.reshape(n_classes, n_dims, n_classes, n_dims)
    forms = np.empty((len(X), n_classes, n_classes))
    for i in range(n_classes):
        for j in range(i, n_classes):
            forms[:, i, j] = forms[:, j, i] = np.einsum("nd,nd->n", X @ blocks[i, :, j], X)
    found: Floats = np.swapaxes(roots, 1, 2) @ forms @ roots
    return found


def _updated(inverse: Floats, x: Floats, root: Floats, *, added: bool) -> Floats:
    """The inverse once a row's information is added, or taken away (Woodbury)."""
    A = np.einsum("ij,d->idj", root, x).reshape(-1, root.shape[1])
    product = inverse @ A
    middle = A.T @ product
    middle = np.eye(len(middle)) + middle if added else middle - np.eye(len(middle))
    found: Floats = inverse - product @ np.linalg.solve(middle, product.T)
    return found
