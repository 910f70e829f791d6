"""A learner of spans in texts, such as the names in a sentence: it tags tokens, and reads spans off the tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.items import Columns, n_rows
from querist.core.ports import Model
from querist.learners.bio import OUTSIDE, best_tags, n_tags, spans_at, tags_of
from querist.learners.softmax import softmax_regression
from querist.learners.text import texts_of
from querist.learners.token_features import token_features
from querist.learners.tokens import TokenTable, tokenized

MOST_BUCKETS = 1 << 24  # bounds what looking a bucket up takes, 64 MB
BLOCK_CHARACTERS = 1 << 17  # some 30 MB while their features are made


@dataclass(frozen=True, slots=True)
class SpanTagger:
    """Spans in texts by a linear model of tokens, each tagged as outside, begin or inside of a class.

    A multinomial logistic regression on hashed features of a token and its neighbors; the best tags that are those of
    spans are then found by the algorithm of Viterbi. It takes seconds, not hours, to fit, needs no pretrained model,
    and its probabilities are what strategies for tokens read.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty on the coefficients' squares; smaller is stronger.
    n_members : int
        1 for a single model. More make a committee, each member on the items weighted anew at random, whose mean
        predicts and whose disagreement `sequence_bald` reads.
    n_buckets : int
        Columns that features are hashed to. A model holds only those that its items use.
    max_steps : int
        Of the optimizer.

    Notes
    -----
    Features in the manner of Ratinov and Roth (2009), tags as Ramshaw and Marcus (1995) have them. A member's weights
    are drawn from the exponential distribution, the bootstrap of Rubin (1981): with as much variation as drawing items
    with replacement has, but no item, and so no class, is ever lost.

    A text is cut and hashed when it is fitted on or predicted, at some hundred thousand tokens a second, and its
    features are not kept: with the pool's they would take 124 bytes a token, some twenty times what its text does.

    Examples
    --------
    >>> X = ["Ann Lee met Bo", "we met Bo Chu", "nobody came"]
    >>> y = [[(0, 7, 0), (12, 14, 0)], [(7, 13, 0)], []]
    >>> model = SpanTagger().fit(X, y, n_classes=1, rng=np.random.default_rng(0))
    >>> model.predict_spans(["we met Ann Chu"]).tolist(), model.tokens(["we met"])[0].shape
    ([((7, 14, 0),)], (2, 3))
    """

    C: float = 1.0
    n_members: int = 1
    n_buckets: int = 1 << 20
    max_steps: int = 100

    def __post_init__(self) -> None:
        if isinstance(self.C, bool) or not isinstance(self.C, int | float) or not 0 < self.C < np.inf:
            raise InvalidInput(f"C: must be a positive number; got {self.C!r}. Smaller values penalize more.")
        for name in ("n_members", "n_buckets", "max_steps"):
            object.__setattr__(self, name, checks.positive(name, getattr(self, name)))
        if self.n_buckets > MOST_BUCKETS:
            raise InvalidInput(
                f"n_buckets: must be at most {MOST_BUCKETS}; got {self.n_buckets}. A million are plenty."
            )

    @property
    def name(self) -> str:
        """Short, for tables and records."""
        return "SpanTagger" if self.n_members == 1 else f"{self.n_members} x SpanTagger"

    @property
    def reads_items(self) -> bool:
        """It starts from the texts themselves, and needs no encoder."""
        return True

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        return {"class": "SpanTagger", **asdict(self)}

    def fit(
        self, X: Any, y: Array, /, *, n_classes: int, rng: np.random.Generator, warm: Model | None = None
    ) -> SpanModel:
        """A model of these spans.

        Parameters
        ----------
        X : (n_items,) sequence of str, or Columns of one column
            What is missing is a text without tokens.
        y : (n_items,) sequence, each an iterable of (start, end, class)
            Offsets in code points, the end exclusive. A span is widened to whole tokens; of spans that share a token
            the longest is learned. Without a single span the model says outside everywhere.
        n_classes : int
        rng : Generator
            Weighs the items for members; a single model draws nothing.
        warm : Model, optional
            An earlier model of the same classes, buckets and members: its coefficients are where the optimizer begins.

        Raises
        ------
        InvalidInput
            If there is no item, `y` is not one entry per item, or a span is malformed or ends behind its text.

        Notes
        -----
        Time linear in tokens, tags, members and steps. While it runs, about 1 kB for each token and 200 bytes for each
        coefficient; the model keeps 4 bytes of a coefficient.
        """
        texts = _texts(X)
        items, spans = checks.spans("y", y, n_classes=checks.positive("n_classes", n_classes))
        if len(y) != len(texts) or not texts:
            raise InvalidInput(
                f"y: must be one entry per item, {len(texts)}; got {len(y)}. Pass the labeled rows only, at least one."
            )
        table = tokenized(texts)
        tags = tags_of(table, items, spans)
        seen = np.union1d(tags, OUTSIDE)
        buckets = token_features(table, self.n_buckets)
        columns = np.flatnonzero(np.bincount(buckets.ravel(), minlength=1))
        text_of = np.repeat(np.arange(len(texts)), np.diff(table.firsts))
        start = _start(warm, self, n_classes, columns, seen)
        coefficients = np.zeros((len(columns) + 1, self.n_members, len(seen)), dtype=np.float32)
        if start is not None:
            coefficients[:] = start
        if len(seen) > 1:
            rows = _counts(buckets, columns, self.n_buckets, np.float64)
            for member, child in enumerate(rng.spawn(self.n_members)):
                weights = child.exponential(size=len(texts)) if self.n_members > 1 else np.ones(len(texts))
                coefficients[:, member] = softmax_regression(
                    rows,
                    np.searchsorted(seen, tags),
                    weights[text_of],
                    start=coefficients[:, member].astype(np.float64),
                    C=self.C,
                    max_steps=self.max_steps,
                )
        kind = SpanModel if self.n_members == 1 else SpanCommittee
        return kind(n_classes, self.n_buckets, columns, seen, coefficients, warm_started=start is not None)


@dataclass(frozen=True, slots=True, eq=False)
class SpanModel:
    """A fitted `SpanTagger`.

    Parameters
    ----------
    n_classes, n_buckets : int
    columns : (n_columns,) int
        The buckets that the features of its labels fell into.
    seen : (n_seen,) int
        The tags that its labels had.
    coefficients : (n_columns + 1, n_members, n_seen) float32
        The bias last.
    warm_started : bool
        Whether it went on from an earlier model.
    """

    n_classes: int
    n_buckets: int
    columns: Rows
    seen: Rows
    coefficients: npt.NDArray[np.float32]
    warm_started: bool

    def tokens(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each (n_tokens, 2 * n_classes + 1) float32: the tags' probabilities, 0 for one never seen.

        The tokens are those of `tokens_of`, the tags those of `Tags`. Of a committee, the members' mean.
        """
        out = np.empty(n_rows(X), dtype=object)
        for first, table, probs in self._blocks(X):
            mean = probs.mean(axis=0)
            for row, (low, high) in enumerate(pairwise(table.firsts.tolist()), first):
                out[row] = mean[low:high]
        return out

    def predict_spans(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each a tuple of (start, end, class) in code points, the end exclusive, from left to right.

        They consist of whole tokens and do not overlap.
        """
        out = np.empty(n_rows(X), dtype=object)
        for first, table, probs in self._blocks(X):
            logs = np.log(np.maximum(probs.mean(axis=0), np.finfo(np.float32).tiny))
            found = spans_at(table, best_tags(logs, table.firsts))
            out[first : first + len(found)] = found
        return out

    def _blocks(self, X: Any) -> Iterator[tuple[int, TokenTable, npt.NDArray[np.float32]]]:
        """Some texts at a time: the first one's row, their tokens, and (n_members, n_tokens, n_tags) probabilities."""
        for first, texts in _some_at_a_time(_texts(X)):
            table = tokenized(texts)
            counts = _counts(token_features(table, self.n_buckets), self.columns, self.n_buckets, np.float32)
            _, n_members, n_seen = self.coefficients.shape
            z = counts @ self.coefficients[:-1].reshape(len(self.columns), n_members * n_seen)
            z = z.reshape(len(table), n_members, n_seen) + self.coefficients[-1]
            np.exp(z - z.max(axis=2, keepdims=True), out=z)
            probs = np.zeros((n_members, len(table), n_tags(self.n_classes)), dtype=np.float32)
            probs[:, :, self.seen] = (z / z.sum(axis=2, keepdims=True)).swapaxes(0, 1)
            yield first, table, probs


@dataclass(frozen=True, slots=True, eq=False)
class SpanCommittee(SpanModel):
    """A fitted `SpanTagger` of several members."""

    def member_tokens(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each (n_members, n_tokens, 2 * n_classes + 1) float32: each member's probabilities."""
        out = np.empty(n_rows(X), dtype=object)
        for first, table, probs in self._blocks(X):
            for row, (low, high) in enumerate(pairwise(table.firsts.tolist()), first):
                out[row] = probs[:, low:high]
        return out


def _texts(X: Any) -> list[str]:
    if isinstance(X, Columns) and len(X.names) != 1:
        raise InvalidInput(
            f"X: must be one text per item; got the columns {checks.listed(X.names)}. "
            "Pass the one that the spans' offsets count in."
        )
    return texts_of(X)


def _some_at_a_time(texts: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Consecutive texts of about `BLOCK_CHARACTERS` together, one at least, and the first one's row."""
    ends = np.cumsum([len(text) for text in texts])
    first = 0
    while first < len(texts):
        begun = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, begun + BLOCK_CHARACTERS, side="right")))
        yield first, texts[first:last]
        first = last


def _counts(buckets: npt.NDArray[np.int32], columns: Rows, n_buckets: int, dtype: npt.DTypeLike) -> Any:
    """(n_tokens, n_columns) sparse: how often each column's bucket occurs among a token's features."""
    column_of = np.full(n_buckets, -1, dtype=np.int32)
    column_of[columns] = np.arange(len(columns))
    found = column_of[buckets.ravel()]
    known = found >= 0
    per_token = np.count_nonzero(known.reshape(buckets.shape), axis=1)
    index = np.concatenate([[0], np.cumsum(per_token)])
    ones = np.ones(int(index[-1]), dtype=dtype)
    return scipy.sparse.csr_array((ones, found[known], index), shape=(len(buckets), len(columns)))


def _start(warm: Model | None, learner: SpanTagger, n_classes: int, columns: Rows, seen: Rows) -> Floats | None:
    """An earlier model's coefficients, zero where it has none; None if it is of another kind."""
    if not isinstance(warm, SpanModel) or (warm.n_classes, warm.n_buckets) != (n_classes, learner.n_buckets):
        return None
    if warm.coefficients.shape[1] != learner.n_members:
        return None
    start = np.zeros((len(columns) + 1, learner.n_members, len(seen)), dtype=np.float32)
    _, here, there = np.intersect1d(columns, warm.columns, assume_unique=True, return_indices=True)
    here, there = np.append(here, len(columns)), np.append(there, len(warm.columns))
    _, tags_here, tags_there = np.intersect1d(seen, warm.seen, assume_unique=True, return_indices=True)
    members = np.arange(learner.n_members)
    start[np.ix_(here, members, tags_here)] = warm.coefficients[np.ix_(there, members, tags_there)]
    return start
