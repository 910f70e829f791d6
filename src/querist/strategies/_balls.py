"""Balls round items: the radius within which a class keeps to itself, and what lies within a radius."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads
from querist.strategies._clusters import cluster_of
from querist.strategies._coverage import TIES, TILE, subsample
from querist.strategies._kernels import Kernel, Space, unit_rows
from querist.strategies._near import as_squared, nearest_distances, nearest_of_another, table_blocks

Mask = npt.NDArray[np.bool_]
PURITY_SAMPLE = 512


def pure_radius(
    X: Floats, free: Rows, n_clusters: int, purity: float, normalize: bool, rng: np.random.Generator
) -> float:
    """The largest radius with which a share of balls round candidates holds no item of another cluster than its own."""
    points = unit_rows(X) if normalize else X
    group = cluster_of(points, n_clusters, free, rng=rng, max_iter=10)
    some = subsample(np.arange(len(free)), PURITY_SAMPLE, rng)
    apart = nearest_of_another(points, free[some], free, group[some], group)
    if not np.isfinite(apart).all():
        apart = nearest_distances(points, free[:1], free, len(free), unit=False)[0] if len(free) > 1 else np.ones(1)
        purity = 0.5
    radius = float(np.quantile(apart, 1 - purity, method="lower"))
    return radius if radius > 0 else float(np.finfo(np.float32).eps)


class Balls:
    """Open balls round rows of a pool, and which of some references lie in them.

    `unit` brings rows to unit length first. Radii come and go squared, as distances are compared so.
    """

    def __init__(self, X: Floats, references: Rows, *, unit: bool) -> None:
        self.space = Space(X, Kernel(as_squared, unit), references)
        self.references = self.space.read(references)
        self.eps = TIES * float(np.finfo(self.space.dtype).eps)

    def __len__(self) -> int:
        return len(self.references[1])

    def inside(self, rows: Rows, squared_radii: Floats) -> Mask:
        """Whether each reference lies in any of the balls round these rows."""

        def one(part: slice) -> Mask:
            squared = self.space.between(self.space.read(rows[part]), self.references)
            return np.asarray((squared < squared_radii[part, None]).any(axis=0))

        found = np.zeros(len(self), dtype=bool)
        for some in in_threads(one, table_blocks(len(rows), len(self))):
            found |= some
        return found

    def own_radii(self, rows: Rows, classes: Rows, predicted: Rows, most: float, purity: float) -> Floats:
        """The largest radius, up to `most`, with which each row's ball is of its class by a share of `purity`.

        Squared, both ways. The row itself counts as one of its class; `predicted` are the references' classes.
        """

        def one(part: slice) -> Floats:
            mine = self.space.read(rows[part])
            squared = self.space.between(mine, self.references)
            order = np.argsort(squared, axis=1, kind="stable")
            near = np.take_along_axis(squared, order, axis=1)
            alike = np.cumsum(predicted[order] == classes[part, None], axis=1)
            within, pure = near < most, (1 + alike) / np.arange(2, near.shape[1] + 2) >= purity
            # A ball that holds the nearest j and no more ends at the next one, which must lie farther than the j-th.
            ends = np.full(near.shape, most)
            ends[:, :-1] = np.minimum(near[:, 1:], most)
            rounding = self.eps * (mine[1] + self.references[1].max())[:, None]
            fits = within & pure & (ends > near + rounding)
            radii: Floats = np.minimum(near[:, 0], most)
            some = fits.any(axis=1)
            last = near.shape[1] - 1 - fits[:, ::-1].argmax(axis=1)
            radii[some] = ends[some, last[some]]
            return radii.astype(np.float64)

        return np.concatenate([np.empty(0), *in_threads(one, table_blocks(len(rows), len(self)))])

    def counts(self, rows: Rows, squared_radius: float, which: Mask) -> Rows:
        """How many of the references in `which` lie in the ball of this radius round each row."""
        points, norms = (part[which] for part in self.references)

        def one(part: slice) -> Rows:
            mine = self.space.read(rows[part])
            found = np.zeros(len(mine[1]), dtype=np.int64)
            for start in range(0, len(norms), TILE):
                tile = slice(start, start + TILE)
                squared = self.space.between(mine, (points[tile], norms[tile]))
                found += np.count_nonzero(squared < squared_radius, axis=1)
            return found

        return np.concatenate(in_threads(one, table_blocks(len(rows), TILE)))
