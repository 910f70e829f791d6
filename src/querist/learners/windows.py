"""The windows that slide over an image, and what a detector sees in each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.items import Columns, n_rows

CELLS = 8  # a window is looked at in 8 x 8 cells, whatever its size in pixels
BLOCK = 4  # cells either way of each quarter, in which orientations are counted
TURNS = 8  # orientations of a gradient, all the way round
SLIGHT = 0.25  # of the usual contrast: what has less is taken for flat, and not blown up to full contrast
LOUDER = 8.0  # brings orientations, whose squares sum to at most 1 in a window, to the size of the 64 cells
ROUNDING = 1e-9  # 48 pixels hold 48 cells of one pixel, also where a product says 47.999
N_FEATURES = CELLS**2 + (CELLS // BLOCK) ** 2 * TURNS + 2

Seen = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Where the windows of one image lie, and what is seen in them.

    Parameters
    ----------
    boxes : (n_windows, 4) float
        `x, y, width, height`, in pixels.
    features : (n_windows, 98) float32
    """

    boxes: Floats
    features: Seen


def windows_of(image: Array, sizes: Floats, *, stride: int, contrast: float) -> Windows:
    """Every window of an image, of every size that fits into it.

    Parameters
    ----------
    image : (height, width) float
    sizes : (n_sizes, 2) float
        Widths and heights, in pixels.
    stride : int, in eighths of a window
        From one window to the next.
    contrast : float
        The usual standard deviation of the pixels in an object's box, above 0.

    Notes
    -----
    For each size the image is averaged so that such a window has 8 x 8 cells; its windows are then patches of that. A
    patch becomes its cells less their mean, over their standard deviation; eight orientations of the gradient in each
    quarter, normalized over the window, in the manner of histograms of oriented gradients (Dalal and Triggs, 2005); its
    contrast; and its brightness against the image's median. Time and memory linear in the windows.

    Examples
    --------
    >>> seen = windows_of(np.zeros((8, 10)), np.array([[8.0, 8.0], [9.0, 9.0]]), stride=1, contrast=1.0)
    >>> seen.boxes.tolist()  # 9 x 9 does not fit
    [[0.0, 0.0, 8.0, 8.0], [1.0, 0.0, 8.0, 8.0], [2.0, 0.0, 8.0, 8.0]]
    >>> seen.features.any()  # nothing to see
    np.False_
    """
    boxes, features = [np.empty((0, 4))], [np.empty((0, N_FEATURES), dtype=np.float32)]
    # Against the median, so that what is dark or bright throughout loses no digits to single precision.
    level = image.astype(np.float64) - (np.median(image) if image.size else 0)
    for width, height in sizes:
        rows, columns = int(level.shape[0] * CELLS / height + ROUNDING), int(level.shape[1] * CELLS / width + ROUNDING)
        if min(rows, columns) < CELLS:
            continue
        cells = averaged(level, height / CELLS, width / CELLS, rows, columns).astype(np.float32)
        seen, top, left = _seen(cells, stride, contrast)
        here = np.empty((len(seen), 4))
        here[:, 0], here[:, 1] = left * (width / CELLS), top * (height / CELLS)
        here[:, 2:] = width, height
        boxes.append(here)
        features.append(seen)
    return Windows(np.concatenate(boxes), np.concatenate(features))


def averaged(image: Floats, high: float, wide: float, rows: int, columns: int) -> Floats:
    """The means of `rows` x `columns` cells of an image, each `high` x `wide` pixels, from its top left corner.

    A pixel that lies in two cells counts in each by how much of it lies there.

    Examples
    --------
    >>> averaged(np.array([[0.0, 2.0, 4.0]]), 1.0, 1.5, 1, 2).round(3)  # (0 + 2 / 2) / 1.5, (2 / 2 + 4) / 1.5
    array([[0.667, 3.333]])
    """
    down, across = _shares(image.shape[0], rows, high), _shares(image.shape[1], columns, wide)
    return np.asarray(down @ image @ across.T)


@lru_cache(maxsize=32)
def _shares(n_pixels: int, n_cells: int, size: float) -> Floats:
    """(n_cells, n_pixels): how much of each pixel lies in each cell, over the cell's size."""
    starts, pixels = np.arange(n_cells)[:, None] * size, np.arange(n_pixels)[None]
    inside = np.minimum(starts + size, pixels + 1) - np.maximum(starts, pixels)
    return np.asarray(np.maximum(inside, 0) / size)


def _seen(cells: Seen, stride: int, contrast: float) -> tuple[Seen, Rows, Rows]:
    """Features of each window of an image of cells, and the cell in its top left corner."""
    views = np.lib.stride_tricks.sliding_window_view(cells, (CELLS, CELLS))[::stride, ::stride]
    down, across = views.shape[:2]
    out = np.empty((down * across, N_FEATURES), dtype=np.float32)
    patch, turned = out[:, : CELLS**2], out[:, CELLS**2 : -2]
    patch[:] = views.reshape(-1, CELLS**2)
    mean = patch.mean(axis=1)
    patch -= mean[:, None]
    spread = np.sqrt(np.einsum("ij,ij->i", patch, patch) / CELLS**2)
    patch /= (spread + np.float32(SLIGHT * contrast))[:, None]
    turned[:] = _orientations(cells, stride, down, across)
    length = np.sqrt(np.einsum("ij,ij->i", turned, turned))
    turned *= (np.float32(LOUDER) / (length + np.float32(SLIGHT * contrast * BLOCK)))[:, None]
    out[:, -2] = spread / (spread + np.float32(contrast))
    out[:, -1] = np.clip(mean / np.float32(contrast), -3, 3)
    top, left = np.divmod(np.arange(down * across), across)
    return out, top * stride, left * stride


def _orientations(cells: Seen, stride: int, down: int, across: int) -> Floats:
    """(n_windows, 4 * TURNS): gradients summed by their orientation, in each quarter of each window."""
    dy, dx = np.gradient(cells)
    angle = np.arctan2(dy, dx) * np.float32(TURNS / (2 * np.pi))
    low = np.floor(angle)
    size, beyond = np.hypot(dy, dx), angle - low
    at = low.astype(np.int64) % TURNS
    rows, columns = np.indices(cells.shape)
    # Shared between the two nearest, so that a gradient that turns a little does not move its whole vote.
    sums = np.zeros((TURNS, cells.shape[0] + 1, cells.shape[1] + 1))
    sums[at, rows + 1, columns + 1] = size * (1 - beyond)
    sums[(at + 1) % TURNS, rows + 1, columns + 1] = size * beyond
    np.cumsum(sums, axis=1, out=sums)
    np.cumsum(sums, axis=2, out=sums)
    block = sums[:, BLOCK:, BLOCK:] - sums[:, :-BLOCK, BLOCK:] - sums[:, BLOCK:, :-BLOCK] + sums[:, :-BLOCK, :-BLOCK]
    quarters = [
        block[:, y : y + (down - 1) * stride + 1 : stride, x : x + (across - 1) * stride + 1 : stride]
        for y in range(0, CELLS, BLOCK)
        for x in range(0, CELLS, BLOCK)
    ]
    return np.asarray(np.concatenate(quarters).reshape(-1, down * across).T)


def images_of(X: Any) -> list[Array]:
    """Items as finite arrays (height, width), not copied.

    Raises
    ------
    InvalidInput
        If an item is no such array, or a table has other columns beside the images.
    """
    if isinstance(X, Columns):
        if len(X.names) != 1:
            raise InvalidInput(f"X: must be images alone; got the columns {list(X.names)}. Select the images' column.")
        X = X[X.names[0]]
    images = [np.asarray(X[row]) for row in range(n_rows(X))]
    for row, image in enumerate(images):
        if image.ndim != 2 or image.dtype.kind not in "biuf":
            raise InvalidInput(
                f"X: must be grayscale images, (height, width) each; item {row} is {image.dtype} of shape "
                f"{image.shape}. Average its channels first."
            )
        if image.dtype.kind == "f" and not np.isfinite(image).all():
            y, x = np.argwhere(~np.isfinite(image))[0]
            raise InvalidInput(
                f"X: must be finite; item {row} is {image[y, x]} in row {y}, column {x}. Repair it, or leave it out."
            )
    return images
