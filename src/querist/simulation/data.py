"""Labeled data for a simulation: items, their true answers, and which of them are near copies."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.answers import FORMS
from querist.core.chats import text_of
from querist.core.checks import Array, Floats, Rows, listed
from querist.core.errors import InvalidInput
from querist.core.items import Columns, FieldSpec, n_rows, take
from querist.core.ports import Progress, silent
from querist.core.schema import Schema, Task
from querist.formats import COMMA_FREE, DecimalCommas, check_header, coerce, infer_kinds, open_table
from querist.simulation.contents import contents_of, stacked
from querist.simulation.copies import near_copies
from querist.simulation.targets import can_simulate, looks_numeric, read_answers, read_sets
from querist.splits import find_giveaways, find_repeats

LEAST_OF_TEST = 0.25  # of the test items wanted: with fewer, what is measured says nothing


@dataclass(frozen=True, slots=True)
class Labeled:
    """Items with their true answers.

    Parameters
    ----------
    X : array, sparse matrix, list of text, or Columns
    y : (n_items,) int, float or object
        Class numbers, or numbers; for the other tasks tuples of numbers (`querist.core.answers`).
    schema : Schema
    spec : FieldSpec or None
        What the columns are, where X is Columns.
    groups : (n_items,) int
        Near-duplicate groups: no group is ever on both sides of a split.
    name : str
    notes : tuple of str
        What whoever gave the data should know of how it was read.
    n_unlabeled : int
        Items that were there without an answer, and left out.
    """

    X: Any
    y: Array
    schema: Schema
    spec: FieldSpec | None
    groups: Rows
    name: str = "data"
    notes: tuple[str, ...] = ()
    n_unlabeled: int = 0

    @property
    def n_items(self) -> int:
        """How many items."""
        return len(self.y)

    @property
    def digest(self) -> str:
        """SHA-256 of the items and answers, so that stored runs are of this data and no other."""
        h = hashlib.sha256(repr((self.schema.to_json(), self.name)).encode())
        _feed(h, self.y)
        _feed(h, self.X)
        return h.hexdigest()

    def shown(self, row: int) -> str:
        """The true answer of an item, as a table or a report has it."""
        content = None
        if self.schema.task == "spans":
            texts = self.X[self.spec.named("text")[0]] if self.spec and isinstance(self.X, Columns) else self.X
            content = take(texts, [row])[0]
        return self.schema.shown(self.schema.decode(self.y[row]), content)


def labeled(
    X: Any,
    y: npt.ArrayLike,
    *,
    classes: Sequence[str] | None = None,
    task: Task | None = None,
    target: str = "label",
    spec: FieldSpec | None = None,
    name: str = "data",
) -> Labeled:
    """Check and wrap labeled data.

    Parameters
    ----------
    X : array_like, list of str, list of arrays, or Columns
        One row per item. Images are (n_items, height, width), or a list of them.
    y : (n_items,) array_like, or sequence of lists
        Class names or numbers, or numbers to predict; for the other tasks answers as `querist.core.answers` reads them.
        For `labels` also true or false, (n_items, n_labels).
    classes : sequence of str, optional
        The classes in order; by default the distinct ones of `y`, sorted.
    task : {"choice", "labels", "spans", "boxes", "number", "rating"}, optional
        By default a number where `y` holds fractions, or more than 20 distinct numbers, else a choice.

    Raises
    ------
    InvalidInput
        If lengths differ, there is one class only, or images are not all of one size.
    RowsRejected
        If an answer that is a set cannot be read, or a span or box of it reaches beyond its item.
    """
    return _labeled(stacked(X), y, classes, task, target, spec, name)


def _labeled(
    X: Any,
    y: npt.ArrayLike,
    classes: Sequence[str] | None,
    task: Task | None,
    target: str,
    spec: FieldSpec | None,
    name: str,
    lines: Sequence[int] | None = None,
) -> Labeled:
    if task is not None:
        can_simulate(task)
    if task is not None and task in FORMS:
        spec = _spec(X, spec)
        contents = contents_of(X, task, spec)
        schema, codes = read_sets(
            y, task, target=target, n_items=n_rows(X), classes=classes, contents=contents, lines=lines
        )
        notes: tuple[str, ...] = ()
        if isinstance(X, Columns) and spec is not None:
            notes = find_repeats(_listed(X), spec, schema, [schema.decode(code) for code in codes])
        return Labeled(X, codes, schema, spec, near_copies(X, spec), name, notes)
    values = np.asarray(y)
    if values.ndim != 1 or len(values) != n_rows(X):
        raise InvalidInput(f"y: must have one answer per item, {n_rows(X)}; got shape {values.shape}. Align them.")
    if task is None:
        task = "number" if looks_numeric(values) and classes is None else "choice"
    if task == "number":
        schema = Schema(target, task="number")
        codes = np.array([schema.read(v) for v in values.tolist()], dtype=np.float64)
    elif task == "rating":
        schema = _rating(target, values)
        codes = np.array([schema.encode(schema.read(v)) for v in values.tolist()], dtype=np.int64)
    else:
        names = [str(v) for v in values.tolist()]
        schema = Schema(target, tuple(classes) if classes is not None else tuple(_ordered(set(names))))
        index = {name: i for i, name in enumerate(schema.classes)}
        codes = np.array([index[str(schema.read(v))] for v in names], dtype=np.int64)
    spec = _spec(X, spec)
    notes = ()
    if isinstance(X, Columns) and spec is not None and task in ("choice", "rating"):
        notes = find_giveaways(_listed(X), spec, [schema.options[code] for code in codes])
    return Labeled(X, codes, schema, spec, near_copies(X, spec), name, notes)


def from_table(
    path: str | Path,
    target: str,
    *,
    task: Task | None = None,
    drop: Sequence[str] = (),
    quote: str | None = None,
    header: bool = False,
    progress: Progress = silent,
) -> Labeled:
    """Labeled data from a file in which `target` is the column of answers; rows without one are left out.

    What is taken for a number, and what is refused, `querist.simulation.targets.read_answers` says.

    Parameters
    ----------
    path : path
    target : str
    task : {"choice", "labels", "spans", "boxes", "number", "rating"}, optional
        By default a number where nearly every answer is one, and they hold fractions or more than 20 distinct values;
        else a choice.
    drop : sequence of str
        Columns to leave out.
    quote : {"double", "none"}, optional
        Of a CSV: whether quotes keep delimiters in a cell, as by default, or are characters like any other.
    header : bool
        That the first line of a CSV is its header although a name in it looks like data: a number, or an answer.

    Raises
    ------
    InvalidInput
        If there is no such column, no row has an answer, the first line looks like data, or there are too many classes
        for so few rows.
    RowsRejected
        If the answers are numbers but for a few, or sets of which some cannot be read or reach beyond their items.
    """
    reader = open_table(path, quote=quote)
    if not header:
        check_header(reader)
    if target not in reader.columns:
        has = listed(reader.columns)
        raise InvalidInput(f"target: must be a column of {Path(path).name}; got {target!r}. It has {has}.")
    for column in drop:
        if column not in reader.columns:
            has = listed(reader.columns)
            raise InvalidInput(f"drop: must be columns of {Path(path).name}; got {column!r}. It has {has}.")
    names = [column for column in reader.columns if column != target and column not in drop]
    columns: dict[str, list[Any]] = {column: [] for column in names}
    raw: list[Any] = []
    lines: list[int] = []
    for batch in reader.batches():
        raw += batch.columns[target]
        lines += batch.lines
        for column in names:
            columns[column] += batch.columns[column]
        progress(reader.position, reader.size_bytes, "reading")
    commas = reader.delimiter in COMMA_FREE
    found = read_answers(raw, lines, target=target, file=Path(path).name, task=task, decimal_comma=commas)
    if not header and found.task == "choice":
        check_header(reader, {str(value) for value in found.values})
    if len(found.rows) < len(raw):
        columns = {column: [values[i] for i in found.rows] for column, values in columns.items()}
    # A column of text keeps its commas; one of numbers is read with a point for each.
    read = DecimalCommas(reader.delimiter).read(columns)
    spec = infer_kinds(read)
    if not spec.used:
        raise InvalidInput(f"{Path(path).name}: must hold something to learn from beside {target!r}; it does not.")
    numbers = {name: list(read[name]) for name in spec.named("number")}
    lines = [lines[i] for i in found.rows]
    coerced = coerce(columns | numbers, spec, lines=lines)
    coerced |= {name: [_said(value) for value in coerced[name]] for name in spec.named("text")}
    table = Columns({name: coerced[name] for name in spec.used})
    data = _labeled(table, found.values, None, found.task, target, spec, Path(path).name, lines)
    return replace(data, notes=(*found.notes, *data.notes), n_unlabeled=len(raw) - len(found.rows))


def hold_out(
    data: Labeled, share: float, most: int, rng: np.random.Generator, *, rows: Rows | None = None
) -> tuple[Rows, Rows]:
    """Pool and test rows, of all items or of these: whole near-duplicate groups, each class in proportion.

    Returns
    -------
    pool, test : (n,) int
        Sorted; no group is in both.

    Raises
    ------
    InvalidInput
        If so many items are copies of one another that under a quarter of the test items wanted can be held out.
    """
    rows = np.arange(data.n_items) if rows is None else rows
    wanted = max(1, min(round(share * len(rows)), most))
    _, first, inverse = np.unique(data.groups[rows], return_index=True, return_inverse=True)
    sizes = np.bincount(inverse)
    strata = data.y[rows[first]] if data.schema.task in ("choice", "rating") else np.zeros(len(first), dtype=int)
    # A random place in [0, 1) within each class, then the smallest places first, takes every class in proportion.
    shuffled = rng.permutation(len(first))
    order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    counts = np.unique(strata, return_counts=True)[1]
    place = np.concatenate([(np.arange(n) + rng.random()) / n for n in counts])
    queue = order[np.argsort(place, kind="stable")]
    in_test = np.zeros(len(first), dtype=bool)
    room = wanted
    for group in queue:
        if sizes[group] <= room:
            in_test[group] = True
            room -= sizes[group]
            if room == 0:
                break
    test = in_test[inverse]
    if test.sum() < LEAST_OF_TEST * wanted:
        raise InvalidInput(
            f"items: must mostly differ; so many items are copies of one another that {test.sum()} of the {wanted} "
            f"wanted can be held out to measure on: {len(rows)} items come to {len(first)} near-duplicate groups. "
            "Leave out repeated items, or hold out a larger share."
        )
    return rows[~test], rows[test]


def characters(X: Any) -> Floats:
    """How many characters of text each item holds, over all its columns: (n_items,) float.

    Raises
    ------
    InvalidInput
        If the items are arrays, of which nobody reads a character.

    Examples
    --------
    >>> characters(["four", ""]).tolist()
    [4.0, 0.0]
    """
    if isinstance(X, list):
        columns: list[Any] = [X]
    elif isinstance(X, Columns):
        columns = [X[name] for name in X.names]
    elif hasattr(X, "iloc"):
        columns = [X.iloc[:, i] for i in range(X.shape[1])]
    else:
        raise InvalidInput(
            "costs.per_character: must be 0 where the items hold no text; they are arrays. Price them by label."
        )
    out = np.zeros(n_rows(X))
    for column in columns:
        out += [len(value) if isinstance(value, str) else 0 for value in column]
    return out


def span(X: Any) -> tuple[float, float]:
    """The least and the greatest value of an array, which are a picture's black and white; (0, 1) of anything else."""
    if isinstance(X, Columns):
        X = next((X[name] for name in X.names if X[name].ndim == 3), [])
    if isinstance(X, list) or hasattr(X, "iloc"):
        return 0.0, 1.0
    low, high = float(X.min()), float(X.max())
    return low, high if high > low else low + 1.0


def preview(data: Labeled, row: int, between: tuple[float, float]) -> str | list[list[float]]:
    """An item as a report shows it: its pixels where it is a small square image, else a line of text.

    Parameters
    ----------
    data : Labeled
    row : int
    between : (low, high)
        The `span` of all items.
    """
    X = data.X
    if isinstance(X, Columns):
        X = next((X[name] for name in X.names if X[name].ndim == 3), X)  # images, where there are some
    if isinstance(X, Columns):
        table = X.take([row])
        texts = data.spec.named("text") if data.spec else ()
        shown = texts or table.names[:6]
        return " · ".join(_cell(name, table[name][0], bare=bool(texts)) for name in shown)[:280]
    item = take(X, [row])
    if isinstance(item, list):
        return str(item[0])[:280]
    if hasattr(item, "iloc"):
        return " · ".join(_cell(str(name), value, bare=False) for name, value in list(item.iloc[0].items())[:6])[:280]
    values = np.asarray(item.todense() if hasattr(item, "todense") else item, dtype=float)[0]
    side = int(np.sqrt(values.size))
    if values.ndim == 2 or (side >= 5 and side * side == values.size and side <= 64):
        low, high = between
        pixels: list[list[float]] = (
            (values.reshape(-1, values.shape[-1] if values.ndim == 2 else side) - low) / (high - low)
        ).tolist()
        return pixels
    return ", ".join(f"{v:.3g}" for v in values.ravel()[:8]) + (" …" if values.size > 8 else "")


def _cell(name: str, value: Any, *, bare: bool) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if bare else f"{name} {text}"


def _listed(X: Columns) -> dict[str, list[Any]]:
    return {name: X[name].tolist() for name in X.names}


def _rating(target: str, values: npt.NDArray[Any]) -> Schema:
    """The schema of ratings whose ends are the least and the greatest that occur."""
    try:
        low, high = (int(end) for end in (np.floor(values.min()), np.ceil(values.max())))
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput(f"y: must be whole numbers for ratings; got {values.dtype} values. Convert them.") from None
    return Schema(target, task="rating", low=low, high=high)


def _said(value: Any) -> Any:
    return text_of(value) if isinstance(value, list | dict) else value


def _spec(X: Any, spec: FieldSpec | None) -> FieldSpec | None:
    if isinstance(X, Columns) and spec is None:
        return infer_kinds({column: list(X[column]) for column in X.names})
    return spec


def _as_numbers(values: Sequence[Any]) -> list[float] | None:
    try:
        numbers = [float(v) for v in values]
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(numbers).all() else None


def _ordered(names: set[str]) -> list[str]:
    numbers = _as_numbers(list(names))
    return sorted(names, key=float) if numbers is not None else sorted(names)


def _feed(h: Any, X: Any) -> None:
    if isinstance(X, Columns):
        for name in X.names:
            h.update(name.encode())
            _feed(h, X[name])
    elif isinstance(X, np.ndarray) and X.dtype != object:
        h.update(str((X.shape, X.dtype.str)).encode())
        h.update(np.ascontiguousarray(X).tobytes())
    elif hasattr(X, "tocsr"):
        sparse = X.tocsr()
        h.update(str((sparse.shape, sparse.dtype.str)).encode())
        for part in (sparse.data, sparse.indices, sparse.indptr):
            h.update(part.tobytes())
    elif hasattr(X, "iloc"):
        for i, name in enumerate(X.columns):
            h.update(repr(name).encode("utf-8", "surrogatepass"))
            _feed(h, X.iloc[:, i].to_numpy())
    else:
        for value in X:
            if isinstance(value, np.ndarray):  # whose repr leaves out the middle of a long one
                _feed(h, value)
            else:
                h.update(repr(value).encode("utf-8", "surrogatepass"))
