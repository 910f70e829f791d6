"""Strategies against random, over seeds, in parallel, resumable: the experiment a user trusts before spending."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.catalogue import find, plain_strategy, reads_answers, suited_policy
from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.evidence import Run, Study
from querist.core.items import FieldSpec
from querist.core.policy import Costs, Policy
from querist.core.ports import Encoder, Learner, Oracle, Progress, silent
from querist.core.schema import Task
from querist.learners import Recipe, SentenceEncoder, default_encoder, default_recipe, recipe_for
from querist.loop.stopping import StoppingRule, TargetReached
from querist.metrics import METRICS
from querist.metrics import study as assemble
from querist.simulation.crowds import n_annotators
from querist.simulation.data import Labeled, characters, labeled
from querist.simulation.kept import Job, nameless, run_all
from querist.simulation.oracles import Perfect
from querist.simulation.run import TEST_MOST, Plan
from querist.simulation.worlds import World

DEFAULT = "default"


def simulate(
    X: Any,
    y: npt.ArrayLike | None = None,
    *,
    strategies: Sequence[str] | Mapping[str, Policy] | None = None,
    learner: Any = None,
    encoder: Encoder | str | None = None,
    budget: int | None = None,
    batch_size: int | None = None,
    seeds: int | Sequence[int] = 5,
    metric: str | None = None,
    oracle: Oracle | None = None,
    stop: Sequence[StoppingRule] = (),
    until: float | None = None,
    cost_per_label: float = 0.0,
    warm_start: bool = False,
    test_share: float = 0.3,
    classes: Sequence[str] | None = None,
    task: Task | None = None,
    spec: FieldSpec | None = None,
    name: str = "data",
    resume: str | Path | None = None,
    n_jobs: int | None = None,
    progress: Progress = silent,
) -> Study:
    """Run strategies against random on labeled data, and say what each would have saved.

    Every strategy sees the same splits and, but for `default`, the same random first batch in each seed, so runs are
    paired. A strategy named alone runs pure: no random share, no guard. `default` is `Policy()` as a project has it:
    k-means start, `auto`, 10 % random.

    Parameters
    ----------
    X : array_like, list of str, Columns, or Labeled
        The items; a `Labeled` brings its answers.
    y : (n_items,) array_like, optional
        Their true answers.
    strategies : sequence of str, or mapping of name to Policy, optional
        `random` is added where it is missing, since everything is measured against it. By default margin (variance for
        a number) and `default`.
    learner : Recipe, Learner or scikit-learn estimator, optional
        By default what suits the items.
    encoder : Encoder or str, optional
        By default what suits the items; features of your own are used as they are with a learner of your own. A text
        is a sentence encoder to read texts with: a folder, or a name on the Hugging Face hub.
    budget : int, optional
        Answers in all; by default 20 batches, and at most 60 % of the pool. More than the pool has items are of use to
        strategies that buy again only.
    batch_size : int, optional
        By default 1 % of the pool, from 5 (or the number of classes, up to 50) to 50.
    seeds : int or sequence of int
        How many repetitions, or which. With 5 seeds the smallest exact p is 0.06: take 10 to decide something.
    metric : str, optional
        By default accuracy, macro-F1 where one class has more than two thirds, and R² for a number.
    oracle : Oracle, optional
        Who answers; by default always rightly.
    stop : sequence of StoppingRule
        Rules that end a run early.
    until : float, optional
        End a run early where the study's metric reaches this.
    cost_per_label : float
        Price of an answer in US dollars, to draw curves against money.
    warm_start : bool
        Whether each model continues from the last.
    resume : path, optional
        A folder that keeps each finished run, so that an interrupted study goes on where it was. Not with an oracle
        that holds a function, since two functions cannot be told apart from one run of Python to the next.
    n_jobs : int, optional
        Processes; by default one per core.
    progress : callable
        Told how many runs are done.

    Returns
    -------
    study : Study
        Runs, curves with bands, label efficiency with intervals, paired tests.

    Raises
    ------
    InvalidInput
        If the data, a name or a number is not as it must be; before anything runs.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2))
    >>> study = simulate(X, X[:, 0] > 0, strategies=["margin"], seeds=2, budget=30, batch_size=10, n_jobs=1)
    >>> [curve.strategy for curve in study.curves if curve.metric == study.metric]
    ['random', 'margin']
    """
    data = X if isinstance(X, Labeled) else wrapped(X, y, classes, task, spec, name)
    cell = prepare(
        data,
        strategies=strategies,
        learner=learner,
        encoder=encoder,
        budget=budget,
        batch_size=batch_size,
        seeds=seeds,
        metric=metric,
        oracle=oracle,
        stop=stop,
        until=until,
        cost_per_label=cost_per_label,
        warm_start=warm_start,
        test_share=test_share,
    )
    check_parallel(resume, n_jobs, [cell])
    return cell.study(run_all(cell.jobs, resume, n_jobs, progress))


@dataclass(frozen=True, slots=True)
class Cell:
    """A study to make: one oracle, one learner, one world, and the runs of all its strategies and seeds."""

    jobs: tuple[Job, ...]
    metric: str
    budget: int
    n_pool: int
    facts: Mapping[str, Any]
    title: str

    def study(self, runs: Sequence[Run]) -> Study:
        """The study, of the finished runs of its jobs."""
        return assemble(self.title, runs, metric=self.metric, baseline="random", facts=self.facts)


def prepare(
    data: Labeled,
    *,
    strategies: Sequence[str] | Mapping[str, Policy] | None = None,
    learner: Any = None,
    encoder: Encoder | str | None = None,
    budget: int | None = None,
    batch_size: int | None = None,
    seeds: int | Sequence[int] = 5,
    metric: str | None = None,
    oracle: Oracle | None = None,
    stop: Sequence[StoppingRule] = (),
    until: float | None = None,
    cost_per_label: float = 0.0,
    warm_start: bool = False,
    test_share: float = 0.3,
    world: World | None = None,
    start: str | None = None,
    seed_size: int | None = None,
) -> Cell:
    """Check everything about a study, before anything runs; arguments are those of `simulate` and `simulate_grid`."""
    world = world or World()
    metric = default_metric(data) if metric is None else checks.one_of("metric", metric, METRICS[data.schema.task])
    encoder, learner = _recipe(data, encoder, learner)
    seed_list = list(range(checks.positive("seeds", seeds))) if isinstance(seeds, int) else [int(s) for s in seeds]
    checks.share("test_share", test_share)
    splits = [world.split(data, test_share, TEST_MOST, seed) for seed in seed_list]
    held_out = [len(test) for _, test in splits]
    n_pool = min(len(pool) for pool, _ in splits)
    size = _batch_size(n_pool, data.schema.n_classes) if batch_size is None else batch_size
    usual = ("random", plain_strategy(data.schema.task), DEFAULT)
    if strategies is None:
        strategies = usual
    elif not strategies:
        raise InvalidInput(
            f"strategies: must name at least one; got none. Leave them out for the usual ones: {', '.join(usual[1:])}."
        )
    policies = _policies(strategies, checks.positive("batch_size", size), cost_per_label, data.schema.task)
    if start is not None:
        policies = {label: policy.with_(start=start) for label, policy in policies.items()}
    if seed_size is not None:
        checks.positive("seed_size", seed_size)
    if any(policy.costs.per_character for policy in policies.values()):
        characters(data.X)
    oracle = oracle or Perfect()
    if budget is None:
        total = min(20 * size, max(size, int(0.6 * n_pool)))
    else:
        again = [policy.max_answers for policy in policies.values() if reads_answers(policy)]
        most = min(max(again, default=1), n_annotators(oracle))
        total = min(checks.positive("budget", budget), most * n_pool)
    if total < (least := size + (seed_size or size)):
        raise InvalidInput(
            f"budget: must pay for at least two batches of {size}; got {total} of {n_pool} items in the pool. "
            "Raise it, or ask in smaller batches."
            if seed_size is None
            else f"budget: must pay for the first {seed_size} and a batch of {size}, {least}; got {total} of {n_pool} "
            "items in the pool. Raise it, or ask in smaller batches."
        )
    rules = tuple(stop) if until is None else (*stop, TargetReached(metric, until))
    jobs = [
        Job(
            data,
            Plan(
                strategy=label,
                policy=policy,
                budget=total,
                seed=seed,
                test_share=test_share,
                oracle=oracle,
                stop=rules,
                warm_start=warm_start,
                traced=seed == seed_list[0],
                world=world,
                seed_size=seed_size,
            ),
            encoder,
            learner,
        )
        for seed in seed_list
        for label, policy in policies.items()
    ]
    facts = {
        "data": data.name,
        "items": data.n_items,
        "classes": list(data.schema.options),
        "learner": learner.name,
        "encoder": encoder.describe(),
        "budget": total,
        "batch_size": size,
        "seeds": seed_list,
        "test_items": min(held_out),  # they differ by seed only where groups of near copies do not fill the share
        "oracle": repr(oracle),
        "notes": list(data.notes),
        "cost_per_label_usd": cost_per_label,
        "policies": {label: policy.to_json() for label, policy in policies.items()},
        "versions": {
            "querist": version("querist"),
            "numpy": np.__version__,
            "scikit-learn": version("scikit-learn"),
            "python": platform.python_version(),
        },
    }
    return Cell(tuple(jobs), metric, total, n_pool, facts, data.name)


def check_parallel(resume: str | Path | None, n_jobs: int | None, cells: Sequence[Cell]) -> None:
    """See that runs can be kept and made as is asked, before any is."""
    if n_jobs is not None and n_jobs < 1:
        raise InvalidInput(
            f"jobs: must be a whole number of at least 1; got {n_jobs}. Leave it out for one process per core."
        )
    for oracle in (cell.jobs[0].plan.oracle for cell in cells):
        if resume is not None and nameless(oracle):
            raise InvalidInput(
                "resume: must not be given with an oracle that holds a function or has no repr of its own; got "
                f"{oracle!r}, whose kept runs could be another's. Leave resume out, or give the oracle a __repr__ that "
                "says all of it."
            )


def default_metric(data: Labeled) -> str:
    """What a study is about where nobody says: accuracy, macro-F1 where one class has two thirds, R² for a number."""
    if data.schema.task != "choice":
        return METRICS[data.schema.task][0]
    return "macro_f1" if np.bincount(data.y).max() > 2 / 3 * data.n_items else "accuracy"


def wrapped(
    X: Any, y: npt.ArrayLike | None, classes: Sequence[str] | None, task: Task | None, spec: FieldSpec | None, name: str
) -> Labeled:
    """Labeled data of what was given to a study."""
    if y is None:
        raise InvalidInput("y: must hold the true answers; got none. A simulation asks an oracle that knows them.")
    return labeled(X, y, classes=classes, task=task, spec=spec, name=name)


def _recipe(data: Labeled, encoder: Encoder | str | None, learner: Any) -> tuple[Encoder, Learner]:
    if isinstance(encoder, str):
        encoder = default_encoder(data.X, data.spec, text=SentenceEncoder(encoder))
    if learner is None:
        recipe = default_recipe(data.X, data.spec, task=data.schema.task)
    elif isinstance(learner, Recipe):
        recipe = learner
    else:
        recipe = recipe_for(learner, data.X, data.spec, task=data.schema.task)
    return encoder or recipe.encoder, recipe.learner


def _policies(
    strategies: Sequence[str] | Mapping[str, Policy], size: int, cost_per_label: float, task: Task
) -> dict[str, Policy]:
    costs = Costs(per_label=cost_per_label)
    if isinstance(strategies, Mapping):
        chosen = {
            label: policy
            if cost_per_label == 0
            else replace(policy, costs=replace(policy.costs, per_label=cost_per_label))
            for label, policy in strategies.items()
        }
    else:
        if isinstance(strategies, str):
            raise InvalidInput(
                f"strategies: must be a list of names; got the text {strategies!r}. Write [{strategies!r}]."
            )
        chosen = {label: _pure(label, size, costs, task) for label in strategies}
    if "random" not in chosen:
        chosen = {"random": _pure("random", size, costs, task), **chosen}
    for policy in chosen.values():
        suited_policy(policy, task)
        if policy.group_quotas:
            raise InvalidInput(
                "group_quotas: must be left out of a study, which knows no groups; "
                f"got {dict(policy.group_quotas)}. Try them in a project with a strata field."
            )
    return chosen


def _pure(name: str, size: int, costs: Costs, task: Task) -> Policy:
    if name == DEFAULT:
        return Policy(batch_size=size, costs=costs)
    return Policy(
        find(name).name,
        start="random",
        batch_size=size,
        exploration=0.0,
        near_duplicates=None,
        trust=False,
        costs=costs,
    )


def _batch_size(n_pool: int, n_classes: int) -> int:
    return int(np.clip(round(0.01 * n_pool), max(5, min(n_classes, 50)), 50))
