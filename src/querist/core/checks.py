"""Array checks, each made once at the door, each with a message that says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.errors import InvalidInput
from querist.core.threads import in_threads

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.floating[Any]]
Rows = npt.NDArray[np.int64]

MOST_DEPTH = 100
NAMES_LISTED = 12  # enough to find a slip in; a file read amiss may have thousands of columns
NAME_CHARACTERS = 40
BLOCK_VALUES = 80_000  # 320 kB of float32 stay in the cache between one look and the next
PART_BLOCKS = 8  # blocks that one thread reads on end
ROW_SUM_TOLERANCE = 1e-4  # float32 softmax over a thousand classes drifts by 1e-5; a logit misses by far more


def probabilities(name: str, probs: npt.ArrayLike) -> Floats:
    """`probs` as a float array (n_items, n_classes), every row a distribution.

    Raises
    ------
    InvalidInput
        If the array is not 2-D, holds a value outside [0, 1] or NaN, or a row does not sum to 1.

    Examples
    --------
    >>> probabilities("probs", [[0.5, 0.6]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    querist.core.errors.InvalidInput: probs: each row must sum to 1 (tolerance 0.0001); row 0 sums to 1.1. Pass ...
    """
    p = probability_table(name, probs)
    _distributions(name, p)
    return p


def probability_table(name: str, probs: npt.ArrayLike) -> Floats:
    """`probs` as a float array (n_items, n_classes), for whoever checks its rows block by block while reading them."""
    p = as_float(name, probs)
    if p.ndim != 2 or p.shape[1] == 0:
        raise InvalidInput(f"{name}: must be 2-D, (n_items, n_classes); got shape {p.shape}. Stack one row per item.")
    return p


def member_probabilities(name: str, members: npt.ArrayLike) -> Floats:
    """`members` as a float array (n_members, n_items, n_classes), every row a distribution."""
    p = member_table(name, members)
    if p.flags.c_contiguous:
        _distributions(name, p.reshape(-1, p.shape[2]))
    else:
        for member, rows_of_one in enumerate(p):
            _distributions(name, rows_of_one, first=member * p.shape[1])
    return p


def member_table(name: str, members: npt.ArrayLike) -> Floats:
    """`members` as a float array (n_members, n_items, n_classes), for whoever checks its rows block by block."""
    p = as_float(name, members)
    if p.ndim != 3 or p.shape[0] == 0 or p.shape[2] == 0:
        raise InvalidInput(
            f"{name}: must be 3-D, (n_members, n_items, n_classes); got shape {p.shape}. "
            "Stack the members' probabilities."
        )
    return p


def are_distributions(p: Floats) -> bool:
    """Whether every row along the last axis is one. Made for blocks that fit into the cache."""
    if not p.size:
        return True
    sums = p @ np.ones(p.shape[-1], p.dtype)  # a matrix product sums short rows six times faster than `sum`
    # Written so that NaN is none.
    return bool(sums.max() - 1 <= ROW_SUM_TOLERANCE and 1 - sums.min() <= ROW_SUM_TOLERANCE and p.min() >= 0)


def features(name: str, X: npt.ArrayLike, *, finite: bool = True) -> Floats:
    """`X` as a float array (n_items, n_dims) without NaN or infinity."""
    x = as_float(name, X)
    if x.ndim != 2:
        raise InvalidInput(
            f"{name}: must be 2-D, (n_items, n_dims); got shape {x.shape}. Flatten each item to one row."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        # One pass without a mask, by a matrix product four times as fast as a sum; the mask only finds the place.
        total = x @ np.ones(x.shape[1], x.dtype) if finite else x[:0, 0]
    if not np.isfinite(total).all():
        bad = np.argwhere(~np.isfinite(x))
        if len(bad):
            row, column = bad[0]
            raise InvalidInput(
                f"{name}: must be finite; row {row}, column {column} is {x[row, column]} ({len(bad)} such values). "
                "Impute them, drop the rows, or use a learner that takes missing values."
            )
    return x


def vector(name: str, values: npt.ArrayLike, *, n: int | None = None) -> Floats:
    """`values` as a 1-D float array without NaN, of length `n` where given."""
    v = as_float(name, values)
    if v.ndim != 1:
        raise InvalidInput(f"{name}: must be 1-D, (n_items,); got shape {v.shape}. Pass one number per item.")
    if n is not None and len(v) != n:
        raise InvalidInput(f"{name}: must have one value per item, {n}; got {len(v)}. Pass arrays of the same items.")
    if np.isnan(v).any():
        row = int(np.flatnonzero(np.isnan(v))[0])
        raise InvalidInput(f"{name}: must not hold NaN; row {row} is NaN. Check what computed it.")
    return v


def numbers(name: str, values: npt.ArrayLike, *, n: int | None = None) -> Floats:
    """`values` as a 1-D array of float64 without NaN or infinity, of length `n` where given."""
    v = vector(name, values, n=n).astype(np.float64)
    wrong = np.flatnonzero(np.isinf(v))
    if wrong.size:
        raise InvalidInput(
            f"{name}: must be finite; row {wrong[0]} is {v[wrong[0]]} ({wrong.size} such). Check what computed it."
        )
    return v


def rows(name: str, values: npt.ArrayLike, *, n_items: int) -> Rows:
    """`values` as unique row numbers in [0, n_items)."""
    r = np.asarray(values)
    if r.size == 0:
        return np.empty(0, dtype=np.int64)
    if r.ndim != 1 or not np.issubdtype(r.dtype, np.integer):
        raise InvalidInput(f"{name}: must be 1-D whole numbers; got {r.dtype} of shape {r.shape}. Pass row numbers.")
    outside = r[(r < 0) | (r >= n_items)]
    if outside.size:
        raise InvalidInput(
            f"{name}: must lie in 0..{n_items - 1}; got {outside[0]} ({outside.size} outside). Use rows of this pool."
        )
    values, counts = np.unique(r, return_counts=True)
    if len(values) != len(r):
        raise InvalidInput(f"{name}: must be unique; row {values[counts > 1][0]} comes twice. Drop the repeats.")
    return r.astype(np.int64)


def spans(name: str, values: Iterable[Any], *, n_classes: int) -> tuple[Rows, Rows]:
    """The spans of all items laid end to end, in their order.

    Parameters
    ----------
    values : (n_items,) iterable, each an iterable of (start, end, class)
        Offsets in code points, the end exclusive; an empty one for an item without spans.
    n_classes : int

    Returns
    -------
    items : (n_spans,) int
        Which item each span is of.
    table : (n_spans, 3) int
        Start, end and class.

    Raises
    ------
    InvalidInput
        If an item is no such iterable, a span is not three whole numbers or not `0 <= start < end`, or its class does
        not lie in 0..n_classes-1.

    Examples
    --------
    >>> items, table = spans("y", [[(0, 4, 1), (9, 12, 0)], [], [(2, 3, 0)]], n_classes=2)
    >>> items.tolist(), table[:, 2].tolist()
    ([0, 0, 2], [1, 0, 0])
    """
    items: list[int] = []
    flat: list[tuple[int, int, int]] = []
    for row, item in enumerate(values):
        if isinstance(item, str) or not isinstance(item, Iterable):
            raise InvalidInput(
                f"{name}: must hold for each item its spans (start, end, class); item {row} is {short(item)}. "
                "Pass an empty tuple for an item without any."
            )
        for span in item:
            if not _is_span(span):
                raise InvalidInput(
                    f"{name}: must be spans (start, end, class) of three whole numbers, 0 <= start < end < 2^31; "
                    f"item {row} has {short(span)}. Count the offsets in characters, the end exclusive."
                )
            if not 0 <= span[2] < n_classes:
                raise InvalidInput(
                    f"{name}: each span's class must lie in 0..{n_classes - 1}; item {row} has {span[2]}. "
                    "Encode the classes with the schema."
                )
            items.append(row)
            flat.append((span[0], span[1], span[2]))
    return np.array(items, dtype=np.int64), np.array(flat, dtype=np.int64).reshape(-1, 3)


def shallow(name: str, value: object) -> None:
    """See that lists and mappings in `value` lie in each other no deeper than `MOST_DEPTH`.

    What lies deeper can be kept, but neither written out as JSON by everybody nor shown.

    Raises
    ------
    InvalidInput
        If they lie deeper.
    """
    if not is_shallow(value):
        raise InvalidInput(f"{name}: must be nested at most {MOST_DEPTH} deep; this is deeper. Flatten it.")


def is_shallow(value: object) -> bool:
    """Whether lists and mappings in `value` lie in each other no deeper than `MOST_DEPTH`.

    Examples
    --------
    >>> deep: list[object] = []
    >>> for _ in range(200):
    ...     deep = [deep]
    >>> is_shallow([[1], {"a": [2]}]), is_shallow(deep)
    (True, False)
    """
    layer: list[object] = [value]
    for _ in range(MOST_DEPTH + 1):
        layer = [inner for each in layer for inner in _within(each)]
        if not layer:
            return True
    return False


def _within(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return [inner for inner in value.values() if isinstance(inner, Mapping | list | tuple)]
    if isinstance(value, list | tuple):
        return [inner for inner in value if isinstance(inner, Mapping | list | tuple)]
    return ()


def positive(name: str, value: int) -> int:
    """`value` as a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidInput(f"{name}: must be a whole number of at least 1; got {value!r}.")
    return int(value)


def share(name: str, value: float) -> float:
    """`value` as a number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 <= value <= 1:
        raise InvalidInput(f"{name}: must be a share between 0 and 1; got {value!r}. Write 10 % as 0.1.")
    return float(value)


def flag(name: str, value: bool) -> bool:
    """`value`, if it is true or false and not something that merely counts as either."""
    if not isinstance(value, bool | np.bool_):
        raise InvalidInput(f"{name}: must be true or false; got {value!r}.")
    return bool(value)


def one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    """`value`, if it is one of `allowed`; the error names the nearest."""
    if value not in allowed:
        near = nearest(value, allowed)
        hint = f" Did you mean {near!r}?" if near else ""
        raise InvalidInput(f"{name}: must be one of {', '.join(map(repr, allowed))}; got {value!r}.{hint}")
    return value


def page_path(path: str | PathLike[str]) -> str | PathLike[str]:
    """`path`, if it is named like an HTML page: what bears another name may be dear to somebody."""
    if not str(path).lower().endswith((".html", ".htm")):
        raise InvalidInput(f"path: must end in .html; got {str(path)!r}. A page is written over what is there.")
    return path


def listed(names: Iterable[object], most: int = NAMES_LISTED) -> str:
    """Names as a message lists them: the first few, each cut where it is long, and how many more there are.

    Examples
    --------
    >>> listed(["id", "text", "size"], 2), listed([])
    ("'id', 'text' and 1 more", 'none')
    """
    known = list(names)
    shown = ", ".join(map(short, known[:most])) or "none"
    return shown if len(known) <= most else f"{shown} and {len(known) - most} more"


def short(value: object, most: int = NAME_CHARACTERS) -> str:
    """A value as a message shows it, cut where it is long.

    Examples
    --------
    >>> short("a long name", 8)
    "'a lo..."
    """
    text = repr(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def nearest(word: object, words: Sequence[str]) -> str | None:
    """The entry of `words` that a typing slip would turn into `word`, or None."""
    from difflib import get_close_matches

    if not isinstance(word, str):
        return None
    found = get_close_matches(word, words, n=1, cutoff=0.7)
    return found[0] if found else None


def as_float(name: str, values: npt.ArrayLike) -> Floats:
    """`values` as a float array; float32 and float64 are kept as they are, without a copy."""
    try:
        a = np.asarray(values)
        if a.dtype.kind == "f":
            return a
        if a.dtype.kind not in "biu":
            raise ValueError
        return a.astype(np.float64)
    except ValueError:
        kind = type(values).__name__
        raise InvalidInput(f"{name}: must be numbers; got {kind} that is no numeric array. Encode it first.") from None


def _is_span(span: Any) -> bool:
    if not isinstance(span, Sequence | np.ndarray) or isinstance(span, str) or len(span) != 3:
        return False
    whole = all(isinstance(part, int | np.integer) and not isinstance(part, bool) for part in span)
    return whole and bool(0 <= span[0] < span[1] < 1 << 31)


def _distributions(name: str, p: Floats, *, first: int = 0) -> None:
    step = max(1, BLOCK_VALUES // p.shape[1])
    blocks = [slice(start, start + step) for start in range(0, len(p), step)]
    parts = [blocks[i : i + PART_BLOCKS] for i in range(0, len(blocks), PART_BLOCKS)]
    if all(in_threads(lambda part: all(are_distributions(p[block]) for block in part), parts)):
        return
    sums = p @ np.ones(p.shape[1], p.dtype)
    off = ~(np.abs(sums - 1) <= ROW_SUM_TOLERANCE)
    if off.any():
        row = int(np.flatnonzero(off)[0])
        raise InvalidInput(
            f"{name}: each row must sum to 1 (tolerance {ROW_SUM_TOLERANCE}); row {first + row} sums to "
            f"{sums[row]:.4g}. Pass probabilities, not logits."
        )
    if p.size and p.min() < 0:
        row, column = np.argwhere(p < 0)[0]
        raise InvalidInput(
            f"{name}: must not be negative; row {first + row}, column {column} is {p[row, column]:.4g}. "
            "Pass probabilities, not logits."
        )
