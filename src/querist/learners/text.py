"""Text as words and topics, learned from the pool alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy

from querist.core.checks import Floats, positive, share
from querist.core.errors import InvalidInput
from querist.core.hashing import is_missing
from querist.core.items import Columns
from querist.learners.reduce import Reduction, reduction, unit_norm

WORD = r"(?u)\b\w+\b"  # scikit-learn's own pattern drops words of one character: "I", "5", most of Chinese
N_BUCKETS = 2**18
RARE_FROM = 1000  # texts; in fewer, a word that comes once may be the one that tells


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """Text as TF-IDF word weights beside latent topics, both of the whole pool.

    Words tell items apart once there are labels by the hundred; topics carry what a few labels say over to words
    not seen with a label yet.

    Parameters
    ----------
    fields : sequence of str
        Which fields of `Columns` to read, joined in this order; a list of texts needs none.
    ngrams : int
        Longest run of words counted as one: 2 also counts pairs.
    n_dims : int
        Topics, and the embeddings' dimensions.
    topic_share : float
        Share of a row's squared length that the topics have; 0 leaves words only.
    hash_above : int
        With more texts than this, words are hashed to buckets instead of kept in a vocabulary.

    Notes
    -----
    Sublinear term frequency times inverse document frequency (Salton and Buckley 1988), unit length; topics are
    latent semantic analysis. Ten thousand short texts take half a second.

    Examples
    --------
    >>> pool = ["free prize now", "win a free prize", "see you at lunch"]
    >>> encoding = TextEncoder().fit(pool)
    >>> encoding.features(pool).shape[0], encoding.embeddings(["lunch prize"]).dtype
    (3, dtype('float32'))
    """

    fields: tuple[str, ...] = ()
    ngrams: int = 1
    n_dims: int = 128
    topic_share: float = 0.75
    hash_above: int = 200_000

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(self.fields))
        positive("ngrams", self.ngrams)
        positive("n_dims", self.n_dims)
        share("topic_share", self.topic_share)

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        return {"class": "TextEncoder", **asdict(self), "fields": list(self.fields)}

    def fit(self, X: Any, /) -> TextEncoding:
        """Learn words, their weights and, when first needed, topics.

        Raises
        ------
        InvalidInput
            If a text is no text, or there is no word in all of them.
        """
        texts = texts_of(X, self.fields)
        # Words that stand in one text alone tell nothing of others; where no word recurs, they are all there is.
        for least in (2, 1) if len(texts) >= RARE_FROM else (1,):
            vectorizer = self._vectorizer(len(texts), least)
            words = _counted(vectorizer, texts)
            if words.nnz:
                return TextEncoding(self, vectorizer, X, words)
        raise InvalidInput(f"X: must hold words; got {len(texts)} texts without any. Check which field holds the text.")

    def _vectorizer(self, n_texts: int, least: int) -> Any:
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer, TfidfVectorizer
        from sklearn.pipeline import make_pipeline

        words: dict[str, Any] = {"token_pattern": WORD, "ngram_range": (1, self.ngrams), "dtype": np.float32}
        if n_texts > self.hash_above:
            hashed = HashingVectorizer(n_features=N_BUCKETS, alternate_sign=False, norm=None, **words)
            return make_pipeline(hashed, TfidfTransformer(sublinear_tf=True))
        return TfidfVectorizer(sublinear_tf=True, min_df=least, **words)


def _counted(vectorizer: Any, texts: Sequence[str]) -> Any:
    try:
        return scipy.sparse.csr_array(vectorizer.fit_transform(texts))
    except ValueError as error:
        if "empty vocabulary" not in str(error) and "no terms remain" not in str(error):
            raise
        return scipy.sparse.csr_array((len(texts), 0), dtype=np.float32)


class TextEncoding:
    """A fitted `TextEncoder`. It keeps the pool it was fitted on, which must not change afterwards."""

    def __init__(self, encoder: TextEncoder, vectorizer: Any, pool: Any, words: Any) -> None:
        self._encoder = encoder
        self._vectorizer = vectorizer
        self._pool = pool
        self._pool_words = words

    def features(self, X: Any, /) -> Any:
        """(n_items, n_features) sparse float32 of unit length; a text without a known word is a row of zeros."""
        words = self._words(X)
        topic_share = self._encoder.topic_share
        if topic_share == 0 or self._topics.components is None:
            return words
        topics = unit_norm(self._topics.apply(words)) * np.float32(np.sqrt(topic_share))
        weighted = words * np.float32(np.sqrt(1 - topic_share))
        return scipy.sparse.csr_array(scipy.sparse.hstack([weighted, scipy.sparse.csr_array(topics)], format="csr"))

    def embeddings(self, X: Any, /) -> Floats:
        """(n_items, n_dims) float32 of unit length: the topics."""
        return np.asarray(unit_norm(self._topics.apply(self._words(X))), dtype=np.float32)

    def _words(self, X: Any) -> Any:
        if X is self._pool:
            return self._pool_words
        return scipy.sparse.csr_array(self._vectorizer.transform(texts_of(X, self._encoder.fields)))

    @cached_property
    def _topics(self) -> Reduction:
        return reduction(self._pool_words, self._encoder.n_dims)


def texts_of(X: Any, fields: tuple[str, ...] = ()) -> list[str]:
    """The texts of `X`, a list or the named fields of `Columns`, joined line by line; what is missing is empty.

    Examples
    --------
    >>> texts_of(Columns({"title": ["Hi", None], "body": ["there", "you"]}), ("title", "body"))
    ['Hi\\nthere', 'you']
    """
    if not isinstance(X, Columns):
        return [_text("X", row, value) for row, value in enumerate(X)]
    if not fields and len(X.names) != 1:
        raise InvalidInput(f"fields: must name the text among {list(X.names)}; got none. Pass TextEncoder(fields=...).")
    parts = [[_text(name, row, value) for row, value in enumerate(X[name])] for name in fields or X.names]
    return ["\n".join(part for part in row if part) for row in zip(*parts, strict=True)]


def _text(name: str, row: int, value: Any) -> str:
    if isinstance(value, str):
        return value
    if is_missing(value):
        return ""
    if isinstance(value, bool | int | float | np.generic):
        return str(value)
    raise InvalidInput(f"{name}: must be text; row {row} is of type {type(value).__name__}. Convert it to text.")
