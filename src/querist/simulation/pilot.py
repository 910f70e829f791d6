"""What the labels on hand say by themselves: both curves simulated on them over seeds, until there is no more time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.evidence import Run
from querist.core.items import Columns, take
from querist.core.ports import Encoder, Progress, silent
from querist.core.rng import generator
from querist.core.words import metric_name
from querist.metrics import METRICS, Forecast, Law, forecast, learning_law
from querist.modeling import kind
from querist.simulation.data import Labeled
from querist.simulation.study import simulate

STRATEGY = "auto"
MOST_ROWS = 3000  # more labels than these change what a budget of some hundreds says by less than the seeds do
POOL_USED = 0.5  # beyond, a strategy must take what is left, and the saving of a large pool cannot be seen
ROUNDS = 14
ROUNDS_AT_RANDOM = 8
FEWEST_ROUNDS = 5
TEST_SHARE = 0.3
BLOCK = 4  # seeds between two looks at the clock
SEEDS, SEEDS_QUICK = 12, 6
TIME_LIMIT_S, TIME_LIMIT_QUICK_S = 150.0, 45.0
LOWER_IS_BETTER = frozenset({"log_loss", "brier", "ece", "rmse", "mae"})
ABOVE_A_GUESS = 2.5
PAIRS_WANTED = 20  # with fewer items answered twice, noise is a guess


@dataclass(frozen=True, slots=True)
class Pilot:
    """What was simulated on the labels on hand.

    Parameters
    ----------
    data : Labeled
        All of it.
    metric : str
    found : Forecast
        Of the strategy against random, within half of the pool.
    law : Law
        Of random over the whole pool, as far as the labels go; row 0 of the mean, the others of resampled seeds.
    measured : (2, n_points) float
        Labels and mean quality of random, as measured.
    ours : (2, n_points) float
        The same of the strategy.
    guess : float
        What always guessing the most common answer would score.
    n_rows : int
        Labels that were simulated with.
    n_seeds : int
    seconds : float
    learner : str
    """

    data: Labeled
    metric: str
    found: Forecast
    law: Law
    measured: Floats
    ours: Floats
    guess: float
    n_rows: int
    n_seeds: int
    seconds: float
    learner: str

    @property
    def measured_end(self) -> float:
        """The metric as measured with the most labels, over the last two points; a law may miss the end of a curve."""
        return float(self.measured[1, -2:].mean())

    @property
    def final(self) -> float:
        """The metric with as many labels as were simulated with."""
        return float(self.law.at([self.measured[0, -1]])[0, 0])


def pilot(
    data: Labeled,
    *,
    learner: Any = None,
    encoder: Encoder | str | None = None,
    metric: str | None = None,
    rounds: int = ROUNDS,
    quick: bool = False,
    time_limit_s: float | None = None,
    seed: int = 0,
    n_jobs: int | None = None,
    progress: Progress = silent,
) -> Pilot:
    """Simulate the default strategy and random on the labels on hand.

    Raises
    ------
    InvalidInput
        If there are too few labels, or the metric is none of the task or lower where it is better.
    """
    began = time.perf_counter()
    metric = usual_metric(data) if metric is None else checks.one_of("metric", metric, METRICS[data.schema.task])
    if metric in LOWER_IS_BETTER:
        usable = [name for name in METRICS[data.schema.task] if name not in LOWER_IS_BETTER]
        raise InvalidInput(f"metric: must be one of which more is better; got {metric}. Take {' or '.join(usable)}.")
    if time_limit_s is not None and not time_limit_s > 0:
        raise InvalidInput(f"time_limit_s: must be above 0 seconds; got {time_limit_s!r}. Leave it out for the usual.")
    rows = _sample(data, seed)
    n_pool = data.n_items - round(TEST_SHARE * data.n_items) if rows is data else round((1 - TEST_SHARE) * MOST_ROWS)
    budget = int(POOL_USED * n_pool)
    batch = max(-(-budget // rounds), min(data.schema.n_classes, 50), 5)
    if budget < FEWEST_ROUNDS * batch:
        need = -(-FEWEST_ROUNDS * batch * 20 // 7)
        raise InvalidInput(
            f"labels: must be at least {need} to simulate on; got {data.n_items}. Label some more rows at random first."
        )
    limit = (TIME_LIMIT_QUICK_S if quick else TIME_LIMIT_S) if time_limit_s is None else time_limit_s
    n_seeds = SEEDS_QUICK if quick else SEEDS
    blocks = [range(at, min(at + BLOCK, n_seeds)) for at in range(0, n_seeds, BLOCK)]
    near: list[Run] = []
    far: list[Run] = []
    name = ""
    for number, block in enumerate(blocks):
        at = time.perf_counter()
        progress(number * BLOCK, n_seeds, "simulating on what is labeled")
        seeds = [1000 * seed + s for s in block]
        said = {"learner": learner, "encoder": encoder, "metric": metric, "seeds": seeds, "n_jobs": n_jobs}
        study = simulate(rows, strategies=[STRATEGY], budget=budget, batch_size=batch, **said)
        near += study.runs
        step = max(-(-n_pool // ROUNDS_AT_RANDOM), batch)
        far += simulate(rows, strategies=["random"], budget=n_pool, batch_size=step, **said).runs
        name = str(study.facts["learner"])
        now = time.perf_counter()
        if now - began + (now - at) > limit:
            break
    progress(n_seeds, n_seeds, "simulating on what is labeled")
    ours, base = ([run for run in near if run.strategy == name] for name in (STRATEGY, "random"))
    rng = generator(seed, "forecast")
    found = forecast(ours, base, metric, rng=rng)
    law, measured = learning_law([base, far], metric, rng=rng)
    return Pilot(
        data=data,
        metric=metric,
        found=found,
        law=law,
        measured=measured,
        ours=learning_law([ours], metric, rng=rng)[1],
        guess=_guess(rows, metric),
        n_rows=rows.n_items,
        n_seeds=len({run.seed for run in base}),
        seconds=time.perf_counter() - began,
        learner=name,
    )


def usual_metric(data: Labeled) -> str:
    """Accuracy, macro-F1 where one class has more than two thirds; for other answers the first that the task has."""
    if data.schema.task != "choice":
        return next(name for name in METRICS[data.schema.task] if name not in LOWER_IS_BETTER)
    return "macro_f1" if np.bincount(data.y).max() > 2 / 3 * data.n_items else "accuracy"


def nothing_learned(found: Pilot) -> str | None:
    """Why the model learns nothing that more labels could add to, in a sentence; None where it does.

    Notes
    -----
    A curve that rises by less than its own noise over seeds has not been seen to rise. And a score that is no further
    above a guess than `ABOVE_A_GUESS` standard errors, of the seeds and of the labels on hand themselves, on which all
    testing is done, is no more than a guess: that a coin looks better happens once in 160 times.
    """
    name, end = metric_name(found.metric), found.measured_end
    ends = found.law.at([found.measured[0, -1]])[1:]
    of_seeds = float(ends.std(ddof=1)) if len(ends) > 1 else 0.0
    error = np.hypot(of_seeds, np.sqrt(max(end * (1 - end), 0.0) / found.n_rows))
    if end <= found.guess + ABOVE_A_GUESS * error:
        return (
            f"With the {found.n_rows:,} labels on hand the model's {name} is {end:.3f}, and always guessing the most "
            f"common answer has {found.guess:.3f}: nothing was learned that more labels could add to."
        )
    low = float(np.quantile(_gains(found), 0.05))
    if low <= 0:
        return (
            f"The {name} did not rise with labels: from {found.measured[1, 0]:.3f} to {found.final:.3f}, within noise."
        )
    return None


def repeated_noise(data: Labeled) -> tuple[float, int] | None:
    """The share of answers that are wrong, from items that were answered more than once, and the pairs it rests on.

    None where there are too few such pairs to tell, or answers are not one of several classes.

    Notes
    -----
    Two answers with errors e, each equally often any of the other classes, differ with probability
    2 e - e^2 (2 - (C - 2) / (C - 1)), of which e is the smaller root.
    """
    if data.schema.task not in ("choice", "rating"):
        return None
    groups: dict[Any, list[int]] = {}
    counts = np.bincount(data.groups - data.groups.min())
    for row in np.flatnonzero(counts[data.groups - data.groups.min()] > 1).tolist():
        groups.setdefault(_content(data.X, row), []).append(row)
    differ, pairs = 0.0, 0
    for rows in groups.values():
        m = len(rows)
        if m > 1:
            same = sum(int(n) * (int(n) - 1) for n in np.unique(data.y[rows], return_counts=True)[1]) / (m * (m - 1))
            differ += (1 - same) * (m - 1)
            pairs += m - 1
    if pairs < PAIRS_WANTED:
        return None
    n_classes = max(data.schema.n_classes, 2)
    k = 2 - (n_classes - 2) / (n_classes - 1)
    return float((1 - np.sqrt(max(1 - k * differ / pairs, 0.0))) / k), pairs


def _gains(found: Pilot) -> Floats:
    ends = found.law.at([found.measured[0, 0], found.measured[0, -1]])
    gains = ends[:, 1] - ends[:, 0]
    return gains[1:] if len(gains) > 1 else gains


def _guess(data: Labeled, metric: str) -> float:
    truth = kind(data.schema).array(data.y.tolist(), data.schema.n_classes)
    guessed = kind(data.schema).guess(truth, data.n_items, data.schema.n_classes)
    value = kind(data.schema).evaluate(truth, guessed, data.schema.options).get(metric, 0.0)
    return float(value) if np.isfinite(value) else 0.0


def _sample(data: Labeled, seed: int) -> Labeled:
    if data.n_items <= MOST_ROWS:
        return data
    rows = np.sort(generator(seed, "rows").choice(data.n_items, MOST_ROWS, replace=False))
    return replace(data, X=take(data.X, rows), y=data.y[rows], groups=data.groups[rows])


def _content(X: Any, row: int) -> Any:
    item = take(X, [row])
    if isinstance(item, Columns):
        return tuple(_plain(item[name][0]) for name in item.names)
    if hasattr(item, "todense"):
        return np.asarray(item.todense()).tobytes()
    return _plain(item[0]) if isinstance(item, Sequence) else np.asarray(item).tobytes()


def _plain(value: Any) -> Any:
    return value.tobytes() if isinstance(value, np.ndarray) else value
