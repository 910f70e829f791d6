"""Every run of a comparison as a tidy table: one row for each figure that was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from querist.core.evidence import Study
from querist.formats import write_table

COLUMNS = (
    "data",
    "oracle",
    "learner",
    "batch_size",
    "start",
    "seed_size",
    "imbalance",
    "copies",
    "strategy",
    "seed",
    "n_labels",
    "cost_usd",
    "metric",
    "value",
)


def run_rows(studies: Sequence[Study]) -> Iterator[tuple[Any, ...]]:
    """A row for each study, run, point and metric, as `COLUMNS` has it; None where a factor was not named.

    Examples
    --------
    >>> from querist.core.evidence import Point, Run
    >>> run = Run("margin", 3, (Point(10, 0.5, {"accuracy": 0.75}),))
    >>> study = Study("t", "accuracy", "margin", (run,), (), (), (), {"data": "a.csv", "oracle": "late:2"})
    >>> next(run_rows([study]))
    ('a.csv', 'late:2', None, None, None, None, None, 1, 'margin', 3, 10, 0.5, 'accuracy', 0.75)
    """
    for study in studies:
        known = {"copies": 1, **study.facts, **study.facts.get("factors", {})}
        factors = tuple(known.get(name) for name in COLUMNS[:8])
        for run in study.runs:
            for point in run.points:
                for metric, value in point.metrics.items():
                    yield (
                        *factors,
                        run.strategy,
                        run.seed,
                        point.n_labels,
                        float(point.cost_usd),
                        metric,
                        float(value),
                    )


def write_runs(studies: Sequence[Study], path: str | Path) -> Path:
    """Write every run to a table, Parquet or another format by its suffix: whole, or not at all."""
    write_table(path, COLUMNS, run_rows(studies))
    return Path(path)
