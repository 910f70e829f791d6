"""What is known of a stored pool: the signals that a strategy may read, each computed at need."""

from __future__ import annotations

import numpy as np

from querist.catalogue import reads_answers
from querist.core.checks import Array, Rows
from querist.core.crowd import answer_table
from querist.core.items import Columns
from querist.core.policy import Policy
from querist.core.ports import Model, Progress, silent
from querist.core.schema import Schema
from querist.core.signals import Signals
from querist.core.state import State
from querist.loop.coldstart import votes
from querist.modeling import kind, signals
from querist.service.workspace import Held, Workspace
from querist.store import models


def signals_of(
    work: Workspace,
    pool: Held,
    now: State,
    record: models.ModelRecord | None,
    model: Model | None,
    schema: Schema,
    *,
    progress: Progress = silent,
) -> Signals:
    """The pool's signals for a strategy: those of a recorded model, under the encoder it was fitted with, if any."""
    with work.database.reading() as conn:
        knew = pool if record is None else work.pool_of(conn, record.number, record.recipe["last_seq"])
        recipe = work.chosen_recipe(conn, knew)
        settings = work.settings(conn)
    encoded, _ = work.encoded(recipe, pool, knew=knew, progress=progress)

    def training_set() -> tuple[Rows, Array]:
        rows = np.array(sorted(now.labels), dtype=np.int64)
        return rows, kind(schema).array([now.labels[row] for row in rows.tolist()], schema.n_classes)

    strata_field = settings.get("strata")
    names, strata = (
        ((), None) if strata_field is None else np.unique(_texts(pool.inputs[strata_field]), return_inverse=True)
    )
    rules, of = work.seed_rules, kind(schema)
    return signals(
        encoded,
        model,
        schema=schema,
        learner=recipe.learner,
        labeled=training_set,
        seed=now.policy.seed,
        number=now.round,
        costs=prices(pool, now.policy),
        strata=strata,
        strata_names=[str(name) for name in names],
        duplicates=pool.groups,
        votes=votes(rules, _items(pool), schema) if rules else None,
        answers=lambda: answer_table(
            now.n_items, {row: [(who, of.learned(code)) for who, code in now.said(row)] for row in now.labels}
        ),
        unseen=reads_answers(now.policy),
    )


def prices(pool: Held, policy: Policy) -> Array | None:
    """What an answer about each item costs, in US dollars; None where no price is known."""
    return prices_of(pool.inputs, len(pool), policy)


def prices_of(inputs: Columns, n_items: int, policy: Policy) -> Array | None:
    """The same of items by their fields, whether a pool holds them or not."""
    costs = policy.costs
    if costs.free:
        return None
    characters = np.zeros(n_items)
    if costs.per_character:
        for name in inputs.names:
            characters += [len(v) if isinstance(v, str) else 0 for v in inputs[name].tolist()]
    return costs.per_label + costs.per_character * characters


def _items(pool: Held) -> list[dict[str, object]]:
    names = pool.inputs.names
    return [
        dict(zip(names, values, strict=True)) for values in zip(*(pool.inputs[n].tolist() for n in names), strict=True)
    ]


def _texts(values: Array) -> Array:
    return np.array(["" if v is None else str(v) for v in values.tolist()])
