"""Counts and the names of metrics, as a sentence has them."""

from __future__ import annotations

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


def metric_name(metric: str) -> str:
    """A metric as people say it.

    Examples
    --------
    >>> metric_name("macro_f1"), metric_name("my_score")
    ('macro-F1', 'my score')
    """
    return METRICS.get(metric, metric.replace("_", " "))
