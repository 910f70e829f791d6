"""A small detector of objects in grayscale images, of the kind there was before deep networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.boxes import as_boxes, box_tables, iou_matrix
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput, UnsuitableLearner
from querist.core.ports import Model
from querist.core.rng import small_seed
from querist.learners.windows import CELLS, N_FEATURES, Windows, images_of, windows_of

SHOWS = 0.8  # overlap from which on a window shows a box's object; at 0.7, average precision fell from 0.87 to 0.78
MISSES = 0.3  # and one that overlaps no box so far shows none
DRAWN, MINED = 40, 20  # windows without an object from each image: drawn by chance, and taken for one by mistake
ALIKE = 0.87  # mean overlap of the boxes' sizes with the windows', from which on no size more is needed
LEAST = 0.05  # probability of an object from which on a box is scored: below is nearly every window there is
STRENGTH = 1.0  # C of the logistic regression
TINY = 1e-6


@dataclass(frozen=True, slots=True)
class PatchDetector:
    """Boxes in small grayscale images, found by sliding windows over them; no deep network.

    Good for cells, digits, glyphs and marks, which look much alike and stand upright, and to try the whole loop. For
    photographs bring a learner with a real detector in it: its models must have what `core.ports.Detects` says.

    Parameters
    ----------
    threshold : float
        Probability of an object from which on a box is predicted.
    overlap : float
        Of two windows that overlap further (intersection over union), only the likelier is kept.
    n_sizes : int
        Sizes of windows at most; fewer are used where the boxes' sizes are alike.
    stride : int, in eighths of a window
        From one window to the next, 1 to 8. At 2 it takes a quarter of the time, and places boxes worse.

    Raises
    ------
    InvalidInput
        If a share is none, `n_sizes` is not positive, or `stride` is not 1 to 8.

    Notes
    -----
    Sizes of windows by k-means of the boxes' logarithms; 98 features of a window, its cells and gradients; logistic
    regression between the classes and nothing, first with windows without an object drawn by chance, then with those
    too that it takes for one; non-maximum suppression over all classes at once. The parts are those of Dalal and Triggs
    (2005), Histograms of oriented gradients for human detection. A box is as large as its window, and no object is
    found in an image smaller than its window. Images are looked at one by one: time linear in the number of windows,
    memory about 1 kB for each of one image (230 MB for objects of 8 pixels in 512 x 512).

    Examples
    --------
    >>> X = np.zeros((3, 16, 20))
    >>> X[0, 4:12, 6:14] = X[1, 8:, :8] = X[2, 2:10, 12:] = np.eye(8)  # a stroke, in each image at another place
    >>> y = np.empty(2, dtype=object)
    >>> y[:] = [((6, 4, 8, 8, 1),), ((0, 8, 8, 8, 1),)]
    >>> model = PatchDetector().fit(X[:2], y, n_classes=3, rng=np.random.default_rng(0))
    >>> model.predict_boxes(X[2:])[0]
    ((12.0, 2.0, 8.0, 8.0, 1),)
    """

    threshold: float = 0.5
    overlap: float = 0.3
    n_sizes: int = 3
    stride: int = 1

    def __post_init__(self) -> None:
        checks.share("threshold", self.threshold)
        checks.share("overlap", self.overlap)
        checks.positive("n_sizes", self.n_sizes)
        if checks.positive("stride", self.stride) > CELLS:
            raise InvalidInput(f"stride: must be 1 to {CELLS} eighths of a window; got {self.stride}.")

    @property
    def name(self) -> str:
        """The class's name."""
        return "PatchDetector"

    @property
    def reads_items(self) -> bool:
        """True: it starts from the images themselves, and needs no encoder."""
        return True

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        return {"class": "PatchDetector", **asdict(self)}

    def fit(
        self, X: Any, y: Array, /, *, n_classes: int, rng: np.random.Generator, warm: Model | None = None
    ) -> PatchModel:
        """A model of these boxes; of none, one that finds nothing.

        Parameters
        ----------
        X : (n_items, height, width) float, or (n_items,) object of arrays (height, width)
        y : (n_items,) object
            For each image a tuple of boxes `(x, y, width, height, class)` in pixels, `()` where there is none.
        n_classes : int
        warm : Model, optional
            One of the same recipe and classes, from whose coefficients to go on.

        Raises
        ------
        InvalidInput
            If an image is not 2-D and finite, `y` is of another length, or a box is none.
        UnsuitableLearner
            If a number is asked for.
        """
        if n_classes == 0:
            raise UnsuitableLearner("learner: must model a number; PatchDetector finds boxes. Choose another learner.")
        images, tables = images_of(X), box_tables("y", y, n_classes=n_classes)
        if len(images) != len(tables):
            raise InvalidInput(
                f"y: must have one answer per item, {len(images)}; got {len(tables)}. Pass the labeled rows only."
            )
        sizes = np.concatenate([table[:, 2:4] for table in tables] or [np.empty((0, 2))])
        if not len(sizes):
            return PatchModel(self, n_classes)
        sizes, contrast = _few(sizes, self.n_sizes, rng), _contrast(images, tables)
        examples = _Examples(images, tables, lambda image: self._look(image, sizes, contrast), n_classes)
        seen, labels = examples.first(rng)
        if len(np.unique(labels)) < 2:  # no window shows a box: they are larger than the images, or beside them
            return PatchModel(self, n_classes)
        earlier = _goes_on(self, warm, labels)
        estimator = _estimator() if earlier is None else deepcopy(earlier)
        estimator.fit(seen.astype(np.float64), labels)
        mined = examples.mistaken(estimator)
        seen = np.concatenate([seen, mined])
        labels = np.concatenate([labels, np.full(len(mined), n_classes)])
        estimator.fit(seen.astype(np.float64), labels)
        return PatchModel(self, n_classes, sizes, contrast, estimator, earlier is not None)

    def _look(self, image: Array, sizes: Floats, contrast: float) -> Windows:
        return windows_of(image, sizes, stride=self.stride, contrast=contrast)


@dataclass(frozen=True, slots=True, eq=False)
class PatchModel:
    """A fitted `PatchDetector`. Box j of an item is the same in everything that it gives of it, likeliest first."""

    learner: PatchDetector
    n_classes: int
    sizes: Floats | None = None
    contrast: float = 1.0
    estimator: Any = None
    warm_started: bool = False

    def boxes(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each (n_boxes, n_classes) float32: of each predicted box, its classes' probabilities.

        That there is an object is taken for granted in them: each row sums to 1.
        """
        return _objects([probs[scores >= self.learner.threshold] for _, probs, scores in self._found(X)])

    def predict_boxes(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each a tuple of boxes `(x, y, width, height, class)`, in pixels."""
        return as_boxes([table[scores >= self.learner.threshold] for table, _, scores in self._found(X)])

    def scored_boxes(self, X: Any, /) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """The boxes, and those that are less likely than any predicted; with each item's scores, (n_boxes,) float.

        A score is the probability that there is an object, of whatever class.
        """
        found = self._found(X)
        return as_boxes([table for table, _, _ in found]), _objects([scores for _, _, scores in found])

    def _found(self, X: Any) -> list[tuple[Floats, npt.NDArray[np.float32], Floats]]:
        return [self._found_in(image) for image in images_of(X)]

    def _found_in(self, image: Array) -> tuple[Floats, npt.NDArray[np.float32], Floats]:
        """Boxes (n, 5), their classes' probabilities, and the probability that each is one."""
        if self.sizes is None:
            return np.empty((0, 5)), np.empty((0, self.n_classes), dtype=np.float32), np.empty(0)
        parts = [self._likely(self.learner._look(image, size[None], self.contrast)) for size in self.sizes]
        boxes, of_classes, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
        kept = strongest(boxes, scores, self.learner.overlap)
        probs = np.zeros((len(kept), self.n_classes), dtype=np.float32)
        probs[:, self.estimator.classes_[:-1]] = of_classes[kept] / scores[kept, None]
        return np.column_stack([boxes[kept], probs.argmax(axis=1)]), probs, np.minimum(scores[kept], 1)

    def _likely(self, windows: Windows) -> tuple[Floats, Floats, Floats]:
        """Of the windows that are worth a score: boxes, probabilities of the classes seen, and these summed."""
        of_classes = _probabilities(self.estimator, windows.features)[:, :-1]  # the last is that there is nothing
        scores = of_classes.sum(axis=1, dtype=np.float64)
        likely = scores >= max(TINY, min(LEAST, self.learner.threshold))
        return windows.boxes[likely], of_classes[likely], scores[likely]


def strongest(boxes: Floats, scores: Floats, overlap: float) -> Rows:
    """Non-maximum suppression: the box of the highest score, the next that overlaps it no further, and so on.

    Parameters
    ----------
    boxes : (n, 4 or more) float
        `x, y, width, height`.
    scores : (n,) float
        Of equal ones the first comes first.
    overlap : float
        Intersection over union, up to which a box is kept beside a stronger one.

    Returns
    -------
    kept : (n_kept,) int
        Row numbers, by falling score.

    Notes
    -----
    Exact and greedy. Time O(n log n + n · n_kept).

    Examples
    --------
    >>> boxes = np.array([[0.0, 0, 4, 4], [1, 0, 4, 4], [2, 0, 4, 4]])  # neighbors share 12 of 20, the outer 8 of 24
    >>> strongest(boxes, np.array([0.7, 0.9, 0.8]), 0.5).tolist()
    [1]
    >>> strongest(boxes, np.array([0.9, 0.7, 0.8]), 0.5).tolist()
    [0, 2]
    """
    left, kept = np.argsort(-scores, kind="stable"), []
    while len(left):
        kept.append(left[0])
        left = left[1:][iou_matrix(boxes[left[:1]], boxes[left[1:]])[0] <= overlap]
    return np.array(kept, dtype=np.int64)


@dataclass(slots=True, eq=False)
class _Examples:
    """Windows to learn from: those that show an object, and some that show none."""

    images: Sequence[Array]
    tables: Sequence[Floats]
    look: Callable[[Array], Windows]
    nothing: int  # the class of a window without an object

    def first(self, rng: np.random.Generator) -> tuple[npt.NDArray[np.float32], Rows]:
        """All that show an object, and some drawn by chance that do not."""
        # A flat window, so that there is one without an object also where boxes fill the images.
        seen, labels = [np.zeros((1, N_FEATURES), dtype=np.float32)], [np.array([self.nothing])]
        for image, table in zip(self.images, self.tables, strict=True):
            windows = self.look(image)
            showing, classes, empty = _told_apart(windows.boxes, table)
            drawn = rng.choice(empty, size=min(DRAWN, len(empty)), replace=False)
            seen += [windows.features[showing], windows.features[drawn]]
            labels += [classes, np.full(len(drawn), self.nothing)]
        return np.concatenate(seen), np.concatenate(labels)

    def mistaken(self, estimator: Any) -> npt.NDArray[np.float32]:
        """Of each image, those without an object that the estimator is most inclined to see one in."""
        seen = [np.empty((0, N_FEATURES), dtype=np.float32)]
        for image, table in zip(self.images, self.tables, strict=True):
            windows = self.look(image)
            empty = _told_apart(windows.boxes, table)[2]
            if len(empty):
                nothing = _probabilities(estimator, windows.features)[empty, -1]
                seen.append(windows.features[empty[np.argsort(nothing, kind="stable")[:MINED]]])
        return np.concatenate(seen)


def _told_apart(windows: Floats, table: Floats) -> tuple[Rows, Rows, Rows]:
    """The windows that show an object, the classes they show, and the windows that show none.

    A box that no window overlaps far enough is shown by the one that overlaps it furthest, if that is no other box's.
    """
    if not len(table):
        none = np.empty(0, dtype=np.int64)
        return none, none, np.arange(len(windows))
    if not len(windows):
        return (np.empty(0, dtype=np.int64),) * 3
    overlaps = iou_matrix(windows, table)
    best, of = overlaps.max(axis=1), overlaps.argmax(axis=1)
    shows = best >= SHOWS
    nearest = overlaps.argmax(axis=0)
    shows[nearest[(of[nearest] == np.arange(len(table))) & (best[nearest] >= MISSES)]] = True
    showing = np.flatnonzero(shows)
    return showing, table[of[showing], 4].astype(np.int64), np.flatnonzero((best < MISSES) & ~shows)


def _few(sizes: Floats, most: int, rng: np.random.Generator) -> Floats:
    """(n, 2) widths and heights that are like all these sizes, as few as will do."""
    from sklearn.cluster import KMeans

    logs = np.log(sizes)
    found = sizes[:1]
    for k in range(1, min(most, len(np.unique(logs, axis=0))) + 1):
        clusters = KMeans(k, n_init=4, random_state=small_seed(rng)).fit(logs)
        found = np.exp(clusters.cluster_centers_)
        near = found[clusters.labels_]
        shared = np.minimum(near, sizes).prod(axis=1)
        if (shared / (near.prod(axis=1) + sizes.prod(axis=1) - shared)).mean() >= ALIKE:
            break
    # Means of equal sizes are off by rounding, which would move windows off the pixels' edges.
    return np.asarray(found[np.lexsort(found.T)].round(6))


def _contrast(images: Sequence[Array], tables: Sequence[Floats]) -> float:
    """The median over boxes of their pixels' standard deviation."""
    spreads = []
    for image, table in zip(images, tables, strict=True):
        for x, y, width, height in table[:, :4]:
            part = image[max(0, int(y)) : max(0, round(y + height)), max(0, int(x)) : max(0, round(x + width))]
            if part.size:
                spreads.append(float(part.std(dtype=np.float64)))
    return max(TINY, float(np.median(spreads))) if spreads else 1.0


def _estimator() -> Any:
    from sklearn.linear_model import LogisticRegression

    # Warm, so that the second fit goes on from the first.
    return LogisticRegression(C=STRENGTH, max_iter=2000, warm_start=True)


def _probabilities(estimator: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What its `predict_proba` gives, to single precision, without a copy of the features in double."""
    z = features @ estimator.coef_.T.astype(np.float32) + estimator.intercept_.astype(np.float32)
    if z.shape[1] == 1:
        z = np.concatenate([np.zeros_like(z), z], axis=1)
    z -= z.max(axis=1, keepdims=True, initial=-np.inf)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return np.asarray(z, dtype=np.float32)


def _goes_on(learner: PatchDetector, warm: Model | None, labels: Rows) -> Any:
    """The estimator of an earlier model of the same recipe and classes, or None."""
    if not isinstance(warm, PatchModel) or warm.learner != learner or warm.estimator is None:
        return None
    return warm.estimator if np.array_equal(warm.estimator.classes_, np.unique(labels)) else None


def _objects(parts: Sequence[Array]) -> npt.NDArray[np.object_]:
    out = np.empty(len(parts), dtype=object)
    for row, part in enumerate(parts):
        out[row] = part
    return out
