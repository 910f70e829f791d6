"""Dataset versions: frozen, hashed, told apart, and written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.ports import Progress, silent
from querist.formats import columns_in, write_table
from querist.service.workspace import Workspace
from querist.store import answers, items, versions

FACTS = ("annotator", "answered_at", "round", "strategy", "purpose", "utility", "propensity", "reason")
NOTE = "note"
OWN = ("id", "split", *FACTS, NOTE)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A dataset version; `created` is False where the labels had not changed since the last.

    `note` is the version's own: one that was given for a version that was there already is not kept.
    """

    number: int
    digest: str
    n_items: int
    created: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file written, and how many labels are in it."""

    path: str
    n_rows: int
    version: int


def freeze(work: Workspace, note: str = "") -> Frozen:
    """Make the labels as they are now a version; the same labels are the same version, with the note of the first."""
    with work.database.transaction() as conn:
        before = versions.latest(conn, work.project_id)
        version = versions.freeze(conn, work.project_id, note=note)
    created = before is None or before.number != version.number
    return Frozen(version.number, version.digest, version.n_items, created, version.note)


def newest(work: Workspace) -> int:
    """The number of the newest version, for whoever may read but not make one.

    Raises
    ------
    NotFound
        If there is none yet.
    """
    with work.database.reading() as conn:
        found = versions.latest(conn, work.project_id)
    if found is None:
        raise NotFound("version: must be there to be read; the project has none yet. Ask a manager to freeze one.")
    return found.number


def diff(work: Workspace, a: int, b: int) -> versions.Diff:
    """What came, went and changed between two versions."""
    with work.database.reading() as conn:
        return versions.diff(conn, work.project_id, a, b)


def export(
    work: Workspace,
    path: str | Path,
    *,
    version: int | None = None,
    file_format: str | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Exported:
    """Write labeled items with who answered, when, and why each was asked.

    Columns: id, the fields, the target, split, then the facts, and `note` where one was given with any of the answers.
    A field with the name of another column is called `field:` and its name, and a target with that of a fact `label:`.
    `propensity` is what an unbiased estimate from these labels needs; it is empty for an item nobody asked about. A
    file that is there is written over if it is an earlier export or empty; any other only with `force`.

    Raises
    ------
    Conflict
        If the file is there, and something else than an earlier export.
    """
    if str(Path(path).resolve()) in work.database.url:
        raise InvalidInput(f"path: must not be the project's own database; got {path}. Name another file.")
    if not force:
        _refuse_another(work, path, file_format)
    frozen = None if version is not None else freeze(work)
    number = version if version is not None else frozen.number if frozen else 1
    with work.database.reading() as conn:
        schema, spec = work.schema(conn), work.spec(conn)
        names = list(spec.kinds)
        facts = (*FACTS, NOTE) if versions.has_notes(conn, work.project_id, number) else FACTS
        target = _target_column(schema.target)
        own = {target, *OWN}  # whether somebody left a note renames no field
        shown = [f"field:{name}" if name in own else name for name in names]  # as a worksheet names them
        columns = ["id", *shown, target, "split", *facts]
        total = versions.get(conn, work.project_id, number).n_items
        done = 0

        def rows() -> Iterator[list[Any]]:
            nonlocal done
            for chunk in versions.entry_chunks(conn, work.project_id, number):
                fields = items.fields_of(conn, [entry.item_seq for entry in chunk])
                known_of = answers.facts_of(conn, [entry.event_id for entry in chunk])
                for entry in chunk:
                    known = fields[entry.item_seq]
                    why = known_of[entry.event_id]
                    yield [
                        entry.item_id,
                        *(known.get(name) for name in names),
                        entry.value,
                        entry.split,
                        *(why.get(fact) for fact in facts),
                    ]
                done += len(chunk)
                progress(done, total, "writing")

        write_table(path, columns, rows(), format=file_format)
    return Exported(str(path), total, number)


def _target_column(target: str) -> str:
    """What the column of answers is called, as in a worksheet."""
    return f"label:{target}" if target in OWN else target


def _refuse_another(work: Workspace, path: str | Path, file_format: str | None) -> None:
    there = Path(path)
    if not there.is_file() or not there.stat().st_size:
        return
    with work.database.reading() as conn:
        target = work.schema(conn).target
    facts = (_target_column(target), "split", *FACTS)
    for said in dict.fromkeys((None, file_format)):
        columns = columns_in(there, format=said)
        bare = columns[:-1] if columns[-1:] == (NOTE,) else columns
        if columns[:1] == ("id",) and bare[-len(facts) :] == facts:
            return
    raise Conflict(
        f"path: must be a new file, or an earlier export of this project; {path} is neither. "
        "Name another file, or say --force to write over it."
    )
