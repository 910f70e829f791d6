"""When to stop: rules as values, each with its current figure and a forecast, never silent."""

from querist.loop.stopping.certified import ErrorBound, RecallBound, most_relevant
from querist.loop.stopping.curve import BudgetSpent, MarginalGain, PerformanceGradient, TargetReached
from querist.loop.stopping.glance import agreement, glance, stop_rows
from querist.loop.stopping.order import in_order
from querist.loop.stopping.reading import RULES, rule_from_json, rule_from_text, rule_to_json
from querist.loop.stopping.search import AutoStop, Hypergeometric, Knee, QuantCI, Safe, TargetSet
from querist.loop.stopping.stability import (
    OF_THE_STOP_SET,
    ClassificationChange,
    ContradictingInformation,
    DeltaF,
    MaxConfidence,
    MinimalError,
    OverallUncertainty,
    StablePredictions,
)
from querist.loop.stopping.verdict import NOTHING, Evidence, Glance, Screened, StoppingRule, Verdict

__all__ = [
    "NOTHING",
    "OF_THE_STOP_SET",
    "RULES",
    "AutoStop",
    "BudgetSpent",
    "ClassificationChange",
    "ContradictingInformation",
    "DeltaF",
    "ErrorBound",
    "Evidence",
    "Glance",
    "Hypergeometric",
    "Knee",
    "MarginalGain",
    "MaxConfidence",
    "MinimalError",
    "OverallUncertainty",
    "PerformanceGradient",
    "QuantCI",
    "RecallBound",
    "Safe",
    "Screened",
    "StablePredictions",
    "StoppingRule",
    "TargetReached",
    "TargetSet",
    "Verdict",
    "agreement",
    "glance",
    "in_order",
    "most_relevant",
    "rule_from_json",
    "rule_from_text",
    "rule_to_json",
    "stop_rows",
]
