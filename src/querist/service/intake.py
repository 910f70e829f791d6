"""Items in: read, checked, split and stored in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from querist.core import checks
from querist.core.answers import FORMS, classes_in
from querist.core.errors import InvalidInput
from querist.core.hashing import is_missing
from querist.core.items import FIELD_KINDS, SPLITS
from querist.core.ports import Progress, silent
from querist.core.schema import Task
from querist.core.words import counted
from querist.formats import RawBatch, TableReader, check_header, open_table
from querist.service.desk import Desk, Wishes
from querist.service.workspace import Workspace
from querist.store import imports, items, projects

CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Added:
    """What an import brought.

    `n_repeated` rows were there already; of these, `n_inside` repeat another row of the same source.
    """

    source: str
    n_rows: int
    n_added: int
    n_repeated: int
    n_inside: int
    n_labels: int
    splits: Mapping[str, int]
    kinds: Mapping[str, str]
    notes: tuple[str, ...] = ()


def add_file(
    work: Workspace,
    path: str | Path,
    *,
    label: str | None = None,
    drop: Sequence[str] = (),
    split: str | None = None,
    id_column: str | None = None,
    kinds: Mapping[str, str] | None = None,
    file_format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    header: bool = False,
    progress: Progress = silent,
) -> Added:
    """Add the rows of a file as items.

    Parameters
    ----------
    path : path
        CSV, TSV, JSONL, Parquet or Arrow, also gzipped.
    label : str, optional
        A column of labels known already; a cell left empty is an item without one.
    drop : sequence of str
        Columns to leave out.
    split : {"pool", "test", "calibration"}, optional
        Where to put all of them; by default each near-duplicate group is drawn by the project's shares.
    id_column : str, optional
        By default a column named `id`, unless `drop` names it. Where there is none, or this is the empty text, an
        item's id is made from its content; with the empty text, a column named `id` is content like any other.
    kinds : mapping of str to str
        What a column is, where it is not plain to see.
    file_format, encoding, delimiter, quote : str, optional
        How to read the file, where it is not plain to see.
    header : bool
        That the first line is a header although a name in it looks like data. In a project that has fields already,
        a line that names all of them is one.

    Raises
    ------
    InvalidInput
        If the first line looks like data.
    RowsRejected
        If a row cannot be taken; none is then.
    LeakFound
        If a column holds the answers and neither `label` nor `drop` names it.
    """
    reader = open_table(path, format=file_format, encoding=encoding, delimiter=delimiter, quote=quote)
    if not header:
        with work.database.reading() as conn:
            schema, fields = work.schema(conn), work.spec(conn).kinds
        expected = {*fields, *schema.sides}  # a pair's sides may well be named a and b, as its answers are
        if not expected or not expected <= set(reader.columns):
            check_header(reader, schema.classes)

    def batches() -> Iterator[RawBatch]:
        for batch in reader.batches(CHUNK):
            yield batch
            progress(reader.position, reader.size_bytes, f"adding {Path(path).name}")

    wishes = _wishes(label, drop, split, id_column, kinds, Path(path).name)
    return _add(work, batches(), Path(path).name, wishes, digest=lambda: reader.sha256, reader=reader)


def add_items(
    work: Workspace,
    rows: Iterable[Mapping[str, Any]],
    *,
    source: str = "python",
    label: str | None = None,
    drop: Sequence[str] = (),
    split: str | None = None,
    id_column: str | None = None,
    kinds: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Added:
    """Add items given as mappings of field to value. See `add_file`."""
    wishes = _wishes(label, drop, split, id_column, kinds, source)
    return _add(work, _batched(rows, progress, source), source, wishes, digest=lambda: "")


def distinct_values(source: str, column: str, task: Task = "choice") -> list[str]:
    """The classes that a file's column names, sorted: `FILE` or `FILE:COLUMN`.

    Raises
    ------
    InvalidInput
        If there is no such column.
    """
    path, colon, named = source.rpartition(":")
    if not colon or not Path(path).exists():
        path, named = source, column
    reader = open_table(path)
    if named not in reader.columns:
        has = checks.listed(reader.columns)
        raise InvalidInput(f"classes: must come from a column of {path}; got {named!r}. It has {has}.")
    values = (v for batch in reader.batches(CHUNK) for v in batch.columns[named] if not is_missing(v))
    return classes_in(values, task) if task in FORMS else sorted(set(map(str, values)))


def _wishes(
    label: str | None,
    drop: Sequence[str],
    split: str | None,
    id_column: str | None,
    kinds: Mapping[str, str] | None,
    source: str,
) -> Wishes:
    known = None
    if split is not None:
        checks.one_of("split", split, SPLITS[:3])
        known = next(s for s in SPLITS if s == split)
    for kind in (kinds or {}).values():
        checks.one_of("kind", kind, FIELD_KINDS)
    return Wishes(label, frozenset(drop), known, id_column, dict(kinds or {}), f"import:{source}")


def _add(
    work: Workspace,
    batches: Iterable[RawBatch],
    source: str,
    wishes: Wishes,
    *,
    digest: Callable[[], str],
    reader: TableReader | None = None,
) -> Added:
    with work.database.transaction() as conn:
        record = imports.start(conn, work.project_id, source=source)
        before = items.last_seq(conn, work.project_id)
        desk = Desk(conn, work, wishes, record.id, source, reader=reader)
        with imports.first(conn):
            for batch in batches:
                desk.take(batch)
        tally = desk.finish()
        found = desk.copies(before) if tally.n_added else None
        if tally.n_added and (said := projects.settings(conn, work.project_id)).get("stopped") is not None:
            projects.update_settings(conn, work.project_id, {**said, "stopped": None})  # there is more to ask again
        imports.finish(
            conn,
            record.id,
            sha256=digest(),
            n_rows=tally.n_rows,
            n_added=tally.n_added,
            n_repeated=tally.n_repeated,
            splits=dict(tally.splits),
        )
    notes = desk.notes
    if aside := tally.splits.get("excluded"):
        notes.append(
            f"{aside:,} items are set aside: each is a near copy of items on both sides of the test set, or of another "
            "split than the one asked for, so that using it would leak."
        )
    if found is not None and len(found.held):
        notes.append(
            f"{counted(len(found.held), 'pair')} of items may be copies that stand on two sides of the test set or the "
            "calibration slice. The command `querist copies` shows them, and sets them aside if you like."
        )
    return Added(
        source=source,
        n_rows=tally.n_rows,
        n_added=tally.n_added,
        n_repeated=tally.n_repeated,
        n_inside=tally.n_inside,
        n_labels=tally.n_labels,
        splits=dict(tally.splits),
        kinds=dict(desk.kinds),
        notes=tuple(notes),
    )


def _batched(rows: Iterable[Mapping[str, Any]], progress: Progress, source: str) -> Iterator[RawBatch]:
    rows = iter(rows)
    done = 0
    while chunk := list(islice(rows, CHUNK)):
        names = dict.fromkeys(name for row in chunk for name in row)
        columns = {name: [row.get(name) for row in chunk] for name in names}
        yield RawBatch(columns, list(range(done + 1, done + len(chunk) + 1)))
        done += len(chunk)
        progress(done, None, f"adding {source}")
