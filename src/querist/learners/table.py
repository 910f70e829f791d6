"""Tables of numbers, categories, text and vectors as one matrix of features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import scipy

from querist.core.checks import Array, Floats, positive
from querist.core.errors import InvalidInput
from querist.core.hashing import is_missing
from querist.core.items import Columns, FieldKind, FieldSpec
from querist.core.ports import Prepares, Progress
from querist.learners.reduce import Reduction, reduction, unit_norm
from querist.learners.sentences import ReadsText, TextVectors, reading
from querist.learners.text import TextEncoder, TextEncoding
from querist.learners.vectors import rows_of

CLIP = 10.0  # spreads; beyond, a value says "huge" and no more
FENCE = (
    10.0  # interquartile ranges, beyond which a value does not widen the spread: one slip of a decimal point may not
)
WORDS_IN_TEXT = 3.0  # more on average, most of them different, and a column without a kind is text


@dataclass(frozen=True, slots=True)
class TableEncoder:
    """Mixed columns as float32 features.

    Numbers: missing ones become the median and set an indicator; then centered, divided by their spread and clipped
    at 10 spreads. Categories: a column for each common value, for what is rare or new, and for what is missing. Text
    as by `TextEncoder`, vectors centered. Where text or vectors stand beside other columns, each of these parts is
    scaled to a mean squared row length of 1, and the result is sparse if there is text.

    Parameters
    ----------
    spec : FieldSpec, optional
        What each field is; by default as it looks. An array (n_items, n_columns) is all numbers.
    min_count : int
        How often a category must come in the pool to have its own column.
    max_levels : int
        Most columns for one field: the most frequent categories have them.
    n_dims : int
        The embeddings' dimensions, where there are more features.
    text : TextEncoder, SentenceEncoder or FunctionEncoder, optional
        What reads each field of text; by default a `TextEncoder`.

    Examples
    --------
    >>> pool = Columns({"age": [20, 40, None, 30], "city": ["Bonn", "Lima", "Bonn", "Bonn"]})
    >>> TableEncoder(min_count=2).fit(pool).features(pool).round(1)  # age, no age, Bonn, another city
    array([[-1.2,  0. ,  1. ,  0. ],
           [ 1.2,  0. ,  0. ,  1. ],
           [ 0. ,  1. ,  1. ,  0. ],
           [ 0. ,  0. ,  1. ,  0. ]], dtype=float32)
    """

    spec: FieldSpec | None = None
    min_count: int = 3
    max_levels: int = 100
    n_dims: int = 128
    text: ReadsText | None = None

    def __post_init__(self) -> None:
        positive("min_count", self.min_count)
        positive("max_levels", self.max_levels)
        positive("n_dims", self.n_dims)

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        spec = None if self.spec is None else {"kinds": dict(self.spec.kinds)}
        numbers = {name: getattr(self, name) for name in ("min_count", "max_levels", "n_dims")}
        text = {} if self.text is None else {"text": self.text.describe()}
        return {"class": "TableEncoder", "spec": spec, **numbers, **text}

    def prepare(self, X: Any, /, progress: Progress) -> None:
        """Make the vectors of the texts, where an encoder that keeps them reads them."""
        if self.text is None:
            return
        table = _columns(X)
        for name in (self.spec or looks_like(table)).named("text"):
            encoder = reading(self.text, name)
            if isinstance(encoder, Prepares):
                encoder.prepare(table, progress)

    def fit(self, X: Any, /) -> TableEncoding:
        """Learn medians, spreads, categories, words.

        Raises
        ------
        InvalidInput
            If a number is none, no field is used, or the table is empty.
        """
        table = _columns(X)
        kinds = (self.spec or looks_like(table)).kinds
        used = {name: kind for name, kind in kinds.items() if kind != "ignored"}
        if len(table) == 0 or not used:
            raise InvalidInput(
                f"X: must hold items with fields to read; got {table!r} with the kinds {dict(kinds)}. "
                "Pass the pool, and give at least one field a kind other than 'ignored'."
            )
        plain: list[_Part] = []
        beside: list[_Part] = []
        for name, kind in used.items():
            match kind:
                case "number":
                    plain.append(_Number.fit(name, table))
                case "category":
                    plain.append(_Category.fit(name, table, self.min_count, self.max_levels))
                case "vector":
                    beside.append(_Vector.fit(name, table))
                case "text":
                    beside.append(_Text.fit(name, table, self.text or TextEncoder(n_dims=self.n_dims)))
        return TableEncoding(self, X, tuple(plain), tuple(beside))


class TableEncoding:
    """A fitted `TableEncoder`. It keeps the pool it was fitted on, which must not change afterwards."""

    def __init__(self, encoder: TableEncoder, pool: Any, plain: tuple[_Part, ...], beside: tuple[_Part, ...]) -> None:
        self._encoder = encoder
        self._pool = pool
        self._plain = plain
        self._beside = beside
        self._weight = 1.0
        if beside and plain:
            block = self._block(_columns(pool))
            mean_square = float(np.einsum("ij,ij->i", block, block, dtype=np.float64).mean())
            self._weight = 1 / np.sqrt(mean_square) if mean_square > 0 else 1.0

    def features(self, X: Any, /) -> Any:
        """(n_items, n_features) float32: dense, or sparse where there is text."""
        table = _columns(X)
        parts = [self._block(table)] if self._plain else []
        if not self._beside:
            return parts[0]
        if self._plain:
            parts[0] *= np.float32(self._weight)
        parts += [part.encode(table) for part in self._beside]
        if any(scipy.sparse.issparse(part) for part in parts):
            return scipy.sparse.csr_array(
                scipy.sparse.hstack([scipy.sparse.csr_array(part) for part in parts], format="csr")
            )
        return np.hstack(parts)

    def embeddings(self, X: Any, /) -> Floats:
        """(n_items, n_dims) float32 of unit length: the features, reduced if they are wide."""
        return np.asarray(unit_norm(self._reduction.apply(self.features(X))), dtype=np.float32)

    def _block(self, table: Columns) -> Floats:
        block = np.zeros((len(table), sum(part.width for part in self._plain)), dtype=np.float32)
        start = 0
        for part in self._plain:
            block[:, start : start + part.width] = part.encode(table)
            start += part.width
        return block

    @cached_property
    def _reduction(self) -> Reduction:
        return reduction(self.features(self._pool), self._encoder.n_dims)


def looks_like(table: Columns) -> FieldSpec:
    """The kinds of a table's columns, as they look: for data that comes without a description.

    Examples
    --------
    >>> looks_like(Columns({"age": [3, 4], "city": ["Bonn", "Bonn"], "at": [[0.0, 1.0], [2.0, 3.0]]})).kinds
    {'age': 'number', 'city': 'category', 'at': 'vector'}
    """
    return FieldSpec({name: _kind(table[name]) for name in table})


def _kind(column: Array) -> FieldKind:
    if column.ndim > 1:
        return "vector"
    if column.dtype.kind in "iuf":
        return "number"
    values = [v for v in column.tolist() if not is_missing(v)]
    if values and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return "number"
    words = [len(str(v).split()) for v in values]
    different = len({str(v) for v in values}) > len(values) / 2
    return "text" if different and words and np.mean(words) > WORDS_IN_TEXT else "category"


def _columns(X: Any) -> Columns:
    if isinstance(X, Columns):
        return X
    x = np.asarray(X)
    if x.ndim != 2 or x.dtype.kind not in "biuf":
        raise InvalidInput(
            f"X: must be Columns, or a numeric array (n_items, n_columns); got {x.dtype} of shape {x.shape}. "
            "Name the columns: Columns({...})."
        )
    return Columns({str(j): x[:, j] for j in range(x.shape[1])})


class _Part(Protocol):
    """One fitted field."""

    @property
    def width(self) -> int: ...

    def encode(self, table: Columns) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Number:
    name: str
    center: float
    middle: float
    scale: float
    flags_missing: bool

    @classmethod
    def fit(cls, name: str, table: Columns) -> _Number:
        values = numbers(name, table[name])
        finite = values[np.isfinite(values)]
        missing = bool(np.isnan(values).any()) and finite.size > 0
        if finite.size == 0:
            return cls(name, 0.0, 0.0, 0.0, missing)
        with np.errstate(over="ignore", invalid="ignore"):
            middle = float(np.median(finite))
            if not np.isfinite(middle):  # the two in the middle are too large to be added
                middle = float(np.partition(finite, finite.size // 2)[finite.size // 2])
            low, high = np.percentile(finite, [25, 75])
            if (reach := FENCE * (high - low)) > 0:  # else it is mostly one value, and the rare ones are what it says
                finite = np.clip(finite, low - reach, high + reach)
            center, scale = _spread(finite)
        return cls(name, center, middle, scale if np.isfinite(scale) else 0.0, missing)

    @property
    def width(self) -> int:
        return 1 + self.flags_missing

    def encode(self, table: Columns) -> Floats:
        values = numbers(self.name, table[self.name])
        missing = np.isnan(values)
        out = np.zeros((len(values), self.width), dtype=np.float32)
        if self.scale > 0:
            with np.errstate(over="ignore"):
                z = (np.where(missing, self.middle, values) - self.center) / self.scale
            out[:, 0] = np.clip(z, -CLIP, CLIP)
        if self.flags_missing:
            out[:, 1] = missing
        return out


@dataclass(frozen=True, slots=True)
class _Category:
    name: str
    places: Mapping[str, int]
    missing_place: int | None

    @classmethod
    def fit(cls, name: str, table: Columns, min_count: int, max_levels: int) -> _Category:
        counts = Counter(level(value) for value in table[name].tolist())
        missing = counts.pop(None, 0) > 0
        common = [key for key, n in counts.items() if key is not None and n >= min_count]
        kept = sorted(common, key=lambda key: (-counts[key], key))[:max_levels]
        places = {key: place for place, key in enumerate(sorted(kept))}
        return cls(name, places, len(places) + 1 if missing else None)

    @property
    def width(self) -> int:
        return len(self.places) + 1 + (self.missing_place is not None)

    def encode(self, table: Columns) -> Floats:
        other = len(self.places)
        absent = other if self.missing_place is None else self.missing_place
        keys = (level(value) for value in table[self.name].tolist())
        columns = [absent if key is None else self.places.get(key, other) for key in keys]
        out = np.zeros((len(columns), self.width), dtype=np.float32)
        out[np.arange(len(columns)), np.array(columns, dtype=np.int64)] = 1
        return out


@dataclass(frozen=True, slots=True)
class _Vector:
    name: str
    center: Floats
    scale: float

    @classmethod
    def fit(cls, name: str, table: Columns) -> _Vector:
        x = rows_of(table, name)
        center = x.mean(axis=0, dtype=np.float64)
        variance = float(x.var(axis=0, dtype=np.float64).sum())
        return cls(name, center, 1 / np.sqrt(variance) if variance > 0 else 0.0)

    @property
    def width(self) -> int:
        return len(self.center)

    def encode(self, table: Columns) -> Floats:
        return np.asarray((rows_of(table, self.name) - self.center) * self.scale, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Text:
    name: str
    encoding: TextEncoding | TextVectors
    width: int

    @classmethod
    def fit(cls, name: str, table: Columns, text: ReadsText) -> _Text:
        encoding = reading(text, name).fit(table)
        return cls(name, encoding, encoding.features(table.take(np.arange(1))).shape[1])

    def encode(self, table: Columns) -> Any:
        return self.encoding.features(table)


def level(value: Any) -> str | None:
    """A category's name, the same whether a file gave 1, 1.0 or "1"; None where it is missing."""
    if is_missing(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def numbers(name: str, column: Array) -> Floats:
    """A column as float64, with NaN where a number is missing.

    Raises
    ------
    InvalidInput
        If a value is no number.
    """
    if column.dtype.kind in "biuf" and column.ndim == 1:
        return column.astype(np.float64)
    out = np.full(len(column), np.nan)
    for row, value in enumerate(column.tolist()):
        if is_missing(value):
            continue
        try:
            out[row] = float(value)
        except (TypeError, ValueError):
            raise InvalidInput(
                f"{name}: must be numbers; row {row} is {value!r}. Mend it, or give the field the kind 'category'."
            ) from None
    return out


def _spread(values: Floats) -> tuple[float, float]:
    center, scale = float(values.mean()), float(values.std())
    tiny = 1e-12 * max(abs(center), float(np.abs(values).max()))  # what rounding leaves of a constant column
    return center, scale if scale > tiny else 0.0
