"""What a label would tell about the model, or about its predictions, by members that stand for a posterior."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._batch_information import most_informative
from querist.strategies._doors import generator, nothing, pool_rows, target_rows
from querist.strategies._joint import predictive_gains
from querist.strategies.committee import bald
from querist.strategies.select import top_k
from querist.strategies.stochastic import gumbel_top_k


def epig_scores(members: Floats, target_members: Floats, weights: Floats | None = None) -> Floats:
    """Expected predictive information gain: what an item's label would tell about the labels of targets.

    High where knowing the item's label would change what is predicted of the targets; zero where it would not, however
    unsure the model is of the item itself. Unlike `bald` it takes no interest in corners where no target lies.

    Parameters
    ----------
    members : (n_members, n_items, n_classes) float
        Class probabilities of each member.
    target_members : (n_members, n_targets, n_classes) float
        The same members' probabilities of the items that the model is meant for.
    weights : (n_targets,) float, optional
        How much each target counts; by default all alike.

    Returns
    -------
    utilities : (n_items,) float, in nats
        Mean mutual information with a target's label, from 0 to log(n_classes); higher means label it sooner.

    Raises
    ------
    InvalidInput
        If either is not 3-D or holds a row that is no distribution, if they are of different members or classes, if
        there is no target, or the weights are not finite, negative, or all zero.

    Notes
    -----
    Bickford Smith, Kirsch, Farquhar, Gal, Foster and Rainforth (2023), Prediction-oriented Bayesian active learning,
    arXiv:2304.08151, as H[y] - Σ_c E[q(c)] H[y | target is c]: O(n_items · n_targets · n_classes² · n_members) time in
    matrix products, over threads; beside the result O(n_members · n_targets · n_classes) memory.

    Examples
    --------
    >>> members = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])
    >>> epig_scores(members, members[:, :1]).round(3)  # its own label tells log 2 about itself; noise tells nothing
    array([0.693, 0.   ])
    """
    p = checks.member_probabilities("members", members)
    q = checks.member_probabilities("target_members", target_members)
    if q.shape[0] != p.shape[0] or q.shape[2] != p.shape[2] or not q.shape[1]:
        raise InvalidInput(
            f"target_members: must be of the same members and classes as members, ({p.shape[0]}, n_targets, "
            f"{p.shape[2]}), with at least one target; got shape {q.shape}. Predict both with the same members."
        )
    importance = None
    if weights is not None:
        importance = checks.vector("weights", weights, n=q.shape[1]).astype(np.float64)
        if not np.isfinite(importance).all() or (importance < 0).any() or not importance.sum() > 0:
            raise InvalidInput("weights: must be finite, at least 0 and not all 0; got others. Leave them out.")
    found = predictive_gains(p, np.arange(p.shape[1]), q, np.arange(q.shape[1]), importance)
    return found.astype(np.result_type(p.dtype, np.float32))


@strategy(
    needs=("members",),
    kind="select",
    family="bayesian",
    reason="its label would tell {utility:.3f} nats about the labels of others",
    cost="O(n_candidates · n_targets · n_classes² · n_members) time, O(n_members · n_targets · n_classes) memory",
    source="Bickford Smith et al. (2023), Prediction-oriented Bayesian active learning, arXiv:2304.08151",
)
def epig(
    members: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    n_targets: int = 500,
    targets: npt.ArrayLike | None = None,
) -> Picks:
    """The candidates whose labels would tell the most about the labels of other items: expected information gain.

    What `bald` asks of the model's parameters this asks of its predictions, on items like those it will meet. Use it
    rather than `bald` wherever members stand for a posterior; 50 of them or more, each one function of all items.

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
    n_targets : int
        How many rows of the pool to draw as targets; all of them where there are fewer.
    targets : (n_targets,) int, optional
        Rows to take as targets instead: those that look like what the model will be used on.

    Returns
    -------
    picks : Picks
        The highest utility first; a utility is that of `epig_scores`, in nats. Propensities are those of `top_k` given
        the targets drawn: 1 but for ties at the cut. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, a row is no distribution, the rows are not unique rows of the pool, or `targets` is
        empty.

    Notes
    -----
    See `epig_scores`. Each item is rated alone, so look-alikes come together: rate once for a batch of few, or draw
    with `gumbel_top_k`.

    Examples
    --------
    >>> members = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])
    >>> picks = epig(members, 1, candidates=[0, 1], chosen=[], rng=np.random.default_rng(0), targets=[0])
    >>> picks.rows, picks.utilities.round(3)
    (array([0]), array([0.693]))
    """
    p = checks.member_probabilities("members", members)
    checks.positive("k", k)
    free, _ = pool_rows(candidates, chosen, p.shape[1])
    aims = target_rows(targets, n_targets, p.shape[1], generator(rng))
    if not len(free):
        return nothing()
    found = top_k(predictive_gains(p, free, p, aims), k, candidates=np.arange(len(free)), rng=rng)
    return Picks(free[found.rows], found.utilities, found.propensities)


@strategy(
    needs=("members",),
    kind="select",
    family="bayesian",
    reason="beside those before it its label would tell {utility:.3f} nats about the model",
    cost="O(k · n_candidates · n_configurations · n_classes · n_members) time at worst, "
    "O(n_members · n_configurations) memory",
    source="Kirsch, van Amersfoort and Gal (2019), BatchBALD, arXiv:1906.08158",
)
def batch_bald(
    members: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    n_configurations: int = 10_000,
) -> Picks:
    """The batch whose labels together would tell the most about the model's parameters, taken greedily.

    `bald` counts twice what two look-alikes both tell; this counts it once. For batches of about ten and few classes:
    later picks are drawn estimates and nearly random.

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
        Draws ways in which the batch's labels may turn out, once there are more than `n_configurations`.
    n_configurations : int
        How many of these ways to reckon with. Exact as long as n_classes to the power of the batch so far is no more.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is what the label adds to what the labels before it tell, in nats.
        Propensities are 1, which says no more than that the choice is fixed once the seed is: do not weight by them.
        Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, a row is no distribution, or the rows are not unique rows of the pool.

    Notes
    -----
    Kirsch, van Amersfoort and Gal (2019), arXiv:1906.08158. The gain is E_s H[y | s] - mean H[p_k], s the labels of the
    batch so far. Lazy: a gain only shrinks, so that most items are never rated twice. While all ways are reckoned with
    the picks are those of the plain greedy loop. Later the ways are drawn, with one random start and equal steps, and
    an item is passed over where its last estimate lies three of the best one's standard errors below the best. Ties go
    to the lowest row.

    Examples
    --------
    >>> members = np.array([[[1, 0], [1, 0], [1, 0]], [[1, 0], [0, 1], [0, 1]], [[0, 1], [0, 1], [0, 1]]], dtype=float)
    >>> picks = batch_bald(members, 2, candidates=[0, 1, 2], chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities.round(3)  # row 2 copies row 1: 2/3 log 2 from row 0 and not zero
    (array([0, 1]), array([0.637, 0.462]))
    """
    p = checks.member_probabilities("members", members)
    checks.positive("k", k)
    checks.positive("n_configurations", n_configurations)
    free, _ = pool_rows(candidates, chosen, p.shape[1])
    generator(rng)
    if not len(free):
        return nothing()
    rows, gains = most_informative(p, min(k, len(free)), free, rng, n_configurations)
    return Picks(rows, gains, np.ones(len(rows)))


@strategy(
    needs=("members",),
    kind="select",
    family="bayesian",
    reason="drawn, as its label would tell {utility:.3f} nats about the model",
    cost="O(n_members · n_items · n_classes) time, O(n_items) memory",
    source="Kirsch et al. (2023), Stochastic batch acquisition, arXiv:2106.12059",
)
def power_bald(
    members: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    beta: float = 1.0,
) -> Picks:
    """A batch drawn in proportion to a power of `bald`: nearly as good as `batch_bald`, and free.

    The randomness keeps look-alikes from filling the batch, and every pick has a known probability.

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
        Of the draws.
    beta : float, above 0
        The power. At the paper's 1 small batches are close to random; 4 stays near the best.

    Returns
    -------
    picks : Picks
        In the order drawn. A utility is that of `bald`. A propensity is the probability of the draw given the picks
        before it, exactly; see `gumbel_top_k`. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, a row is no distribution, the rows are not unique rows of the pool, or `beta` is not
        above 0.

    Notes
    -----
    Kirsch, Farquhar, Atighehchian, Jesson, Branchaud-Charron and Gal (2023), arXiv:2106.12059. Where all members
    agree on everything the draw is uniform.

    Examples
    --------
    >>> members = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])
    >>> picks = power_bald(members, 2, candidates=[0, 1], chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows, picks.propensities  # row 1 has nothing to tell, so it comes last
    (array([0, 1]), array([1., 1.]))
    """
    utilities = bald(members)
    checks.positive("k", k)
    free, _ = pool_rows(candidates, chosen, len(utilities))
    return gumbel_top_k(utilities, k, candidates=free, rng=rng, beta=beta)
