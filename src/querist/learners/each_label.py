"""Several labels that may hold together: a model of yes or no for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Array, Floats
from querist.core.errors import InvalidInput, OneClassOnly, UnsuitableLearner
from querist.core.items import n_rows
from querist.core.ports import Classifies, Learner, Model


@dataclass(frozen=True, slots=True)
class EachLabel:
    """A learner of classes, fitted once for each label: whether it holds or not.

    Known as binary relevance. A label that holds for all labeled items, or for none, has no model yet: its probability
    is (n + 1) / (n_items + 2), where n items have it.

    Parameters
    ----------
    learner : Learner
        Of classes.

    Notes
    -----
    O(n_labels) fits. Boutell, Luo, Shen and Brown (2004), Learning multi-label scene classification.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.learners import SklearnLearner
    >>> X, y = np.array([[0.0], [1.0], [2.0]]), np.array([[0, 1], [1, 1], [1, 1]])
    >>> model = EachLabel(SklearnLearner(LogisticRegression())).fit(X, y, n_classes=2, rng=np.random.default_rng(0))
    >>> model.label_probs(X)[:, 1].tolist()  # (3 + 1) / (3 + 2)
    [0.8, 0.8, 0.8]
    """

    learner: Learner

    @property
    def name(self) -> str:
        """The learner's name, for each label."""
        return f"{self.learner.name} for each label"

    @property
    def reads_items(self) -> bool:
        """Whether the learner starts from the items themselves."""
        return bool(getattr(self.learner, "reads_items", False))

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        return {"class": "EachLabel", "learner": self.learner.describe()}

    def fit(
        self, X: Any, y: Array, /, *, n_classes: int, rng: np.random.Generator, warm: Model | None = None
    ) -> EachLabelModel:
        """A model for each column of `y`, (n_items, n_classes) of true or false; each goes on from its earlier one.

        Raises
        ------
        InvalidInput
            If `y` is not of that shape, or is empty.
        OneClassOnly
            If no label both holds for some item and does not for another.
        """
        held = held_labels(y, n_items=n_rows(X), n_labels=n_classes)
        earlier = warm.models if isinstance(warm, EachLabelModel) and len(warm.models) == n_classes else ()
        shares = (held.sum(axis=0) + 1) / (len(held) + 2)
        models: list[Model | None] = []
        for label, child in enumerate(rng.spawn(n_classes)):
            column = held[:, label]
            if column.all() or not column.any():
                models.append(None)
                continue
            before = earlier[label] if earlier else None
            models.append(self.learner.fit(X, column.astype(np.int64), n_classes=2, rng=child, warm=before))
        if all(model is None for model in models):
            raise OneClassOnly(
                f"y: must hold a label that some items have and others have not; all {len(held)} are labeled alike. "
                "Label other items first."
            )
        return EachLabelModel(tuple(models), shares)


@dataclass(frozen=True, slots=True, eq=False)
class EachLabelModel:
    """A fitted `EachLabel`."""

    models: tuple[Model | None, ...]
    shares: Floats

    @property
    def warm_started(self) -> bool:
        """Whether every label's model went on from an earlier one."""
        return all(model.warm_started for model in self.models if model is not None)

    def label_probs(self, X: Any, /) -> Floats:
        """(n_items, n_labels): the probability that each label holds."""
        out = np.tile(self.shares, (n_rows(X), 1))
        for label, model in enumerate(self.models):
            if model is None:
                continue
            if not isinstance(model, Classifies):
                raise UnsuitableLearner(
                    f"learner: must give class probabilities; {type(model).__name__} does not. Choose another learner."
                )
            out[:, label] = model.predict_proba(X)[:, 1]
        return out


def held_labels(y: npt.ArrayLike, *, n_items: int, n_labels: int) -> npt.NDArray[np.bool_]:
    """`y` checked: true or false for each label of at least one item."""
    values = np.asarray(y)
    if values.shape != (n_items, n_labels) or values.dtype.kind not in "biu" or not n_items:
        raise InvalidInput(
            f"y: must be true or false, ({n_items}, {n_labels}), for each label of each labeled item; got "
            f"{values.dtype} of shape {values.shape}. Encode answers with the schema."
        )
    return values > 0
