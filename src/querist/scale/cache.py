"""Embeddings made once, and kept beside the pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from querist.core.atomic import continuing
from querist.core.errors import InvalidInput
from querist.core.hashing import digest
from querist.core.ports import Progress, silent
from querist.scale.pool import Pool


def embedded(
    pool: Pool,
    embed: Callable[..., Any],
    *,
    needs: Sequence[str],
    version: str,
    name: str = "embeddings",
    dtype: npt.DTypeLike = np.float16,
    to: str | Path | None = None,
    progress: Progress = silent,
) -> Pool:
    """The pool with embeddings, made now if they were not made before.

    Parameters
    ----------
    pool : Pool
    embed : callable
        Takes the arrays of `needs` for some rows, returns (n_rows, n_dims). It is called block by block, in order.
    needs : sequence of str
        What it reads: signals or columns, such as a text.
    version : str
        Of the model: embeddings of another version are made anew.
    name : str
        The array they become.
    dtype : float type
        Half precision by default: it halves the file, and distances between embeddings do not notice.
    to : path, optional
        The folder to keep them in, by default the pool's own.

    Returns
    -------
    pool : Pool
        It reads the embeddings from a .npy file, named by a hash of the pool's content, the version, and the other
        arguments. The file is there whole or not at all; interrupted, the next call goes on where this one was.

    Raises
    ------
    InvalidInput
        If the pool lies in no folder and `to` is not given, or `embed` returns another shape.
    Conflict
        If another process is making the same.

    Examples
    --------
    >>> import tempfile
    >>> pool = Pool.from_arrays(text=np.array(["a", "bcd"], dtype=object))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     known = embedded(pool, lambda t: [[len(s)] for s in t], needs=["text"], version="length-1", to=folder)
    ...     known.take([1], ["embeddings"])["embeddings"]
    array([[3.]], dtype=float16)
    """
    folder = pool.folder if to is None else Path(to)
    if folder is None:
        raise InvalidInput("to: must be a folder, since the pool lies in none of this machine; got None. Name one.")
    kind = np.dtype(dtype)
    path = folder / f"{name}-{digest([pool.fingerprint, version, list(needs), kind.str])[:16]}.npy"
    if not path.exists():
        with continuing(path) as stream:
            _make(pool, embed, needs, stream, kind, lambda done: progress(done, pool.n_items, name))
    return pool.with_arrays(**{name: path})


def _make(
    pool: Pool,
    embed: Callable[..., Any],
    needs: Sequence[str],
    stream: BinaryIO,
    kind: np.dtype[Any],
    tell: Callable[[int], None],
) -> None:
    """Write the rows that the stream lacks, block by block, behind a header of all of them."""
    width, n_done = _left(stream, pool.n_items, kind)
    for block in pool.blocks(needs):
        if block.start + block.n <= n_done:
            continue
        made = np.asarray(embed(*(block[need] for need in needs)), dtype=kind)
        if made.ndim != 2 or len(made) != block.n or made.shape[1] != (width or made.shape[1]):
            raise InvalidInput(
                f"embed: must return (n_rows, n_dims), here ({block.n}, {width or 'n_dims'}); got {made.shape}."
            )
        if width is None:
            width = made.shape[1]
            header = {"descr": kind.str, "fortran_order": False, "shape": (pool.n_items, width)}
            np.lib.format.write_array_header_1_0(stream, header)
        elif block.start < n_done:  # blocks were of another size then
            made = made[n_done - block.start :]
        stream.write(np.ascontiguousarray(made).data)
        tell(block.start + block.n)


def _left(stream: BinaryIO, n_items: int, kind: np.dtype[Any]) -> tuple[int | None, int]:
    """The width and the number of whole rows that an earlier attempt left; the stream stands behind them."""
    size = stream.seek(0, 2)
    stream.seek(0)
    try:
        np.lib.format.read_magic(stream)
        (n_rows, width), by_column, dtype = np.lib.format.read_array_header_1_0(stream)
    except ValueError:  # nothing, or not even the header
        n_rows, width, by_column, dtype = -1, 0, False, kind
    if n_rows != n_items or by_column or dtype != kind:
        stream.seek(0)
        stream.truncate()
        return None, 0
    first = stream.tell()
    n_done = (size - first) // (width * kind.itemsize) if width else 0
    stream.seek(first + n_done * width * kind.itemsize)
    stream.truncate()
    return width, n_done
