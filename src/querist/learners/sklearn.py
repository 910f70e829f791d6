"""Any scikit-learn estimator or pipeline as a learner."""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from querist.core.checks import Array
from querist.core.errors import InvalidInput, OneClassOnly, UnsuitableLearner
from querist.core.items import n_rows
from querist.core.ports import Learner, Model
from querist.learners.estimators import estimator_to_json, first_step, last_step, seeded
from querist.learners.models import Classifier, Fitted, Regressor, for_estimator, model_of, naming_bad_cells, reads_text


@dataclass(frozen=True, slots=True, eq=False)
class SklearnLearner:
    """A scikit-learn classifier, regressor or pipeline of one.

    Each fit clones it and draws every `random_state` that is None. Given an earlier model, it goes on from that
    model's coefficients where the estimator has `warm_start` with coefficients and saw the same classes.

    Parameters
    ----------
    estimator : scikit-learn estimator
        Not fitted; it is cloned here.
    name : str, optional
        By default the class's name.
    scores_only : bool
        Whether a classifier without probabilities will do, since `Calibrated` makes them of its scores.

    Raises
    ------
    UnsuitableLearner
        If it cannot give probabilities and is no regressor.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> learner = SklearnLearner(LogisticRegression())
    >>> X, y = np.array([[0.0], [1.0]]), np.array([0, 2])
    >>> learner.fit(X, y, n_classes=3, rng=np.random.default_rng(0)).predict_proba(X).shape  # class 1 has no label
    (2, 3)
    """

    estimator: Any
    name: str = ""
    scores_only: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        from sklearn.base import clone, is_regressor

        kind = type(self.estimator).__name__
        if isinstance(self.estimator, type) or not hasattr(self.estimator, "fit"):
            raise UnsuitableLearner(
                f"learner: must be a scikit-learn estimator; got {self.estimator!r:.80}. "
                "Pass an instance such as LogisticRegression()."
            )
        gives = hasattr(self.estimator, "predict_proba") or is_regressor(self.estimator)
        if not gives and not hasattr(self.estimator, "decision_function"):
            raise UnsuitableLearner(
                f"learner: must give class probabilities or a number; {kind} has no predict_proba. Use another."
            )
        if not gives and not self.scores_only:
            last = last_step(self.estimator)
            shown = f"{kind}()" if last is self.estimator else "pipeline"
            raise UnsuitableLearner(
                f"learner: must give class probabilities; {type(last).__name__} has only decision_function. "
                f"Wrap it: Calibrated({shown}, 'temperature')."
            )
        object.__setattr__(self, "estimator", clone(self.estimator))
        object.__setattr__(self, "name", self.name or type(last_step(self.estimator)).__name__)

    @property
    def reads_items(self) -> bool:
        """Whether it starts from the items themselves, text or tables, and needs no encoder."""
        from sklearn.compose import ColumnTransformer

        return reads_text(self.estimator) or isinstance(first_step(self.estimator), ColumnTransformer)

    def describe(self) -> dict[str, Any]:
        """Plain JSON: class, parameters and scikit-learn's version."""
        import sklearn

        return {
            "class": "SklearnLearner",
            "name": self.name,
            "scores_only": self.scores_only,
            "estimator": estimator_to_json(self.estimator),
            "scikit_learn": sklearn.__version__,
        }

    def fit(
        self, X: Any, y: Array, /, *, n_classes: int, rng: np.random.Generator, warm: Model | None = None
    ) -> Classifier | Regressor:
        """A model of these labels.

        Raises
        ------
        InvalidInput
            If labels are missing or out of range, or `X` holds NaN that the estimator does not take.
        OneClassOnly
            If all labels are of one class.
        UnsuitableLearner
            If classes are given to a regressor, or numbers to a classifier.
        """
        target = self._target(X, y, n_classes)
        items = for_estimator(X, self.estimator)
        fresh = seeded(self.estimator, rng)
        with naming_bad_cells(X), warnings.catch_warnings():
            # Ten labels of nine classes are what a first round of many classes brings, not numbers taken for classes.
            warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
            going_on = _continued(fresh, warm, items, target) if isinstance(warm, Fitted) else None
            fitted = fresh.fit(items, target) if going_on is None else going_on
        return model_of(fitted, n_classes, going_on is not None)

    def _target(self, X: Any, y: Array, n_classes: int) -> Array:
        from sklearn.base import is_regressor

        if is_regressor(self.estimator) != (n_classes == 0):
            wanted, got = ("a number", "classifier") if n_classes == 0 else ("classes", "regressor")
            raise UnsuitableLearner(f"learner: must model {wanted}; {self.name} is a {got}. Choose another learner.")
        return labels("y", y, n_items=n_rows(X), n_classes=n_classes)


def as_learner(learner: Any) -> Learner:
    """A learner as it is; a scikit-learn estimator as one."""
    return learner if hasattr(learner, "describe") else SklearnLearner(learner)


def labels(name: str, y: Any, *, n_items: int, n_classes: int) -> Array:
    """`y` checked: one class number in 0..n_classes-1 per item, of two classes at least, or one finite number each."""
    values = np.asarray(y)
    if values.shape != (n_items,) or n_items == 0:
        raise InvalidInput(
            f"{name}: must be one label per item, {n_items}; got shape {values.shape}. Pass the labeled rows only."
        )
    if n_classes == 0:
        if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
            raise InvalidInput(f"{name}: must be finite numbers; got {values!r:.60}. Drop the items without one.")
        return values.astype(np.float64)
    if values.dtype.kind not in "iu":
        raise InvalidInput(f"{name}: must be class numbers; got {values.dtype}. Encode them with the schema.")
    outside = values[(values < 0) | (values >= n_classes)]
    if outside.size:
        raise InvalidInput(f"{name}: must lie in 0..{n_classes - 1}; got {outside[0]}. Encode them with the schema.")
    if (values == values[0]).all():
        raise OneClassOnly(
            f"{name}: must hold two classes at least; all {n_items} labels are of class {values[0]}. "
            "Label items of another class first."
        )
    return values.astype(np.int64)


def _continued(fresh: Any, warm: Fitted, X: Any, y: Array) -> Any:
    """`fresh` fitted from where the earlier model stopped, or None where it cannot be."""
    old, last = last_step(warm.estimator), last_step(fresh)
    if not (_goes_on(old) and _same_recipe(warm.estimator, fresh)):
        return None
    if hasattr(old, "classes_") and not np.array_equal(old.classes_, np.unique(y)):
        return None
    if last is fresh:
        if getattr(X, "shape", (0, -1))[1] != old.n_features_in_:
            return None
        return deepcopy(old).set_params(warm_start=True).fit(X, y)
    from sklearn.pipeline import Pipeline

    head = fresh[:-1]
    entered = head.fit_transform(X, y)
    if entered.shape[1] != old.n_features_in_ or _feature_names(head) != _feature_names(warm.estimator[:-1]):
        return None
    going_on = deepcopy(old).set_params(warm_start=True).fit(entered, y)
    return Pipeline([*head.steps, (fresh.steps[-1][0], going_on)])


def _goes_on(old: Any) -> bool:
    """Whether `warm_start` starts from its coefficients; a forest's adds trees, and liblinear ignores it."""
    params = old.get_params(deep=False)
    has_state = hasattr(old, "coef_") or hasattr(old, "coefs_")
    return has_state and "warm_start" in params and params.get("solver") != "liblinear"


def _same_recipe(old: Any, fresh: Any) -> bool:
    """Whether both are of one class with the same parameters, drawn seeds and `warm_start` aside."""
    return type(old) is type(fresh) and _settled(old) == _settled(fresh)


def _settled(estimator: Any) -> dict[str, Any]:
    drawn = {"random_state", "warm_start"}

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: without(v) for k, v in value.items() if k not in drawn}
        return [without(v) for v in value] if isinstance(value, list) else value

    settled: dict[str, Any] = without(estimator_to_json(estimator))
    return settled


def _feature_names(head: Any) -> list[str] | None:
    try:
        return list(head.get_feature_names_out())
    except (AttributeError, ValueError):  # a step that names no features: then their number must do
        return None
