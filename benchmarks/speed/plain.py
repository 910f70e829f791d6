"""The operations as one would write them in NumPy, or as a paper has them in torch, with no thought of speed."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np

Score = Callable[[np.ndarray], np.ndarray]


def entropy(probs: np.ndarray) -> np.ndarray:
    """Minus the sum of p log p."""
    return -(probs * np.log(np.maximum(probs, 1e-30))).sum(axis=1)


def margin(probs: np.ndarray) -> np.ndarray:
    """One less the gap of the two best."""
    two = np.partition(probs, -2, axis=1)[:, -2:]
    return 1 - (two[:, 1] - two[:, 0])


def least_confidence(probs: np.ndarray) -> np.ndarray:
    """One less the best."""
    return 1 - probs.max(axis=1)


def best(utilities: np.ndarray, k: int = 100) -> np.ndarray:
    """The rows of the `k` highest, in no order."""
    return np.argpartition(utilities, -k)[-k:]


def bald(members: np.ndarray) -> np.ndarray:
    """The entropy of the mean less the mean of the entropies."""
    p = np.maximum(members, 1e-30)
    mean = members.mean(axis=0)
    return entropy(mean) + (p * np.log(p)).sum(axis=2).mean(axis=0)


def epig_in_torch(members: np.ndarray, targets: np.ndarray) -> Callable[[], Any]:
    """The authors' formula in steps of 200 items, as the whole table would take 4 GB."""
    import torch

    n_members, n_items, _ = members.shape
    n_targets = targets.shape[1]
    p, q = torch.tensor(members), torch.tensor(targets).reshape(n_members, -1)

    def run() -> torch.Tensor:
        own = -torch.special.xlogy(p.mean(0), p.mean(0)).sum(-1)
        aims = q.mean(0)
        theirs = -torch.special.xlogy(aims, aims).sum() / n_targets
        parts = []
        for start in range(0, n_items, 200):
            joint = p[:, start : start + 200].permute(1, 2, 0) @ q / n_members
            parts.append(torch.special.xlogy(joint, joint).sum((1, 2)) / n_targets)
        return own + theirs + torch.cat(parts)

    return run


def k_center(X: np.ndarray, n_chosen: int, k: int = 100) -> np.ndarray:
    """The exact greedy: squared distances to the nearest chosen row, brought up to date with every pick."""
    norms = np.einsum("ij,ij->i", X, X)
    chosen = X[:n_chosen]
    nearest = (norms[:, None] + norms[:n_chosen] - 2 * (X @ chosen.T)).min(axis=1)
    picked = []
    for _ in range(k):
        row = int(nearest[n_chosen:].argmax()) + n_chosen
        picked.append(row)
        nearest = np.minimum(nearest, norms + norms[row] - 2 * (X @ X[row]))
        nearest[row] = -1
    return np.array(picked)


def badge(probs: np.ndarray, X: np.ndarray, k: int = 100) -> np.ndarray:
    """k-means++ on gradients kept as two factors, the error and the embedding."""
    rng = np.random.default_rng(0)
    errors = probs.copy()
    errors[np.arange(len(X)), probs.argmax(axis=1)] -= 1
    lengths = (errors * errors).sum(axis=1) * (X * X).sum(axis=1)
    picked = [int(lengths.argmax())]
    nearest = np.full(len(X), np.inf, dtype=np.float32)
    while len(picked) < k:
        row = picked[-1]
        apart = lengths + lengths[row] - 2 * (errors @ errors[row]) * (X @ X[row])
        nearest = np.minimum(nearest, np.maximum(apart, 0))
        nearest[picked] = 0
        picked.append(int(rng.choice(len(X), p=nearest / nearest.sum(dtype=np.float64))))
    return np.array(picked)


def density(X: np.ndarray) -> np.ndarray:
    """The mean of a table of cosines, in blocks."""
    return np.concatenate([(X[i : i + 1000] @ X.T).mean(axis=1) for i in range(0, len(X), 1000)])


def references(n_chosen: int, n: int, n_reference: int = 3000) -> np.ndarray:
    """The rows that ours draws as references, by the same seed."""
    return np.sort(np.random.default_rng(0).choice(np.arange(n_chosen, n), n_reference, replace=False))


def herding(similar: Score, R: np.ndarray, weights: np.ndarray, X: np.ndarray, n_chosen: int, k: int = 100) -> Any:
    """The candidates of greatest coverage, every gain computed anew for every pick from one table."""
    candidates = np.arange(n_chosen, len(X))
    K = similar(X[candidates] @ R.T)
    covered = similar(X[:n_chosen] @ R.T).max(axis=0, initial=0)
    picked: list[int] = []
    for _ in range(k):
        gains = np.maximum(K - covered, 0) @ weights
        gains[picked] = -1
        picked.append(int(gains.argmax()))
        covered = np.maximum(covered, K[picked[-1]])
    return candidates[picked]


def lazy_herding(similar: Score, R: np.ndarray, weights: np.ndarray, X: np.ndarray, n_chosen: int, k: int = 100) -> Any:
    """The same picks with a heap of bounds over the table, one candidate at a time: an exact greedy."""
    candidates = np.arange(n_chosen, len(X))
    K = similar(X[candidates] @ R.T)
    covered = similar(X[:n_chosen] @ R.T).max(axis=0, initial=0)
    parts = np.array_split(K, max(1, len(K) // 1000))
    first = np.concatenate([np.maximum(part - covered, 0) @ weights for part in parts])
    heap = [(-gain, row, 0) for row, gain in enumerate(first.tolist())]
    heapq.heapify(heap)
    picked: list[int] = []
    while len(picked) < k:
        _, row, seen = heapq.heappop(heap)
        if seen == len(picked):
            picked.append(row)
            covered = np.maximum(covered, K[row])
        else:
            heapq.heappush(heap, (-float(np.maximum(K[row] - covered, 0) @ weights), row, len(picked)))
    return candidates[picked]


def rbf(cosines: np.ndarray) -> np.ndarray:
    """exp(-distance²) of unit vectors by their cosines."""
    return np.exp(2 * cosines - 2)


def positive(cosines: np.ndarray) -> np.ndarray:
    """Cosines, cut off at zero."""
    return np.maximum(cosines, 0)


def covered(similar: Score, R: np.ndarray, weights: np.ndarray, X: np.ndarray, rows: np.ndarray) -> float:
    """What rows cover of the references, in float64: the value that the greedy raises."""
    best_of = np.zeros(len(R))
    for start in range(0, len(rows), 50):
        part = X[rows[start : start + 50]].astype(np.float64)
        best_of = np.maximum(best_of, similar(part @ R.astype(np.float64).T).max(axis=0))
    return float(best_of @ weights)


def weighted_variance_reduction(
    probs: np.ndarray, X: np.ndarray, n_chosen: int, k: int = 100, ridge: float = 0.05
) -> np.ndarray:
    """The greedy with updates of rank one: two passes over the embeddings a pick."""
    h = margin(probs)
    known = (X[:n_chosen] * h[:n_chosen, None]).T @ X[:n_chosen]
    inverse = np.linalg.inv(ridge * np.eye(X.shape[1]) + known).astype(X.dtype)
    G = (X * h[:, None]).T @ X / len(X)
    V = X @ inverse
    own, total = (V * X).sum(axis=1), ((V @ G) * V).sum(axis=1)
    picked: list[int] = []
    for _ in range(k):
        gains = h * total / (1 + h * own)
        gains[:n_chosen] = gains[picked] = -1
        row = int(gains.argmax())
        picked.append(row)
        u = inverse @ X[row]
        share = h[row] / (1 + h[row] * own[row])
        along, shifted = X @ u, X @ (inverse @ (G @ u))
        total += share * along * (share * along * (u @ G @ u) - 2 * shifted)
        own -= share * along**2
        inverse -= share * np.outer(u, u)
    return np.array(picked)


def weighted_k_means(probs: np.ndarray, X: np.ndarray, k: int = 100, rounds: int = 10) -> np.ndarray:
    """Lloyd's rounds on the 10 k most uncertain, then the item nearest each middle."""
    u = margin(probs)
    rows = best(u, 10 * k)
    A, w = X[rows], u[rows]
    middles = A[np.random.default_rng(0).choice(len(rows), k, replace=False, p=w / w.sum(dtype=np.float64))]
    for _ in range(rounds):
        of = ((middles**2).sum(axis=1) - 2 * (A @ middles.T)).argmin(axis=1)
        for j in range(k):
            inside = of == j
            if inside.any():
                middles[j] = np.average(A[inside], axis=0, weights=w[inside])
    near = (A**2).sum(axis=1)[:, None] - 2 * (A @ middles.T)
    picked: list[int] = []
    for j in range(k):
        near[picked, j] = np.inf
        picked.append(int(near[:, j].argmin()))
    return rows[picked]
