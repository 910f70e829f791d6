"""What to do about drift: rules that read the checks, and which items a rule is about."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.drift import DriftCheck, DriftPlan
from querist.core.errors import InvalidInput
from querist.core.words import counted

RISE = 0.05  # of the error rate: the smallest that is worth labels to see
Z_BOTH = 1.645 + 0.842  # to see it four times in five, at a level of 5 %
FEWEST_LABELS = 50
UNUSED_SHARE = 0.05  # of the labels learned from: so many new ones make another model
NEIGHBORS = 10
CHUNK = 2000


def plan_drift(
    looks: Sequence[DriftCheck],
    *,
    n_learned: int,
    n_unused: int = 0,
    n_measured: int = 0,
    error: float | None = None,
) -> DriftPlan:
    """What the checks of one look come to. The first rule that applies speaks.

    1. Nothing drifted: *watch*.
    2. The error rose, or the shares of the labels changed, and labels are there that the model has not learned from
       (20 or more, and at least 5 % of what it learned from): *retrain*.
    3. The error rose, and the inputs are others: *reopen* the pool. As many labels as the model learned from, times
       2 AUC - 1 of the classifier that tells new items from old: all of them, where nothing is as it was.
    4. The error rose, and the inputs are the same: the same items have other answers now. *Relabel* as large a share
       of what was learned from as the error has risen by, where it rose most.
    5. The shares of the labels changed: *reopen*, by as many labels as show a rise of the error by 5 points.
    6. Inputs or scores are others, and the error was measured on enough new items to have shown a rise by 5 points:
       it does no harm, so *watch*.
    7. Inputs or scores are others, and nobody knows what that does to the error: *reopen*, with a random draw that
       would show a rise by 5 points.

    Parameters
    ----------
    looks : sequence of DriftCheck
        As `judge` gave them.
    n_learned, n_unused : int
        Labels that the model learned from, and those that came in since.
    n_measured : int
        Recent items with labels that were drawn blindly, on which the error is known.
    error : float, optional
        The model's error rate as it was last known, from which follows how many labels show a rise; 0.2 by default.

    Examples
    --------
    >>> plan_drift([], n_learned=200).action
    'watch'
    """
    what = {about: [each for each in looks if each.about == about and each.drifted] for about in _ABOUT}
    said = {about: f"{_ABOUT[about]} ({', '.join(each.name for each in found)})" for about, found in what.items()}
    enough = n_to_see(0.2 if error is None else error)
    unused = n_unused >= max(20, UNUSED_SHARE * n_learned)
    if not any(what.values()):
        return DriftPlan("watch", "Nothing differs from before by more than chance explains.", 1)
    if (what["error"] or what["labels"]) and unused:
        why = said["error"] if what["error"] else said["labels"]
        has = counted(n_unused, "label")
        return DriftPlan("retrain", f"{why}, and {has} came in that the model has not learned from.", 2)
    if what["error"] and what["inputs"]:
        n = max(FEWEST_LABELS, round(n_learned * _apart(looks)))
        why = f"{said['error']}, and {_lower(said['inputs'])}: the model has not seen enough like them."
        return DriftPlan("reopen", why, 3, n)
    if what["error"]:
        n = max(FEWEST_LABELS, round(n_learned * _rise(looks)))
        why = f"{said['error']} on items that look as before: old labels no longer say what is right now."
        return DriftPlan("relabel", why, 4, n)
    if what["labels"]:
        why = f"{said['labels']}: a model that expects the old ones errs more on those that grew."
        return DriftPlan("reopen", why, 5, enough)
    changed = said["inputs"] if what["inputs"] else said["scores"]
    if n_measured >= enough:
        why = f"{changed}, but the error on {counted(n_measured, 'new label')} has not risen: it does no harm so far."
        return DriftPlan("watch", why, 6)
    why = f"{changed}, and {counted(n_measured, 'new label')} are too few to say what that does to the error."
    return DriftPlan("reopen", why, 7, enough)


def n_to_see(error: float, rise: float = RISE) -> int:
    """How many labels, drawn blindly, show such a rise of an error rate, four times in five.

    Examples
    --------
    >>> n_to_see(0.1), n_to_see(0.2)
    (223, 396)
    """
    rate = min(max(checks.share("error", error), 0.02), 0.5)
    return max(FEWEST_LABELS, math.ceil(Z_BOTH**2 * rate * (1 - rate) / rise**2))


def local_rise(
    X: npt.ArrayLike, X_measured: npt.ArrayLike, errors: npt.ArrayLike, *, before: float, n_neighbors: int = NEIGHBORS
) -> Floats:
    """How much the error has risen about each item: the mean over its nearest measured items, less what it was.

    Parameters
    ----------
    X : (n_items, n_dims) float
        Such as the labeled items, to say which to ask about again.
    X_measured : (n_measured, n_dims) float
        Recent items on which the model was found right or wrong.
    errors : (n_measured,) float
    before : float
        The error rate of the time before.
    n_neighbors : int
        How many nearest ones; a small number is local and noisy.

    Returns
    -------
    rise : (n_items,) float
        From -1 to 1.

    Examples
    --------
    >>> local_rise([[0.0], [9.0]], [[0.0], [1.0], [8.0], [9.0]], [0, 0, 1, 1], before=0.1, n_neighbors=2)
    array([-0.1,  0.9])
    """
    items, measured = checks.features("X", X), checks.features("X_measured", X_measured)
    e = checks.vector("errors", errors, n=len(measured)).astype(np.float64)
    checks.share("before", before)
    if not len(e) or items.shape[1] != measured.shape[1]:
        raise InvalidInput(
            f"X_measured: must hold items with the features of X, {items.shape[1]}; got shape {measured.shape}. "
            "Encode both alike."
        )
    k = min(checks.positive("n_neighbors", n_neighbors), len(e))
    squares = np.einsum("ij,ij->i", measured, measured)
    means = []
    for at in range(0, len(items), CHUNK):
        apart = squares - 2 * items[at : at + CHUNK] @ measured.T
        nearest = np.argpartition(apart, k - 1, axis=1)[:, :k]
        means.append(e[nearest].mean(axis=1))
    return np.concatenate(means) - before if means else np.empty(0)


_ABOUT = {
    "error": "The error rose",
    "inputs": "New items are unlike the old ones",
    "labels": "The shares of the labels changed",
    "scores": "The model answers new items in another way",
}


def _apart(looks: Sequence[DriftCheck]) -> float:
    """From 0 to 1, how far new items can be told from old ones."""
    aucs = [each.statistic for each in looks if each.name == "classifier"]
    return min(max(2 * max(aucs, default=1.0) - 1, 0.0), 1.0)


def _rise(looks: Sequence[DriftCheck]) -> float:
    rises = [each.detail["after"] - each.detail["before"] for each in looks if "after" in each.detail]
    return min(max(max(rises, default=0.0), 0.0), 1.0)


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
