"""Seeds: one generator, born at the door and handed on, so that a round can be drawn again."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def generator(seed: int, *path: int | str) -> np.random.Generator:
    """The generator for one place in the work, the same on every machine.

    Parameters
    ----------
    seed : int
        The policy's seed.
    *path : int or str
        Where in the work we are (round number, purpose). Another path gives an independent stream, so drawing one
        number more in one place moves nothing elsewhere.

    Examples
    --------
    >>> int(generator(7, "ask", 3).integers(1000)) == int(generator(7, "ask", 3).integers(1000))
    True
    """
    words = "/".join(str(part) for part in path).encode()
    digest = hashlib.sha256(words).digest()
    return np.random.default_rng([seed & 0xFFFFFFFFFFFFFFFF, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()])


def row_keys(rows: npt.NDArray[np.int64], seed: int, *path: int | str) -> npt.NDArray[np.uint64]:
    """A random number for each row that depends on the row, the seed and the place in the work, and on nothing else.

    Rows with the lowest keys are a simple random sample, whoever computes them, in whatever order: where a generator
    would have to be handed round, a row's key is the same in every process.

    Parameters
    ----------
    rows : (n,) int
        Row numbers of the whole pool.
    seed : int
        The policy's seed.
    *path : int or str
        Where in the work we are, as for `generator`.

    Returns
    -------
    keys : (n,) uint64
        Uniform; different rows have different keys.

    Notes
    -----
    The row-th output of SplitMix64 (Steele, Lea and Flood, 2014), started at a hash of the seed and the path. It is a
    bijection of 64 bits, so no two rows collide.

    Examples
    --------
    >>> rows = np.arange(6)
    >>> bool((row_keys(rows[4:], 7, "ties") == row_keys(rows, 7, "ties")[4:]).all())
    True
    """
    words = "/".join(str(part) for part in (seed, *path)).encode()
    offset = np.frombuffer(hashlib.sha256(words).digest()[:8], dtype="<u8")[0]
    z = np.array(rows, dtype=np.int64).view(np.uint64)
    z *= _GAMMA
    z += offset
    for shift, factor in _MIX:
        z ^= z >> shift
        z *= factor
    z ^= z >> np.uint64(31)
    return z


_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


def small_seed(rng: np.random.Generator) -> int:
    """A seed of 31 bits, for libraries that take no generator."""
    return int(rng.integers(2**31 - 1))
