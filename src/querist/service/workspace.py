"""An open project: its database, and what one process remembers of it between two calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np

from querist.core.chats import text_of
from querist.core.checks import Rows
from querist.core.items import Columns, FieldSpec
from querist.core.policy import Policy
from querist.core.ports import Encoding, Model, Prepares, Progress, silent
from querist.core.queueing import QueueSettings
from querist.core.schema import Schema
from querist.learners import Recipe, default_recipe, recipe_for, text_encoder_from_json
from querist.loop.coldstart import SeedRule
from querist.loop.stopping import StoppingRule, rule_from_json
from querist.modeling import Pool, pool_of
from querist.service.moves import Move, last_move, moves
from querist.store import items, projects
from querist.store.db import Connection, Database


@dataclass(frozen=True, slots=True)
class Held:
    """Items of one split, in the order in which they came: the rows that arrays about them have.

    `seqs` are the store's numbers for them, `groups` their near-duplicate groups or -1.
    """

    seqs: Rows
    ids: tuple[str, ...]
    inputs: Columns
    groups: Rows

    def __len__(self) -> int:
        return len(self.seqs)

    def rows_of(self, seqs: Rows) -> Rows:
        """The rows of these items; -1 for one that is not of this split."""
        if not len(self.seqs):
            return np.full(len(seqs), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.seqs, seqs), len(self.seqs) - 1)
        return np.where(self.seqs[at] == seqs, at, -1)

    @property
    def last_seq(self) -> int:
        """The store's number of the item that came last; 0 where there is none."""
        return int(self.seqs[-1]) if len(self.seqs) else 0

    def until(self, last_seq: int) -> Held:
        """The items as they were when the item of this number had come last."""
        n = int(np.searchsorted(self.seqs, last_seq, side="right"))
        if n == len(self):
            return self
        return Held(self.seqs[:n], self.ids[:n], self.inputs.take(np.arange(n)), self.groups[:n])


@dataclass(frozen=True, slots=True)
class Serving:
    """A model at hand to predict items that come from outside: its number, how items are encoded, and itself."""

    number: int
    encoding: Encoding
    model: Model


@dataclass(slots=True)
class Workspace:
    """A project that is open. Close it, or use it as a context manager.

    Parameters
    ----------
    database : Database
    project_id : int
    name : str
    own : Recipe, Learner, scikit-learn estimator or None
        What to use in place of what suits the fields.
    seed_rules : sequence of SeedRule
        For the start `rules`.
    shares : bool
        Whether the database is another's, who opened it and will close it.
    """

    database: Database
    project_id: int
    name: str
    own: Any = None
    seed_rules: tuple[SeedRule, ...] = ()
    shares: bool = False
    _held: dict[str, tuple[object, Held]] = field(default_factory=dict)
    _encoded: tuple[object, Held, Pool, Encoding] | None = None
    _models: dict[int, Model] = field(default_factory=dict)
    _serving: Serving | None = None
    _schemas: dict[int, Schema] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database, unless others use it too."""
        if not self.shares:
            self.database.close()

    def schema(self, conn: Connection) -> Schema:
        """The question as it is asked now."""
        return self.schema_at(conn, projects.schema_number(conn, self.project_id))

    def schema_at(self, conn: Connection, version: int) -> Schema:
        """The question as a version asks it; no version is ever changed, so that each is read once."""
        if (kept := self._schemas.get(version)) is None:
            kept = self._schemas[version] = projects.schema(conn, self.project_id, version or None)
        return kept

    def policy(self, conn: Connection) -> Policy:
        """How to choose now."""
        return projects.policy(conn, self.project_id)

    def instructions(self, conn: Connection) -> projects.Instructions | None:
        """What annotators are told now, if anything."""
        return projects.instructions(conn, self.project_id)

    def settings(self, conn: Connection) -> dict[str, Any]:
        """What else was said of the project."""
        return dict(projects.settings(conn, self.project_id))

    def queue(self, conn: Connection) -> QueueSettings:
        """How the project hands out its questions."""
        return QueueSettings.from_json(self.settings(conn).get("queue", {}))

    def spec(self, conn: Connection) -> FieldSpec:
        """What the fields are; empty before the first import."""
        return FieldSpec(self.settings(conn).get("kinds", {}))

    def stopping(self, conn: Connection) -> list[StoppingRule]:
        """When to stop: the budget always, and the rules that were set."""
        return [rule_from_json(body) for body in [{"rule": "budget"}, *self.settings(conn).get("stopping", [])]]

    def held(self, conn: Connection, split: str) -> Held:
        """The items of a split, read anew only where there are more than last time, or some were moved."""
        now = (items.last_seq(conn, self.project_id), last_move(conn, self.project_id))
        kept = self._held.get(split)
        if kept is None or kept[0] != now:
            kept = (now, _read(conn, self.project_id, split, self.spec(conn)))
            self._held[split] = kept
        return kept[1]

    def pool_of(self, conn: Connection, model: int, last_seq: int) -> Held:
        """The pool as a model knew it: without what came in later, and with what has left it since."""
        left = [move for move in moves(conn, self.project_id) if move.origin == "pool" and move.after_model >= model]
        return self._with(conn, left).until(last_seq)

    def pool_at(self, conn: Connection, number: int, last_seq: int) -> Held:
        """The pool as a round found it."""
        left = [move for move in moves(conn, self.project_id) if move.origin == "pool" and move.after_round >= number]
        return self._with(conn, left).until(last_seq)

    def _with(self, conn: Connection, left: Sequence[Move]) -> Held:
        pool = self.held(conn, "pool")
        seqs = sorted(seq for move in left for seq in move.seqs)
        if not seqs:
            return pool
        spec = self.spec(conn)
        away = _held(items.fetch_seqs(conn, self.project_id, seqs), spec)
        both = np.concatenate([pool.seqs, away.seqs])
        order = np.argsort(both, kind="stable")
        ids = (*pool.ids, *away.ids)
        columns = {name: [*pool.inputs[name].tolist(), *away.inputs[name].tolist()] for name in away.inputs.names}
        inputs = Columns(columns).take(order)
        groups = np.concatenate([pool.groups, away.groups])[order]
        return Held(both[order], tuple(ids[row] for row in order.tolist()), inputs, groups)

    def chosen_recipe(self, conn: Connection, pool: Held) -> Recipe:
        """How models are made: what was handed in, or what suits the fields."""
        if isinstance(self.own, Recipe):
            return self.own
        said, task = self.settings(conn).get("encoder"), self.schema(conn).task
        text = None if said is None else text_encoder_from_json(said)
        if self.own is not None:
            return recipe_for(self.own, pool.inputs, self.spec(conn), task=task, text=text)
        return default_recipe(pool.inputs, self.spec(conn), task=task, text=text)

    def encoded(
        self, recipe: Recipe, pool: Held, *, knew: Held | None = None, progress: Progress = silent
    ) -> tuple[Pool, Encoding]:
        """The pool as features, and the encoder that made them; kept while the pool stays the same.

        Parameters
        ----------
        knew : Held, optional
            The items that the encoder may learn from; by default the pool's. A model reads only what is encoded as the
            items were that it was fitted on, also where more came in since, or some were moved.
        """
        # What an encoder was fitted on it encodes from memory, to other last bits than what it is shown later.
        knew = pool if knew is None or np.array_equal(knew.seqs, pool.seqs) else knew
        key = (recipe.describe(), knew.last_seq, len(knew))
        kept = self._encoded
        if kept is None or kept[0] != key or kept[1] is not pool:
            self.prepare(recipe, pool, progress)
            encoding = recipe.encoder.fit(knew.inputs)
            kept = self._encoded = (key, pool, pool_of(encoding, pool.inputs), encoding)
        return kept[2], kept[3]

    def prepare(self, recipe: Recipe, some: Held, progress: Progress) -> None:
        """Have done what is slow about encoding these items, where the encoder keeps it."""
        if isinstance(recipe.encoder, Prepares) and len(some):
            recipe.encoder.prepare(some.inputs, progress)

    def remembered(self, number: int) -> Model | None:
        """A model this process has fitted."""
        return self._models.get(number)

    def served(self, number: int) -> Serving | None:
        """What predicts items from outside by the model of this number, if it is at hand."""
        return self._serving if self._serving is not None and self._serving.number == number else None

    def serve(self, serving: Serving) -> None:
        """Have a model at hand for the calls to come."""
        self._serving = serving

    def remember_model(self, number: int, model: Model) -> None:
        """Keep a model for the calls to come; only the latest, since each may be large."""
        self._models = {number: model}


def _read(conn: Connection, project_id: int, split: str, spec: FieldSpec) -> Held:
    return _held(items.stream(conn, project_id, split=split), spec)


def _held(stored: Iterable[items.StoredItem], spec: FieldSpec) -> Held:
    seqs: list[int] = []
    ids: list[str] = []
    groups: list[int] = []
    columns: dict[str, list[Any]] = {name: [] for name in spec.used}
    for item in stored:
        seqs.append(item.seq)
        ids.append(item.item_id)
        groups.append(-1 if item.duplicate_group is None else item.duplicate_group)
        for name, values in columns.items():
            value = item.fields.get(name)
            values.append(text_of(value) if isinstance(value, list | dict) and spec.kinds[name] == "text" else value)
    return Held(np.array(seqs, dtype=np.int64), tuple(ids), Columns(columns), np.array(groups, dtype=np.int64))
