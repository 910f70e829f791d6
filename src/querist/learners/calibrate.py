"""Probabilities that mean what they say: scores set right on labeled items the model has not seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np

from querist.core.checks import Array, Floats, one_of, positive
from querist.core.errors import UnsuitableLearner
from querist.core.items import n_rows
from querist.core.ports import Classifies, HasMembers, Learner, Model
from querist.learners.crossval import fold_outputs
from querist.learners.sklearn import SklearnLearner, labels

Method = Literal["temperature", "isotonic"]
METHODS: tuple[Method, ...] = get_args(Method)

LEAST_ROWS = 20
COOLEST, HOTTEST = 0.1, 10.0
FLOOR = 1e-6  # a probability of zero says "never", which no handful of labels can know


@runtime_checkable
class GivesLogits(Protocol):
    """A model whose scores are no probabilities yet."""

    def logits(self, X: Any, /) -> Floats:
        """(n_items, n_classes), minus infinity for a class without labels."""
        ...


@dataclass(frozen=True, slots=True)
class Calibration:
    """What calibration found, for the record.

    `temperature` is above 1 where the model was too sure; None for the isotonic method. `n_rows` labels were used;
    `note` says what was not done, and why.
    """

    method: Method
    temperature: float | None
    n_rows: int
    n_folds: int
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A learner whose probabilities are set right by cross-validation on the labels it is given.

    With fewer than 20 labels of classes that have two, nothing is changed (a temperature of 1, no curve), and the
    model's `calibration` says so. A class with a single label plays no part in calibration, only in the model.

    Parameters
    ----------
    learner : Learner or scikit-learn classifier
        A classifier that only has a decision function will do.
    method : {"temperature", "isotonic"}
        One temperature for all scores, which never changes the likeliest class; or a rising curve for each class,
        renormalized, which needs hundreds of labels.
    n_folds : int
        Of the cross-validation: it costs as many fits more.

    Notes
    -----
    Temperature: Guo, Pleiss, Sun and Weinberger (2017), arXiv:1706.04599, within 0.1 to 10, with a standard normal
    prior on its logarithm, so that twenty labels that happen to be all right do not make a model certain. Isotonic,
    one class against the rest: Zadrozny and Elkan (2002).

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> X, y = np.linspace(-1, 1, 40)[:, None], np.arange(40) // 20
    >>> model = Calibrated(LinearSVC(), "temperature").fit(X, y, n_classes=2, rng=np.random.default_rng(0))
    >>> model.predict_proba(X).shape, model.calibration.n_rows
    ((40, 2), 40)
    """

    learner: Learner
    method: Method = "temperature"
    n_folds: int = 5

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        positive("n_folds", self.n_folds)
        if not hasattr(self.learner, "describe"):
            object.__setattr__(self, "learner", SklearnLearner(self.learner, scores_only=True))

    @property
    def name(self) -> str:
        """The learner's name, marked."""
        return f"{self.learner.name} ({self.method})"

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        learner = self.learner.describe()
        return {"class": "Calibrated", "learner": learner, "method": self.method, "n_folds": self.n_folds}

    def fit(
        self, X: Any, y: Array, /, *, n_classes: int, rng: np.random.Generator, warm: Model | None = None
    ) -> CalibratedModel:
        """A model of all labels, with the calibration that models of most of them needed on the others."""
        if n_classes == 0:
            raise UnsuitableLearner("learner: must model classes to be calibrated; got a number. Use the learner bare.")
        y = labels("y", y, n_items=n_rows(X), n_classes=n_classes)
        fit_rng, fold_rng = rng.spawn(2)
        earlier = warm.model if isinstance(warm, CalibratedModel) else warm
        model = self.learner.fit(X, y, n_classes=n_classes, rng=fit_rng, warm=earlier)
        classes, counts = np.unique(y, return_counts=True)
        n_usable = int(counts[counts > 1].sum())
        if n_usable < LEAST_ROWS:
            note = f"not calibrated: {n_usable} labels of classes that have two, {LEAST_ROWS} are needed"
            return self._model(model, Calibration(self.method, self._unchanged, n_usable, 0, note), classes, n_classes)
        z, rows = fold_outputs(
            self.learner, X, y, logits, n_classes=n_classes, rng=fold_rng, n_folds=max(2, self.n_folds)
        )
        alone = classes[counts == 1].tolist()
        note = f"classes {alone} have one label each and were left out" if alone else ""
        n_folds = min(max(2, self.n_folds), len(rows))
        z, y = z[:, classes], np.searchsorted(classes, y[rows])
        if self.method == "temperature":
            found = Calibration(self.method, best_temperature(z, y), len(rows), n_folds, note)
            return self._model(model, found, classes, n_classes)
        curves = _curves(softmax(z, 1.0), y)
        return self._model(model, Calibration(self.method, None, len(rows), n_folds, note), classes, n_classes, curves)

    @property
    def _unchanged(self) -> float | None:
        return 1.0 if self.method == "temperature" else None

    def _model(
        self, model: Model, found: Calibration, classes: Array, n_classes: int, curves: tuple[Any, ...] = ()
    ) -> CalibratedModel:
        made = CalibratedCommittee if isinstance(model, HasMembers) else CalibratedModel
        return made(model, found, tuple(classes.tolist()), n_classes, curves)


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedModel:
    """A fitted model behind its calibration.

    `classes` are those with labels; `curves` one for each of them (None where it could not be found), if isotonic.
    """

    model: Model
    calibration: Calibration
    classes: tuple[int, ...]
    n_classes: int
    curves: tuple[Any, ...] = ()

    @property
    def warm_started(self) -> bool:
        """Whether the model behind it went on from an earlier one; the cross-validation never does."""
        return self.model.warm_started

    def predict_proba(self, X: Any, /) -> Floats:
        """(n_items, n_classes) float64: zero for a class that was not among the labels."""
        seen = list(self.classes)
        p = softmax(logits(self.model, X)[:, seen], self.calibration.temperature or 1.0)
        if self.curves:
            p = _bent(p, self.curves)
        out = np.zeros((len(p), self.n_classes))
        out[:, seen] = p
        return out


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedCommittee(CalibratedModel):
    """A fitted committee behind its calibration. Its members are heard as they are: only their mean is set right."""

    def members(self, X: Any, /) -> Floats:
        """(n_members, n_items, n_classes), not calibrated."""
        assert isinstance(self.model, HasMembers)
        return self.model.members(X)


def logits(model: Model, X: Any) -> Floats:
    """(n_items, n_classes): the model's scores, or the logarithm of its probabilities, no lower than a floor."""
    if isinstance(model, GivesLogits):
        return model.logits(X).astype(np.float64)
    if isinstance(model, Classifies):
        return np.asarray(np.log(np.maximum(model.predict_proba(X).astype(np.float64), FLOOR)))
    raise UnsuitableLearner(f"learner: must give class scores; {type(model).__name__} does not. Choose another.")


def softmax(z: Floats, temperature: float) -> Floats:
    """Probabilities of logits at a temperature.

    Examples
    --------
    >>> softmax(np.log([[0.8, 0.2]]), 2.0).round(3).tolist()  # square roots of the odds: 2 to 1
    [[0.667, 0.333]]
    """
    p = np.exp((z - z.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def best_temperature(z: Floats, y: Array) -> float:
    """The temperature in 0.1 to 10 at which these logits give these classes the least log-loss, prior included."""
    from scipy.optimize import minimize_scalar

    right = z[np.arange(len(y)), y]

    def loss(log_t: float) -> float:
        scaled = z / np.exp(log_t)
        top = scaled.max(axis=1)
        log_sums = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return float(np.sum(log_sums - right / np.exp(log_t)) + log_t**2 / 2)

    found = minimize_scalar(loss, bounds=(np.log(COOLEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def _curves(p: Floats, y: Array) -> tuple[Any, ...]:
    from sklearn.isotonic import IsotonicRegression

    def curve(c: int) -> Any:
        hits = (y == c).astype(np.float64)
        return IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p[:, c], hits) if hits.any() else None

    return tuple(curve(c) for c in range(p.shape[1]))


def _bent(p: Floats, curves: tuple[Any, ...]) -> Floats:
    bent = np.column_stack([p[:, c] if f is None else f.predict(p[:, c]) for c, f in enumerate(curves)])
    sums = bent.sum(axis=1, keepdims=True)
    return np.asarray(np.where(sums > 0, bent / np.where(sums > 0, sums, 1), p))
