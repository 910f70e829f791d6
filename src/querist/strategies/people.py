"""Where the answers are people's: which item to ask again, which anew, and whom."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.strategy import strategy
from querist.strategies._answers import (
    answers_of,
    crowd_posterior,
    majority,
    skilled,
    tempered,
    told_by_each,
    weights_of,
)
from querist.strategies._rowwise import row_blocks, working_type


@strategy(
    needs=("probs", "answers"),
    family="people",
    reason="what the model and its answers say together leaves {utility:.2f} open",
    cost="O(n_items · n_classes + n_answers) time and memory",
    source="Goh and Mueller (2023), ActiveLab: active learning with data re-labeling, arXiv:2301.11856",
)
def active_label(probs: Floats, answers: npt.NDArray[np.integer]) -> Floats:
    """ActiveLab: how little is known of an item's class, from the model and from all answers to it so far.

    Rates new items and answered ones on one scale, so that one ranking decides between a first answer and another one.
    High where the model is unsure and nobody has answered, or where answers contradict each other or the model; low
    where several reliable people agree.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities, best from folds that did not see the item.
    answers : (n_items, n_annotators) int
        Each annotator's class number, or -1 for none.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to 1 - 1/n_classes; higher means ask for one more answer sooner. All zero where there is one class only.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, or `answers` no class numbers of the same items.

    Notes
    -----
    One minus the score of Goh and Mueller (2023). An annotator's weight comes from the agreement with others on the
    same items, the model's from its agreement with the consensus, both against the error of guessing the usual class;
    the model's probabilities are brought to the temperature that fits the answers best (CROWDLAB, Goh, Tkachenko and
    Mueller, 2022). Where no item has two answers, all weights are one and the temperature stays. Computed in float64.

    Examples
    --------
    >>> probs = np.array([[0.8, 0.2], [0.8, 0.2], [0.8, 0.2]])
    >>> active_label(probs, np.array([[-1], [0], [1]])).round(3)  # .8 and .5 in equal parts; .8 twice; .2 twice
    array([0.35, 0.3 , 0.7 ])
    """
    p = checks.probabilities("probs", probs)
    n_classes = p.shape[1]
    given = answers_of(answers, len(p), n_classes)
    dtype = working_type(p)
    if n_classes == 1 or not len(p):
        return np.zeros(len(p), dtype=dtype)
    p = p.astype(np.float64)
    per_item = given.per_item
    asked = per_item > 0
    if (per_item > 1).any():
        p = tempered(p, given)
        consensus = majority(given, p)
        posterior = crowd_posterior(given, p, weights_of(given, p, consensus))
        best = posterior.max(axis=1)
        alone = (posterior == best[:, None]).sum(axis=1) == 1
        consensus = np.where(alone, posterior.argmax(axis=1), consensus)
        weights = weights_of(given, p, consensus)
        posterior = crowd_posterior(given, p, weights)
        quality = np.where(asked, posterior[np.arange(len(p)), consensus], p.max(axis=1))
        model, people = weights.model, weights.people
    else:
        consensus = np.where(asked, given.by_class().argmax(axis=1), p.argmax(axis=1))
        quality = p[np.arange(len(p)), consensus]
        model, people = 1.0, np.ones(given.n_people)
    believed = np.bincount(given.items, weights=people[given.people], minlength=len(p)) + model
    active = np.bincount(given.people, minlength=given.n_people) > 0
    typical = float(people[active].mean()) if active.any() else 1.0
    score = (believed * quality + typical / n_classes) / (believed + typical)
    utilities: Floats = np.clip(1 - score, 0, 1).astype(dtype)
    return utilities


@strategy(
    needs=("probs", "answers"),
    family="people",
    reason="one more answer would tell {utility:.3f} nats about its class",
    cost="O(n_annotators · n_items · n_classes²) time, O((n_items + n_answers) · n_classes) memory",
    source="Dawid and Skene (1979); mutual information as in Welinder and Perona (2010) and Houlsby et al. (2011)",
)
def relabel_value(
    probs: Floats, answers: npt.NDArray[np.integer], *, accuracy: float = 0.8, strength: float = 5.0
) -> Floats:
    """What one more answer would tell about an item's true class, given the answers so far and who gave them.

    High where the model and the answers leave the class open and people tell classes apart; zero where it is settled,
    and where people only guess. It knows nothing of the model's need: it cleans labels.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities: each item's before its answers are heard.
    answers : (n_items, n_annotators) int
        Each annotator's class number, or -1 for none.
    accuracy : float, above 0 and below 1
        How often an annotator is taken to be right before anything is known of any.
    strength : float, above 0
        How many answers per class that belief is worth, and the average annotator for each one.

    Returns
    -------
    utilities : (n_items,) float, in nats
        From 0 to log(n_classes); higher means ask sooner. The mean over the annotators who have not answered the item,
        or over all where all have.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `answers` no class numbers of the same items, or a parameter is out of range.

    Notes
    -----
    H[q Θ] - Σ q_c H[Θ_c], where q is the item's posterior and Θ an annotator's confusion matrix, both by the EM of
    Dawid and Skene (1979) with the model as prior of the class; confusion matrices shrink toward the average one, and
    that toward `accuracy`. Computed in float64.

    Examples
    --------
    >>> probs = np.array([[0.5, 0.5], [1.0, 0.0]])
    >>> relabel_value(probs, np.array([[-1], [-1]])).round(3)  # log 2 - H(0.8, 0.2), and settled
    array([0.193, 0.   ])
    """
    p = checks.probabilities("probs", probs)
    posterior, confusion = estimate_confusion(p, answers, accuracy=accuracy, strength=strength)
    if not len(confusion):
        raise InvalidInput("answers: must have a column for each annotator; got none. Name those who could answer.")
    utilities = np.empty(len(p))
    free: npt.NDArray[np.bool_] = np.asarray(np.asarray(answers) < 0)
    for block in row_blocks(len(p), confusion.shape[0] * confusion.shape[2]):
        told = told_by_each(posterior[block], confusion)
        may = free[block] | ~free[block].any(axis=1, keepdims=True)
        utilities[block] = np.where(may, told, 0).sum(axis=1) / may.sum(axis=1)
    return utilities.astype(working_type(p))


def estimate_confusion(
    probs: Floats, answers: npt.ArrayLike, *, accuracy: float = 0.8, strength: float = 5.0
) -> tuple[Floats, Floats]:
    """What people's answers say about the items' classes, and about the people.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities: each item's before its answers are heard.
    answers : (n_items, n_annotators) int
        Each annotator's class number, or -1 for none.
    accuracy : float, above 0 and below 1
        How often an annotator is taken to be right before anything is known of any.
    strength : float, above 0
        How many answers per class that belief is worth, and the average annotator for each one.

    Returns
    -------
    posterior : (n_items, n_classes) float
        Each item's class probabilities given all answers.
    confusion : (n_annotators, n_classes, n_classes) float
        How often each annotator answers the column's class for an item of the row's.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `answers` no class numbers of the same items, or a parameter is out of range.

    Notes
    -----
    Dawid and Skene (1979), at most 50 rounds of EM.

    Examples
    --------
    >>> posterior, confusion = estimate_confusion(np.array([[0.5, 0.5]]), np.array([[-1, -1]]))
    >>> posterior, confusion[0]  # nothing heard: what was believed before
    (array([[0.5, 0.5]]), array([[0.8, 0.2],
           [0.2, 0.8]]))
    """
    p = checks.probabilities("probs", probs)
    for name, value, highest in (("accuracy", accuracy, 1.0), ("strength", strength, np.inf)):
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not 0 < value < highest:
            bound = " and below 1" if highest == 1 else ", and finite"
            raise InvalidInput(f"{name}: must be a number above 0{bound}; got {value!r}.")
    given = answers_of(answers, len(p), p.shape[1])
    return skilled(given, p.astype(np.float64), float(accuracy), float(strength))


def which_annotator(
    posterior: Floats,
    confusion: Floats,
    cost: npt.ArrayLike | None = None,
    *,
    answered: npt.ArrayLike | None = None,
) -> tuple[Rows, Floats]:
    """Whom to ask about each item: the annotator who tells most about its class per unit of cost.

    Parameters
    ----------
    posterior : (n_items, n_classes) float
        Each item's class probabilities by all that is known.
    confusion : (n_annotators, n_classes, n_classes) float
        How often each annotator answers the column's class for an item of the row's.
    cost : (n_annotators,) float, above 0, optional
        Price of an answer, in dollars or seconds. By default all cost the same.
    answered : (n_items, n_annotators) bool, optional
        Who has answered already, and is not asked again.

    Returns
    -------
    annotators : (n_items,) int
        Column numbers, the lowest among equals; -1 where everybody has answered.
    utilities : (n_items,) float
        Nats per unit of cost; 0 where everybody has answered.

    Raises
    ------
    InvalidInput
        If an array is not of its shape, a row is no distribution, or a cost is not above 0.

    Notes
    -----
    H[q Θ] - Σ q_c H[Θ_c] over cost. O(n_annotators · n_items · n_classes²) time.

    Examples
    --------
    >>> expert, novice = [[0.99, 0.01], [0.01, 0.99]], [[0.7, 0.3], [0.3, 0.7]]
    >>> which_annotator(np.array([[0.5, 0.5]]), np.array([expert, novice]), cost=[10, 1])[0]  # .637 / 10 and .082
    array([1])
    """
    q = checks.probabilities("posterior", posterior)
    matrices = checks.member_probabilities("confusion", confusion)
    n_people, n_classes = len(matrices), q.shape[1]
    if matrices.shape[1:] != (n_classes, n_classes):
        raise InvalidInput(
            f"confusion: must be (n_annotators, {n_classes}, {n_classes}), as posterior has {n_classes} classes; got "
            f"shape {matrices.shape}. Use the same classes."
        )
    price = np.ones(n_people) if cost is None else checks.vector("cost", cost, n=n_people).astype(np.float64)
    if not (price > 0).all():
        raise InvalidInput(f"cost: must be above 0; got {price.min()}. Leave it out where all cost the same.")
    done = np.zeros((len(q), n_people), dtype=bool) if answered is None else np.asarray(answered, dtype=bool)
    if done.shape != (len(q), n_people):
        raise InvalidInput(
            f"answered: must be (n_items, n_annotators), ({len(q)}, {n_people}); got shape {done.shape}. "
            "Pass arrays of the same items."
        )
    people, utilities = np.empty(len(q), dtype=np.int64), np.empty(len(q))
    q, matrices = q.astype(np.float64), matrices.astype(np.float64)
    for block in row_blocks(len(q), n_people * n_classes):
        worth = told_by_each(q[block], matrices) / price
        worth[done[block]] = -1
        people[block] = worth.argmax(axis=1)
        utilities[block] = worth.max(axis=1)
    nobody = utilities < 0
    people[nobody], utilities[nobody] = -1, 0
    return people, utilities


def ie_thresh(
    answers: npt.ArrayLike, labels: npt.ArrayLike, *, share: float = 0.8, confidence: float = 0.95
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Which annotators to go on asking: those who may still be nearly as good as the best (IEThresh).

    A simpler choice than `which_annotator`, for when there are too few answers for a confusion matrix each: it asks all
    who pass, and so keeps learning about those of whom it knows little.

    Parameters
    ----------
    answers : (n_items, n_annotators) int
        Each annotator's class number, or -1 for none.
    labels : (n_items,) int
        The resolved class of each item, such as the majority's; -1 where there is none.
    share : float
        How near to the best upper bound an annotator's must come.
    confidence : float
        Of the interval whose upper end is looked at.

    Returns
    -------
    trusted : (n_annotators,) bool
        Whom to ask.
    upper : (n_annotators,) float
        Upper end of each one's interval of accuracy, at most 1.

    Raises
    ------
    InvalidInput
        If the arrays are not of the same items, or a share is not between 0 and 1.

    Notes
    -----
    Donmez, Carbonell and Schneider (2009): mean reward + t · s / √n, where a reward is 1 for an answer that equals the
    label and 0 for another. Each annotator begins with one reward of either kind, so that an interval is there at once.

    Examples
    --------
    >>> answers = np.array([[0, 1], [1, 0], [0, 1], [1, 0], [0, 1], [1, 0]] * 5)
    >>> ie_thresh(answers, answers[:, 0])[0]  # the second one is always wrong
    array([ True, False])
    """
    from scipy.special import stdtrit

    checks.share("share", share)
    checks.share("confidence", confidence)
    given, truth = np.asarray(answers), np.asarray(labels)
    if given.ndim != 2 or truth.shape != given.shape[:1]:
        raise InvalidInput(
            f"labels: must be one per row of answers; got shapes {truth.shape} and {given.shape}. "
            "Pass arrays of the same items."
        )
    counted = (given >= 0) & (truth >= 0)[:, None]
    n = counted.sum(axis=0) + 2
    right = (counted & (given == truth[:, None])).sum(axis=0) + 1
    mean = right / n
    deviation = np.sqrt(mean * (1 - mean) * n / (n - 1))
    upper = np.minimum(mean + stdtrit(n - 1, 0.5 + confidence / 2) * deviation / np.sqrt(n), 1)
    return upper >= share * upper.max(initial=0), upper
