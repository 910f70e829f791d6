"""Items of a class that hardly ever occurs, and batches that do not starve it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._active_search import Search, neighbors_of
from querist.strategies._doors import generator, nothing, pool_rows, same_items
from querist.strategies._labeled import class_numbers, labeled_rows
from querist.strategies._linear_graphs import Lines
from querist.strategies._rowwise import row_blocks, working_type
from querist.strategies.select import top_k
from querist.strategies.uncertainty import margin


@strategy(
    needs=("probs",),
    family="rare",
    reason="it belongs to the class that is looked for with a probability of {utility:.3f}",
    cost="O(n_items · n_classes) time, one float per item",
    source="Lewis and Gale (1994), relevance sampling",
)
def positive_first(probs: Floats, *, target: int | None = None) -> Floats:
    """The probability of the class that is looked for.

    High where the item is most likely one of the rare ones: greedy search. It finds fast what the model already
    recognizes, and nothing that it does not; give the batch a random share, or `active_search` the budget.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    target : int, optional
        The class looked for. By default the one that the model expects least often: the column with the smallest
        sum, the first of equals.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to 1; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `probs` is not 2-D, a row is no distribution, or `target` is no column of it.

    Notes
    -----
    Relevance sampling (Lewis and Gale, 1994); "maximum" in systematic reviewing. Time linear in the size of `probs`.

    Examples
    --------
    >>> probs = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]])
    >>> positive_first(probs)  # 0.8 items of class 1 are expected, 2.2 of class 0
    array([0.1, 0.4, 0.3])
    >>> positive_first(probs, target=0)
    array([0.9, 0.6, 0.7])
    """
    p = checks.probabilities("probs", probs)
    return np.minimum(p[:, _target(p, target)].astype(working_type(p)), 1)


@strategy(
    needs=("probs", "embeddings", "labels", "labeled"),
    kind="select",
    family="rare",
    reason="asking it, {utility:.2f} finds are expected from what is left of the budget",
    cost="O(n² · n_dims + k · n · neighbors) time, O(n · neighbors) memory, n = min(n_candidates, limit) + n_labeled",
    source="Jiang, Malkomes, Converse, Shofner, Moseley and Garnett (2017), Efficient nonmyopic active search",
    budget="remaining",
)
def active_search(
    probs: Floats,
    embeddings: Floats,
    labels: npt.NDArray[np.generic],
    labeled: npt.NDArray[np.bool_],
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    target: int | None = None,
    remaining: int = 100,
    neighbors: int = 50,
    limit: int = 20_000,
) -> Picks:
    """Efficient nonmyopic search: the item whose answer leads to most finds within the budget that remains.

    Far from the end of the budget it asks where an answer says much about many others, near the end what is most
    likely a find. With nothing ahead it is greedy.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities. The target's is each item's chance before its neighbors' answers are heard, worth as much
        as one of them.
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    labels : (n_items,) int
        Class numbers of the labeled items; elsewhere anything.
    labeled : (n_items,) bool
        Which items are labeled. A candidate counts as unlabeled.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending. One that is pending, like every pick of this batch, counts as no find until its
        answer is there, which spreads the batch out.
    rng : numpy.random.Generator
        Not drawn from: the choice is deterministic, ties going to the lowest row.
    target : int, optional
        The class looked for; by default the one that the model expects least often, as in `positive_first`.
    remaining : int
        Answers still to be bought, this batch included; at least `k` counts. Where a policy says nothing of it, it is
        what the policy's budget leaves.
    neighbors : int
        How many nearest neighbors an item listens to.
    limit : int
        Only so many candidates, those of highest probability, are looked at; the rest fill up a batch.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is the number of finds expected from this pick and the rest of the
        budget, spent greedily after its answer; propensities are 1. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If the arrays are not of the same items or not sound, the rows are not unique rows of them, or a parameter is
        out of its range.

    Notes
    -----
    Jiang et al. (2017), with their k-NN model (Garnett et al., 2012) of which the constant prior is replaced by the
    model's probability, and with a bound on the look-ahead which spares most of it; the picks are those of the full
    computation. Batches by sequential simulation with the pessimistic oracle (Jiang et al., 2018).

    Examples
    --------
    >>> X = np.array([[0.0], [5.0], [5.1], [5.2]])
    >>> probs = np.array([[0.55, 0.45], [0.6, 0.4], [0.6, 0.4], [0.6, 0.4]])
    >>> nobody = np.zeros(4, dtype=bool)
    >>> def first(remaining):
    ...     return active_search(
    ...         probs, X, np.zeros(4), nobody, 1, candidates=[0, 1, 2, 3], chosen=[], rng=np.random.default_rng(0),
    ...         target=1, neighbors=1, remaining=remaining,
    ...     )
    >>> first(1).rows, first(1).utilities  # one answer left: the likeliest
    (array([0]), array([0.45]))
    >>> first(2).rows, first(2).utilities  # row 2 is a neighbor of others: .4 + .4 · (1 + .4)/2 + .6 · .45
    (array([2]), array([0.95]))
    """
    p = checks.probabilities("probs", probs)
    X = checks.features("embeddings", embeddings)
    same_items(X, p)
    for name, whole in (("k", k), ("remaining", remaining), ("neighbors", neighbors), ("limit", limit)):
        checks.positive(name, whole)
    generator(rng)
    wanted = _target(p, target)
    free, taken = pool_rows(candidates, chosen, len(p))
    if not len(free):
        return nothing()
    k = min(k, len(free))
    known = np.setdiff1d(labeled_rows(labeled, len(p)), free, assume_unique=True)
    answers = class_numbers(labels, known, len(p)) == wanted
    pending = np.setdiff1d(taken, known, assume_unique=True)
    chance = p[:, wanted]
    inside = free
    if limit < len(free):
        inside = np.sort(free[np.argsort(-chance[free], kind="stable")[:limit]])
    rows = np.concatenate([inside, known, pending])
    search = Search(neighbors_of(X, rows, neighbors), np.clip(chance[rows], 0, 1))
    search.answer(len(inside) + np.arange(len(known)), answers)
    search.answer(len(inside) + len(known) + np.arange(len(pending)), np.zeros(len(pending), dtype=bool))
    picked: list[int] = []
    utilities: list[float] = []
    for i in range(min(k, len(inside))):
        place, value = search.best(max(k, remaining) - 1 - i)
        search.answer(np.array([place]), np.array([False]))
        picked.append(int(rows[place]))
        utilities.append(value)
    found = np.array(picked, dtype=np.int64)
    if len(found) < k:
        rest = np.setdiff1d(free, inside, assume_unique=True)
        more = rest[np.argsort(-chance[rest], kind="stable")[: k - len(found)]]
        found, utilities = np.concatenate([found, more]), [*utilities, *chance[more].tolist()]
    return Picks(found, np.array(utilities), np.ones(k))


@strategy(
    needs=("probs",),
    kind="select",
    family="rare",
    reason="its class's share of the batch; its two best classes are only {gap:.2f} apart",
    cost="O(n_items · n_classes) time, O(n_items) memory",
    source="class quotas on margin sampling; Ertekin, Huang, Bottou and Giles (2007) on imbalance",
)
def class_balanced(
    probs: Floats, k: int, *, candidates: npt.ArrayLike, chosen: npt.ArrayLike, rng: np.random.Generator
) -> Picks:
    """As many picks from every predicted class, each the most uncertain of its class.

    Keeps a common class from filling the batch. What a class with few candidates cannot use goes to the others in
    equal parts.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Breaks ties at the cut within a class.

    Returns
    -------
    picks : Picks
        In rounds: the best of each class, then the second best, the class with fewest candidates first. A utility is
        that of `margin`. Propensities are exact inclusion probabilities: 1, and m / t for the t candidates of a class
        tied at its cut of which m fit. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, or the rows are not unique rows of it.

    Notes
    -----
    An item's class is its most probable one, the first of equals. What does not divide goes to the classes with fewest
    candidates, which are the rare ones.

    Examples
    --------
    >>> probs = np.array([[0.6, 0.4], [0.7, 0.3], [0.8, 0.2], [0.1, 0.9]])
    >>> class_balanced(probs, 2, candidates=[0, 1, 2, 3], chosen=[], rng=np.random.default_rng(0)).rows
    array([3, 0])
    """
    utilities = margin(probs)
    p = np.asarray(probs)
    checks.positive("k", k)
    generator(rng)
    free, _ = pool_rows(candidates, chosen, len(p))
    if not len(free):
        return nothing()
    predicted = _predicted(p)[free]
    order = np.argsort(predicted, kind="stable")
    sizes = np.bincount(predicted, minlength=p.shape[1])
    ends = np.cumsum(sizes)
    shares = _even_shares(sizes, min(k, len(free)))
    parts: list[tuple[Rows, Rows, Floats]] = []
    for turn, c in enumerate(np.argsort(sizes, kind="stable")):
        if shares[c]:
            rows = free[order[ends[c] - sizes[c] : ends[c]]]
            best = top_k(utilities[rows], int(shares[c]), candidates=np.arange(len(rows)), rng=rng)
            parts.append((np.arange(shares[c]) * len(sizes) + turn, rows[best.rows], best.propensities))
    turns, picked, propensities = (np.concatenate([part[i] for part in parts]) for i in range(3))
    order = np.argsort(turns, kind="stable")
    picked = picked[order].astype(np.int64)
    return Picks(picked, utilities[picked].astype(np.float64), propensities[order])


@strategy(
    needs=("probs", "labels", "labeled"),
    kind="select",
    family="rare",
    reason="it lies where one class ends on the line by margin; its two best classes are only {gap:.2f} apart",
    cost="O(n_items · n_classes · log n_items + k · n_classes · log n_labeled) time, O(n_items · n_classes) memory",
    source="Zhang, Katz-Samuels and Nowak (2022), GALAXY: graph-based active learning at the extreme, arXiv:2202.01402",
)
def galaxy(
    probs: Floats,
    labels: npt.NDArray[np.generic],
    labeled: npt.NDArray[np.bool_],
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
) -> Picks:
    """Bisection for the place where each class ends, on a line by margin, then outward from there.

    Where classes are rare, the model's own border lies far from the true one, deep among the common class; bisection
    between a known member and a known non-member finds the true one, and taking the classes in turn balances what is
    labeled on its two sides.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    labels : (n_items,) int
        Class numbers of the labeled items; elsewhere anything.
    labeled : (n_items,) bool
        Which items are labeled. A candidate counts as unlabeled.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending. One that is pending counts as of its predicted class.
    rng : numpy.random.Generator
        Not drawn from: the choice is deterministic.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is that of `margin`; propensities are 1. Empty where there are no
        candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, the arrays are of different items, or the rows are not unique rows of them.

    Notes
    -----
    Zhang, Katz-Samuels and Nowak (2022). On each class's line items stand by p_c - max p_other. While on any of them
    unlabeled items lie between neighbors of which one is a member and one is not, the middle of the shortest such
    stretch is picked, the lowest class first among equals. As no answer comes within a batch, a pick counts as of its
    predicted class from then on. After that the classes take turns, each with the item nearest to a place where it
    ends, or, where none is known, to where the margin changes its sign.

    Examples
    --------
    >>> p = np.array([0.9, 0.8, 0.7, 0.6, 0.1])  # row 0 is of class 0, row 4 of class 1; between them row 2
    >>> labels, labeled = np.array([0, 0, 0, 0, 1]), np.array([True, False, False, False, True])
    >>> rows, known = [1, 2, 3], [0, 4]
    >>> galaxy(np.c_[p, 1 - p], labels, labeled, 2, candidates=rows, chosen=known, rng=np.random.default_rng(0)).rows
    array([2, 3])
    """
    utilities = margin(probs)
    p = np.asarray(probs)
    checks.positive("k", k)
    generator(rng)
    free, taken = pool_rows(candidates, chosen, len(p))
    if not len(free):
        return nothing()
    known = np.setdiff1d(labeled_rows(labeled, len(p)), free, assume_unique=True)
    given = class_numbers(labels, known, len(p))
    nodes = np.union1d(np.union1d(free, taken), known)
    part = p[nodes] if len(nodes) < len(p) else p
    classes = np.full(len(nodes), -1, dtype=np.int64)
    pending = np.searchsorted(nodes, taken)
    classes[pending] = part[pending].argmax(axis=1)
    classes[np.searchsorted(nodes, known)] = given
    lines = Lines(part, classes)
    k = min(k, len(free))
    picked = lines.bisect(k)
    picked += lines.outward(k - len(picked)) if len(picked) < k else []
    rows = nodes[picked]
    return Picks(rows, utilities[rows].astype(np.float64), np.ones(k))


def _target(p: Floats, target: int | None) -> int:
    if target is None:
        return int(p.sum(axis=0, dtype=np.float64).argmin())
    if isinstance(target, bool) or not isinstance(target, int | np.integer) or not 0 <= target < p.shape[1]:
        raise InvalidInput(
            f"target: must be a class number, 0 to {p.shape[1] - 1}; got {target!r}. Count the columns of probs."
        )
    return int(target)


def _predicted(p: Floats) -> Rows:
    predicted = np.empty(len(p), dtype=np.int64)
    for block in row_blocks(*p.shape):
        predicted[block] = p[block].argmax(axis=1)
    return predicted


def _even_shares(sizes: Rows, k: int) -> Rows:
    """`k` divided as evenly as the sizes allow; what does not divide goes to the smallest that have more."""
    order = np.argsort(sizes, kind="stable")
    shares = np.zeros_like(sizes)
    left = k
    for i, c in enumerate(order):
        # The smallest classes come first, so the larger share can be used by everyone after them.
        shares[c] = min(sizes[c], -(-left // (len(order) - i)))
        left -= int(shares[c])
    return shares
