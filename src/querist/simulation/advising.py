"""Is active learning worth it here? Asked before spending, on the labels that are there, and answered with reasons."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.advice import Advice
from querist.core.atomic import replacing
from querist.core.checks import Rows
from querist.core.errors import InvalidInput
from querist.core.evidence import Interval
from querist.core.items import FieldSpec, take
from querist.core.ports import Encoder, Progress, silent
from querist.core.rng import generator
from querist.core.schema import Task
from querist.report import advice_page, advice_plan, advice_table, next_steps
from querist.simulation.data import Labeled, labeled
from querist.simulation.expected import belief
from querist.simulation.judging import judge
from querist.simulation.outlook import Wants
from querist.simulation.pilot import ROUNDS, STRATEGY, Pilot, nothing_learned, pilot, repeated_noise
from querist.simulation.spending import exploration_for, overlap_for, plan, rounds_for

LOOP_COST = 100.0  # dollars: an hour or two of whoever sets it up
LEAST_GAIN = 0.005  # half a point: what a test set of thousands would hardly show
__all__ = ["Circumstances", "advice_of", "advice_plan", "advice_rows", "advise", "next_steps", "write_advice"]

BUDGET_OF_LABELED = 4  # as many labels again and again: a curve is drawn on fivefold, and no further, unasked
POOL_OF_LABELED = 10
RARE = 0.05


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of the work beside its labels; see `advise`."""

    price: float | None = None
    pool: int | None = None
    budget: int | None = None
    noise: float | None = None
    drift: bool = False
    latency_s: float | None = None
    goal: str | None = None
    loop_cost: float = LOOP_COST
    least_gain: float = LEAST_GAIN
    model_quality: float | None = None
    model_cost: float | None = None

    def __post_init__(self) -> None:
        for name in ("pool", "budget"):
            if getattr(self, name) is not None:
                checks.positive(name, getattr(self, name))
        for name in ("price", "loop_cost", "least_gain", "latency_s", "model_cost"):
            _not_negative(name, getattr(self, name))
        if self.noise is not None:
            checks.share("noise", self.noise)
        if (self.model_quality is None) != (self.model_cost is None):
            raise InvalidInput(
                "model: must be given with its quality and its cost an item, or not at all; got "
                f"model_quality={self.model_quality!r}, model_cost={self.model_cost!r}. Say both."
            )
        if self.model_quality is not None and not (math.isfinite(self.model_quality) and self.model_quality <= 1):
            raise InvalidInput(
                f"model_quality: must be a value of the metric, at most 1; got {self.model_quality!r}. "
                "Measure it on rows that people labeled."
            )


def advise(
    X: Any,
    y: npt.ArrayLike | None = None,
    *,
    price: float | None = None,
    pool: int | None = None,
    budget: int | None = None,
    noise: float | None = None,
    drift: bool = False,
    latency_s: float | None = None,
    goal: str | None = None,
    loop_cost: float = LOOP_COST,
    least_gain: float = LEAST_GAIN,
    model_quality: float | None = None,
    model_cost: float | None = None,
    metric: str | None = None,
    learner: Any = None,
    encoder: Encoder | str | None = None,
    classes: Sequence[str] | None = None,
    task: Task | None = None,
    spec: FieldSpec | None = None,
    name: str = "data",
    quick: bool = False,
    time_limit_s: float | None = None,
    seed: int = 0,
    n_jobs: int | None = None,
    progress: Progress = silent,
) -> Advice:
    """Whether active learning is worth it on this data, and a plan for the budget; "no" is an answer.

    What can be seen of it is simulated on the labels on hand; what cannot, is taken from data sets that were measured
    in full, and from how far such predictions missed them.

    Parameters
    ----------
    X : array_like, list of str, Columns, or Labeled
        The items; a `Labeled` brings its answers.
    y : (n_items,) array_like, optional
        Their answers, drawn at random from what is to be labeled; items with None or NaN are the pool.
    price : float, optional
        Dollars for one answer.
    pool : int, optional
        Items without a label. By default those that are there, or ten times as many as are labeled.
    budget : int, optional
        Labels that may still be bought; by default four times those on hand, and at most the pool.
    noise : float, optional
        Share of answers that are wrong. By default as seen where items are answered twice, if they are.
    drift : bool
        Whether what is to be labeled changes over time.
    latency_s : float, optional
        Seconds from asking a batch until its answers are there.
    goal : str, optional
        A metric and the level to reach, as `accuracy:0.9`.
    loop_cost : float
        Dollars that choosing costs beside the labels. Heard only with a price.
    least_gain : float
        The least addition to the metric that is worth any labels.
    model_quality, model_cost : float, optional
        What a model that is prompted scores on the metric, and its dollars for an item: both or neither.
    metric : str, optional
        By default that of the goal, else accuracy, macro-F1 where one class has more than two thirds, R² for a number.
    learner, encoder, classes, task, spec, name
        As for `simulate`.
    quick : bool
        Fewer seeds, for a first look: intervals widen.
    time_limit_s : float, optional
        When to stop simulating; by default 150 seconds, 45 where quick. One block of four seeds is always made.
    seed : int
    n_jobs : int, optional
        Processes; by default one per core.
    progress : callable

    Returns
    -------
    advice : Advice

    Raises
    ------
    InvalidInput
        If there are too few labels to simulate on, or a number is not as it must be.

    Notes
    -----
    Labels must be a random part of the whole: of chosen ones nothing follows for random ones.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, coin = rng.normal(size=(120, 2)), rng.integers(2, size=120)
    >>> found = advise(X, coin, quick=True, n_jobs=1)  # nothing can be learned from a coin
    >>> found.verdict, found.worth_it
    ('label nothing more', False)
    """
    circumstances = Circumstances(
        price, pool, budget, noise, drift, latency_s, goal, loop_cost, least_gain, model_quality, model_cost
    )
    data = X if isinstance(X, Labeled) else _with_answers(X, y, classes, task, spec, name)
    found = pilot(
        data,
        learner=learner,
        encoder=encoder,
        metric=_metric(metric, goal),
        rounds=min(ROUNDS, rounds_for(latency_s) + 1),
        quick=quick,
        time_limit_s=time_limit_s,
        seed=seed,
        n_jobs=n_jobs,
        progress=progress,
    )
    return advice_of(found, circumstances, seed=seed)


def advice_of(found: Pilot, said: Circumstances, *, seed: int = 0, without: Collection[str] = ()) -> Advice:
    """The advice that follows from what was simulated.

    Parameters
    ----------
    found : Pilot
    said : Circumstances
    seed : int
    without : collection of str
        Measured data sets that may not be heard, to try a prediction on them.
    """
    data = found.data
    noise, noise_from = said.noise, "given"
    if noise is None and (seen := repeated_noise(data)) is not None:
        noise, noise_from = seen[0], f"{seen[1]} pairs of answers to the same item"
    overlap, double = overlap_for(noise)
    n_pool = said.pool or data.n_unlabeled or POOL_OF_LABELED * data.n_items
    budget = min(said.budget or BUDGET_OF_LABELED * data.n_items, n_pool)
    wants = Wants(
        budget=budget,
        n_pool=n_pool,
        price=said.price,
        loop_cost=said.loop_cost,
        overlap=overlap,
        exploration=exploration_for(said.drift),
        goal=None if said.goal is None else _goal(said.goal)[1],
        least_gain=said.least_gain,
        model_quality=said.model_quality,
        model_cost=said.model_cost,
    )
    rate, error = found.found.log_rate
    learns = nothing_learned(found) is None  # a rate along a level curve says nothing, however sure it looks
    expected = belief(rate, error if learns else math.inf, found.final, without=without)
    judged = judge(found, expected, wants, generator(seed, "advice"))
    low, high = np.exp([rate - 1.645 * error, rate + 1.645 * error]).tolist()
    return Advice(
        title=data.name,
        verdict=judged.verdict,
        headline=judged.headline,
        reasons=(*judged.reasons, *_circumstances(data, said, noise, noise_from, overlap)),
        metric=found.metric,
        n_labeled=data.n_items,
        n_pool=n_pool,
        budget=budget,
        efficiency=judged.efficiency,
        simulated=Interval(math.exp(rate), low, high, 0.9, f"bootstrap over {found.n_seeds} seeds"),
        chance=judged.chance,
        saved=judged.saved,
        gain=judged.gain,
        noise=noise,
        plan=plan(
            judged.verdict,
            STRATEGY,
            wants,
            judged.outlooks,
            n_labeled=data.n_items,
            n_classes=data.schema.n_classes,
            n_rounds=rounds_for(said.latency_s),
            double=double,
            drift=said.drift,
        ),
        money=judged.money,
        goal=judged.goal,
        outlooks=judged.outlooks,
        facts={
            "data": data.name,
            "labels": data.n_items,
            "simulated on": found.n_rows,
            "seeds": found.n_seeds,
            "learner": found.learner,
            "pool": _source(said.pool, data.n_unlabeled, "given", "rows without a label", "ten times the labels"),
            "simulated_at": found.measured[0].tolist(),
            "simulated_random": found.measured[1].tolist(),
            "seconds": round(found.seconds, 1),
            "notes": list(data.notes),
        },
    )


def write_advice(advice: Advice, path: str | Path) -> Path:
    """Write the advice as one self-contained HTML file, whole or not at all."""
    path = Path(checks.page_path(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    page = advice_page(advice)
    with replacing(path) as stream:
        stream.write(page.encode(errors="replace"))
    return path


def advice_rows(advice: Advice) -> list[list[str]]:
    """The plan's rounds as rows of text under a header."""
    return advice_table(advice)


def _circumstances(data: Labeled, said: Circumstances, noise: float | None, noise_from: str, overlap: int) -> list[str]:
    """What the plan does about the noise, rare classes, drift and waiting, in sentences."""
    out = []
    if noise is not None:
        what = f"About {100 * noise:.0f} % of answers are wrong ({noise_from})"
        if overlap > 1:
            out.append(f"{what}: each item should have {overlap} answers, for fewer would teach the errors.")
        else:
            out.append(f"{what}: one answer an item teaches more than two to half as many.")
        if overlap > 3:
            out.append("So many errors are rarely the people's: make the instructions plainer before buying more.")
    if data.schema.task == "choice":
        counts = np.bincount(data.y, minlength=data.schema.n_classes)
        if (share := counts.min() / data.n_items) < RARE:
            rarest = data.schema.options[int(counts.argmin())]
            out.append(
                f"{rarest!r} has {100 * share:.1f} % of the labels, {counts.min()} of {data.n_items:,}: where it "
                "matters, give it a quota in the policy, and judge by macro-F1 or average precision."
            )
    if said.drift:
        out.append(
            "What is asked changes over time: a fifth of each batch is drawn at random and a fifth of the budget kept "
            "back, since labels that were chosen for yesterday's model age first. No figure here says how fast."
        )
    if said.latency_s is not None and rounds_for(said.latency_s) < rounds_for(None):
        out.append(
            f"Answers take {said.latency_s / 3600:.0f} hours, so there are {rounds_for(said.latency_s)} rounds, not "
            f"{rounds_for(None)}: larger batches choose a little worse."
        )
    return out


def _with_answers(
    X: Any,
    y: npt.ArrayLike | None,
    classes: Sequence[str] | None,
    task: Task | None,
    spec: FieldSpec | None,
    name: str,
) -> Labeled:
    if y is None:
        raise InvalidInput("y: must hold answers of some items; got none. Label a random part first.")
    answers = list(y) if isinstance(y, Sequence) else np.asarray(y).tolist()
    there: Rows = np.array([i for i, a in enumerate(answers) if not _missing(a)], dtype=np.int64)
    if not len(there):
        raise InvalidInput("y: must hold answers of some items; got none. Label a random part first.")
    kept = [answers[i] for i in there.tolist()] if len(there) < len(answers) else y
    data = labeled(
        X if len(there) == len(answers) else take(X if not isinstance(X, Sequence) else list(X), there),
        kept,
        classes=classes,
        task=task,
        spec=spec,
        name=name,
    )
    return replace(data, n_unlabeled=len(answers) - len(there))


def _missing(answer: Any) -> bool:
    return answer is None or (isinstance(answer, float) and math.isnan(answer))


def _metric(metric: str | None, goal: str | None) -> str | None:
    if goal is None:
        return metric
    wanted = _goal(goal)[0]
    if metric is not None and metric != wanted:
        raise InvalidInput(f"goal: must be of the metric {metric}; got {goal!r}. Leave one of them out.")
    return wanted


def _goal(goal: str) -> tuple[str, float]:
    metric, colon, level = goal.partition(":")
    try:
        value = float(level)
    except ValueError:
        value = math.nan
    if not colon or not metric or not 0 < value <= 1:
        raise InvalidInput(f"goal: must be a metric and a level above 0 and at most 1; got {goal!r}. Say accuracy:0.9.")
    return metric, value


def _not_negative(name: str, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise InvalidInput(f"{name}: must be a number of at least 0; got {value!r}.")


def _source(given: int | None, there: int, *words: str) -> str:
    return words[0] if given else words[1] if there else words[2]
