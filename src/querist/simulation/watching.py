"""What the stopping rules of a simulated loop look at, gathered only for those that do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.items import take
from querist.core.ports import Model
from querist.core.schema import Schema
from querist.core.state import Batch, State
from querist.loop.stopping import (
    OF_THE_STOP_SET,
    Evidence,
    Glance,
    QuantCI,
    Screened,
    StoppingRule,
    glance,
    in_order,
    stop_rows,
)
from querist.modeling import Pool, predict

GLANCED = ("choice", "pair", "rating")


class Watch:
    """Looks on at a loop, and tells its rules what it has seen.

    Parameters
    ----------
    rules : sequence of StoppingRule
    pool : Pool
    schema : Schema
    seed : int
        Of the stop set.
    """

    def __init__(self, rules: Sequence[StoppingRule], pool: Pool, schema: Schema, seed: int) -> None:
        names_classes = schema.task in GLANCED
        self._glances = names_classes and any(isinstance(rule, OF_THE_STOP_SET) for rule in rules)
        self._of = sorted({of for rule in rules if isinstance(of := getattr(rule, "of", None), str)})
        self._expects = names_classes and any(isinstance(rule, QuantCI) for rule in rules)
        self._pool, self._schema = pool, schema
        self._rows: Rows = stop_rows(pool.n_items, seed)
        self._model: Model | None = None
        self._named: Rows | None = None
        self._foretold: tuple[Rows, Rows, Floats] | None = None
        self._seen: list[Glance] = []
        self._rounds: list[tuple[int, list[tuple[int, bool]]]] = []

    def asked(self, batch: Batch) -> None:
        """A batch went out: what the model so far says of what its strategy chose."""
        if self._of:
            asked = [(q.row, q.strategy == "random") for q in batch.queries]
            self._rounds.append((batch.n_candidates, asked))
        picked = np.array([q.row for q in batch.queries if q.purpose == "strategy"], dtype=np.int64)
        self._foretold = None
        if self._glances and self._model is not None and len(picked):
            probs = predict(self._model, take(self._pool.features, picked), schema=self._schema)
            self._foretold = picked, probs.argmax(axis=1), probs.max(axis=1)

    def fitted(self, model: Model | None, state: State, n_labels: int) -> None:
        """A model was fitted: what it says of the stop set."""
        self._model = model
        if not self._glances or model is None:
            return
        probs = predict(model, take(self._pool.features, self._rows), schema=self._schema)
        right = sure = None
        if self._foretold is not None:
            rows, named, sure = self._foretold
            right = [state.labels.get(row) == name for row, name in zip(rows.tolist(), named.tolist(), strict=True)]
        self._seen.append(glance(n_labels, probs, self._named, foretold=right, foretold_probs=sure))
        self._named = probs.argmax(axis=1)

    def evidence(self, state: State) -> Evidence:
        """All that was seen."""
        if not self._of:
            return Evidence(tuple(self._seen))
        asked = {row for _, each in self._rounds for row, _ in each}
        order, chances = in_order((row for row in state.labels if row not in asked), self._rounds, state.labels)
        left = np.setdiff1d(np.arange(self._pool.n_items), order)
        probs = None
        if self._expects and self._model is not None and len(left):
            probs = predict(self._model, take(self._pool.features, left), schema=self._schema)
        searches = {of: self._search(of, state, order, chances, probs) for of in self._of}
        return Evidence(tuple(self._seen), searches=searches)

    def _search(self, of: str, state: State, order: list[int], chances: list[float], probs: Floats | None) -> Screened:
        schema = self._schema
        relevant = [of in schema.classes_of(schema.decode(state.labels[row])) for row in order]
        expected = variance = None
        if probs is not None and of in schema.options:
            p = probs[:, list(schema.options).index(of)]
            expected, variance = float(p.sum()), float((p * (1 - p)).sum())
        return Screened(
            state.n_items, np.array(relevant, dtype=bool), np.array(chances, dtype=np.float64), expected, variance
        )
