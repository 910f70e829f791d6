"""Strategies against random, over seeds, in parallel, resumable: the experiment a user trusts before spending."""

from __future__ import annotations

import json
import os
import platform
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.catalogue import find, functions, plain_strategy, reads_answers, register, suited_policy
from querist.core import checks
from querist.core.atomic import replacing
from querist.core.errors import InvalidInput
from querist.core.evidence import AskedItem, Point, Round, Run, Study
from querist.core.hashing import digest
from querist.core.items import FieldSpec
from querist.core.policy import Costs, Policy
from querist.core.ports import Encoder, Learner, Oracle, Prepares, Progress, silent
from querist.core.rng import generator
from querist.core.schema import Task
from querist.learners import Recipe, SentenceEncoder, default_encoder, default_recipe, recipe_for
from querist.loop.stopping import StoppingRule, TargetReached
from querist.metrics import METRICS
from querist.metrics import study as assemble
from querist.simulation.data import Labeled, characters, hold_out, labeled
from querist.simulation.oracles import Perfect, n_annotators
from querist.simulation.run import TEST_MOST, Plan, run

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
    data = X if isinstance(X, Labeled) else _wrap(X, y, classes, task, spec, name)
    metric = _metric(data) if metric is None else checks.one_of("metric", metric, METRICS[data.schema.task])
    if n_jobs is not None and n_jobs < 1:
        raise InvalidInput(
            f"jobs: must be a whole number of at least 1; got {n_jobs}. Leave it out for one process per core."
        )
    encoder, learner = _recipe(data, encoder, learner)
    seed_list = list(range(checks.positive("seeds", seeds))) if isinstance(seeds, int) else [int(s) for s in seeds]
    checks.share("test_share", test_share)
    held_out = [len(hold_out(data, test_share, TEST_MOST, generator(seed, "split"))[1]) for seed in seed_list]
    n_pool = data.n_items - max(held_out)
    size = _batch_size(n_pool, data.schema.n_classes) if batch_size is None else batch_size
    usual = ("random", plain_strategy(data.schema.task), DEFAULT)
    if strategies is None:
        strategies = usual
    elif not strategies:
        raise InvalidInput(
            f"strategies: must name at least one; got none. Leave them out for the usual ones: {', '.join(usual[1:])}."
        )
    policies = _policies(strategies, checks.positive("batch_size", size), cost_per_label, data.schema.task)
    if any(policy.costs.per_character for policy in policies.values()):
        characters(data.X)
    if resume is not None and _nameless(oracle):
        raise InvalidInput(
            f"resume: must not be given with an oracle that holds a function or has no repr of its own; got {oracle!r}"
            ", whose kept runs could be another's. Leave resume out, or give the oracle a __repr__ that says all of it."
        )
    if budget is None:
        total = min(20 * size, max(size, int(0.6 * n_pool)))
    else:
        again = [policy.max_answers for policy in policies.values() if reads_answers(policy)]
        most = min(max(again, default=1), n_annotators(oracle or Perfect()))
        total = min(checks.positive("budget", budget), most * n_pool)
    if total < 2 * size:
        raise InvalidInput(
            f"budget: must pay for at least two batches of {size}; got {total} of {n_pool} items in the pool. "
            "Raise it, or ask in smaller batches."
        )
    rules = tuple(stop) if until is None else (*stop, TargetReached(metric, until))
    plans = [
        Plan(
            strategy=label,
            policy=policy,
            budget=total,
            seed=seed,
            test_share=test_share,
            oracle=oracle or Perfect(),
            stop=rules,
            warm_start=warm_start,
            traced=seed == seed_list[0],
        )
        for seed in seed_list
        for label, policy in policies.items()
    ]
    runs = _run_all(data, plans, encoder, learner, resume, n_jobs, progress)
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
        "oracle": repr(oracle or Perfect()),
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
    return assemble(data.name, runs, metric=metric, baseline="random", facts=facts)


def run_to_json(done: Run) -> dict[str, Any]:
    """A run as plain JSON."""
    return asdict(done)


def run_from_json(body: Mapping[str, Any]) -> Run:
    """The reverse of `run_to_json`."""
    return Run(
        strategy=body["strategy"],
        seed=body["seed"],
        points=tuple(Point(**p) for p in body["points"]),
        rounds=tuple(Round(**{**r, "asked": tuple(AskedItem(**a) for a in r["asked"])}) for r in body["rounds"]),
        calibration=tuple((a, b, c) for a, b, c in body["calibration"]),
        per_class=body["per_class"],
        seconds=body["seconds"],
    )


def _wrap(
    X: Any, y: npt.ArrayLike | None, classes: Sequence[str] | None, task: Task | None, spec: FieldSpec | None, name: str
) -> Labeled:
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


def _metric(data: Labeled) -> str:
    if data.schema.task != "choice":
        return METRICS[data.schema.task][0]
    return "macro_f1" if np.bincount(data.y).max() > 2 / 3 * data.n_items else "accuracy"


def _run_all(
    data: Labeled,
    plans: Sequence[Plan],
    encoder: Encoder,
    learner: Learner,
    resume: str | Path | None,
    n_jobs: int | None,
    progress: Progress,
) -> list[Run]:
    folder = None if resume is None else Path(resume)
    keys = [""] * len(plans)
    done: dict[int, Run] = {}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        recipe = {"data": data.digest, "encoder": encoder.describe(), "learner": learner.describe()}
        keys = [digest({**recipe, "querist": version("querist"), "plan": plan.to_json()}) for plan in plans]
        done = {i: run for i, key in enumerate(keys) if (run := _stored(folder / f"{key}.json")) is not None}
    what = f"{len(plans)} runs" if not done else f"{len(plans)} runs, {len(done)} of them kept from before"
    if isinstance(encoder, Prepares) and len(done) < len(plans):
        encoder.prepare(data.X, progress)  # once, here, and not in each process
    progress(len(done), len(plans), what)
    todo = [i for i in range(len(plans)) if i not in done]
    for i, finished in _results(data, plans, todo, encoder, learner, os.cpu_count() or 1 if n_jobs is None else n_jobs):
        if not finished.points:
            raise InvalidInput(
                f"oracle: must answer some questions; no answer came in the run of {finished.strategy} with seed "
                f"{finished.seed}. Let it abstain less."
            )
        done[i] = finished
        if folder is not None:
            _store(folder / f"{keys[i]}.json", finished)
        progress(len(done), len(plans), what)
    return [done[i] for i in range(len(plans))]


def _results(
    data: Labeled, plans: Sequence[Plan], todo: Sequence[int], encoder: Encoder, learner: Learner, n_jobs: int
) -> Iterator[tuple[int, Run]]:
    if n_jobs == 1 or len(todo) < 2:
        for i in todo:
            yield i, run(data, plans[i], encoder, learner)
        return
    import joblib

    # What a user registered is known in this process only; our own strategies are known in every one.
    used = {function for i in todo for function in functions(plans[i].policy)}
    own = [function for function in used if not function.__module__.startswith("querist.")]
    # One BLAS thread a process: two processes of two threads each take longer than one after the other.
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=min(n_jobs, len(todo)), return_as="generator_unordered", batch_size=1)
        yield from parallel(joblib.delayed(_numbered)(i, data, plans[i], encoder, learner, own) for i in todo)


def _numbered(
    i: int, data: Labeled, plan: Plan, encoder: Encoder, learner: Learner, functions: Sequence[Callable[..., Any]]
) -> tuple[int, Run]:
    for function in functions:
        register(function)
    warnings.filterwarnings("ignore", module="sklearn")  # one line of ours for each fit would help nobody
    return i, run(data, plan, encoder, learner)


def _nameless(thing: object) -> bool:
    """Whether the repr does not say what it does: a function's, or an address in memory."""
    if callable(thing) or type(thing).__repr__ is object.__repr__:
        return True
    if isinstance(thing, tuple):
        return any(map(_nameless, thing))
    return is_dataclass(thing) and any(_nameless(getattr(thing, f.name)) for f in fields(thing))


def _stored(path: Path) -> Run | None:
    try:
        return run_from_json(json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return None  # a run that cannot be read is made again


def _store(path: Path, done: Run) -> None:
    with replacing(path) as stream:
        stream.write(json.dumps(run_to_json(done)).encode())
