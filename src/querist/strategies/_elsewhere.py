"""Arrays that live elsewhere than in NumPy's memory: which they are, and who computes on them where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from querist.core.checks import Array
from querist.core.errors import InvalidInput

F = TypeVar("F", bound=Callable[..., Any])
BLOCK_VALUES = 2**24  # 64 MB of float32: large enough to keep a device busy, small beside its memory


def or_elsewhere(other: Callable[..., Any]) -> Callable[[F], F]:
    """Let `other` compute where an argument is an array of another library; it gets that library's namespace first."""

    def decorate(function: F) -> F:
        @wraps(function)
        def either(*args: Any, **kwargs: Any) -> Any:
            xp = namespace(*args, *kwargs.values())
            return function(*args, **kwargs) if xp is None else other(xp, *args, **kwargs)

        return either  # type: ignore[return-value]

    return decorate


def namespace(*values: Any) -> Any:
    """The functions for arrays that are not NumPy's, by the Array API standard; None where there are none.

    Raises
    ------
    InvalidInput
        If they are of several libraries.
    """
    foreign = [value for value in values if _is_foreign(value)]
    if not foreign:
        return None
    from array_api_compat import array_namespace

    try:
        return array_namespace(*foreign)
    except TypeError:
        kinds = ", ".join(sorted({f"{type(value).__module__}.{type(value).__name__}" for value in foreign}))
        raise InvalidInput(f"arrays: must be of one library; got {kinds}. Convert them to one.") from None


def _is_foreign(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.generic):
        return False
    return hasattr(value, "__array_namespace__") or type(value).__module__.partition(".")[0] == "torch"


def floats(xp: Any, name: str, value: Any, *, like: Any = None, n_dims: int) -> Any:
    """As an array of floats of at least single precision on its own device, or on that of `like`.

    Raises
    ------
    InvalidInput
        If it has another number of dimensions, or holds no numbers.
    """
    from array_api_compat import device

    x = value.detach() if hasattr(value, "detach") else value
    if not _is_foreign(x):
        x = xp.asarray(np.asarray(x), device=None if like is None else device(like))
    if len(x.shape) != n_dims:
        raise InvalidInput(f"{name}: must be {n_dims}-D; got shape {tuple(x.shape)}. Stack one row per item.")
    if xp.isdtype(x.dtype, ("integral", "bool")):
        return xp.astype(x, xp.float64)
    if not xp.isdtype(x.dtype, "real floating"):
        raise InvalidInput(f"{name}: must hold numbers; got {x.dtype}. Convert it to floats.")
    return xp.astype(x, xp.float32) if xp.finfo(x.dtype).bits < 32 else x


def host(values: Any) -> Array:
    """A copy in NumPy's memory, or the array itself where it lies there."""
    x = values.detach() if hasattr(values, "detach") else values
    try:
        return np.asarray(x)
    except TypeError:  # on another device
        from array_api_compat import to_device

        return np.asarray(to_device(x, "cpu"))


def blocks(n_rows: int, row_size: int) -> Iterator[slice]:
    """Slices of rows whose values fit well on a device beside the array itself."""
    step = max(1, BLOCK_VALUES // max(1, row_size))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
