"""What to use where nobody said what: chosen by what the items are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.items import Columns, FieldKind, FieldSpec, n_rows
from querist.core.ports import Encoder
from querist.core.schema import TASKS, Task
from querist.learners.calibrate import Calibrated
from querist.learners.committee import Committee
from querist.learners.detector import PatchDetector
from querist.learners.each_label import EachLabel
from querist.learners.given import IdentityEncoder, RawEncoder
from querist.learners.recipe import Recipe
from querist.learners.reduce import SAMPLE_ROWS
from querist.learners.sentences import ReadsText, reading
from querist.learners.sklearn import SklearnLearner, as_learner
from querist.learners.table import TableEncoder, looks_like
from querist.learners.tagger import SpanTagger
from querist.learners.text import TextEncoder
from querist.learners.vectors import ImageEncoder, VectorEncoder, has_one_unit

# what kind of field holds an answer's parts, and the word for it
READS: Mapping[str, tuple[FieldKind, str]] = {"spans": ("text", "text"), "boxes": ("vector", "image")}


def default_recipe(
    X: Any, spec: FieldSpec | None = None, *, task: Task = "choice", text: ReadsText | None = None
) -> Recipe:
    """The encoder and learner that did best at 20 to 300 labels on items of this kind.

    Parameters
    ----------
    X : list of str, Columns, array or sparse matrix
        The pool.
    spec : FieldSpec, optional
        What the fields of `Columns` are; by default as they look.
    task : {"choice", "labels", "spans", "boxes", "number", ...}
        What is asked. What is learned as a choice, or not at all, has the recipe of a choice; of the latter the encoder
        alone is used.
    text : TextEncoder, SentenceEncoder or FunctionEncoder, optional
        What reads text; by default a `TextEncoder`.

    Returns
    -------
    recipe : Recipe
        Text: words and topics; images and vectors: themselves if of unit length, else a kernel; sparse: as given;
        all with logistic regression (C=20) or ridge regression. Tables, and arrays whose columns are of different
        units: the mean of logistic regression and extremely randomized trees, or such trees for a number. Labels that
        may hold together: such a model for each. Spans: a tagger of the text; boxes: a detector of the image.

    Examples
    --------
    >>> recipe = default_recipe(["free prize", "see you"])
    >>> type(recipe.encoder).__name__, recipe.learner.name
    ('TextEncoder', 'LogisticRegression')
    """
    checks.one_of("task", task, TASKS)
    encoder = default_encoder(X, spec, text=text)
    if task in READS:
        field = only_field(spec or looks_like(X), task) if isinstance(X, Columns) else None
        return Recipe(RawEncoder(encoder, field), SpanTagger() if task == "spans" else PatchDetector())
    is_table = isinstance(encoder, TableEncoder) and not _has(encoder.spec, "text", "vector")
    usual = _for_tables(task) if is_table else _linear(task)
    return Recipe(encoder, EachLabel(usual) if task == "labels" else usual)


def only_field(spec: FieldSpec, task: Task) -> str | None:
    """The field that an answer's spans or boxes lie in; None for other tasks.

    Raises
    ------
    InvalidInput
        If no field is of the kind, or more than one is.

    Examples
    --------
    >>> only_field(FieldSpec({"words": "text", "year": "number"}), "spans")
    'words'
    """
    if task not in READS:
        return None
    kind, what = READS[task]
    named = spec.named(kind)
    if len(named) != 1:
        listed = f" ({checks.listed(named)})" if named else ""
        files = " Where images are files, ask for polygons, among which boxes may stand." if task == "boxes" else ""
        raise InvalidInput(
            f"{task}: must lie in the one {what} of an item; there are {len(named)} fields of the kind {kind}{listed}. "
            f"Say which it is: leave the others out with `drop`, or say of which `kind` each is.{files}"
        )
    return named[0]


def recipe_for(
    learner: Any,
    X: Any,
    spec: FieldSpec | None = None,
    *,
    task: Task = "choice",
    text: ReadsText | None = None,
) -> Recipe:
    """The recipe for a learner of one's own, or a scikit-learn estimator.

    A pipeline that starts from text or a table gets the items as they are; features that are given, dense or sparse,
    stay as they are; other items are encoded as by default. A learner of classes learns each of several labels.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> recipe = recipe_for(make_pipeline(TfidfVectorizer(), LogisticRegression()), ["free prize", "see you"])
    >>> type(recipe.encoder).__name__
    'RawEncoder'
    """
    own = as_learner(learner)
    if task in READS and isinstance(X, Columns):
        return Recipe(RawEncoder(default_encoder(X, spec, text=text), only_field(spec or looks_like(X), task)), own)
    if task == "labels" and isinstance(own, SklearnLearner | Committee | Calibrated):
        own = EachLabel(own)
    if getattr(own, "reads_items", False):
        return Recipe(RawEncoder(default_encoder(X, spec, text=text)), own)
    if scipy.sparse.issparse(X) or (isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "biuf"):
        takes_missing = X.dtype.kind == "f" and not scipy.sparse.issparse(X) and bool(np.isnan(X).any())
        return Recipe(RawEncoder(TableEncoder()) if takes_missing else IdentityEncoder(), own)
    return Recipe(default_encoder(X, spec, text=text), own)


def default_encoder(X: Any, spec: FieldSpec | None = None, *, text: ReadsText | None = None) -> Encoder:
    """The encoder of `default_recipe`.

    Raises
    ------
    InvalidInput
        If `text` is given and the items have none.
    """
    encoder = _suited(X, spec, text)
    if text is not None and not _reads_text(encoder):
        raise InvalidInput(
            "encoder: must have text to read; the items have none. Leave it out, or say which field is text."
        )
    return encoder


def _reads_text(encoder: Encoder) -> bool:
    return isinstance(encoder, ReadsText) or (isinstance(encoder, TableEncoder) and _has(encoder.spec, "text"))


def _suited(X: Any, spec: FieldSpec | None, text: ReadsText | None) -> Encoder:
    if scipy.sparse.issparse(X):
        return IdentityEncoder()
    if isinstance(X, Columns):
        return _for_columns(X, spec or looks_like(X), text)
    if n_rows(X) == 0:
        raise InvalidInput("X: must hold items; got none. Pass the pool.")
    if isinstance(X, list | tuple) and isinstance(X[0], str | None):
        return text or TextEncoder()
    x = np.asarray(X)
    if x.dtype.kind in "OUT" and x.ndim == 1:
        return text or TextEncoder()
    if x.dtype.kind not in "biuf" or x.ndim < 2:
        raise InvalidInput(
            f"X: must be texts, Columns, or numbers with a row per item; got {x.dtype} of shape {x.shape}. "
            "Put each kind of field in its own column: Columns({...})."
        )
    if x.ndim > 2:
        return ImageEncoder()
    sample = x[:SAMPLE_ROWS]
    one_unit = bool(np.isfinite(x.sum(dtype=np.float64))) and has_one_unit(sample)
    return VectorEncoder() if one_unit else TableEncoder()


def _for_columns(X: Columns, spec: FieldSpec, text: ReadsText | None) -> Encoder:
    if spec.used and spec.used == spec.named("text"):
        return reading(text or TextEncoder(), *spec.used)
    if len(spec.used) == 1 and spec.used == spec.named("vector"):
        field = spec.used[0]
        return ImageEncoder(field) if X[field].ndim > 2 else VectorEncoder(field)
    return TableEncoder(spec, text=text)


def _has(spec: FieldSpec | None, *kinds: str) -> bool:
    return spec is not None and any(kind in kinds for kind in spec.kinds.values())


def _linear(task: Task) -> SklearnLearner:
    from sklearn.linear_model import LogisticRegression, RidgeCV

    if task == "number":
        return SklearnLearner(RidgeCV(alphas=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)), "ridge")
    return SklearnLearner(LogisticRegression(C=20, max_iter=1000))


def _for_tables(task: Task) -> SklearnLearner:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, VotingClassifier
    from sklearn.linear_model import LogisticRegression

    if task == "number":
        return SklearnLearner(ExtraTreesRegressor(100), "extra trees")
    straight, steps = LogisticRegression(max_iter=1000), ExtraTreesClassifier(50)
    both = VotingClassifier([("linear", straight), ("trees", steps)], voting="soft")
    return SklearnLearner(both, "logistic regression + extra trees")
