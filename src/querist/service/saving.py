"""What a project has saved so far: labels that random sampling would need, over those that it needed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.core.checks import Rows
from querist.core.evidence import Efficiency
from querist.core.items import take
from querist.core.rng import generator
from querist.metrics.live import Measured, live_efficiency
from querist.service.refits import SIZES, SMALLEST, Refits, Said, sizes

LEVEL = 0.9
BOOT_S = 5.0
MOST_BOOT, LEAST_BOOT = 1000, 100


def saved(refits: Refits, drawn: Sequence[Said], metric: str, folds: Sequence[Rows], until: float) -> Efficiency | None:
    """What random sampling needs over what the project needed; None where there are no two curves to compare.

    Models of the first so many labels that were bought are measured on the test items, beside `drawn`, models of as
    many random ones. `folds` are the test items in parts, each with random models of its own.
    """
    test = np.arange(refits.n_test)
    lived: list[Said] = []
    for size in reversed(sizes(len(refits.lived))) if len(refits.lived) >= SMALLEST else []:
        predicted = refits.predictions(refits.lived[:size], test)
        if predicted is not None:
            lived.append(Said(size, predicted))
        if time.monotonic() > until:
            break
    lived.reverse()
    if len(lived) < 2 or len(drawn) < 2:
        return None
    samples = _samples(refits, folds, lived[-1])
    curves = [
        np.array(
            [
                [refits.scored(rows, take(each.predicted, rows)).get(metric, np.nan) for each in curve]
                for rows in samples
            ]
        )
        for curve in (lived, drawn)
    ]
    whole = ~np.isnan(np.hstack(curves)).any(axis=1)  # a resample without one of the classes has no macro average, say
    if not whole[0]:
        return None
    ours, theirs = (
        Measured(np.array([each.n_labels for each in curve], dtype=float), values[whole])
        for curve, values in zip((lived, drawn), curves, strict=True)
    )
    return live_efficiency(ours, theirs, metric, n_units=len(folds), level=LEVEL)


def _samples(refits: Refits, folds: Sequence[Rows], said: Said) -> list[Rows]:
    """All test items, and then resamples: folds drawn with replacement, and items within each.

    A fold has models of its own, each of its own random labels, so that the luck of the draw is resampled too.
    """
    test = np.arange(refits.n_test)
    began = time.perf_counter()
    refits.scored(test, said.predicted)
    each_s = 2 * SIZES * max(time.perf_counter() - began, 1e-6)
    n = int(np.clip(BOOT_S / each_s, LEAST_BOOT, MOST_BOOT))
    rng = generator(refits.seed, "saved", refits.number)
    n_folds = len(folds)
    drawn = [
        np.concatenate([rng.choice(folds[f], len(folds[f])) for f in rng.integers(n_folds, size=n_folds)])
        for _ in range(n)
    ]
    return [test, *drawn]


def plain(saved: Efficiency) -> dict[str, Any]:
    """As plain JSON, the way it is kept."""
    ratio = saved.ratio
    return {
        "metric": saved.metric,
        "target": saved.target,
        "labels": saved.labels,
        "random_labels": saved.baseline_labels,
        "ratio": None if ratio is None else ratio.value,
        "low": None if ratio is None else ratio.low,
        "high": None if ratio is None else ratio.high,
        "level": LEVEL,
        "method": None if ratio is None else ratio.method,
    }
