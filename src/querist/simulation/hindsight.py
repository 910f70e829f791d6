"""What random, or another strategy, would have reached with a project's labels, and how far that can be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from querist.catalogue import find, suited_policy
from querist.core import checks
from querist.core.answered import Answered
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.evidence import Interval, Run
from querist.core.items import take
from querist.core.policy import Policy
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.metrics import METRICS, labels_to_reach
from querist.metrics.curves import series
from querist.metrics.scores import ends_of
from querist.modeling import fit, kind, pool_of, predict
from querist.simulation.copies import near_copies
from querist.simulation.data import Labeled
from querist.simulation.kept import Job, run_all
from querist.simulation.run import Plan

FEWEST_DRAWN = 20  # with fewer random draws a curve of them says nothing
FEWEST_TESTED = 30  # with fewer test labels the random draws are measured on themselves
TEST_OF_DRAWN = 0.4  # share of the random draws that is held out then
STEPS = 20  # points of a curve: each is a model for every seed
FALLING = ("log_loss", "brier", "ece", "rmse", "mae")  # lower is better: no bound here is of these
HALF = 0.5  # of the draws: beyond, so many curves of one sample overlap that their spread says little


@dataclass(frozen=True, slots=True)
class Known:
    """What can be said at one number of labels: a value where there is one, and between what it lies.

    None is no bound. `assumed` says that a bound rests on more than the draws: see `Hindsight.assumes`.
    """

    n_labels: int
    value: float | None
    low: float | None
    high: float | None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """What another strategy would have reached.

    Parameters
    ----------
    strategy : str
    at_least : tuple of Known
        On a sample of the pool as good as random, which is smaller than the pool: less to choose from than there was.
    among_labeled : tuple of Known
        On all that was labeled, as if that had been the pool: what it makes of choices that were made already.
    """

    strategy: str
    at_least: tuple[Known, ...]
    among_labeled: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Hindsight:
    """A project's labels, and what others would have made of the pool that they are from.

    Parameters
    ----------
    metric : str
    level : float
        Share of projects whose curve would lie between `low` and `high`.
    n_labels, n_pool : int
        Labeled items of the pool, and all of it.
    n_representative : int
        How many of the labeled ones are as good as a random sample of the pool, in every seed: so far the curve of
        random is known.
    measured_on : str
    own : tuple of Known
        What the project's labels reached, in the order in which they came.
    random : tuple of Known
        What random would have.
    others : tuple of Other
    ratio : Interval or None
        Labels that random needs over those the project needed, to the level that random reaches with all that is
        representative. None where the project has not been there.
    assumes : tuple of str
        What the bounds rest on, beside the draws.
    """

    metric: str
    level: float
    n_labels: int
    n_pool: int
    n_representative: int
    measured_on: str
    own: tuple[Known, ...]
    random: tuple[Known, ...]
    others: tuple[Other, ...]
    ratio: Interval | None
    assumes: tuple[str, ...]


MONOTONE = "More random labels do no harm: beyond what is representative, the lower bound is that of its end."
ENRICHED = (
    "What the project chose teaches at least as much as what is drawn blindly: beyond what is representative, the "
    "upper bound is that of blind draws from all that was labeled. Where both are known, that is so."
)
IMPOVERISHED = (
    "No upper bound beyond what is representative: there, blind draws from all that was labeled did worse than blind "
    "draws from the pool, so the labels are no ceiling of what random reaches."
)
FREER = "With the whole pool to choose from, another strategy does at least as well as with a small sample of it."


def hindsight(
    past: Answered,
    strategies: Sequence[str] = (),
    *,
    seeds: int = 10,
    metric: str | None = None,
    level: float = 0.9,
    n_jobs: int | None = 1,
    progress: Progress = silent,
) -> Hindsight:
    """What random, and other strategies, would have reached where a project stands, with honest bounds.

    Labels were chosen, so a draw from them is no draw from the pool. But every round drew some at random. Items that
    strategies chose are let in by the same chances, as if the draws had gone on after they were taken; what comes of
    it is a random sample of the pool, exactly (see Notes). Up to its size the curve of random is known; beyond, there
    are bounds that rest on assumptions, which are named.

    Parameters
    ----------
    past : Answered
    strategies : sequence of str
        Others to look back with.
    seeds : int
        Samples and test sets drawn; at least 3.
    metric : str, optional
        By default the project's.
    level : float
        Of the ranges, each for one number of labels.
    n_jobs : int, optional
        Processes; None is one per core.
    progress : callable

    Raises
    ------
    InvalidInput
        If too few items were drawn at random, or a name is none.

    Notes
    -----
    Let e_t be the probability with which round t drew each item that was left at random. An item that a strategy took
    in round s is let in with 1 - prod_{t >= s} (1 - e_t), one that was drawn always. Given all that came before, every
    item of the pool then enters in round t with e_t, chosen or not: the sample is uniform whatever the strategies did.

    A range is for the curve of one project, not for the mean of many: mean ± t s sqrt(1 + 1/k) over k seeds, where s is
    widened by sqrt((1 + r) / (1 - r)) for a share r of the sample, since curves drawn from one sample are alike, and
    the sample is itself drawn (the variance of a U-statistic of n from m is at most n / m of that of one draw,
    Hoeffding 1948). From r of a half on, the spread at a half is taken. All is measured on the same test set as the
    project's own curve is: a range is for what the project's page would have shown, and not for another test set.
    Where that has too few labels, a part of the random draws is held out, another in each seed, and their chance is in
    the range.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 3:
        raise InvalidInput(f"seeds: must be a whole number of at least 3, for there to be a range; got {seeds!r}.")
    if not 0 < level < 1:
        raise InvalidInput(f"level: must be a confidence above 0 and below 1; got {level!r}. Write 90 % as 0.9.")
    rising = [name for name in METRICS[past.schema.task] if name not in FALLING]
    metric = past.metric if metric is None else checks.one_of("metric", metric, rising)
    pure = {name: _pure(name, past) for name in dict.fromkeys(("random", *(find(name).name for name in strategies)))}
    n_drawn = int(past.drawn.sum())
    if n_drawn < FEWEST_DRAWN:
        raise InvalidInput(
            f"exploration: must have drawn at least {FEWEST_DRAWN} labeled items at random, for a look back to know "
            f"what random would have done; {n_drawn} of {past.n_asked} were. Keep a random share (`exploration=0.1`) "
            "and come back later."
        )
    data = Labeled(past.X, past.y, past.schema, past.spec, near_copies(past.X, past.spec), past.name)
    samples = [_sampled(past, data.groups, generator(seed, "hindsight")) for seed in range(seeds)]
    jobs = [
        Job(data, plan, past.encoder, past.learner, rows)
        for seed, sample in enumerate(samples)
        for name, policy in pure.items()
        for plan, rows in _plans(name, policy, seed, sample)
    ]
    found = iter(run_all(jobs, None, n_jobs, progress))
    small: dict[str, list[Run]] = {name: [] for name in pure}
    wide: dict[str, list[Run]] = {name: [] for name in pure}
    for _ in samples:
        for name in pure:
            small[name].append(next(found))
            wide[name].append(next(found))
    m = min(len(sample.pool) for sample in samples)
    step = next(iter(pure.values())).batch_size
    own = _own(past, data, samples, metric, step, level)
    within = {name: _ranges(wide[name], metric, level, None) for name in pure}
    known = {name: _ranges(small[name], metric, level, m) for name in pure}
    random, ceiling = _extended(known["random"], within["random"], own)
    return Hindsight(
        metric=metric,
        level=level,
        n_labels=past.n_asked,
        n_pool=past.n_pool,
        n_representative=m,
        measured_on=_measured_on(past, samples),
        own=own,
        random=random,
        others=tuple(
            Other(name, tuple(Known(k.n_labels, k.value, k.low, None, True) for k in known[name]), within[name])
            for name in pure
            if name != "random"
        ),
        ratio=_ratio(own, known["random"], level),
        assumes=(MONOTONE, ceiling, *((FREER,) if len(pure) > 1 else ())),
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    """Rows of the labeled items: a random sample of the pool, all else that may be learned from, and the test set."""

    pool: Rows
    all: Rows
    test: Rows


def representative(past: Answered, rng: np.random.Generator) -> Rows:
    """The labeled items of the pool that make up a uniform sample of it: see `hindsight`.

    Examples
    --------
    >>> import types
    >>> past = types.SimpleNamespace(rounds=np.array([1, 1, 2]), drawn=np.array([True, False, False]), chances={1: 1.0})
    >>> representative(past, np.random.default_rng(0)).tolist()  # all would have been drawn in round 1, none later
    [0, 1]
    """
    last = int(past.rounds.max(initial=0))
    chance = np.array([past.chances.get(number, 0.0) for number in range(last + 2)])
    # What is left of not being drawn from round s on: the product over t >= s of 1 - e_t.
    spared = np.cumprod((1 - chance)[::-1])[::-1]
    late = rng.random(len(past.rounds)) < 1 - spared[past.rounds]
    return np.flatnonzero(past.drawn | late)


def _sampled(past: Answered, groups: Rows, rng: np.random.Generator) -> _Sample:
    sample, everything = representative(past, rng), np.arange(past.n_asked)
    if past.n_test >= FEWEST_TESTED:
        held = np.arange(past.n_asked, len(past.y))
    else:
        own = np.unique(groups[sample])
        out = rng.permutation(own)[: max(1, round(TEST_OF_DRAWN * len(own)))]
        held = sample[np.isin(groups[sample], out)]
        sample = sample[~np.isin(groups[sample], out)]
        everything = everything[~np.isin(groups[everything], out)]
    return _Sample(sample, everything, held)


def _pure(name: str, past: Answered) -> Policy:
    size = max(past.batch_size, -(-past.n_asked // STEPS))
    n_drawn = max(int(past.drawn.sum()), 1)
    policy = Policy(
        name,
        start="random",
        batch_size=max(1, min(size, n_drawn // 4)),
        exploration=0.0,
        near_duplicates=None,
        trust=False,
    )
    suited_policy(policy, past.schema.task)
    return policy


def _plans(name: str, policy: Policy, seed: int, sample: _Sample) -> list[tuple[Plan, tuple[Rows, Rows]]]:
    """A run on the sample, in small steps, and one on all that was labeled, in as many steps as a picture has."""
    out = []
    for rows in (sample.pool, sample.all):
        size = max(policy.batch_size, -(-len(rows) // STEPS))
        plan = Plan(name, policy.with_(batch_size=size), budget=len(rows), seed=seed)
        out.append((plan, (rows, sample.test)))
    return out


def _own(
    past: Answered, data: Labeled, samples: Sequence[_Sample], metric: str, step: int, level: float
) -> tuple[Known, ...]:
    """The project's own labels in the order in which they came; a range only where each seed has another test set."""
    sizes = np.unique(np.r_[np.arange(step, past.n_asked, max(step, -(-past.n_asked // STEPS))), past.n_asked])
    X = data.X
    encoding = past.encoder.fit(X)
    pool = pool_of(encoding, X)
    measured = kind(past.schema)
    values: list[list[float]] = []
    one = past.n_test >= FEWEST_TESTED
    for seed, sample in enumerate(samples[:1] if one else samples):
        allowed = np.isin(np.arange(past.n_asked), sample.all)
        truth = measured.array(data.y[sample.test].tolist(), past.schema.n_classes)
        line = []
        for n in sizes.tolist():
            rows = np.flatnonzero(allowed[:n])
            y = measured.array(data.y[rows].tolist(), past.schema.n_classes)
            line.append(_score(past, pool, rows, y, take(pool.features, sample.test), truth, seed, n, metric))
        values.append(line)
    table = np.array(values)
    half = 0.0 * table[0] if one else scipy.special.ndtri((1 + level) / 2) * table.std(axis=0, ddof=1)
    return _within(sizes, table.mean(axis=0), half, metric)


def _score(
    past: Answered, pool: Any, rows: Rows, y: Array, test: Any, truth: Array, seed: int, n: int, metric: str
) -> float:
    if len(set(y.tolist() if y.dtype != object else map(str, y))) < 2:
        predicted = kind(past.schema).guess(y, len(truth), past.schema.n_classes)
    else:
        model = fit(past.learner, pool, rows, y, schema=past.schema, seed=seed, number=n, warm=None)
        predicted = predict(model, test, schema=past.schema)
    return float(kind(past.schema).evaluate(truth, predicted, past.schema.options)[metric])


def _ranges(runs: Sequence[Run], metric: str, level: float, m: int | None) -> tuple[Known, ...]:
    """Mean and range of one run at each number of labels that all of them came to; see `hindsight`."""
    lines = [series(run, metric) for run in runs]
    last = min(labels[-1] for labels, _, _ in lines)
    grid = np.unique(np.concatenate([labels for labels, _, _ in lines]))
    grid = grid[(grid >= max(labels[0] for labels, _, _ in lines)) & (grid <= last)]
    values = np.stack([np.interp(grid, labels, line) for labels, _, line in lines])
    k, spread = len(runs), values.std(axis=0, ddof=1)
    if m is not None:
        spread = _widened(spread, grid, m)
    half = scipy.special.stdtrit(k - 1, (1 + level) / 2) * np.sqrt(1 + 1 / k) * spread
    return _within(grid, values.mean(axis=0), half, metric)


def _within(n_labels: Array, mean: Floats, half: Floats, metric: str) -> tuple[Known, ...]:
    """Means with their ranges, which end where the metric does: no accuracy is above 1."""
    least, most = ends_of(metric)
    return tuple(
        Known(int(n), float(v), max(float(v - h), least), min(float(v + h), most))
        for n, v, h in zip(n_labels, mean, half, strict=True)
    )


def _widened(spread: Floats, grid: Floats, m: int) -> Floats:
    part = grid / m
    early = np.minimum(part, HALF)
    at_half = np.flatnonzero(part <= HALF)
    kept = spread.copy()
    if len(at_half):
        kept[part > HALF] = np.maximum(spread[part > HALF], spread[at_half[-1]])
    return np.asarray(kept * np.sqrt((1 + np.minimum(part, 1)) / (1 - early)))


def _extended(
    known: tuple[Known, ...], within: tuple[Known, ...], own: tuple[Known, ...]
) -> tuple[tuple[Known, ...], str]:
    """The curve of random, and beyond what is known of it the bounds that assumptions give; and which of them."""
    end = known[-1]
    assert end.value is not None
    at = [float(k.n_labels) for k in within]
    there = float(np.interp(end.n_labels, at, [k.value or 0.0 for k in within]))
    enriched = there >= end.value
    highs = np.maximum.accumulate([max(k.high or 0.0, end.high or 0.0) for k in within])
    beyond = [
        Known(k.n_labels, None, end.low, float(high) if enriched else None, True)
        for k, high in zip(within, highs, strict=True)
        if k.n_labels > end.n_labels
    ]
    return (*known, *beyond), ENRICHED if enriched else IMPOVERISHED


def _ratio(own: tuple[Known, ...], known: tuple[Known, ...], level: float) -> Interval | None:
    """Labels of random over the project's own, to each of the levels that random may have reached at its end."""
    end = known[-1]
    labels = np.array([float(k.n_labels) for k in own])
    quality = np.array([k.value for k in own], dtype=np.float64)
    needed = [
        labels_to_reach(labels, quality, float(target))
        for target in (end.value, end.high, end.low)
        if target is not None
    ]
    if len(needed) < 3 or needed[0] is None:
        return None
    n = float(end.n_labels)
    high = n / needed[2] if needed[2] else n / needed[0]
    low = n / needed[1] if needed[1] else 0.0
    return Interval(n / needed[0], low, high, level, f"by the range of what random reaches with {end.n_labels} labels")


def _measured_on(past: Answered, samples: Sequence[_Sample]) -> str:
    if past.n_test >= FEWEST_TESTED:
        return f"{past.n_test} labeled items of the test set"
    n = round(float(np.mean([len(sample.test) for sample in samples])))
    return f"{n} of the random draws, others in each seed, for the test set has {past.n_test} labels"
