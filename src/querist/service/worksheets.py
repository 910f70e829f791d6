"""Worksheets of a project: read against what is stored, and never written over answers that are nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from querist.core.errors import Conflict, InvalidInput, RowProblem
from querist.formats import Texts, Worksheet, read_worksheet
from querist.service.label_column import field_of, within
from querist.service.workspace import Workspace
from querist.store import answers, items, rounds
from querist.store.db import Connection


def read(work: Workspace, conn: Connection, path: str | Path) -> Worksheet:
    """A worksheet's labels, and the rows that are wrong; a row that shows another item than it names is one.

    Raises
    ------
    InvalidInput
        If the file as a whole cannot be read as a worksheet.
    """
    project, spec = work.project_id, work.spec(conn)

    def of(ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        found = items.existing(conn, project, ids)
        fields = items.fields_of(conn, [there.seq for there in found.values()])
        return {item_id: fields[there.seq] for item_id, there in found.items()}

    schema = work.schema(conn)
    sheet = read_worksheet(
        path,
        schema=schema,
        known_ids=lambda ids: set(items.existing(conn, project, list(ids))),
        texts=Texts(
            fields=tuple(spec.kinds),
            named=spec.named("text"),
            of=of,
            open=lambda: [record.item_id for record in rounds.pending(conn, project)],
        ),
    )
    field = field_of(spec, schema) if sheet.accepted else None
    if field is None:
        return sheet
    contents = of([mark.item_id for mark in sheet.accepted])
    problems = list(sheet.problems)
    accepted = []
    for mark in sheet.accepted:
        try:
            value = within(schema, mark.value, contents[mark.item_id].get(field))
        except InvalidInput as error:
            problems.append(RowProblem(mark.line, mark.item_id, str(error)))
        else:
            accepted.append(replace(mark, value=value))
    problems.sort(key=lambda problem: problem.line)
    return replace(sheet, accepted=tuple(accepted), problems=tuple(problems))


def refuse_untold(work: Workspace, path: str | Path) -> None:
    """See that writing a worksheet would not write over answers that are nowhere else.

    Raises
    ------
    Conflict
        If the file holds answers that were not told, or is something else than a worksheet of this project.
    """
    if not Path(path).exists():
        return
    with work.database.reading() as conn:
        try:
            sheet = read(work, conn, path)
        except InvalidInput:
            raise Conflict(
                f"to: must be a new file, or an old worksheet; {path} is neither. Name another file."
            ) from None
        known = items.existing(conn, work.project_id, [mark.item_id for mark in sheet.accepted])
        standing = answers.standings(conn, work.project_id, [found.seq for found in known.values()])
        said = {seq: [step.value for step in there.answers] for seq, there in standing.items()}
        # Where a question about the item is open, what the sheet says may be the answer to it.
        waits = {record.item_seq for record in rounds.pending(conn, work.project_id, seqs=list(said))}
        untold = [
            mark
            for mark in sheet.accepted
            if (seq := known[mark.item_id].seq) not in said or seq in waits or mark.value not in said[seq]
        ]
    if n := len(untold) + len(sheet.problems):
        raise Conflict(
            f"to: must not be a worksheet with answers in it that were not told; {path} holds {n}. "
            f"Run `querist tell {path}` first, or name another file."
        )
