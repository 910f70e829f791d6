"""Arrays of numbers, pixels among them, as features for a linear model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.checks import Array, Floats
from querist.core.errors import InvalidInput
from querist.core.items import Columns, n_rows
from querist.learners.reduce import SAMPLE_ROWS, Reduction, reduction, sample_rows, unit_norm

UNIT_TOLERANCE = 1e-2  # half-precision embeddings are off by 1e-3; raw measurements by far more
TINY = 1e-30  # a spread below it is rounding, and its inverse is too large for float32
ONE_UNIT = 5.0  # columns whose spreads differ by less than this factor are taken to be of one unit
BLOCK_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class VectorEncoder:
    """Vectors as they are if of unit length (embeddings), else through a Gaussian kernel; of unit length then.

    Columns of one unit (pixels, spectra) are divided by one range, others each by its own spread.

    Parameters
    ----------
    field : str, optional
        Which field of `Columns` holds the vectors; an array needs none.
    kernel : bool, optional
        Whether to go through the kernel; by default unless all rows have unit length.
    one_unit : bool, optional
        Whether all columns are of one unit; by default if their spreads are within a factor of 5.
    n_landmarks : int
        Rows of the pool that the kernel is approximated from, and the features' columns.
    n_dims : int
        The embeddings' dimensions, where there are more columns.

    Notes
    -----
    exp(-|x - x'|^2 / total variance), by the method of Nystroem (Williams and Seeger 2001). Linear in items, with
    `n_landmarks` float32 each.

    Examples
    --------
    >>> pool = np.arange(20.0).reshape(10, 2)
    >>> encoding = VectorEncoder(n_landmarks=5).fit(pool)
    >>> encoding.features(pool).shape, encoding.embeddings(pool).shape
    ((10, 5), (10, 2))
    """

    field: str | None = None
    kernel: bool | None = None
    one_unit: bool | None = None
    n_landmarks: int = 300
    n_dims: int = 128

    def __post_init__(self) -> None:
        checks.positive("n_landmarks", self.n_landmarks)
        checks.positive("n_dims", self.n_dims)

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        return {"class": "VectorEncoder", **asdict(self)}

    def fit(self, X: Any, /) -> VectorEncoding:
        """Learn centers, scales and landmarks.

        Raises
        ------
        InvalidInput
            If it is no numeric array, is empty, or holds NaN or infinity.
        """
        x = rows_of(X, self.field)
        if len(x) == 0 or x.shape[1] == 0:
            raise InvalidInput(f"X: must hold items with numbers; got shape {x.shape}. Pass the pool.")
        picked = sample_rows(len(x), SAMPLE_ROWS)
        sample = x if picked is None else x[picked]
        if self.kernel is None and unit_rows(sample):
            return VectorEncoding(self, X, None, None)
        sample = sample.astype(np.float64)
        scaler = _scaler(sample, has_one_unit(sample) if self.one_unit is None else self.one_unit)
        kernel = _nystroem(scaler.apply(sample), self.n_landmarks) if self.kernel is not False else None
        return VectorEncoding(self, X, scaler, kernel)


@dataclass(frozen=True, slots=True)
class ImageEncoder:
    """Images of one size, (n, h, w) or (n, h, w, channels), as a Gaussian kernel on their pixels, of unit length.

    Parameters
    ----------
    field, n_landmarks, n_dims
        As in `VectorEncoder`.

    Examples
    --------
    >>> images = np.zeros((4, 2, 2), dtype=np.uint8)
    >>> images[1:3] = 255
    >>> ImageEncoder().fit(images).features(images).shape
    (4, 4)
    """

    field: str | None = None
    n_landmarks: int = 300
    n_dims: int = 128

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        return {"class": "ImageEncoder", **asdict(self)}

    def fit(self, X: Any, /) -> VectorEncoding:
        """Learn the pixels' range, their mean and landmarks."""
        return VectorEncoder(self.field, True, True, self.n_landmarks, self.n_dims).fit(X)


class VectorEncoding:
    """A fitted `VectorEncoder` or `ImageEncoder`. It keeps the pool, which must not change afterwards."""

    def __init__(self, encoder: VectorEncoder, pool: Any, scaler: _Scaler | None, kernel: Any) -> None:
        self._encoder = encoder
        self._pool = pool
        self._scaler = scaler
        self._kernel = kernel

    def features(self, X: Any, /) -> Floats:
        """(n_items, n_features): float32 of unit length, or the vectors themselves, not copied, if they are that."""
        x = rows_of(X, self._encoder.field)
        if self._scaler is None:
            return x
        first = self._encoded(x[:BLOCK_ROWS])
        if len(x) <= BLOCK_ROWS:
            return first
        out = np.empty((len(x), first.shape[1]), dtype=np.float32)
        out[:BLOCK_ROWS] = first
        for start in range(BLOCK_ROWS, len(x), BLOCK_ROWS):
            out[start : start + BLOCK_ROWS] = self._encoded(x[start : start + BLOCK_ROWS])
        return out

    def embeddings(self, X: Any, /) -> Floats:
        """(n_items, n_dims) float of unit length: the scaled vectors, reduced if they are wide."""
        x = rows_of(X, self._encoder.field)
        if self._scaler is None:
            return x
        return np.asarray(unit_norm(self._reduction.apply(self._scaler.apply(x))), dtype=np.float32)

    def _encoded(self, x: Array) -> Floats:
        assert self._scaler is not None
        scaled = self._scaler.apply(x)
        if self._kernel is not None and len(scaled):
            scaled = self._kernel.transform(scaled)
        elif self._kernel is not None:
            scaled = np.empty((0, len(self._kernel.components_)), dtype=np.float32)
        return np.asarray(unit_norm(scaled), dtype=np.float32)

    @cached_property
    def _reduction(self) -> Reduction:
        assert self._scaler is not None
        x = rows_of(self._pool, self._encoder.field)
        picked = sample_rows(len(x), SAMPLE_ROWS)
        return reduction(self._scaler.apply(x if picked is None else x[picked]), self._encoder.n_dims)


@dataclass(frozen=True, slots=True)
class _Scaler:
    center: Floats
    scale: Floats

    def apply(self, x: Array) -> Floats:
        if x.shape[1] != len(self.center):
            raise InvalidInput(
                f"X: must have the pool's {len(self.center)} columns; got {x.shape[1]}. Encode items of the same kind."
            )
        return np.asarray((x - self.center) * (1 / self.scale), dtype=np.float32)


def rows_of(X: Any, field: str | None = None) -> Array:
    """`X`, or its one vector field, as a finite 2-D array; floats and bytes are not copied."""
    if isinstance(X, Columns):
        if field is None and len(X.names) != 1:
            raise InvalidInput(f"field: must name the vectors among {list(X.names)}; got none. Name the field.")
        X = X[field or X.names[0]]
    x = np.asarray(X)
    if x.dtype.kind not in "biuf" or x.ndim < 2:
        raise InvalidInput(
            f"X: must be numbers, a row per item; got {x.dtype} of shape {x.shape}. Stack the items' vectors."
        )
    if x.ndim > 2:
        x = x.reshape(len(x), int(np.prod(x.shape[1:])))
    return checks.features("X", x) if x.dtype.kind == "f" else x


def unit_rows(x: Array) -> bool:
    """Whether every row has unit length, as embeddings often do."""
    lengths = np.einsum("ij,ij->i", x, x, dtype=np.float64)
    return x.shape[1] > 1 and bool(np.all(np.abs(lengths - 1) <= UNIT_TOLERANCE))


def has_one_unit(x: Array) -> bool:
    """Whether the columns that vary do so by about as much, as pixels do and measurements of a table do not.

    Examples
    --------
    >>> has_one_unit(np.array([[0.0, 16.0], [9.0, 4.0]])), has_one_unit(np.array([[0.0, 1600.0], [9.0, 400.0]]))
    (True, False)
    """
    spread = x.std(axis=0, dtype=np.float64)
    spread = spread[spread > 0]
    return spread.size == 0 or float(spread.max()) <= ONE_UNIT * float(np.percentile(spread, 50, method="lower"))


def _scaler(sample: Floats, one_unit: bool) -> _Scaler:
    if one_unit:
        span = float(sample.max() - sample.min())
        scale = np.full(sample.shape[1], span if span > TINY else 1.0)
    else:
        spread = sample.std(axis=0)
        scale = np.where(spread > TINY, spread, 1.0)
    return _Scaler(sample.mean(axis=0), scale)


def _nystroem(scaled: Floats, n_landmarks: int) -> Any:
    from sklearn.kernel_approximation import Nystroem

    variance = float(scaled.var(axis=0, dtype=np.float64).sum())
    gamma = 1 / variance if variance > 0 else 1.0
    k = min(n_landmarks, n_rows(scaled))
    return Nystroem(kernel="rbf", gamma=gamma, n_components=k, random_state=0).fit(scaled)
