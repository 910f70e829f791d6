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
from querist.formats import DecimalCommas, RawBatch, TableReader, coerce, infer_kinds, nearly_numbers
from querist.modeling import kind
from querist.service import copies
from querist.service.item_ids import id_problem
from querist.service.label_column import classes_told, field_of, labels_of, see_images, see_sides, without_options
from querist.service.labeling import import_labels
from querist.service.shapes import Shapes, too_deep
from querist.service.uneven import note_on_shares
from querist.service.workspace import Workspace
from querist.splits import Seen, Sketches, Splitter, find_giveaways, find_repeats, find_target_leak, sketch
from querist.store import items, projects
from querist.store.db import Connection

LOOKED_AT = 20_000  # rows of an import among which copies are looked for at once
ID = "id"  # the column of ids, where no other is said to be
PROBLEMS_KEPT = 1000  # a file whose every row is wrong is wrong once; the list need not hold a million entries
ID_PREFIX = "i"  # without it some ids are numbers to a spreadsheet program: 0e10982213566457, 5444403668824e23
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
    n_inside: int = 0
    n_alike: int = 0
    n_blank: int = 0
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

    def __init__(
        self,
        conn: Connection,
        work: Workspace,
        wishes: Wishes,
        import_id: int,
        source: str,
        *,
        reader: TableReader | None = None,
    ) -> None:
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
        self._shapes = Shapes(self._settings.get("shapes", {}))
        self._tally = Tally()
        self._commas = DecimalCommas("" if reader is None else reader.delimiter)
        # A file names all its columns at once; rows that are handed in one by one may each leave a field out.
        self._names_all = reader is not None
        self._notes: list[str] = []
        self._n_before = items.last_seq(conn, self._project)
        self._prefix = ID_PREFIX if self._spec is None else self._settings.get("id_prefix", "")

    @property
    def notes(self) -> list[str]:
        """What the user had better know of the file, although it was taken."""
        notes = list(self._notes)
        if self._tally.n_blank:
            texts = checks.listed(self._spec.named("text") if self._spec is not None else ())
            notes.append(
                f"{self._tally.n_blank:,} items hold no text: every text field of theirs ({texts}) is blank, so that "
                "there is little to judge. See whether the file is whole."
            )
        if self._tally.n_alike:
            notes.append(
                f"{self._tally.n_alike:,} rows have the content of another row of the file and are no items of their "
                "own: without ids, equal content is one item. Say which column holds ids to keep them apart."
            )
        uneven = note_on_shares(self._settings["shares"], self._tally.splits)
        if self._wishes.split is None and uneven is not None:
            notes.append(uneven)
        return notes

    @property
    def kinds(self) -> Mapping[str, str]:
        """What each field is."""
        return {} if self._spec is None else self._spec.kinds

    def take(self, batch: RawBatch) -> None:
        """Look over a batch, and store what is new in it."""
        # Before anything else looks at the values: what is too deep to be written out fails in many places.
        kept = {name: values for name, values in batch.columns.items() if name not in self._wishes.drop}
        if deep := too_deep(kept, batch.lines):
            self._refuse(*deep)
            return
        names = self._fields(batch)
        try:
            numbers = self._with_points(batch, names)
            spec = self._spec_for(batch, names, numbers)
            none = [None] * len(batch.lines)
            given = {
                name: numbers[name] if kind == "number" and name in numbers else batch.columns.get(name, none)
                for name, kind in spec.kinds.items()
            }
            columns = coerce(given, spec, lines=batch.lines)
            see_images(columns, spec, self._schema.task)
        except RowsRejected as error:
            self._refuse(*error.rows)
            return
        self._refuse(*self._shapes.check(columns, spec, batch.lines))
        if not self._tally.n_rows and self._wishes.label is not None:  # the first batch tells, here too
            said = batch.columns[self._wishes.label]
            if (told := classes_told(said, self._schema)) is not None:
                self._notes += find_giveaways(columns, spec, told)
            else:
                self._notes += find_repeats(columns, spec, self._schema, said)
        self._tally.n_rows += len(batch.lines)
        packed, hashes = pack(columns)
        ids = self._ids(batch, hashes)
        self._refuse(*without_options(columns, self._schema, batch.lines, ids))
        new = self._new(batch, ids, hashes)
        if self._problems:
            return
        if self._id_name(batch) is None:
            self._tally.n_alike = self._tally.n_inside
        labels = self._labels(batch, ids, numbers, columns, spec)
        some = len(new) < len(ids)
        self._count_blank(columns, spec, new)
        fresh = sketch(
            {name: [column[i] for i in new] if some else column for name, column in columns.items()},
            spec,
            [hashes[i] for i in new] if some else hashes,
        )
        self._store(new, ids, hashes, packed, fresh)
        if labels and not self._problems:
            source = f"import:{self._source}"
            self._tally.n_labels += import_labels(self._conn, self._work, labels, annotator=source)

    def copies(self, before: int) -> copies.Found | None:
        """Copies on two sides among what came after an item's number, with a wider net than the placing's.

        None where so much came that it would be felt.
        """
        if self._spec is None or self._tally.n_added > LOOKED_AT:
            return None
        sketches, sides = self._splitter.placed
        seqs = np.asarray(items.seqs(self._conn, self._project), dtype=np.int64)
        stored = copies.Stored(seqs, sides, sketches)
        return copies.pairs(self._work, self._conn, stored, self._spec, after=before)

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
            are, them = ("is", "it") if n == 1 else ("are", "them")
            raise RowsRejected(
                f"{self._source}: every row must be right; {n}{few} {are} not, so none was added. "
                f"Mend {them}, then add again.",
                tuple(self._problems),
            )
        if not self._tally.n_rows:
            raise InvalidInput(f"{self._source}: must hold rows; it holds none. Check the path.")
        if self._shapes.known != self._settings.get("shapes", {}):
            now = projects.settings(self._conn, self._project)
            projects.update_settings(self._conn, self._project, {**now, "shapes": self._shapes.known})
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
                has = checks.listed(batch.columns)
                raise InvalidInput(f"column: must be one of {self._source}; got {name!r}. It has {has}.")
        aside = {*wishes.drop, wishes.label, self._id_name(batch)}
        names = [name for name in batch.columns if name not in aside]
        if not self._tally.n_rows:  # the first batch tells
            leak = find_target_leak({name: batch.columns[name] for name in names}, self._schema)
            if leak is not None:
                raise LeakFound(leak)
        known = {} if self._spec is None else self._spec.kinds
        if self._names_all and (lacking := [name for name in known if name not in batch.columns]):
            raise InvalidInput(
                f"{self._source}: must have every field of the project, which are {checks.listed(known)}; it lacks "
                f"{checks.listed(lacking)}. Name the column so, or add an empty one where there is nothing to say."
            )
        if self._spec is not None and (strange := [name for name in names if name not in self._spec.kinds]):
            fields = checks.listed(self._spec.kinds)
            raise InvalidInput(
                f"column: must be a field of the project, which are {fields}; "
                f"got {checks.short(strange[0])}. Rename it, or leave it out with `drop`."
            )
        return names

    def _with_points(self, batch: RawBatch, names: Sequence[str]) -> dict[str, Sequence[Any]]:
        """The columns that are numbers or may be, also the labels, as they are read where 3,5 is written for 3.5."""
        if self._spec is None:
            said = {**self._settings["kinds"], **self._wishes.kinds}
            some = [name for name in names if said.get(name, "number") == "number"]
        else:
            some = [name for name in names if self._spec.kinds[name] == "number"]
        if self._wishes.label is not None and self._schema.task == "number":
            some.append(self._wishes.label)
        return self._commas.read({name: batch.columns[name] for name in some}, lines=batch.lines)

    def _spec_for(self, batch: RawBatch, names: Sequence[str], numbers: Mapping[str, Sequence[Any]]) -> FieldSpec:
        for name in self._wishes.kinds:
            checks.one_of("kind of a column", name, names)
        if self._spec is None:
            given = {**self._settings["kinds"], **self._wishes.kinds}
            columns = {name: numbers.get(name, batch.columns[name]) for name in names}
            self._spec = self._with_one_used(infer_kinds(columns, overrides=given), columns, given)
            self._notes += nearly_numbers(columns, self._spec, said=given)
            if not self._spec.used:
                raise InvalidInput(
                    f"{self._source}: must hold a field to learn from; it has none. "
                    "Add one, or say that the `kind` of a column is text."
                )
            field_of(self._spec, self._schema)
            see_sides(self._spec, self._schema)
            if (strata := self._settings.get("strata")) is not None and strata not in self._spec.used:
                raise InvalidInput(
                    f"strata: must be a field that is used; the project was told {strata!r}, and has "
                    f"{', '.join(map(repr, self._spec.used))}. Add it, or say that its `kind` is category."
                )
            kinds = dict(self._spec.kinds)
            settings = {**self._settings, "kinds": kinds, "fixed": True, "id_prefix": self._prefix}
            projects.update_settings(self._conn, self._project, settings)
        return self._spec

    def _with_one_used(
        self, spec: FieldSpec, columns: Mapping[str, Sequence[Any]], given: Mapping[str, str]
    ) -> FieldSpec:
        """The fields; where none is used and no model will learn, the first as text: names of files will do."""
        if spec.used or kind(self._schema).learns:
            return spec
        left = (name for name, values in columns.items() if name not in given and not all(map(is_missing, values)))
        first = next(left, None)
        return spec if first is None else FieldSpec({**spec.kinds, first: "text"})

    def _id_name(self, batch: RawBatch) -> str | None:
        wishes = self._wishes
        if wishes.id_column is not None:
            return wishes.id_column or None
        # What is left out, is the label or is content of the project's items names none of them.
        is_field = self._spec is not None and ID in self._spec.kinds
        return ID if ID in batch.columns and not (is_field or ID in wishes.drop or wishes.label == ID) else None

    def _ids(self, batch: RawBatch, hashes: Sequence[str]) -> list[str]:
        name = self._id_name(batch)
        if name is None:
            return [self._prefix + h[:ID_CHARACTERS] for h in hashes]
        values = batch.columns[name]
        # One look at all of them together; only where it finds something, one at each.
        if set(map(type, values)) == {str} and "" not in values and "".join(values).isprintable():
            return values
        ids = list(map(str, values))
        odd = any(isinstance(value, list | dict) for value in values)
        if odd or not "".join(ids).isprintable() or any(map(is_missing, values)):
            for line, value, id_ in zip(batch.lines, values, ids, strict=True):
                if is_missing(value):
                    self._refuse(RowProblem(line, None, f"it has no id; fill in the column {name!r}."))
                elif (wrong := id_problem(value)) is not None:
                    self._refuse(RowProblem(line, None if isinstance(value, list | dict) else repr(id_), wrong))
        return ids

    def _new(self, batch: RawBatch, ids: Sequence[str], hashes: Sequence[str]) -> Sequence[int]:
        """Places of the rows that are not known already."""
        id_hashes = _id_hashes(ids)
        maybe = [ids[i] for i in np.flatnonzero(self._seen.maybe(id_hashes)).tolist()]
        self._seen.note(id_hashes)
        there = items.existing(self._conn, self._project, maybe)
        known = {id_: found.content_hash for id_, found in there.items()}
        before_now = {id_ for id_, found in there.items() if found.seq <= self._n_before}
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
                self._tally.n_inside += id_ not in before_now
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

    def _count_blank(self, columns: Mapping[str, Sequence[Any]], spec: FieldSpec, new: Sequence[int]) -> None:
        texts = spec.named("text")
        if not texts or not all(_may_hold_blank(columns[name]) for name in texts):
            return
        blank = new
        for name in texts:
            column = columns[name]
            blank = [i for i in blank if (v := column[i]) is None or (isinstance(v, str) and not v.strip())]
        self._tally.n_blank += len(blank)

    def _labels(
        self,
        batch: RawBatch,
        ids: Sequence[str],
        numbers: Mapping[str, Sequence[Any]],
        columns: Mapping[str, Sequence[Any]],
        spec: FieldSpec,
    ) -> list[tuple[str, Value]]:
        if self._wishes.label is None:
            return []
        within = field_of(spec, self._schema)
        labels, problems = labels_of(
            numbers.get(self._wishes.label, batch.columns[self._wishes.label]),
            schema=self._schema,
            ids=ids,
            lines=batch.lines,
            contents=None if within is None else columns[within],
        )
        self._refuse(*problems)
        return labels

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


def _may_hold_blank(values: Sequence[Any]) -> bool:
    """One look at all values together, since most files have a text in each row."""
    try:
        return not all(map(str.strip, values))
    except TypeError:
        return True


def _id_hashes(ids: Sequence[str]) -> npt.NDArray[np.uint64]:
    return np.fromiter(map(hash, ids), dtype=np.int64, count=len(ids)).view(np.uint64)


def _at(values: Sequence[str], places: Sequence[int]) -> Sequence[str]:
    return values if len(places) == len(values) else [values[i] for i in places]
