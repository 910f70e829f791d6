"""Predictions and runs in, numbers with intervals out."""

from querist.core.boxes import iou_matrix
from querist.metrics.boxes import evaluate_boxes, right_boxes
from querist.metrics.calibration import ece, reliability
from querist.metrics.compare import adjusted_together, holm, sign_flip, study
from querist.metrics.curves import area, curve, per_thousand
from querist.metrics.designs import Beside, Design, Independent, Round, Rounds, Sequential, Uniform
from querist.metrics.detectors import Adwin, PageHinkley, detector_from_json
from querist.metrics.drift import (
    confidence_check,
    error_check,
    field_check,
    input_checks,
    inputs_by_classifier,
    inputs_by_kernel,
    judge,
    share_check,
    watched_check,
)
from querist.metrics.drift_plan import local_rise, n_to_see, plan_drift
from querist.metrics.efficiency import efficiencies, labels_to_reach
from querist.metrics.estimate import estimate
from querist.metrics.forecast import Forecast, Law, forecast, learning_law
from querist.metrics.gate import Around, gate
from querist.metrics.judged import corrected_share
from querist.metrics.labels import evaluate_labels, per_label
from querist.metrics.marginals import Shift, black_box_shares, category_shift, numeric_shift, psi
from querist.metrics.paired import (
    Paired,
    mcnemar,
    n_least,
    n_wanted,
    paired_in_pool,
    paired_losses,
    paired_shares,
)
from querist.metrics.parts import ESTIMATED
from querist.metrics.planning import Plan, plan_labels
from querist.metrics.quantiles import estimate_quantile
from querist.metrics.ratings import evaluate_ratings, expected_levels, mae, middle_levels, quadratic_kappa
from querist.metrics.resampled import RESAMPLED, paired_metric
from querist.metrics.reuse import HALF_95, LOOKS, overrating
from querist.metrics.rollout import Rollout, Step, observe_pairs
from querist.metrics.scores import (
    METRICS,
    PerClass,
    accuracy,
    average_precision,
    balanced_accuracy,
    brier,
    evaluate,
    evaluate_number,
    log_loss,
    macro_f1,
    per_class,
    r2,
    rmse,
    roc_auc,
    token_f1,
)
from querist.metrics.spans import evaluate_spans, per_class_spans
from querist.metrics.two_samples import TwoSamples, c2st, mmd
from querist.metrics.wealth import Bets, bet_on, log_wealth
from querist.metrics.worth import worth

__all__ = [
    "ESTIMATED",
    "HALF_95",
    "LOOKS",
    "METRICS",
    "RESAMPLED",
    "Adwin",
    "Around",
    "Beside",
    "Bets",
    "Design",
    "Forecast",
    "Independent",
    "Law",
    "PageHinkley",
    "Paired",
    "PerClass",
    "Plan",
    "Rollout",
    "Round",
    "Rounds",
    "Sequential",
    "Shift",
    "Step",
    "TwoSamples",
    "Uniform",
    "accuracy",
    "adjusted_together",
    "area",
    "average_precision",
    "balanced_accuracy",
    "bet_on",
    "black_box_shares",
    "brier",
    "c2st",
    "category_shift",
    "confidence_check",
    "corrected_share",
    "curve",
    "detector_from_json",
    "ece",
    "efficiencies",
    "error_check",
    "estimate",
    "estimate_quantile",
    "evaluate",
    "evaluate_boxes",
    "evaluate_labels",
    "evaluate_number",
    "evaluate_ratings",
    "evaluate_spans",
    "expected_levels",
    "field_check",
    "forecast",
    "gate",
    "holm",
    "input_checks",
    "inputs_by_classifier",
    "inputs_by_kernel",
    "iou_matrix",
    "judge",
    "labels_to_reach",
    "learning_law",
    "local_rise",
    "log_loss",
    "log_wealth",
    "macro_f1",
    "mae",
    "mcnemar",
    "middle_levels",
    "mmd",
    "n_least",
    "n_to_see",
    "n_wanted",
    "numeric_shift",
    "observe_pairs",
    "overrating",
    "paired_in_pool",
    "paired_losses",
    "paired_metric",
    "paired_shares",
    "per_class",
    "per_class_spans",
    "per_label",
    "per_thousand",
    "plan_drift",
    "plan_labels",
    "psi",
    "quadratic_kappa",
    "r2",
    "reliability",
    "right_boxes",
    "rmse",
    "roc_auc",
    "share_check",
    "sign_flip",
    "study",
    "token_f1",
    "watched_check",
    "worth",
]
