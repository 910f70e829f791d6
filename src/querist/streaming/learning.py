"""What a stream learns with: one recipe, fitted to several stretches of the past at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core.checks import Floats
from querist.core.ports import Learner, Model
from querist.learners.sklearn import as_learner


@dataclass(frozen=True, slots=True)
class Mean:
    """Models whose probabilities are averaged, of the shortest stretch first."""

    members: tuple[Model, ...]

    def predict_proba(self, X: Any, /) -> Floats:
        """(n_items, n_classes)."""
        found: list[Floats] = [each.predict_proba(X) for each in self.members]  # type: ignore[attr-defined]
        return found[0] if len(found) == 1 else np.asarray(np.mean(found, axis=0))


def default_learner() -> Learner:
    """What a stream of numbers is learned by where nothing else is said: a line and trees, whose mean beats either."""
    from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    line = make_pipeline(StandardScaler(), LogisticRegression())
    trees = ExtraTreesClassifier(30, min_samples_leaf=3)
    return as_learner(VotingClassifier([("line", line), ("trees", trees)], voting="soft"))
