"""The learners of labels, spans and boxes keep the contract; and the contract catches what breaks it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from querist.learners import EachLabel, PatchDetector, SklearnLearner, SpanTagger, bootstrap_committee
from querist.testing.set_learners import SetLearnerContract


class TestLinearForEachLabel(SetLearnerContract):
    make = staticmethod(lambda: EachLabel(SklearnLearner(LogisticRegression(C=20))))
    task = "labels"


class TestForestForEachLabel(SetLearnerContract):
    make = staticmethod(lambda: EachLabel(SklearnLearner(RandomForestClassifier(20))))
    task = "labels"


class TestCommitteeForEachLabel(SetLearnerContract):
    make = staticmethod(lambda: EachLabel(bootstrap_committee(LogisticRegression(), 3)))
    task = "labels"


class TestTagger(SetLearnerContract):
    make = staticmethod(SpanTagger)
    task = "spans"


class TestCommitteeOfTaggers(SetLearnerContract):
    make = staticmethod(lambda: SpanTagger(n_members=3))
    task = "spans"


class TestDetector(SetLearnerContract):
    make = staticmethod(PatchDetector)
    task = "boxes"


class Forgetful(SpanTagger):
    """Takes the first item only, whatever it is given."""

    def fit(self, X: Any, y: Any, /, **more: Any) -> Any:
        return super().fit(X[:1], y[:1], **more)


class Careless(SpanTagger):
    """Draws from a generator of its own."""

    def fit(self, X: Any, y: Any, /, **more: Any) -> Any:
        rows = np.random.default_rng().permutation(len(X))[:4]
        return super().fit([X[row] for row in rows], y[rows], **more)


@pytest.mark.parametrize(
    ("learner", "test"),
    [(Forgetful, "test_it_learns"), (Careless, "test_the_same_seed_gives_the_same_predictions")],
)
def test_what_breaks_the_contract_is_caught(learner: type[SpanTagger], test: str) -> None:
    suite = type("Suite", (SetLearnerContract,), {"make": staticmethod(learner), "task": "spans"})()
    held = getattr(suite, test)
    with pytest.raises(AssertionError):
        [held() for _ in range(5)]
