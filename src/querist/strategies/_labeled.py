"""What is labeled, and with what."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput


def labeled_rows(labeled: npt.ArrayLike, n_items: int) -> Rows:
    """The rows that are labeled."""
    flags = np.asarray(labeled)
    if flags.shape != (n_items,) or flags.dtype != np.bool_:
        raise InvalidInput(
            f"labeled: must be true or false, one per item, ({n_items},); got {flags.dtype} of shape {flags.shape}. "
            "Pass a mask of the pool."
        )
    return np.flatnonzero(flags)


def class_numbers(labels: npt.ArrayLike, rows: Rows, n_items: int) -> Rows:
    """The class numbers of these rows."""
    found = _of_rows(labels, rows, n_items)
    if found.dtype.kind not in "iu":
        whole = found.dtype.kind == "f" and bool((found == np.floor(found)).all())
        if not whole:
            raise InvalidInput(
                f"labels: must be class numbers where labeled; got {found.dtype}. Number the classes from 0."
            )
    return found.astype(np.int64)


def numbers(labels: npt.ArrayLike, rows: Rows, n_items: int) -> Floats:
    """The numbers that these rows are labeled with."""
    found = checks.as_float("labels", _of_rows(labels, rows, n_items)).astype(np.float64)
    if not np.isfinite(found).all():
        row = int(rows[~np.isfinite(found)][0])
        raise InvalidInput(f"labels: must be finite where labeled; row {row} is not. Leave it unlabeled.")
    return found


def _of_rows(labels: npt.ArrayLike, rows: Rows, n_items: int) -> npt.NDArray[np.generic]:
    given = np.asarray(labels)
    if given.shape != (n_items,):
        raise InvalidInput(
            f"labels: must be one per item, ({n_items},); got shape {given.shape}. Pass arrays of the same items."
        )
    return given[rows]
