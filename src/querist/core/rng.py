"""Seeds: one generator, born at the door and handed on, so that a round can be drawn again."""

from __future__ import annotations

import hashlib

import numpy as np


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


def small_seed(rng: np.random.Generator) -> int:
    """A seed of 31 bits, for libraries that take no generator."""
    return int(rng.integers(2**31 - 1))
