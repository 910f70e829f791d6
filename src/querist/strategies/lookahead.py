"""How wrong the model will be once an item is labeled, without training it anew."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.core.threads import in_threads
from querist.strategies._doors import generator, nothing, number, outweighed, pool_rows, same_items, target_rows
from querist.strategies._joint import expected_best, predictive_gains
from querist.strategies._labeled import labeled_rows
from querist.strategies._refits import LeastSquaresRefit, LogisticRefit, design
from querist.strategies._rowwise import finite_logs, working_type
from querist.strategies.select import top_k

LOSSES = ("log", "zero_one")
LEARNERS = ("logistic", "least_squares")
LEAST = 1e-12  # a class that the model rules out counts as this probable, so that a label may still bring it in
PART = 8  # candidates that one thread works through on end


@strategy(
    needs=("probs", "embeddings", "labeled"),
    kind="select",
    family="lookahead",
    reason="its label is expected to lower the loss on other items by {utility:.4f}",
    cost="O(n_candidates · n_targets · n_classes² · n_dims) time, O((n_classes · n_dims)²) memory",
    source="Roy and McCallum (2001), Toward optimal active learning through sampling estimation of error reduction",
)
def expected_error_reduction(
    probs: Floats,
    embeddings: Floats,
    labeled: Array,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    loss: str = "log",
    learner: str = "logistic",
    penalty: float = 1.0,
    n_targets: int = 300,
    targets: npt.ArrayLike | None = None,
) -> Picks:
    """The candidates whose labels would make a linear model most certain of other items: expected error reduction.

    Asks for each candidate and each label it may have what a linear model fitted with it would predict elsewhere. That
    is found in closed form, without fitting it, and ranks as fitting it would.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities, best of a linear model on `embeddings`.
    embeddings : (n_items, n_dims) float
        A vector per item. Of long ones the principal components count, as many as make 1500 coefficients with the
        classes.
    labeled : (n_items,) bool
        Whether each item is labeled. Without any only the penalty holds the model.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part, but for those that `labeled` names.
    rng : numpy.random.Generator
        Draws the targets, and breaks ties.
    loss : {"log", "zero_one"}
        What is to become smaller: the mean entropy of the targets, or the mean of 1 - their best probability.
    learner : {"logistic", "least_squares"}
        The model: multinomial logistic regression, or ridge regression on one column per class.
    penalty : float, above 0
        Its L2 penalty, 1/C of scikit-learn's logistic regression or alpha of its ridge regression.
    n_targets : int
        How many rows of the pool to draw as targets; all of them where there are fewer.
    targets : (n_targets,) int, optional
        Rows to take as targets instead.

    Returns
    -------
    picks : Picks
        The highest utility first. A utility is the loss on the targets now less the loss expected; below 0 where the
        label is expected to confuse. Propensities are those of `top_k` given the targets drawn: 1 but for ties at the
        cut. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, they or `labeled` are of different items, the
        rows are not unique rows of the pool, or a parameter is out of its range.

    Notes
    -----
    Roy and McCallum (2001). For `logistic` the loss on the old labels is taken for quadratic, with the curvature of all
    classes together, and the new label's as it is: one matrix of (n_classes · n_dims)² inverted once, a system of
    n_classes equations for each candidate. For `least_squares` the update by one row is exact, by Sherman and Morrison,
    but that probabilities below 0 are then cut off. Each item is rated alone, so look-alikes come together.

    Examples
    --------
    >>> probs = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    >>> X = np.array([[-1.0], [0.0], [1.0], [1.0]])
    >>> labeled = np.array([True, False, False, False])
    >>> picks = expected_error_reduction(
    ...     probs, X, labeled, 1, candidates=[1, 2], chosen=[0], rng=np.random.default_rng(0), targets=[3]
    ... )
    >>> picks.rows  # row 2 stands where the target does
    array([2])
    """
    p = checks.probabilities("probs", probs)
    X = checks.features("embeddings", embeddings)
    same_items(X, p)
    known = labeled_rows(labeled, len(p))
    checks.positive("k", k)
    checks.one_of("loss", loss, LOSSES)
    checks.one_of("learner", learner, LEARNERS)
    number("penalty", penalty, above=0, hint="It is 1/C of the model.")
    free, _ = pool_rows(candidates, chosen, len(p))
    if not len(free):
        return nothing()
    aims = target_rows(targets, n_targets, len(p), generator(rng))
    outweighed(X, len(known) + 1, penalty)
    utilities = _reductions(p, X, known, free, aims, loss, learner, float(penalty))
    found = top_k(utilities, k, candidates=np.arange(len(free)), rng=rng)
    return Picks(free[found.rows], found.utilities, found.propensities)


@strategy(
    needs=("members",),
    kind="select",
    family="lookahead",
    reason="its label is expected to lower the loss on other items by {utility:.4f}",
    cost="O(n_candidates · n_targets · n_classes² · n_members) time, O(n_members · n_targets · n_classes) memory",
    source="Mussmann, Reisler, Tsai, Mousavi, O'Brien and Goldszmidt (2022), arXiv:2211.09283",
)
def expected_error_reduction_reweighted(
    members: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    loss: str = "zero_one",
    n_targets: int = 300,
    targets: npt.ArrayLike | None = None,
) -> Picks:
    """Expected error reduction by a committee: each label weighs the members anew by what they gave it.

    Needs no retraining and no linear model, but members that stand for a posterior, 50 or more. By the log loss it is
    `epig`; by the zero-one loss it counts only what would change a decision, and many candidates change none.

    Parameters
    ----------
    members : (n_members, n_items, n_classes) float
        Class probabilities of each member.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Draws the targets, and breaks ties.
    loss : {"zero_one", "log"}
        What is to become smaller: the mean of 1 - the targets' best probability, or their mean entropy.
    n_targets : int
        How many rows of the pool to draw as targets; all of them where there are fewer.
    targets : (n_targets,) int, optional
        Rows to take as targets instead.

    Returns
    -------
    picks : Picks
        The highest utility first. A utility is the loss on the targets now less the loss expected, at least 0.
        Propensities are those of `top_k` given the targets drawn: 1 but for ties at the cut. Empty where there are no
        candidates.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, a row is no distribution, the rows are not unique rows of the pool, or a parameter is
        out of its range.

    Notes
    -----
    Mussmann, Reisler, Tsai, Mousavi, O'Brien and Goldszmidt (2022), arXiv:2211.09283: with the joint probability
    J(y, y') = (1/K) Σ p_k(y) q_k(y') of an item's and a target's label, the log loss falls by their mutual information
    and the zero-one loss by Σ_y max_y' J - max_y' Σ_y J.

    Examples
    --------
    >>> members = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])
    >>> rows, rng = [0, 1], np.random.default_rng(0)
    >>> picks = expected_error_reduction_reweighted(members, 2, candidates=rows, chosen=[], rng=rng, targets=[0])
    >>> picks.rows, picks.utilities  # its own label takes row 0 from an even chance to certainty
    (array([0, 1]), array([0.5, 0. ]))
    """
    p = checks.member_probabilities("members", members)
    checks.positive("k", k)
    checks.one_of("loss", loss, LOSSES)
    free, _ = pool_rows(candidates, chosen, p.shape[1])
    if not len(free):
        return nothing()
    aims = target_rows(targets, n_targets, p.shape[1], generator(rng))
    if loss == "log":
        utilities = predictive_gains(p, free, p, aims)
    else:
        now = p[:, aims].mean(axis=0, dtype=working_type(p)).max(axis=1).mean(dtype=np.float64)
        utilities = np.maximum(expected_best(p, free, aims) - now, 0)
    found = top_k(utilities, k, candidates=np.arange(len(free)), rng=rng)
    return Picks(free[found.rows], found.utilities, found.propensities)


def _reductions(
    p: Floats, X: Floats, known: Rows, free: Rows, aims: Rows, loss: str, learner: str, penalty: float
) -> Floats:
    """What each candidate's label is expected to take off the loss on the targets."""
    probs = p.astype(np.float64)
    if learner == "logistic":
        probs = np.maximum(probs, LEAST)
    probs /= probs.sum(axis=1, keepdims=True)
    columns = design(X, p.shape[1])
    refit: LogisticRefit | LeastSquaresRefit
    if learner == "logistic":
        # scikit-learn fits one vector for two classes, which costs half of what two opposite ones would.
        refit = LogisticRefit(columns, probs, known, penalty * (2 if p.shape[1] == 2 else 1))
    else:
        refit = LeastSquaresRefit(columns, probs, known, penalty)
    dtype = np.dtype(np.float32 if learner == "logistic" else np.float64)
    there: Floats = columns[aims].astype(dtype)
    now: Floats = probs[aims].T[:, :, None].astype(dtype)
    start: Floats = np.log(now) if learner == "logistic" else now
    reductions = np.empty(len(free))
    today = _losses(start.copy(), loss, learner)

    def work(part: slice) -> None:
        after = refit.moves(free[part], there)
        after += start
        lost = today - _losses(after, loss, learner)
        by_label = lost.mean(axis=0, dtype=np.float64).reshape(-1, probs.shape[1])
        reductions[part] = np.einsum("ij,ij->i", by_label, probs[free[part]])

    in_threads(work, [slice(i, min(i + PART, len(free))) for i in range(0, len(free), PART)])
    return reductions


def _losses(after: Floats, loss: str, learner: str) -> Floats:
    """(n_targets, n): of logits, or of regressions, (n_classes, n_targets, n); writes over them."""
    if learner == "logistic":
        after -= after.max(axis=0)
        powers = np.exp(after)
        totals = powers.sum(axis=0)
        if loss == "zero_one":
            return np.asarray(1 - 1 / totals)
        powers *= after
        return np.asarray(np.log(totals) - powers.sum(axis=0) / totals)
    np.maximum(after, 0, out=after)
    totals = after.sum(axis=0)
    after += totals == 0  # what was cut off altogether is even
    after /= after.sum(axis=0)
    if loss == "zero_one":
        return np.asarray(1 - after.max(axis=0))
    return np.asarray(-(after * finite_logs(after, after.dtype)).sum(axis=0))
