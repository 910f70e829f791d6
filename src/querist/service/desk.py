"""The desk at which an import's rows are looked over, batch by batch, inside its one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.errors import InvalidInput, LeakFound, RowProblem, RowsRejected
from querist.core.hashing import canonical_rows, is_missing
from querist.core.items import FieldSpec, Split
from querist.core.state import Value
from querist.formats import RawBatch, coerce, infer_kinds
from querist.service.labeling import import_labels
from querist.service.workspace import Workspace
from querist.splits import Seen, Sketches, Splitter, find_target_leak, sketch
from querist.store import items, projects
from querist.store.db import Connection

PROBLEMS_KEPT = 1000  # a file whose every row is wrong is wrong once; the list need not hold a million entries
ID_CHARACTERS = 16  # of the content hash: two of ten million items share them once in a hundred thousand imports


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants the rows read."""

    label: str | None
    drop: frozenset[str]
    split: Split | None
    id_column: str | None
    kinds: Mapping[str, str]
    annotator: str


@dataclass(slots=True)
class Tally:
    """What came in so far."""

    n_rows: int = 0
    n_added: int = 0
    n_repeated: int = 0
    n_labels: int = 0
    splits: Counter[str] = field(default_factory=Counter)


def pack(columns: Mapping[str, Sequence[Any]]) -> tuple[list[str], list[str]]:
    """Each row's fields as canonical JSON, as a database can hold it, and their content hash."""
    texts = canonical_rows(columns)
    try:
        raw = list(map(str.encode, texts))
    except UnicodeEncodeError:
        raw = [text.encode("utf-8", "surrogatepass") for text in texts]
        texts = list(map(storable, texts))
    return texts, [sha256(row).hexdigest() for row in raw]


def storable(text: str) -> str:
    """Canonical JSON as a database can hold it: half a surrogate pair is escaped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    return text


class Desk:
    """Takes batches, refuses rows with reasons, and knows at the end whether all may come in."""

    def __init__(self, conn: Connection, work: Workspace, wishes: Wishes, import_id: int, source: str) -> None:
        self._conn = conn
        self._project = work.project_id
        self._work = work
        self._wishes = wishes
        self._import_id = import_id
        self._source = source
        self._schema = work.schema(conn)
        self._settings = work.settings(conn)
        self._spec = FieldSpec(self._settings["kinds"]) if self._settings.get("fixed") else None
        self._splitter = Splitter(self._settings["shares"], work.policy(conn).seed)
        self._seen = Seen()
        self._restore()
        self._joined: dict[int, int] = {}
        self._merged: dict[int, int] = {}
        self._problems: list[RowProblem] = []
        self._lengths: dict[str, int] = dict(self._settings.get("lengths", {}))
        self._tally = Tally()

    @property
    def kinds(self) -> Mapping[str, str]:
        """What each field is."""
        return {} if self._spec is None else self._spec.kinds

    def take(self, batch: RawBatch) -> None:
        """Look over a batch, and store what is new in it."""
        names = self._fields(batch)
        spec = self._spec_for(batch, names)
        columns = {name: batch.columns.get(name, [None] * len(batch.lines)) for name in spec.kinds}
        try:
            columns = coerce(columns, spec, lines=batch.lines)
        except RowsRejected as error:
            self._refuse(*error.rows)
            return
        self._check_vectors(columns, spec, batch.lines)
        self._tally.n_rows += len(batch.lines)
        packed, hashes = pack(columns)
        ids = self._ids(batch, hashes)
        new = self._new(batch, ids, hashes)
        if self._problems:
            return
        labels = self._labels(batch, ids)
        some = len(new) < len(ids)
        fresh = sketch(
            {name: [column[i] for i in new] if some else column for name, column in columns.items()},
            spec,
            [hashes[i] for i in new] if some else hashes,
        )
        self._store(new, ids, hashes, packed, fresh)
        if labels and not self._problems:
            source = f"import:{self._source}"
            self._tally.n_labels += import_labels(self._conn, self._work, labels, annotator=source)

    def finish(self) -> Tally:
        """Settle the groups and return the tally, if every row was right.

        Raises
        ------
        RowsRejected
            If one was not; the caller's transaction then ends without a trace.
        """
        if self._problems:
            n = len(self._problems)
            few = "" if n < PROBLEMS_KEPT else " or more"
            raise RowsRejected(
                f"{self._source}: every row must be right; {n}{few} are not, so none was added. "
                "Mend them, then add again.",
                tuple(self._problems),
            )
        if not self._tally.n_rows:
            raise InvalidInput(f"{self._source}: must hold rows; it holds none. Check the path.")
        if self._lengths != self._settings.get("lengths", {}):
            now = projects.settings(self._conn, self._project)
            projects.update_settings(self._conn, self._project, {**now, "lengths": self._lengths})
        if self._joined:
            items.set_groups(self._conn, self._project, self._by_seq(self._joined))
        if self._merged:
            items.merge_groups(self._conn, self._project, self._merged)
        return self._tally

    def _restore(self) -> None:
        for chunk in items.keys(self._conn, self._project):
            self._seen.note(_id_hashes([key.id for key in chunk]))
            self._splitter.restore(
                Sketches.from_bytes([key.content_hash for key in chunk], [key.sketch for key in chunk]),
                [key.split for key in chunk],
                [-1 if key.duplicate_group is None else key.duplicate_group for key in chunk],
            )

    def _fields(self, batch: RawBatch) -> list[str]:
        wishes = self._wishes
        for name in (*wishes.drop, *(n for n in (wishes.label, wishes.id_column) if n)):
            if name not in batch.columns:
                has = ", ".join(map(repr, batch.columns))
                raise InvalidInput(f"column: must be one of {self._source}; got {name!r}. It has {has}.")
        aside = {*wishes.drop, wishes.label, self._id_name(batch)}
        names = [name for name in batch.columns if name not in aside]
        if not self._tally.n_rows:  # the first batch tells
            leak = find_target_leak({name: batch.columns[name] for name in names}, self._schema)
            if leak is not None:
                raise LeakFound(leak)
        if self._spec is not None and (strange := [name for name in names if name not in self._spec.kinds]):
            fields = ", ".join(map(repr, self._spec.kinds))
            raise InvalidInput(
                f"column: must be a field of the project, which are {fields}; got {strange[0]!r}. "
                f"Rename it, or leave it out with --drop {strange[0]}."
            )
        return names

    def _spec_for(self, batch: RawBatch, names: Sequence[str]) -> FieldSpec:
        for name in self._wishes.kinds:
            checks.one_of("kind of a column", name, names)
        if self._spec is None:
            given = {**self._settings["kinds"], **self._wishes.kinds}
            self._spec = infer_kinds({name: batch.columns[name] for name in names}, overrides=given)
            if not self._spec.used:
                raise InvalidInput(
                    f"{self._source}: must hold a field to learn from; it has none. "
                    "Add one, or say what a column is with --kind NAME=text."
                )
            if (strata := self._settings.get("strata")) is not None and strata not in self._spec.used:
                raise InvalidInput(
                    f"strata: must be a field that is used; the project was told {strata!r}, and has "
                    f"{', '.join(map(repr, self._spec.used))}. Add it, or say with --kind {strata}=category what it is."
                )
            settings = {**self._settings, "kinds": dict(self._spec.kinds), "fixed": True}
            projects.update_settings(self._conn, self._project, settings)
        return self._spec

    def _check_vectors(self, columns: Mapping[str, Sequence[Any]], spec: FieldSpec, lines: Sequence[int]) -> None:
        """Every item has every vector, all of one length: what has none cannot be compared with the rest."""
        for name in spec.named("vector"):
            lengths = [0 if value is None else len(value) for value in columns[name]]
            wanted = self._lengths.setdefault(name, max(lengths, default=0))
            for line, length in zip(lines, lengths, strict=True):
                if length != wanted:
                    got = f"it has {length}" if length else "it has none"
                    self._refuse(RowProblem(line, None, f"the field {name!r} must hold {wanted} numbers; {got}."))

    def _id_name(self, batch: RawBatch) -> str | None:
        return self._wishes.id_column or ("id" if "id" in batch.columns else None)

    def _ids(self, batch: RawBatch, hashes: Sequence[str]) -> list[str]:
        name = self._id_name(batch)
        if name is None:
            return [h[:ID_CHARACTERS] for h in hashes]
        values = batch.columns[name]
        # One look at all of them together; only where it finds something, one at each.
        if set(map(type, values)) == {str} and "" not in values and "".join(values).isprintable():
            return values
        ids = list(map(str, values))
        odd = any(isinstance(value, list | dict) for value in values)
        if odd or not "".join(ids).isprintable() or any(map(is_missing, values)):
            for line, value, id_ in zip(batch.lines, values, ids, strict=True):
                if isinstance(value, list | dict):
                    self._refuse(
                        RowProblem(line, None, f"its id must be text or a number; it is a {type(value).__name__}.")
                    )
                elif is_missing(value):
                    self._refuse(RowProblem(line, None, f"it has no id; fill in the column {name!r}."))
                elif not id_.isprintable():
                    self._refuse(RowProblem(line, repr(id_), "its id holds a control character; remove it."))
        return ids

    def _new(self, batch: RawBatch, ids: Sequence[str], hashes: Sequence[str]) -> Sequence[int]:
        """Places of the rows that are not known already."""
        id_hashes = _id_hashes(ids)
        maybe = [ids[i] for i in np.flatnonzero(self._seen.maybe(id_hashes)).tolist()]
        self._seen.note(id_hashes)
        known = {id_: found.content_hash for id_, found in items.existing(self._conn, self._project, maybe).items()}
        if not known and len(set(ids)) == len(ids):
            return range(len(ids))
        new = []
        for i, (id_, content) in enumerate(zip(ids, hashes, strict=True)):
            before = known.get(id_)
            if before is None:
                known[id_] = content
                new.append(i)
            elif before == content:
                self._tally.n_repeated += 1
            else:
                self._refuse(
                    RowProblem(
                        batch.lines[i],
                        id_,
                        "an item of this id is there already with other content; give it an id of its own, "
                        "or leave it out.",
                    )
                )
        return new

    def _labels(self, batch: RawBatch, ids: Sequence[str]) -> list[tuple[str, Value]]:
        if self._wishes.label is None:
            return []
        labels: dict[str, Value] = {}
        for i, raw in enumerate(batch.columns[self._wishes.label]):
            if is_missing(raw):
                continue
            try:
                value = self._schema.read(raw)
            except InvalidInput as error:
                self._refuse(RowProblem(batch.lines[i], ids[i], str(error)))
                continue
            if labels.setdefault(ids[i], value) != value:
                said = f"it is labeled {value!r} here and {labels[ids[i]]!r} before; leave in the one that is right."
                self._refuse(RowProblem(batch.lines[i], ids[i], said))
        return list(labels.items())

    def _store(
        self, new: Sequence[int], ids: Sequence[str], hashes: Sequence[str], packed: Sequence[str], fresh: Sketches
    ) -> None:
        placed = self._splitter.add(fresh, self._wishes.split)
        groups = (None if group < 0 else group for group in placed.groups.tolist())
        rows = zip(
            _at(ids, new), _at(hashes, new), _at(packed, new), placed.splits, groups, fresh.to_bytes(), strict=True
        )
        items.insert(self._conn, self._project, rows, import_id=self._import_id)
        self._tally.n_added += len(new)
        self._tally.splits.update(placed.splits)
        self._joined.update(placed.joined)
        self._merged.update(placed.merged)

    def _by_seq(self, by_number: Mapping[int, int]) -> dict[int, int]:
        """The splitter numbers items in the order they came; the store's numbers may have gaps."""
        seqs = items.seqs_at(self._conn, self._project, by_number)
        return {seqs[number]: group for number, group in by_number.items()}

    def _refuse(self, *problems: RowProblem) -> None:
        self._problems.extend(problems[: PROBLEMS_KEPT - len(self._problems)])


def _id_hashes(ids: Sequence[str]) -> npt.NDArray[np.uint64]:
    return np.fromiter(map(hash, ids), dtype=np.int64, count=len(ids)).view(np.uint64)


def _at(values: Sequence[str], places: Sequence[int]) -> Sequence[str]:
    return values if len(places) == len(values) else [values[i] for i in places]
