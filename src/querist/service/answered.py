"""What a project has bought, as plain values for a look back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core.answered import Answered
from querist.core.errors import InvalidInput
from querist.core.items import Columns, take
from querist.core.ports import Encoder, Encoding, Progress, silent
from querist.core.state import Query
from querist.modeling import kind
from querist.service.curves import metric_of
from querist.service.standing import coded, measured_labels, questions
from querist.service.workspace import Workspace
from querist.store import rounds


@dataclass(frozen=True, slots=True)
class Fitted:
    """An encoder that was fitted already: whatever it is shown, items are encoded as the whole pool's are."""

    encoding: Encoding
    of: Encoder

    def describe(self) -> dict[str, Any]:
        """As the encoder that was fitted."""
        return self.of.describe()

    def fit(self, X: Any, /) -> Encoding:
        """What was fitted before."""
        return self.encoding


def answered(work: Workspace, *, progress: Progress = silent) -> Answered:
    """The labeled items of a project in the order in which they were asked, and those of its test set.

    Labels that nobody asked for are left out: by which chance they came, nobody knows.

    Raises
    ------
    InvalidInput
        If nothing that was asked is labeled.
    """
    with work.database.reading() as conn:
        schema, policy, spec = work.schema(conn), work.policy(conn), work.spec(conn)
        pool, test = work.held(conn, "pool"), work.held(conn, "test")
        said = coded(work, conn, pool, schema)
        asked = questions(pool, rounds.all_queries(conn, work.project_id)).asked
        tested = measured_labels(work, conn, test, schema)
        recipe = work.chosen_recipe(conn, pool)
        metric = metric_of(conn, work, schema)
    order = sorted((query for row, query in asked.items() if row in said), key=lambda query: (query.round, query.rank))
    if not order:
        raise InvalidInput("labels: must have been asked for; the project has none that were. Ask, and answer, first.")
    _, encoding = work.encoded(recipe, pool, progress=progress)
    work.prepare(recipe, test, progress)
    rows = np.array([query.row for query in order])
    y = np.concatenate([kind(schema).array([said[row] for row in rows.tolist()], schema.n_classes), tested.y])
    blind = [query for query in asked.values() if _blind(query)]
    return Answered(
        X=_joined(take(pool.inputs, rows), take(test.inputs, tested.rows)),
        y=y,
        rounds=np.array([query.round for query in order]),
        drawn=np.array([_blind(query) for query in order]),
        chances={query.round: query.propensity for query in blind},
        n_pool=len(pool),
        n_lost=sum(query.row not in said for query in blind),
        schema=schema,
        spec=spec,
        encoder=Fitted(encoding, recipe.encoder),
        learner=recipe.learner,
        batch_size=policy.batch_size,
        metric=metric,
        name=work.name,
    )


def _blind(query: Query) -> bool:
    return query.strategy == "random"


def _joined(first: Columns, second: Columns) -> Columns:
    if not len(second):
        return first
    return Columns({name: np.concatenate([first[name], second[name]]) for name in first.names})
