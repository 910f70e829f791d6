"""How good a project's model really is, from the labels that were drawn blindly; and what the chosen ones would say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from querist.core.checks import listed
from querist.core.errors import InvalidInput
from querist.core.evidence import Estimate
from querist.core.items import take
from querist.core.ports import Progress, silent
from querist.core.schema import Task
from querist.metrics import ESTIMATED, Uniform, estimate
from querist.metrics.parts import OF_CLASS, OF_NUMBERS
from querist.modeling import kind
from querist.service.curves import metric_of
from querist.service.standing import measured_labels
from querist.service.training import model_of
from querist.service.workspace import Workspace
from querist.store import answers, models

OF_TASK: dict[Task, tuple[str, ...]] = {
    "choice": tuple(name for name in ESTIMATED if name not in OF_NUMBERS),
    "pair": tuple(name for name in ESTIMATED if name not in OF_NUMBERS),
    "number": tuple(name for name in OF_NUMBERS if name != "mean"),
}


@dataclass(frozen=True, slots=True)
class Believed:
    """What the labels say of the newest model.

    Parameters
    ----------
    estimate : Estimate
        Of the source that the items came from, by the test split's labels and the model's predictions on all of it.
    model : int
    of : str, optional
        The class that it is about.
    asked_right : float, optional
        Of the questions that strategies chose, the share that the model of that time had guessed rightly: what one
        would believe who counts over what was asked.
    n_asked : int
        How many of them there are.
    """

    estimate: Estimate
    model: int
    of: str | None
    asked_right: float | None
    n_asked: int


def believe(
    work: Workspace,
    metric: str | None = None,
    *,
    of: str | None = None,
    level: float = 0.9,
    progress: Progress = silent,
) -> Believed:
    """A metric of the newest model with an interval that covers, whatever the strategies have asked about.

    Parameters
    ----------
    work : Workspace
    metric : str, optional
        By default what suits the project: accuracy, macro-F1 where classes are many or skewed, or R².
    of : str, optional
        The class, for a metric of one class.
    level : float

    Raises
    ------
    InvalidInput
        If no model was trained, the task is none whose models are so measured, or too few test items are labeled.
    """
    with work.database.reading() as conn:
        schema = work.schema(conn)
        known = OF_TASK.get(schema.task)
        if known is None:
            tasks = ", ".join(name for name in get_args(Task) if name in OF_TASK)
            raise InvalidInput(f"task: must be one of {tasks} for an estimate; this project's is {schema.task}.")
        name = metric or metric_of(conn, work, schema)
        if name not in known:
            raise InvalidInput(f"metric: must be one of {', '.join(known)}; got {name!r}. Name one of them.")
        newest = models.latest(conn, work.project_id)
        if newest is None:
            raise InvalidInput("model: must be trained before it is measured; none is. Run `querist train`.")
        test, pool = work.held(conn, "test"), work.held(conn, "pool")
        knew = work.pool_of(conn, newest.number, newest.recipe["last_seq"])
        tested = measured_labels(work, conn, test, schema)
        asked = answers.guessed(conn, work.project_id)
        recipe = work.chosen_recipe(conn, pool)
    if len(tested) < 2:
        raise InvalidInput(
            f"test set: must hold at least two labeled items; it has {len(tested)}. "
            "`querist ask --split test -n 100` draws some."
        )
    given: dict[str, Any] = {}
    if name in OF_CLASS:
        of = _class(schema.classes, of, name)
        given["of_class"] = schema.classes.index(of)
    elif of is not None:
        raise InvalidInput(f"of: must be left out for {name!r}, which is about all classes; got {of!r}.")
    model = model_of(work, newest.number)
    _, encoding = work.encoded(recipe, pool, knew=knew, progress=progress)
    work.prepare(recipe, test, progress)
    features = encoding.features(test.inputs)
    predicted = kind(schema).predict(model, take(features, np.arange(len(test))))
    given["predicted" if schema.task == "number" else "probs"] = predicted
    found = estimate(name, tested.y, Uniform(len(test), tested.rows), level=level, target="source", **given)
    n_right = sum(guess == label for guess, label in asked)
    return Believed(found, newest.number, of, n_right / len(asked) if asked else None, len(asked))


def _class(classes: tuple[str, ...], of: str | None, metric: str) -> str:
    if of is None and len(classes) == 2:
        return classes[1]
    if of is None or of not in classes:
        got = "none" if of is None else repr(of)
        raise InvalidInput(f"of: must be the class that {metric!r} is about, of {listed(classes)}; got {got}. Name it.")
    return of
