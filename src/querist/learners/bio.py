"""Spans as tags of tokens, and back: tag 0 is outside, 1 + 2c begins a span of class c, 2 + 2c goes on with it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.learners.tokens import TokenTable

OUTSIDE = 0
TEXTS_AT_ONCE = 512  # bounds what a block's padding takes


def n_tags(n_classes: int) -> int:
    """How many tags there are: outside, and two for each class.

    Examples
    --------
    >>> n_tags(4)
    9
    """
    return 2 * n_classes + 1


def tags_of(table: TokenTable, items: Rows, spans: Rows) -> Rows:
    """The tag of each token under these spans.

    A span is widened to the whole tokens it touches. Of spans that would share a token the longest is kept, then the
    first; one that touches no token, being white space, is left out.

    Parameters
    ----------
    table : TokenTable
    items : (n_spans,) int
        Which text each span is of.
    spans : (n_spans, 3) int
        Start, end and class, in code points of that text.

    Raises
    ------
    InvalidInput
        If a span ends behind its text.

    Examples
    --------
    >>> from querist.learners.tokens import tokenized
    >>> table = tokenized(["in New York today"])
    >>> tags_of(table, np.array([0, 0]), np.array([[3, 10, 1], [7, 11, 0]])).tolist()  # `New Yor` is widened and wins
    [0, 3, 4, 0]
    """
    tags = np.full(len(table), OUTSIDE, dtype=np.int64)
    sizes = np.diff(table.texts) - 1
    beyond = np.flatnonzero(spans[:, 1] > sizes[items])
    if beyond.size:
        at = beyond[0]
        raise InvalidInput(
            f"y: a span must end within its text; item {items[at]} has {sizes[items[at]]} characters, and a span that "
            f"ends at {spans[at, 1]}. Count the offsets in the text that is given, in characters, not in bytes."
        )
    begins = table.texts[items]
    first = np.searchsorted(table.ends, begins + spans[:, 0], side="right")
    last = np.searchsorted(table.starts, begins + spans[:, 1], side="left")
    for span in np.lexsort((spans[:, 0], spans[:, 0] - spans[:, 1])):
        covered = tags[first[span] : last[span]]
        if len(covered) and not covered.any():
            covered[:] = 2 + 2 * spans[span, 2]
            covered[0] -= 1
    return tags


def best_tags(log_probs: Floats, firsts: Rows) -> Rows:
    """The most probable tags of each text that are the tags of spans: one goes on only with what its class began.

    Parameters
    ----------
    log_probs : (n_tokens, n_tags) float
        Of all texts, laid end to end.
    firsts : (n_texts + 1,) int
        Which token is each text's first.

    Notes
    -----
    The algorithm of Viterbi (1967), all texts of a block at once; the first of equals. Time linear in tokens and tags,
    since a tag can follow either any other or two alone.

    Examples
    --------
    >>> begin_or_go_on = np.log([[0.5, 0.1, 0.4], [0.3, 0.1, 0.6]])
    >>> best_tags(begin_or_go_on, np.array([0, 2])).tolist()  # 0.5 * 0.3 for none beats 0.1 * 0.6 for both in a span
    [0, 0]
    """
    tags = np.empty(len(log_probs), dtype=np.int64)
    for start in range(0, len(firsts) - 1, TEXTS_AT_ONCE):
        some = firsts[start : start + TEXTS_AT_ONCE + 1]
        _best_of_some(log_probs, some[:-1], np.diff(some), tags)
    return tags


def spans_at(table: TokenTable, tags: Rows) -> npt.NDArray[np.object_]:
    """(n_texts,) object, each a tuple of (start, end, class): the spans that these tags are of.

    Examples
    --------
    >>> from querist.learners.tokens import tokenized
    >>> spans_at(tokenized(["in New York", "no"]), np.array([0, 3, 4, 0])).tolist()
    [((3, 11, 1),), ()]
    """
    begin = np.flatnonzero(tags % 2 == 1)
    no_longer = np.append(np.flatnonzero((tags % 2 == 1) | (tags == OUTSIDE)), len(tags))
    last = no_longer[np.searchsorted(no_longer, begin, side="right")] - 1
    text = np.searchsorted(table.firsts, begin, side="right") - 1
    offsets = table.texts[text]
    columns = (table.starts[begin] - offsets, table.ends[last] - offsets, tags[begin] // 2)
    found = list(zip(*(column.tolist() for column in columns), strict=True))
    bounds = np.searchsorted(text, np.arange(len(table.firsts))).tolist()
    out = np.empty(len(bounds) - 1, dtype=object)
    for row, (low, high) in enumerate(pairwise(bounds)):
        out[row] = tuple(found[low:high])
    return out


def _best_of_some(log_probs: Floats, firsts: Rows, sizes: Rows, tags: Rows) -> None:
    longest_first = np.argsort(-sizes, kind="stable")
    firsts, sizes = firsts[longest_first], sizes[longest_first]
    # How many texts are longer than t: they are the first ones, so that a step works on a prefix.
    going = np.searchsorted(-sizes, -np.arange(sizes[0] if len(sizes) else 0), side="left")
    came = [np.empty((0, 0), dtype=np.int64)] * len(going)
    score = np.empty((0, 0))
    for t, n in enumerate(going):
        here = log_probs[firsts[:n] + t].astype(np.float64)
        if t == 0:
            here[:, 2::2] = -np.inf
            score = here
            continue
        before = score[:n]
        best = before.argmax(axis=1)
        from_ = np.repeat(best[:, None], here.shape[1], axis=1)
        begun, gone_on = before[:, 1::2], before[:, 2::2]
        odd = np.arange(1, here.shape[1], 2)
        from_[:, 2::2] = np.where(gone_on > begun, odd + 1, odd)
        came[t] = from_
        score[:n] = here + np.take_along_axis(before, from_, axis=1)
    if not len(going):
        return
    tag = np.zeros(len(sizes), dtype=np.int64)
    ended = score.argmax(axis=1)
    for t in range(len(going) - 1, -1, -1):
        n = going[t]
        last = sizes[:n] == t + 1
        tag[:n][last] = ended[:n][last]
        tags[firsts[:n] + t] = tag[:n]
        if t:
            tag[:n] = came[t][np.arange(n), tag[:n]]
