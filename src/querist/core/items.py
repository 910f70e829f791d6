"""Items and the columns they come in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from querist.core.checks import Array, nearest
from querist.core.errors import InvalidInput
from querist.core.hashing import content_hash

Split = Literal["pool", "test", "calibration", "excluded"]
SPLITS: tuple[Split, ...] = get_args(Split)

FieldKind = Literal["text", "number", "category", "vector", "ignored"]
FIELD_KINDS: tuple[FieldKind, ...] = get_args(FieldKind)


@dataclass(frozen=True, slots=True)
class Item:
    """Something a person can be asked about.

    Parameters
    ----------
    id : str
        Unique in its project.
    fields : mapping of str to JSON value
        What the annotator sees and the model reads: text, numbers, categories, or a list of numbers (an image's
        pixels, an embedding).
    """

    id: str
    fields: Mapping[str, Any]

    @property
    def content_hash(self) -> str:
        """SHA-256 of the fields: a label belongs to this exact content."""
        return content_hash(self.fields)


class Columns:
    """Named columns of equal length: a table without a data-frame library.

    Parameters
    ----------
    columns : mapping of str to array_like
        Every value becomes a 1-D array (2-D for a vector field), all of one length.

    Examples
    --------
    >>> table = Columns({"age": [31, 44, 25], "city": ["Bonn", "Lima", "Oslo"]})
    >>> len(table), table.names, table.take([2])["city"].tolist()
    (3, ('age', 'city'), ['Oslo'])
    """

    __slots__ = ("_columns", "_n")

    def __init__(self, columns: Mapping[str, npt.ArrayLike]) -> None:
        arrays = {name: _column(values) for name, values in columns.items()}
        lengths = {name: len(a) for name, a in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise InvalidInput(f"columns: must be of one length; got {lengths}. Check how they were read.")
        self._columns = arrays
        self._n = next(iter(lengths.values()), 0)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in their order."""
        return tuple(self._columns)

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __getitem__(self, name: str) -> Array:
        try:
            return self._columns[name]
        except KeyError:
            near = nearest(name, self.names)
            hint = f" Did you mean {near!r}?" if near else f" There are {', '.join(map(repr, self.names))}."
            raise InvalidInput(f"column: must be one of the table's; got {name!r}.{hint}") from None

    def take(self, rows: npt.ArrayLike) -> Columns:
        """The same columns at these rows, in this order."""
        index = np.asarray(rows)
        return Columns({name: a[index] for name, a in self._columns.items()})

    def select(self, names: Sequence[str]) -> Columns:
        """Only these columns, in this order."""
        return Columns({name: self[name] for name in names})

    def __repr__(self) -> str:
        return f"Columns({self._n} rows: {', '.join(self.names)})"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What each field of a project's items is, as found in its first rows or said by the user."""

    kinds: Mapping[str, FieldKind] = field(default_factory=dict)

    def named(self, kind: FieldKind) -> tuple[str, ...]:
        """The fields of one kind, in their order."""
        return tuple(name for name, k in self.kinds.items() if k == kind)

    @property
    def used(self) -> tuple[str, ...]:
        """The fields a model reads."""
        return tuple(name for name, k in self.kinds.items() if k != "ignored")


def take(X: Any, rows: npt.ArrayLike) -> Any:
    """`X` at these rows, whatever holds it: an array, a sparse matrix, `Columns`, or a list.

    Examples
    --------
    >>> take(["a", "b", "c"], [2, 0])
    ['c', 'a']
    """
    if isinstance(X, Columns):
        return X.take(rows)
    if isinstance(X, list | tuple):
        return [X[int(row)] for row in np.asarray(rows)]
    if hasattr(X, "iloc"):  # a data frame the user brought
        return X.iloc[np.asarray(rows)]
    return X[np.asarray(rows)]


def n_rows(X: Any) -> int:
    """How many items `X` holds (`len` is ambiguous for a sparse matrix)."""
    shape = getattr(X, "shape", None)
    return int(shape[0]) if shape else len(X)


def _column(values: npt.ArrayLike) -> Array:
    if isinstance(values, np.ndarray):
        return values
    items = list(values)  # type: ignore[arg-type]
    if items and all(isinstance(v, list | tuple | np.ndarray) for v in items):
        return np.asarray(items, dtype=np.float64)
    if all(isinstance(v, bool | int | float) for v in items):
        return np.asarray(items)
    out = np.empty(len(items), dtype=object)  # text stays text, None stays None; NumPy would turn both into str
    out[:] = items
    return out
