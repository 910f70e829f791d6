"""Recipes that turn features and labels into models. scikit-learn loads when a learner is made, not before."""

from querist.learners.calibrate import Calibrated, CalibratedCommittee, CalibratedModel, Calibration
from querist.learners.committee import (
    Committee,
    CommitteeClassifier,
    CommitteeRegressor,
    bootstrap_committee,
    mixed_committee,
)
from querist.learners.crossval import fold_outputs, out_of_fold
from querist.learners.default import default_encoder, default_recipe, only_field, recipe_for
from querist.learners.detector import PatchDetector
from querist.learners.each_label import EachLabel, EachLabelModel
from querist.learners.given import IdentityEncoder, RawEncoder
from querist.learners.linear import kind_of, linear_head, linear_learner
from querist.learners.recipe import Recipe, recipe_from_json, text_encoder_from_json
from querist.learners.sentences import FunctionEncoder, SentenceEncoder
from querist.learners.sklearn import SklearnLearner
from querist.learners.table import TableEncoder
from querist.learners.tagger import SpanCommittee, SpanModel, SpanTagger
from querist.learners.text import TextEncoder
from querist.learners.tokens import tokens_of
from querist.learners.vectors import ImageEncoder, VectorEncoder

__all__ = [
    "Calibrated",
    "CalibratedCommittee",
    "CalibratedModel",
    "Calibration",
    "Committee",
    "CommitteeClassifier",
    "CommitteeRegressor",
    "EachLabel",
    "EachLabelModel",
    "FunctionEncoder",
    "IdentityEncoder",
    "ImageEncoder",
    "PatchDetector",
    "RawEncoder",
    "Recipe",
    "SentenceEncoder",
    "SklearnLearner",
    "SpanCommittee",
    "SpanModel",
    "SpanTagger",
    "TableEncoder",
    "TextEncoder",
    "VectorEncoder",
    "bootstrap_committee",
    "default_encoder",
    "default_recipe",
    "fold_outputs",
    "kind_of",
    "linear_head",
    "linear_learner",
    "mixed_committee",
    "only_field",
    "out_of_fold",
    "recipe_for",
    "recipe_from_json",
    "text_encoder_from_json",
    "tokens_of",
]
