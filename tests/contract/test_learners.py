"""Every shipped learner keeps the contract."""

from __future__ import annotations

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from querist.learners import Calibrated, SklearnLearner, bootstrap_committee, mixed_committee
from querist.testing.learners import LearnerContract


class TestLogisticRegression(LearnerContract):
    make = staticmethod(lambda: SklearnLearner(LogisticRegression(C=20, max_iter=2000)))


class TestForest(LearnerContract):
    make = staticmethod(lambda: SklearnLearner(RandomForestClassifier(10)))


class TestPipeline(LearnerContract):
    make = staticmethod(lambda: SklearnLearner(make_pipeline(StandardScaler(), LogisticRegression())))


class TestForestInAPipeline(LearnerContract):
    make = staticmethod(lambda: SklearnLearner(make_pipeline(StandardScaler(), RandomForestClassifier(10))))


class TestBootstrapCommittee(LearnerContract):
    make = staticmethod(lambda: bootstrap_committee(SklearnLearner(LogisticRegression()), 4))


class TestMixedCommittee(LearnerContract):
    make = staticmethod(
        lambda: mixed_committee(
            [SklearnLearner(e) for e in (LogisticRegression(), RandomForestClassifier(5), GaussianNB())]
        )
    )


class TestTemperature(LearnerContract):
    make = staticmethod(lambda: Calibrated(SklearnLearner(LogisticRegression())))


class TestIsotonic(LearnerContract):
    make = staticmethod(lambda: Calibrated(SklearnLearner(LogisticRegression()), method="isotonic"))


class TestCalibratedScores(LearnerContract):
    make = staticmethod(lambda: Calibrated(SklearnLearner(LinearSVC(), scores_only=True)))


class TestRidge(LearnerContract):
    make = staticmethod(lambda: SklearnLearner(Ridge()))
    task = "number"


class TestNumberForest(LearnerContract):
    make = staticmethod(lambda: SklearnLearner(RandomForestRegressor(10)))
    task = "number"


class TestNumberCommittee(LearnerContract):
    make = staticmethod(lambda: bootstrap_committee(SklearnLearner(Ridge()), 4))
    task = "number"


class TestMixedNumberCommittee(LearnerContract):
    make = staticmethod(lambda: mixed_committee([SklearnLearner(Ridge()), SklearnLearner(RandomForestRegressor(5))]))
    task = "number"
