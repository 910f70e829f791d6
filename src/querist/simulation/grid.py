"""Studies crossed: strategies in every oracle, learner and world at once, in one queue of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy.typing as npt

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.evidence import Study
from querist.core.items import FieldSpec
from querist.core.policy import STARTS, Policy
from querist.core.ports import Encoder, Oracle, Progress, silent
from querist.core.schema import Task
from querist.loop.stopping import StoppingRule
from querist.metrics import adjusted_together
from querist.simulation.data import Labeled
from querist.simulation.kept import run_all
from querist.simulation.oracles import Perfect
from querist.simulation.study import Cell, check_parallel, default_metric, prepare, wrapped
from querist.simulation.worlds import World

MOST_OF_POOL = 0.6  # of the smallest pool, for a budget that nobody named
BATCHES = 20


def simulate_grid(
    X: Any,
    y: npt.ArrayLike | None = None,
    *,
    oracles: Mapping[str, Oracle] | None = None,
    learners: Mapping[str, Any] | None = None,
    batch_sizes: Sequence[int | None] = (None,),
    starts: Sequence[str | None] = (None,),
    seed_sizes: Sequence[int | None] = (None,),
    imbalances: Sequence[tuple[str, float] | None] = (None,),
    copies: Sequence[int] = (1,),
    strategies: Sequence[str] | Mapping[str, Policy] | None = None,
    encoder: Encoder | str | None = None,
    budget: int | None = None,
    seeds: int | Sequence[int] = 5,
    metric: str | None = None,
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
) -> tuple[Study, ...]:
    """A study of the same strategies for each oracle, learner and world: every combination of what is named.

    All runs go through one queue, so that no process waits for the end of a study. In every study the seeds, budget and
    metric are the same, and the p-values are adjusted for all comparisons of all studies together.

    Parameters
    ----------
    X, y : as `simulate` takes them
    oracles : mapping of str to Oracle, optional
        Who answers, by the name that the report gives them; by default always rightly.
    learners : mapping of str to learner, optional
        By the name that the report gives them; None is what suits the items.
    batch_sizes : sequence of int
        Items asked together. None is what `simulate` would take.
    starts : sequence of str
        What chooses before there is a model, of every strategy; None is at random, and `default` by its own.
    seed_sizes : sequence of int
        Items asked in the first round; None is a batch.
    imbalances : sequence of (class, share)
        A class to thin out to a share of all items, by leaving others of it out; None is the data as it is.
    copies : sequence of int
        How often each item of the pool occurs.
    budget : int, optional
        By default 20 of the largest batches, and at most 60 % of the smallest pool.
    metric : str, optional
        As in `simulate`; macro-F1 where a class is thinned out.
    strategies, encoder, seeds, stop, until, cost_per_label, warm_start, test_share, resume, n_jobs, progress
        As in `simulate`, for all studies.

    Returns
    -------
    studies : tuple of Study
        `facts["factors"]` of each says which combination it is.

    Raises
    ------
    InvalidInput
        If the data, a name or a number is not as it must be; before anything runs.

    Examples
    --------
    >>> import numpy as np
    >>> from querist.simulation.oracles import Perfect, Uniform
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> people = {"right": Perfect(), "hasty": Uniform(0.3)}
    >>> studies = simulate_grid(X, X[:, 0] > 0, oracles=people, strategies=["margin"], seeds=1, budget=20, n_jobs=1)
    >>> [study.facts["factors"]["oracle"] for study in studies]
    ['right', 'hasty']
    """
    data = X if isinstance(X, Labeled) else wrapped(X, y, classes, task, spec, name)
    rares = [_rare(each, data) for each in imbalances]
    if metric is None:
        thins = data.schema.task == "choice" and any(rare is not None for rare in rares)
        metric = "macro_f1" if thins else default_metric(data)
    usual: dict[str, Any] = {
        "strategies": strategies,
        "encoder": encoder,
        "seeds": seeds,
        "metric": metric,
        "stop": stop,
        "until": until,
        "cost_per_label": cost_per_label,
        "warm_start": warm_start,
        "test_share": test_share,
    }
    for start in starts:
        if start is not None:
            checks.one_of("start", start, STARTS)
    answering = oracles or {"perfect": Perfect()}
    learning = learners or {"default": None}
    crossed = list(product(answering, learning, batch_sizes, starts, seed_sizes, rares, copies))
    if not crossed:
        raise InvalidInput("factors: must each have at least one level; one of them has none. Leave it out instead.")

    def cell(combination: tuple[Any, ...], budget: int | None) -> Cell:
        oracle, learner, batch_size, start, seed_size, rare, n_copies = combination
        world = World(rare, n_copies)
        made = prepare(
            data,
            oracle=answering[oracle],
            learner=learning[learner],
            batch_size=batch_size,
            start=start,
            seed_size=seed_size,
            world=world,
            budget=budget,
            **usual,
        )
        factors = {
            "oracle": oracle,
            "learner": learner if learners else made.facts["learner"],
            "batch_size": made.facts["batch_size"],
            "start": start,
            "seed_size": seed_size,
            "imbalance": None if rare is None else f"{data.schema.options[rare[0]]}:{rare[1]:g}",
            "copies": n_copies,
        }
        varied = [
            text
            for levels, text in (
                (answering, f"oracle {oracle}"),
                (learning, f"learner {learner}"),
                (batch_sizes, f"batches of {made.facts['batch_size']}"),
                (starts, f"start {start or 'as usual'}"),
                (seed_sizes, f"first {seed_size or made.facts['batch_size']}"),
                (rares, world.told(data) if rare else "classes as they are"),
                (copies, f"{n_copies} of each item"),
            )
            if len(levels) > 1
        ]
        facts = {**made.facts, "factors": factors}
        return replace(made, facts=facts, title=", ".join([data.name, *varied]))

    cells = [cell(each, budget) for each in crossed]
    if budget is None:
        # One budget for all: curves that end elsewhere have another last level, and cannot be laid side by side.
        largest = max(each.facts["batch_size"] for each in cells)
        smallest = min(each.n_pool // each.jobs[0].plan.world.copies for each in cells)
        total = min(BATCHES * largest, max(largest, int(MOST_OF_POOL * smallest)))
        cells = [cell(each, total) for each in crossed]
    check_parallel(resume, n_jobs, cells)
    runs = iter(run_all([job for each in cells for job in each.jobs], resume, n_jobs, progress))
    return adjusted_together([each.study([next(runs) for _ in each.jobs]) for each in cells])


def _rare(given: tuple[str, float] | None, data: Labeled) -> tuple[int, float] | None:
    if given is None:
        return None
    name, share = given
    return data.schema.options.index(checks.one_of("imbalance", str(name), data.schema.options)), float(share)
