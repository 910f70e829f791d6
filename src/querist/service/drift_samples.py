"""Old items and new ones of a project: which they are, and what of them may be compared fairly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.checks import Floats, Rows, listed
from querist.core.errors import InvalidInput
from querist.core.hashing import is_missing
from querist.core.items import Columns, FieldSpec
from querist.core.ports import Encoding, Prepares, Progress, silent
from querist.core.rng import generator
from querist.core.words import counted
from querist.formats import RawBatch, coerce, open_table
from querist.learners import Recipe
from querist.metrics.two_samples import FEWEST, MOST_ROWS
from querist.service.workspace import Held, Workspace
from querist.store import imports
from querist.store.db import Connection
from querist.store.models import ModelRecord

FILE_ROWS = 100_000  # of a file, from its beginning
CHUNK = 10_000
BLIND = ("test", "calibration")  # splits that no model learns from


@dataclass(frozen=True, slots=True)
class Sides:
    """Old items and new ones.

    Parameters
    ----------
    held : mapping of split to Held
        The project's items.
    boundary : int
        The store's number of the last old item.
    brought : Columns, optional
        New items that are not the project's: the rows of a file.
    names : tuple of str
        The ids of the new items, in their order; of a file its lines.
    recent : str
        What the new items are, in words.
    model : ModelRecord, optional
        The newest.
    """

    held: Mapping[str, Held]
    boundary: int
    brought: Columns | None
    names: tuple[str, ...]
    recent: str
    model: ModelRecord | None

    @property
    def learned_until(self) -> int:
        """The last item of the pool that the model's encoder has seen."""
        return 0 if self.model is None else int(self.model.recipe["last_seq"])

    def split(self, split: str) -> tuple[Rows, Rows]:
        """Rows of the old and of the new items of a split."""
        after = self.held[split].seqs > self.boundary
        return np.flatnonzero(~after), np.flatnonzero(after)

    def unseen(self, split: str) -> tuple[Rows, Rows]:
        """The same, of items that the newest model has not learned from: of others its predictions are too good."""
        old, new = self.split(split)
        if split in BLIND:
            return old, new
        seqs = self.held[split].seqs
        return old[seqs[old] > self.learned_until], new[seqs[new] > self.learned_until]


def sides(
    work: Workspace,
    conn: Connection,
    source: str | Path | Iterable[Mapping[str, Any]] | None,
    since: datetime | None,
    model: ModelRecord | None,
) -> Sides:
    """What is old and what is new.

    New are the rows of a source; else what came in since a time; else what came in since the newest model was fitted,
    or, where that is nothing, with the last import.

    Raises
    ------
    InvalidInput
        If there is nothing new, or too little of either.
    """
    held = {split: work.held(conn, split) for split in ("pool", *BLIND)}
    last = max(each.last_seq for each in held.values())
    if source is not None:
        if since is not None:
            raise InvalidInput("since: must be left out where the new items are given; got both. Leave out one.")
        brought, names, recent = _brought(work.spec(conn), source)
        return _enough(Sides(held, last, brought, names, recent, model))
    if since is not None:
        moment = since if since.tzinfo is not None else since.replace(tzinfo=UTC)
        boundary = imports.last_seq_before(conn, work.project_id, moment)
        return _enough(_of_project(held, boundary, f"the items added since {since:%Y-%m-%d %H:%M}", model))
    if model is not None:
        # Of the items that were there, the last of the pool may not be the last of all.
        before = imports.last_seq_before(conn, work.project_id, model.created_at)
        boundary = max(before, int(model.recipe["last_seq"]))
        found = _of_project(held, boundary, f"the items added since model {model.number}", model)
        if len(found.names) >= FEWEST:
            return _enough(found)
    batches = [batch for batch in imports.listed(conn, work.project_id) if batch.n_added]
    if len(batches) < 2:
        raise InvalidInput(
            "recent: must hold items that came in later than the rest; all came in at once. "
            "Name a file of new ones, or add them first."
        )
    boundary = imports.last_seq_before(conn, work.project_id, batches[-1].created_at)
    return _enough(_of_project(held, boundary, f"the items of the last import, {batches[-1].source}", model))


@dataclass(frozen=True, slots=True)
class Compared:
    """A draw of old and new items, and how they are encoded alike.

    Parameters
    ----------
    old, new : Columns
    new_rows : (n_new,) int
        Which of all new items those are.
    encoding : Encoding
        It has learned from the two together, in a random order: one that has learned from the old ones alone would tell
        them from the new although nothing had changed.
    """

    old: Columns
    new: Columns
    new_rows: Rows
    encoding: Encoding

    def embedded(self) -> tuple[Floats, Floats]:
        """Both as vectors."""
        return self.encoding.embeddings(self.old), self.encoding.embeddings(self.new)


def compared(found: Sides, recipe: Recipe, *, seed: int, progress: Progress = silent) -> Compared:
    """As many old and new items as are looked at, drawn and encoded."""
    rng = generator(seed, "drift", "items")
    old_parts = [found.held[split].inputs.take(found.split(split)[0]) for split in found.held]
    new_parts = [found.held[split].inputs.take(found.split(split)[1]) for split in found.held]
    old, _ = drawn(old_parts, rng)
    new, new_rows = drawn(new_parts if found.brought is None else [found.brought], rng)
    both = joined([old, new])
    shuffled = both.take(rng.permutation(len(both)))
    if isinstance(recipe.encoder, Prepares):
        recipe.encoder.prepare(shuffled, progress)
    return Compared(old, new, new_rows, recipe.encoder.fit(shuffled))


def drawn(parts: Sequence[Columns], rng: np.random.Generator, most: int = MOST_ROWS) -> tuple[Columns, Rows]:
    """At most so many rows of tables that follow each other, and which those are."""
    sizes = [len(part) for part in parts]
    n = sum(sizes)
    rows = np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    some = [
        part.take(rows[(rows >= start) & (rows < start + len(part))] - start)
        for part, start in zip(parts, starts[:-1], strict=True)
    ]
    return joined([part for part in some if len(part)]), rows


def joined(parts: Sequence[Columns]) -> Columns:
    """Tables of the same columns, one below the other."""
    if not parts:
        return Columns({})
    return Columns({name: [value for part in parts for value in part[name].tolist()] for name in parts[0].names})


def by_field(table: Columns, spec: FieldSpec) -> dict[str, Any]:
    """Each field as it is compared by itself: numbers, categories, and of texts their lengths; vectors not at all."""
    found: dict[str, Any] = {}
    for name, kind in spec.kinds.items():
        if kind == "number":
            found[name] = np.array([np.nan if value is None else value for value in table[name]], dtype=np.float64)
        elif kind == "category":
            found[name] = ["" if is_missing(value) else str(value) for value in table[name]]
        elif kind == "text":
            found[f"{name} (length)"] = np.array([len(str(value or "")) for value in table[name]], dtype=np.float64)
    return found


def _of_project(held: Mapping[str, Held], boundary: int, recent: str, model: ModelRecord | None) -> Sides:
    names = tuple(each.ids[row] for each in held.values() for row in np.flatnonzero(each.seqs > boundary).tolist())
    return Sides(held, boundary, None, names, recent, model)


def _enough(found: Sides) -> Sides:
    n_old = sum(len(found.split(split)[0]) for split in found.held)
    for name, n in (("reference", n_old), ("recent", len(found.names))):
        if n < FEWEST:
            raise InvalidInput(
                f"{name}: must hold at least {counted(FEWEST, 'item')} to be compared; there are {n} ({found.recent} "
                "against those before). Wait for more, or choose another --since."
            )
    return found


def _brought(spec: FieldSpec, source: str | Path | Iterable[Mapping[str, Any]]) -> tuple[Columns, tuple[str, ...], str]:
    columns: dict[str, list[Any]] = {name: [] for name in spec.used}
    names: list[str] = []
    place = "line" if isinstance(source, str | Path) else "item"
    for batch in _batches(source):
        if lacking := [name for name in spec.used if name not in batch.columns]:
            raise InvalidInput(
                f"source: must have every field of the project, which are {listed(spec.used)}; it lacks "
                f"{listed(lacking)}. Name the columns so."
            )
        read = coerce({name: batch.columns[name] for name in spec.used}, spec, lines=batch.lines)
        for name, values in columns.items():
            values += read[name]
        ids = batch.columns.get("id")
        names += [f"{place} {line}" for line in batch.lines] if ids is None else [str(each) for each in ids]
        if len(names) >= FILE_ROWS:
            break
    recent = f"the rows of {Path(source).name}" if isinstance(source, str | Path) else "the items given"
    return Columns(columns), tuple(names), recent


def _batches(source: str | Path | Iterable[Mapping[str, Any]]) -> Iterable[RawBatch]:
    if isinstance(source, str | Path):
        yield from open_table(source).batches(CHUNK)
        return
    rows = list(islice(source, FILE_ROWS))
    names = dict.fromkeys(name for row in rows for name in row)
    if rows:
        yield RawBatch({name: [row.get(name) for row in rows] for name in names}, list(range(1, len(rows) + 1)))
