"""What a model says of the stop set beside the model before it: agreement, and how sure it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.rng import generator
from querist.loop.stopping.verdict import Glance

STOP_ITEMS = 2000  # a changed share of a percent is then known to about a fifth of a percent


def stop_rows(n_items: int, seed: int) -> Rows:
    """Rows of the stop set: up to 2,000 of the pool, drawn blindly, whether they are labeled or not."""
    rows = generator(seed, "stop set").permutation(n_items)[:STOP_ITEMS]
    return np.sort(rows).astype(np.int64)


def glance(
    n_labels: int,
    probs: npt.ArrayLike,
    before: npt.ArrayLike | None = None,
    *,
    foretold: npt.ArrayLike | None = None,
    foretold_probs: npt.ArrayLike | None = None,
) -> Glance:
    """What a model says of the stop set.

    Parameters
    ----------
    n_labels : int
        That it was fitted on.
    probs : array_like (n_stop, n_classes)
        Its probabilities for the stop set.
    before : array_like (n_stop,), optional
        The classes that the model before it named.
    foretold : array_like (n_new,) bool, optional
        Of the items labeled since the model before, whether that one had named the right class.
    foretold_probs : array_like (n_new,), optional
        The probability that it gave to the class it named.

    Examples
    --------
    >>> glance(50, [[0.9, 0.1], [0.2, 0.8]], before=[0, 0]).changed
    0.5
    """
    p = checks.probabilities("probs", probs)
    top = p.max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(p > 0, p * np.log(p), 0.0).sum(axis=1)
    classes = p.argmax(axis=1)
    kappa = changed = delta_f = None
    if before is not None and len(classes):
        last = np.asarray(before)
        if last.shape != classes.shape:
            raise InvalidInput(f"before: must be one class per stop item, {len(classes)}; got shape {last.shape}.")
        kappa, changed, delta_f = agreement(last, classes)
    right, sure = _mean(foretold), _mean(foretold_probs)
    return Glance(
        n_labels=n_labels,
        kappa=kappa,
        changed=changed,
        delta_f=delta_f,
        uncertainty=float(entropy.mean() / np.log(p.shape[1])) if len(p) and p.shape[1] > 1 else None,
        confidence=float(top.mean()) if len(p) else None,
        batch_right=right,
        batch_confidence=sure,
    )


def agreement(before: Rows, after: Rows) -> tuple[float, float, float]:
    """Cohen's kappa, the share that changed, and 1 - 2a/(2a+b+c), the mean over the classes that either names.

    For a class, a items are of it by both, b + c by one of the two: Altschuler and Bloodgood (2019), arXiv 1901.09118.
    Where all items are of one class by both, kappa is 1.

    Examples
    --------
    >>> kappa, changed, delta_f = agreement(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0]))
    >>> kappa, changed, round(delta_f, 4)  # F 4/5 and 2/3
    (0.5, 0.25, 0.2667)
    """
    n_classes = int(max(before.max(), after.max())) + 1
    table = np.bincount(before * n_classes + after, minlength=n_classes**2).reshape(n_classes, n_classes)
    both, rows, columns = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    n = table.sum()
    agreed, chance = both.sum() / n, float(rows @ columns) / n**2
    kappa = 1.0 if chance == 1 else float((agreed - chance) / (1 - chance))
    named = rows + columns > 0
    f = 2 * both[named] / (rows + columns)[named]
    return kappa, float(1 - agreed), float(1 - f.mean())


def _mean(values: npt.ArrayLike | None) -> float | None:
    if values is None:
        return None
    found: Floats = np.asarray(values, dtype=np.float64)
    return float(found.mean()) if found.size else None
