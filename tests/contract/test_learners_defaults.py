"""The learners that are used where nobody named one keep the contract."""

from __future__ import annotations

import numpy as np

from querist.core.items import Columns
from querist.learners import default_recipe, mixed_committee
from querist.testing.learners import LearnerContract

TABLE = Columns({"a": [1.0, 2.0, 3.0], "c": ["x", "y", "x"]})
VECTORS = np.eye(3)


class TestDefaultForTables(LearnerContract):
    make = staticmethod(lambda: default_recipe(TABLE).learner)


class TestDefaultForVectors(LearnerContract):
    make = staticmethod(lambda: default_recipe(VECTORS).learner)


class TestDefaultForNumbersInTables(LearnerContract):
    make = staticmethod(lambda: default_recipe(TABLE, task="number").learner)
    task = "number"


class TestDefaultForNumbersOfVectors(LearnerContract):
    make = staticmethod(lambda: default_recipe(VECTORS, task="number").learner)
    task = "number"


class TestDefaultMixedCommittee(LearnerContract):
    make = staticmethod(mixed_committee)
