"""Counts and the names of metrics, as a sentence has them."""

from __future__ import annotations

import math

METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "auc": "AUC",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "calibration error",
    "r2": "R²",
    "rmse": "RMSE",
    "quadratic_kappa": "quadratic kappa",
    "mae": "mean absolute error",
    "micro_f1": "micro-F1",
    "subset_accuracy": "share of items with every label right",
    "label_accuracy": "share of labels right",
    "span_f1": "span F1",
    "span_precision": "span precision",
    "span_recall": "span recall",
    "span_macro_f1": "span macro-F1",
    "character_f1": "character F1",
    "box_ap": "average precision of boxes",
    "box_f1": "box F1",
    "box_precision": "box precision",
    "box_recall": "box recall",
    "token_f1": "token F1",
}


def counted(n: int, noun: str) -> str:
    """A number with its noun, which is in the plural unless it is 1.

    Examples
    --------
    >>> counted(1, "seed"), counted(1200, "item")
    ('1 seed', '1,200 items')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def within(low: float | None, high: float | None) -> str:
    """Between what a number lies; an end that is infinite, or None as JSON has it, is no bound.

    Examples
    --------
    >>> within(0.2, 0.31), within(0.0, None)
    ('between 0.200 and 0.310', 'at least 0.000, with no bound above,')
    """
    below, above = (end is None or not math.isfinite(end) for end in (low, high))
    if below and above:
        return "with no bound on either side"
    if above:
        return f"at least {low:.3f}, with no bound above,"
    return f"at most {high:.3f}, with no bound below," if below else f"between {low:.3f} and {high:.3f}"


def metric_name(metric: str) -> str:
    """A metric as people say it.

    Examples
    --------
    >>> metric_name("macro_f1"), metric_name("my_score")
    ('macro-F1', 'my score')
    """
    return METRICS.get(metric, metric.replace("_", " "))
