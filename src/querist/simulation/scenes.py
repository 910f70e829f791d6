"""Made-up images whose boxes are all known: handwritten digits scattered over noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.boxes import as_boxes
from querist.core.checks import Floats
from querist.core.errors import InvalidInput

DIGIT = 8  # pixels of a digit, either way, as scikit-learn ships it
TRIES = 50  # places tried for one digit; a canvas too full for it goes without


def digit_scenes(
    n_scenes: int,
    *,
    rng: np.random.Generator,
    side: int = 48,
    most: int = 4,
    scale: float = 1.0,
    noise: float = 0.1,
    digits: npt.ArrayLike | None = None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.object_]]:
    """Synthetic scenes: handwritten digits at random places on a noisy canvas, none over another.

    The digits are real (1,797 of 8 x 8 pixels, Alpaydin and Kaynak, 1998); the scenes are made up, so figures measured
    on them say how the loop works, not how well a detector finds things in the world.

    Parameters
    ----------
    n_scenes : int
    rng : numpy.random.Generator
    side : int, in pixels
        Of the canvas, at least `scale` times 8.
    most : int
        Digits in a scene, drawn from 0 to this; fewer where no room is found.
    scale : float
        The largest digit against the smallest, which is 8 pixels wide; each digit's own is drawn between.
    noise : float
        Standard deviation of the canvas, where ink is 1.
    digits : (n,) int, optional
        Which rows of `sklearn.datasets.load_digits` to draw from, such as one part to learn from and another to test
        on; by default all.

    Returns
    -------
    X : (n_scenes, side, side) float32
    y : (n_scenes,) object
        For each scene a tuple of boxes `(x, y, width, height, class)` in pixels, the class being the digit.

    Raises
    ------
    InvalidInput
        If a number is out of its range, or the largest digit does not fit.

    Examples
    --------
    >>> X, y = digit_scenes(5, rng=np.random.default_rng(0))
    >>> X.shape, [len(boxes) for boxes in y]
    ((5, 48, 48), [2, 4, 4, 4, 2])
    >>> y[1][0]  # a zero, 22 pixels from the left and 8 from the top
    (22.0, 8.0, 8.0, 8.0, 0)
    """
    from sklearn.datasets import load_digits

    checks.positive("n_scenes", n_scenes)
    checks.positive("most", most)
    checks.positive("side", side)
    if noise < 0:
        raise InvalidInput(f"noise: must not be negative; got {noise!r}. Pass 0 for a clean canvas.")
    if not 1 <= scale <= side / DIGIT:
        raise InvalidInput(
            f"scale: must be from 1 to {side / DIGIT:g}, so that a digit fits on {side} pixels; got {scale!r}. "
            "Draw smaller digits, or on a larger canvas."
        )
    bunch = load_digits()
    rows = checks.rows("digits", np.arange(len(bunch.target)) if digits is None else digits, n_items=len(bunch.target))
    if not len(rows):
        raise InvalidInput("digits: must name a row at least; got none. Leave it out for all.")
    X = np.empty((n_scenes, side, side), dtype=np.float32)
    tables = []
    for scene in range(n_scenes):
        X[scene] = rng.normal(scale=noise, size=(side, side))
        placed: list[tuple[int, int, int, int, int]] = []
        for row in rng.choice(rows, size=int(rng.integers(most + 1))):
            size = round(DIGIT * rng.uniform(1, scale))
            corner = _free(placed, size, side, rng)
            if corner is not None:
                x, y = corner
                X[scene, y : y + size, x : x + size] += _grown(bunch.images[row] / 16, size)
                placed.append((x, y, size, size, int(bunch.target[row])))
        tables.append(np.array(placed, dtype=np.float64).reshape(-1, 5))
    return X, as_boxes(tables)


def _free(
    placed: list[tuple[int, int, int, int, int]], size: int, side: int, rng: np.random.Generator
) -> tuple[int, int] | None:
    for _ in range(TRIES):
        x, y = (int(v) for v in rng.integers(side - size + 1, size=2))
        if all(x >= a + w or a >= x + size or y >= b + h or b >= y + size for a, b, w, h, _ in placed):
            return x, y
    return None


def _grown(image: Floats, size: int) -> Floats:
    """The image at another size, linear between the centers of its pixels."""
    at = (np.arange(size) + 0.5) * len(image) / size - 0.5
    to = np.arange(len(image))
    along = np.stack([np.interp(at, to, row) for row in np.eye(len(image))], axis=1)  # (size, len(image))
    return np.asarray(along @ image @ along.T)
