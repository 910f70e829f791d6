"""Items with parts: the tokens of a text, the boxes of an image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Array, Floats
from querist.core.errors import InvalidInput
from querist.core.strategy import strategy
from querist.strategies._ragged import Ragged, largest_first, means
from querist.strategies._rowwise import entropies, largest, two_largest

AGGREGATES = ("max", "mean_top_5", "sum")
TOP = 5


@strategy(
    needs=("tokens",),
    family="structured",
    reason="its tags have a mean negative log-probability of {utility:.3f}",
    cost="O(n_tokens · n_tags) time, one float per item",
    source="Shen, Yun, Lipton, Kronrod and Anandkumar (2018), arXiv:1707.05928",
)
def mnlp(tokens: npt.NDArray[np.object_]) -> Floats:
    """Maximum normalized log-probability: how improbable the best tags are, per token.

    High where the model is unsure along the whole text; the mean keeps long texts from always coming first.

    Parameters
    ----------
    tokens : (n_items,) object, each (n_tokens, n_tags) float
        Tag probabilities of each item's tokens.

    Returns
    -------
    utilities : (n_items,) float, in nats per token
        From 0 to log(n_tags); higher means label it sooner. Zero for an item without tokens.

    Raises
    ------
    InvalidInput
        If an item is no 2-D array, their tags differ in number, or a token's row is no distribution.

    Notes
    -----
    -(1/n) Σ log max p (Shen et al., 2018), with the tags taken one by one; of a CRF pass the marginals. Time linear in
    the number of tokens and tags; extra memory one block of items.

    Examples
    --------
    >>> tokens = np.empty(2, dtype=object)
    >>> tokens[:] = [np.array([[0.5, 0.5], [1.0, 0.0]]), np.empty((0, 2))]
    >>> mnlp(tokens).round(3)  # (log 2 + 0) / 2, and no token
    array([0.347, 0.   ])
    """
    ragged = Ragged("tokens", tokens)
    utilities = np.zeros(len(ragged), dtype=ragged.dtype)
    for items, starts, table in ragged.blocks():
        best = np.clip(largest(table, ragged.dtype), np.finfo(ragged.dtype).tiny, 1)
        utilities[items] = means(-np.log(best), starts)
    return np.maximum(utilities, 0, out=utilities)


@strategy(
    needs=("tokens",),
    family="structured",
    reason="its tokens have a mean entropy of {utility:.3f} nats",
    cost="O(n_tokens · n_tags) time, one float per item",
    source="Settles and Craven (2008), An analysis of active learning strategies for sequence labeling tasks",
)
def token_entropy(tokens: npt.NDArray[np.object_], *, outside: int | None = None, sure: float = 0.99) -> Floats:
    """Mean entropy of an item's tokens, all of them or those that may belong to an entity.

    High where the model is unsure of many tags. Most tokens of a text lie outside every entity and are certain; with
    `outside` they no longer water down the mean.

    Parameters
    ----------
    tokens : (n_items,) object, each (n_tokens, n_tags) float
        Tag probabilities of each item's tokens.
    outside : int, optional
        The tag of tokens outside every entity. A token is left out where this tag is more probable than `sure`.
    sure : float
        From which probability on a token counts as outside.

    Returns
    -------
    utilities : (n_items,) float, in nats per token
        From 0 to log(n_tags); higher means label it sooner. Zero for an item without tokens, or with none left.

    Raises
    ------
    InvalidInput
        If an item is no 2-D array, their tags differ in number, a token's row is no distribution, `outside` is no tag,
        or `sure` is no share.

    Notes
    -----
    Total token entropy over length (Settles and Craven, 2008). Time linear in the number of tokens and tags; extra
    memory one block of items.

    Examples
    --------
    >>> tokens = np.empty(1, dtype=object)
    >>> tokens[0] = np.array([[0.5, 0.5], [1.0, 0.0]])
    >>> token_entropy(tokens).round(3), token_entropy(tokens, outside=0).round(3)  # log 2 over two tokens, over one
    (array([0.347]), array([0.693]))
    """
    checks.share("sure", sure)
    ragged = Ragged("tokens", tokens)
    utilities = np.zeros(len(ragged), dtype=ragged.dtype)
    for items, starts, table in ragged.blocks():
        counted = None
        if outside is not None:
            n_tags = table.shape[1]
            if isinstance(outside, bool) or not isinstance(outside, int | np.integer) or not 0 <= outside < n_tags:
                raise InvalidInput(f"outside: must be a tag, 0 to {n_tags - 1}; got {outside!r}. Count the columns.")
            counted = table[:, outside] <= sure
        utilities[items] = means(entropies(table, ragged.dtype), starts, counted=counted)
    return utilities


@strategy(
    needs=("member_tokens",),
    family="structured",
    reason="its tags would tell {utility:.3f} nats per token about the model",
    cost="O(n_members · n_tokens · n_tags) time, one float per item",
    source="Siddhant and Lipton (2018), Deep Bayesian active learning for NLP, arXiv:1808.05697; BALD",
)
def sequence_bald(member_tokens: npt.NDArray[np.object_]) -> Floats:
    """Mutual information between a token's tag and the model's parameters, averaged over an item's tokens.

    High where members are each sure of the tags but disagree; zero where they agree, however unsure they are.

    Parameters
    ----------
    member_tokens : (n_items,) object, each (n_members, n_tokens, n_tags) float
        Tag probabilities of each item's tokens, by each ensemble member or dropout pass.

    Returns
    -------
    utilities : (n_items,) float, in nats per token
        From 0 to log(min(n_members, n_tags)); higher means label it sooner. Zero for an item without tokens.

    Raises
    ------
    InvalidInput
        If an item is no 3-D array, their members or tags differ in number, or a token's row is no distribution.

    Notes
    -----
    H[mean p] - mean H[p] per token, as `bald` has it, over the length. Time linear in the number of members, tokens and
    tags; extra memory one block of items.

    Examples
    --------
    >>> tokens = np.empty(1, dtype=object)
    >>> tokens[0] = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])
    >>> sequence_bald(tokens).round(3)  # log 2 for the first token, none for the second
    array([0.347])
    """
    ragged = Ragged("member_tokens", member_tokens, axis=1)
    utilities = np.zeros(len(ragged), dtype=ragged.dtype)
    for items, starts, table in ragged.blocks():
        told = entropies(table.mean(axis=0), ragged.dtype) - entropies(table, ragged.dtype).mean(axis=0)
        utilities[items] = means(np.maximum(told, 0), starts)
    return utilities


@strategy(
    needs=("boxes",),
    family="structured",
    reason="its boxes' classes are open, {utility:.3f}",
    cost="O(n_boxes · (n_classes + log n_boxes)) time, one float per item",
    source="Brust, Käding and Denzler (2019), Active learning for deep object detection, arXiv:1809.09875",
)
def box_uncertainty(boxes: npt.NDArray[np.object_], *, aggregate: str = "max") -> Floats:
    """How unsure the model is of the classes of an image's boxes, each 1 - (p1 - p2).

    High where a box, or many, lie between two classes; zero where all are certain. The sum favors crowded images, which
    also cost more to label; the largest finds the one odd object.

    Parameters
    ----------
    boxes : (n_items,) object, each (n_boxes, n_classes) float
        Class probabilities of each item's boxes.
    aggregate : {"max", "mean_top_5", "sum"}
        The largest of an item's boxes, the mean of the five largest (of all where fewer), or the sum.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to 1, or for the sum to the number of boxes; higher means label it sooner. Zero for an item without
        boxes: give the batch a random share, so that what the detector misses is seen.

    Raises
    ------
    InvalidInput
        If an item is no 2-D array, their classes differ in number, a box's row is no distribution, or `aggregate` is
        none of these.

    Notes
    -----
    Brust, Käding and Denzler (2019), margins of boxes by maximum, mean and sum. Time as given; extra memory one block
    of items.

    Examples
    --------
    >>> boxes = np.empty(2, dtype=object)
    >>> boxes[:] = [np.array([[0.5, 0.5], [0.9, 0.1]]), np.empty((0, 2))]
    >>> box_uncertainty(boxes), box_uncertainty(boxes, aggregate="sum").round(1)  # 1 and 0.2, and no box
    (array([1., 0.]), array([1.2, 0. ]))
    """
    checks.one_of("aggregate", aggregate, AGGREGATES)
    ragged = Ragged("boxes", boxes)
    utilities = np.zeros(len(ragged), dtype=ragged.dtype)
    for items, starts, table in ragged.blocks():
        open_ = _margins(table, ragged.dtype)
        if aggregate == "max":
            utilities[items] = np.maximum.reduceat(open_, starts)
        elif aggregate == "sum":
            utilities[items] = np.add.reduceat(open_, starts)
        else:
            ordered, counted = largest_first(open_, starts, TOP)
            utilities[items] = means(ordered, starts, counted=counted)
    return utilities


def _margins(table: Array, dtype: np.dtype[np.floating]) -> Floats:
    if table.shape[1] == 1:
        return np.zeros(len(table), dtype=dtype)
    first, second = two_largest(table, dtype)
    return np.clip(1 - (first - second), 0, 1)
