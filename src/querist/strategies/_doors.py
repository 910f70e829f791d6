"""What every strategy of a set checks before it looks at anything."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks

MOST_OUTWEIGHED = 1e14  # of float64's 16 digits two are left for what no label has measured


def pool_rows(candidates: npt.ArrayLike, chosen: npt.ArrayLike, n_items: int) -> tuple[Rows, Rows]:
    """Both as unique rows of the pool, in ascending order, none in both."""
    free, taken = rows("candidates", candidates, n_items), rows("chosen", chosen, n_items)
    if len(taken):
        is_taken = np.zeros(n_items, dtype=bool)
        is_taken[taken] = True
        both = free[is_taken[free]]
        if len(both):
            raise InvalidInput(
                f"candidates: must not be chosen already; row {both[0]} is ({len(both)} such rows). "
                "Leave labeled and pending rows out."
            )
    return free, taken


def rows(name: str, values: npt.ArrayLike, n_items: int) -> Rows:
    """Unique rows of the pool, in ascending order."""
    given = np.asarray(values)
    if given.dtype == np.int64 and given.ndim == 1 and given.size:
        ascending = bool((given[1:] > given[:-1]).all())
        if ascending and given[0] >= 0 and given[-1] < n_items:  # spares a million rows the sort that finds repeats
            return given
    return np.sort(checks.rows(name, values, n_items=n_items))


def finite(name: str, values: npt.ArrayLike) -> Floats:
    """A finite number per item of the pool."""
    u = checks.as_float(name, values)
    if u.ndim == 1:
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(u.sum()):  # one pass without a mask; the mask only finds the place
                return u
    u = checks.vector(name, u)
    if not np.isfinite(u).all():
        row = int(np.flatnonzero(~np.isfinite(u))[0])
        raise InvalidInput(
            f"{name}: must be finite; row {row} is {u[row]}. Leave rows that may not be picked out of candidates."
        )
    return u


def target_rows(targets: npt.ArrayLike | None, n_targets: int, n_items: int, rng: np.random.Generator) -> Rows:
    """The rows to look ahead to: those given, or so many of the pool's, drawn at random."""
    checks.positive("n_targets", n_targets)
    if targets is None:
        return np.sort(rng.choice(n_items, size=min(n_targets, n_items), replace=False))
    aims = rows("targets", targets, n_items)
    if not len(aims):
        raise InvalidInput("targets: must name at least one row of the pool; got none. Leave it out to draw some.")
    return aims


def generator(rng: np.random.Generator) -> np.random.Generator:
    """`rng`, if it is a generator and not a seed."""
    if not isinstance(rng, np.random.Generator):
        raise InvalidInput(
            f"rng: must be a numpy Generator; got {type(rng).__name__}. Pass np.random.default_rng(seed)."
        )
    return rng


def same_items(
    X: Floats, others: npt.NDArray[np.generic], *, name: str = "embeddings", other: str = "row of probs"
) -> None:
    """See that an array, by default embeddings, is of the same items as another or as what was made of it."""
    if len(X) != len(others):
        raise InvalidInput(
            f"{name}: must have one row per {other}, {len(others)}; got {len(X)}. Pass arrays of the same items."
        )


def number(name: str, value: float, *, above: float | None = None, least: float | None = None, hint: str = "") -> float:
    """`value` as a finite number above a bound, or of at least one; `hint` says how to choose it."""
    sound = isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
    if not (sound and (above is None or value > above) and (least is None or value >= least)):
        bound = f"of at least {least:g}" if above is None else f"above {above:g}"
        raise InvalidInput(f"{name}: must be a number {bound}; got {value!r}.{hint and ' ' + hint}")
    return float(value)


def above_zero(name: str, value: float) -> float:
    """`value` as a number above 0 whose square is a number too."""
    hint = "Choose it by the distances in your data."
    found = number(name, value, above=0, hint=hint)
    if not 0 < found * found < np.inf:
        raise InvalidInput(f"{name}: must be a number above 0; got {value!r}. {hint}")
    return found


def outweighed(X: Floats, n: int, penalty: float) -> None:
    """See that a penalty still counts beside the squares of `n` rows, added up in float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        longest = float(np.sqrt(np.einsum("ij,ij->i", X, X, dtype=np.float64).max(initial=0)))
    if not longest * (longest / penalty) * max(1, n) <= MOST_OUTWEIGHED:
        raise InvalidInput(
            f"embeddings: must not be so long that a penalty of {penalty:g} is lost beside them; got a row of length "
            f"{longest:.3g}. Scale the columns to about 1, or bring rows to unit length."
        )


def nothing() -> Picks:
    """The picks from no candidates."""
    return Picks(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
