"""Which pair to have compared next: answers of two, replies of a language model, arms of a ranking."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._bradley_terry import fitted, information, log_odds, reward_variances, whitener
from querist.strategies._doors import generator, nothing, number, outweighed, pool_rows, same_items
from querist.strategies._labeled import labeled_rows
from querist.strategies._lazy import Part, lazy_greedy
from querist.strategies._rowwise import row_blocks, working_type


@strategy(
    needs=("probs",),
    family="pairs",
    reason="which of the two is better is open: p (1 - p) is {utility:.3f} of 0.25",
    cost="O(n_items) time, one float per item",
    source="Bradley and Terry (1952); as variance of a Bernoulli answer",
)
def pair_uncertainty(probs: Floats) -> Floats:
    """How open a comparison is, p (1 - p), where p is the probability that the first of the pair is preferred.

    High for near ties; zero where the model is certain. It cannot tell a tie that is settled from one that is not:
    `pair_information` can.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Of each pair: column 0 the probability that the first is preferred, the others that it is not.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to 1/4; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `probs` is not 2-D, or a row is no distribution.

    Notes
    -----
    The variance of the answer under Bradley and Terry (1952). Time linear in the number of pairs.

    Examples
    --------
    >>> pair_uncertainty(np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])).round(3)
    array([0.25, 0.09, 0.  ])
    """
    p = _first(checks.probabilities("probs", probs))
    return p * (1 - p)


@strategy(
    needs=("members",),
    family="pairs",
    reason="the committee's probabilities for the first have a variance of {utility:.3f}",
    cost="O(n_members · n_items) time, one float per item",
    source="Christiano, Leike, Brown, Martic, Legg and Amodei (2017), arXiv:1706.03741",
)
def pair_disagreement(members: Floats) -> Floats:
    """Variance, over a committee, of the probability that the first of the pair is preferred.

    High where members are each sure but disagree; zero where they agree, be it on a tie.

    Parameters
    ----------
    members : (n_members, n_items, n_classes) float
        Of each member and pair: column 0 the probability that the first is preferred, the others that it is not.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to 1/4; higher means label it sooner. All zero for one member.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, or a row is no distribution.

    Notes
    -----
    Christiano et al. (2017), section 2.2.4. Divided by n_members. Time linear in the number of members and pairs.

    Examples
    --------
    >>> pair_disagreement(np.array([[[0.9, 0.1], [0.5, 0.5]], [[0.1, 0.9], [0.5, 0.5]]])).round(3)  # each 0.4 off
    array([0.16, 0.  ])
    """
    p = checks.member_probabilities("members", members)
    utilities = np.zeros(p.shape[1], dtype=working_type(p))
    for block in row_blocks(p.shape[1], p.shape[0]):
        utilities[block] = p[:, block, 0].var(axis=0, dtype=np.float64)
    return utilities


@strategy(
    needs=("probs", "embeddings", "labeled"),
    family="pairs",
    reason="the comparison would tell {utility:.3f} nats about the rewards",
    cost="O((n_items + n_labeled) · n_dims² + n_dims³) time, O(n_items + n_dims²) memory",
    source="Houlsby, Huszar, Ghahramani and Lengyel (2011), arXiv:1112.5745, with a Laplace posterior",
)
def pair_information(
    probs: Floats, embeddings: Floats, labeled: npt.NDArray[np.bool_], *, prior: float = 1.0
) -> Floats:
    """Mutual information between a comparison's answer and the reward, in a Bradley–Terry model.

    High for near ties in directions that no comparison has measured; low where the outcome is clear, and where it is
    open but only because the two are known to be equal.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Of each pair: column 0 the probability that the first is preferred, the others that it is not.
    embeddings : (n_items, n_dims) float
        The first's features minus the second's: those on which the reward is linear.
    labeled : (n_items,) bool
        Which pairs have been compared.
    prior : float, above 0
        Precision of the reward's coefficients before any comparison.

    Returns
    -------
    utilities : (n_items,) float, in nats
        From 0 to log 2; higher means label it sooner. Zero for a pair without any difference.

    Raises
    ------
    InvalidInput
        If the arrays are not sound or not of the same items, or `prior` is not above 0.

    Notes
    -----
    The difference of rewards is normal, with the log-odds of `probs` as mean and xᵀ V⁻¹ x as variance, where V is
    prior · I + Σ p (1 - p) x xᵀ over the compared pairs. H[E p] - E H[p] by the trapezoid rule, in float64; its error
    is below 1e-9.

    Examples
    --------
    >>> probs, X = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]), np.array([[0.0, 2.0], [2.0, 0.0], [0.0, 0.0]])
    >>> pair_information(probs, X, np.array([True, False, False])).round(3)  # row 0 was compared: half its variance
    array([0.154, 0.231, 0.   ])
    """
    p, X, known, precision = _pairs(probs, embeddings, labeled, prior)
    variances = reward_variances(X, None, whitener(X, p, known, precision))
    return information(log_odds(p), variances).astype(working_type(X))


@strategy(
    needs=("probs", "embeddings", "labeled"),
    kind="select",
    family="pairs",
    reason="the comparison lowers what is not known of the rewards: p (1 - p) times their variance is {utility:.3g}",
    cost="O(n_candidates · n_dims² + k · n_candidates · n_dims) time at most, O(n_candidates + n_dims²) memory",
    source="Das, Chakraborty, Pacchiano and Chowdhury (2024), arXiv:2402.10500; D-optimal design",
)
def pair_optimal(
    probs: Floats,
    embeddings: Floats,
    labeled: npt.NDArray[np.bool_],
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    prior: float = 1.0,
) -> Picks:
    """D-optimal comparisons: each pick lowers the volume of what the reward may still be the most.

    A pick's utility is p (1 - p) xᵀ V⁻¹ x; V then takes it in, so that pairs in its direction fall behind and a batch
    spreads over all directions.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Of each pair: column 0 the probability that the first is preferred, the others that it is not.
    embeddings : (n_items, n_dims) float
        The first's features minus the second's: those on which the reward is linear.
    labeled : (n_items,) bool
        Which pairs have been compared.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; both count as compared.
    rng : numpy.random.Generator
        Not drawn from: the choice is deterministic, ties going to the lowest row.
    prior : float, above 0
        Precision of the reward's coefficients before any comparison.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility u says that the determinant of V grew by the factor 1 + u; propensities
        are 1. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If the arrays are not sound or not of the same items, the rows are not unique rows of them, or `prior` is not
        above 0.

    Notes
    -----
    Greedy D-optimal design with V = prior · I + Σ p (1 - p) x xᵀ, as Das et al. (2024) and Kveton et al. (2025) have
    it for preferences; exact by the rank-one formula of Sherman and Morrison, in float64. As utilities only fall, most
    are not looked at again for each pick.

    Examples
    --------
    >>> probs, X = np.full((3, 2), 0.5), np.array([[3.0, 0.0], [2.9, 0.0], [0.0, 2.0]])
    >>> rows, nothing = [0, 1, 2], np.zeros(3, dtype=bool)
    >>> picks = pair_optimal(probs, X, nothing, 2, candidates=rows, chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities  # 9/4, then 4/4, as row 1 has fallen to 8.41/4 / (1 + 9/4)
    (array([0, 2]), array([2.25, 1.  ]))
    """
    p, X, known, precision = _pairs(probs, embeddings, labeled, prior)
    checks.positive("k", k)
    generator(rng)
    free, taken = pool_rows(candidates, chosen, len(p))
    if not len(free):
        return nothing()
    known = np.union1d(np.setdiff1d(known, free, assume_unique=True), taken)
    white = whitener(X, p, known, precision)
    weights = (p * (1 - p))[free].astype(np.float64)
    bounds = weights * reward_variances(X, free, white)
    places, utilities = lazy_greedy(
        _Design(X, free, weights, white), bounds, min(k, len(free)), row_size=2 * X.shape[1]
    )
    return Picks(free[places], np.maximum(utilities, 0), np.ones(len(places)))


def dueling(wins: npt.ArrayLike, k: int, *, rng: np.random.Generator, prior: float = 1.0) -> Rows:
    """Pairs of arms to compare next, so that the best is found soon: double Thompson sampling.

    For a ranking of a few things that are compared over and over: prompts, models, designs. It compares the arms that
    may still be the best, and leaves the rest.

    Parameters
    ----------
    wins : (n_arms, n_arms) float
        How often the row's arm was preferred to the column's; half a win each for a tie.
    k : int
        How many pairs to draw.
    rng : numpy.random.Generator
        Of the draws.
    prior : float, above 0
        Precision of the arms' strengths before any comparison.

    Returns
    -------
    pairs : (k, 2) int
        Two different arms each: the best of one draw of strengths from the posterior, and the best of the others in
        a second draw. A pair may come more than once.

    Raises
    ------
    InvalidInput
        If `wins` is not square with at least two arms, holds a count below 0, or `prior` is not above 0.

    Notes
    -----
    Wu and Liu (2016), arXiv:1604.07101, with the normal (Laplace) posterior of a Bradley–Terry model in place of one
    beta posterior per pair. O(n_arms³ + k · n_arms²) time.

    Examples
    --------
    >>> wins = np.array([[0, 900, 900, 900], [900, 0, 900, 900], [0, 0, 0, 50], [0, 0, 50, 0]])
    >>> np.sort(dueling(wins, 3, rng=np.random.default_rng(0)), axis=1).tolist()  # only arms 0 and 1 may be best
    [[0, 1], [0, 1], [0, 1]]
    """
    counts = checks.as_float("wins", wins).astype(np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or len(counts) < 2:
        raise InvalidInput(
            f"wins: must be square, (n_arms, n_arms), of at least 2 arms; got shape {counts.shape}. "
            "Count the wins of each over each."
        )
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise InvalidInput("wins: must be counts of at least 0; got a negative one, NaN or infinity.")
    checks.positive("k", k)
    counts -= np.diag(np.diag(counts))
    mean, covariance = fitted(counts, _precision(prior))
    noise = generator(rng).standard_normal((2, k, len(counts)))
    draws = mean + noise @ np.linalg.cholesky(covariance).T
    first = draws[0].argmax(axis=1)
    draws[1, np.arange(k), first] = -np.inf
    return np.stack([first, draws[1].argmax(axis=1)], axis=1)


class _Design:
    """Pairs whose variances fall as the design takes some of them in."""

    def __init__(self, X: Floats, rows: Rows, weights: Floats, white: Floats) -> None:
        self.X, self.rows, self.weights = X, rows, weights
        self.covariance = white @ white.T
        self.directions: list[Floats] = []

    def read(self, places: Rows) -> Part:
        return self.X[self.rows[places]].astype(np.float64), self.weights[places]

    def take(self, part: Part, i: int) -> None:
        x, weight = part[0][i], float(part[1][i])
        along = self.covariance @ x
        scaled = along * np.sqrt(weight / (1 + weight * (x @ along)))
        self.directions.append(scaled)
        self.covariance -= np.outer(scaled, scaled)

    def lowered(self, part: Part, values: Floats, since: int) -> Floats:
        along = part[0] @ np.stack(self.directions[since:]).T
        found: Floats = values - part[1] * np.einsum("ij,ij->i", along, along)
        return found


def _first(p: Floats) -> Floats:
    return np.clip(p[:, 0].astype(working_type(p)), 0, 1)


def _pairs(
    probs: Floats, embeddings: Floats, labeled: npt.ArrayLike, prior: float
) -> tuple[Floats, Floats, Rows, float]:
    p = _first(checks.probabilities("probs", probs))
    X = checks.features("embeddings", embeddings)
    same_items(X, p)
    known, precision = labeled_rows(labeled, len(p)), _precision(prior)
    outweighed(X, len(known) + 1, precision)
    return p, X, known, precision


def _precision(prior: float) -> float:
    return number("prior", prior, above=0, hint="1 is a good start.")
