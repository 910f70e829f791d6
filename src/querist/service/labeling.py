"""Answers in: from a call, or from a worksheet that a person or a spreadsheet program has been at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from querist.core.crowd import label_of, with_answer
from querist.core.errors import InvalidInput, RowProblem
from querist.core.hashing import digest
from querist.core.schema import Schema
from querist.core.state import Answer, Value
from querist.service.label_column import LIES_WITHIN, field_of, within
from querist.service.worksheets import read
from querist.service.workspace import Workspace
from querist.store import answers, items, outbox, rounds, workdays
from querist.store.db import Connection

Acts = Sequence[tuple[answers.AnswerDraft, answers.Recorded]]
Role = Literal["annotator", "reviewer", "adjudicator", "model", "import", "simulator"]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of each answer.

    `n_labeled` gave an item its label, `n_volunteered` of them without having been asked; `n_revised` changed a label;
    `n_confirmed` agreed with a label that others gave; `n_outvoted` did not, and did not change it either;
    `n_repeated` said again what their annotator had said; `n_blank` were left empty. These and the problems come to
    `n_rows`. `taken` is False where nothing was, because a row was wrong. `n_for_others` of the rows are about items
    whose open question their annotator cannot answer, having answered the item before.
    """

    n_rows: int
    n_labeled: int
    n_volunteered: int
    n_revised: int
    n_repeated: int
    n_blank: int
    n_pending: int
    taken: bool = True
    problems: tuple[RowProblem, ...] = ()
    n_confirmed: int = 0
    n_outvoted: int = 0
    n_for_others: int = 0


def tell(
    work: Workspace,
    given: Mapping[str, Value] | Sequence[Answer],
    *,
    annotator: str = "anonymous",
    role: Role = "annotator",
) -> Told:
    """Take in answers, all or none, each once however often it is told.

    What several annotators say of an item is kept side by side. The label is what most of them say, and the newest
    where as many say otherwise. An open question about an item that is labeled waits for somebody who has not answered
    it.

    Parameters
    ----------
    given : mapping of item id to value, or sequence of Answer
    annotator : str
        Who answered, where an `Answer` does not say.
    role : str
        A person's, a model's, an import's or a simulator's: they are never mixed up.

    Raises
    ------
    InvalidInput
        If an id is unknown or a value is not in the schema; nothing is then taken.
    """
    if isinstance(given, Mapping):
        marks = [Answer(str(item_id), value, annotator) for item_id, value in given.items()]
    else:
        marks = list(given)
    with work.database.transaction() as conn:
        schema = work.schema(conn)
        known = items.existing(conn, work.project_id, [mark.item_id for mark in marks])
        for mark in marks:
            if mark.item_id not in known:
                raise InvalidInput(f"answers: must be about items of the project; {mark.item_id!r} is none. Add it.")
        contents = contents_of(work, conn, schema, {mark.item_id: known[mark.item_id].seq for mark in marks})
        read = [(mark, within(schema, schema.read(mark.value), contents.get(mark.item_id))) for mark in marks]
        counts = _record(conn, work, read, role=role, client="python")
        return _told(conn, work, counts, n_rows=len(marks))


def tell_file(
    work: Workspace, path: str | Path, *, annotator: str = "anonymous", partial: bool = False, role: Role = "annotator"
) -> Told:
    """Take in the answers of a worksheet: all of them, or none where a row is wrong, unless `partial`.

    Telling the same file twice changes nothing the second time.

    Raises
    ------
    InvalidInput
        If the file as a whole cannot be read as a worksheet.
    """
    with work.database.reading() as conn:
        sheet = read(work, conn, path)
    if sheet.problems and not partial:
        with work.database.reading() as conn:
            n_pending = rounds.n_pending(conn, work.project_id)
        return Told(sheet.n_rows, 0, 0, 0, sheet.n_repeated, sheet.n_blank, n_pending, False, sheet.problems)
    marks = [(Answer(m.item_id, m.value, annotator, m.note), m.value) for m in sheet.accepted]
    with work.database.transaction() as conn:
        counts = _record(conn, work, marks, role=role, client="worksheet")
        return _told(
            conn,
            work,
            counts,
            n_rows=sheet.n_rows,
            n_blank=sheet.n_blank,
            n_repeated=sheet.n_repeated,
            problems=sheet.problems,
        )


def import_labels(conn: Connection, work: Workspace, given: Sequence[tuple[str, Value]], *, annotator: str) -> int:
    """Labels that came with the items, inside the import's own transaction; how many were new.

    What a person has said of an item since stands, however often a file is added again.
    """
    known = items.existing(conn, work.project_id, [item_id for item_id, _ in given])
    standing = answers.standings(conn, work.project_id, [found.seq for found in known.values()])
    by_people = {
        item_id
        for item_id, found in known.items()
        if found.seq in standing
        and any(not step.annotator.startswith("import:") for step in standing[found.seq].answers)
    }
    marks = [(Answer(item_id, value, annotator), value) for item_id, value in given if item_id not in by_people]
    counts = _record(conn, work, marks, role="import", client="import")
    return counts["labeled"] + counts["volunteered"] + counts["revised"]


def contents_of(work: Workspace, conn: Connection, schema: Schema, seqs: Mapping[str, int]) -> dict[str, Any]:
    """The text or image that an answer about each item lies in; nothing where answers lie in none."""
    if schema.task not in LIES_WITHIN:
        return {}
    field = field_of(work.spec(conn), schema) if seqs else None
    if field is None:
        return {}
    fields = items.fields_of(conn, list(seqs.values()))
    return {item_id: fields[seq].get(field) for item_id, seq in seqs.items()}


def _record(
    conn: Connection, work: Workspace, marks: Sequence[tuple[Answer, Value]], *, role: Role, client: str
) -> Counter[str]:
    answers.lock(conn, work.project_id)
    counts: Counter[str] = Counter()
    for some in _turns(marks):
        counts += _record_each(conn, work, some, role=role, client=client)
    return counts


def _turns(marks: Sequence[tuple[Answer, Value]]) -> list[list[tuple[Answer, Value]]]:
    """The first words about each item, then the second ones, and so on: each builds on the one before it."""
    turns: list[list[tuple[Answer, Value]]] = []
    n_said: Counter[str] = Counter()
    for mark, value in marks:
        if n_said[mark.item_id] == len(turns):
            turns.append([])
        turns[n_said[mark.item_id]].append((mark, value))
        n_said[mark.item_id] += 1
    return turns or [[]]


def _record_each(
    conn: Connection, work: Workspace, marks: Sequence[tuple[Answer, Value]], *, role: Role, client: str
) -> Counter[str]:
    project = work.project_id
    known = items.existing(conn, project, [mark.item_id for mark, _ in marks])
    seqs = [known[mark.item_id].seq for mark, _ in marks]
    standing = answers.standings(conn, project, seqs)
    open_queries = {q.item_seq: q for q in rounds.pending(conn, project, seqs=seqs)}
    # A file that is added again must not bring back what somebody took back; a person's answer must.
    taken_back = {} if role == "import" else answers.last_taken_back(conn, project, seqs)
    counts: Counter[str] = Counter()
    drafts: list[answers.AnswerDraft] = []
    for (mark, value), seq in zip(marks, seqs, strict=True):
        there = standing.get(seq)
        own = None if there is None else there.of(mark.annotator)
        again = there is not None and own is not None and own.value == value and not _tips(there, mark.annotator, value)
        # A question about an item is for somebody who has not answered it; an import never was asked.
        counts["for others"] += own is not None and seq in open_queries and role != "import"
        if again:
            counts["repeated"] += 1
            continue
        supersedes = None if own is None else own.event_id
        drafts.append(
            answers.AnswerDraft(
                item_seq=seq,
                value=value,
                annotator=mark.annotator,
                role=role,
                action="import" if role == "import" else "revise" if supersedes else "submit",
                note=mark.note,
                supersedes=supersedes,
                client=client,
                # An annotator's same answer after the same answer of their own is the same word, however often a
                # command is repeated; once it was taken back, it is another.
                idempotency_key=mark.idempotency_key
                or digest([mark.item_id, value, supersedes, *filter(None, [taken_back.get(seq)])]),
            )
        )
    by_people = role != "import"

    def count_days(done: Sequence[answers.Recorded]) -> None:
        if by_people:
            add_to_days(conn, work, list(zip(drafts, done, strict=True)))

    done = answers.append(conn, project, drafts, locked=True, also=count_days)
    if by_people:
        ids = {known[mark.item_id].seq: mark.item_id for mark, _ in marks}
        tell_webhooks(conn, work, list(zip(drafts, done, strict=True)), ids, outbox.webhooks(conn, project))
    for draft, recorded in zip(drafts, done, strict=True):
        counts[_outcome(draft, recorded, asked=draft.item_seq in open_queries)] += 1
    return counts


def add_to_days(conn: Connection, work: Workspace, done: Acts) -> None:
    """Add acts that were recorded to the days of who did them; nothing is read."""
    days: dict[str, Counter[str]] = {}
    for draft, recorded in done:
        if not recorded.repeated:
            day = days.setdefault(draft.annotator, Counter())
            day["answers"] += draft.action == "submit" and not recorded.had_own
            day["skipped"] += draft.action == "skip"
            day["flagged"] += draft.action == "flag"
            day["active_ms"] += draft.active_ms or 0
    for annotator, day in days.items():
        workdays.note(
            conn,
            work.project_id,
            annotator,
            answers=day["answers"],
            skipped=day["skipped"],
            flagged=day["flagged"],
            active_ms=day["active_ms"],
        )


def tell_webhooks(
    conn: Connection, work: Workspace, done: Acts, ids: Mapping[int, str], hooks: Sequence[outbox.Webhook]
) -> None:
    """Tell webhooks of acts that were recorded; `ids` are the items' ids by their numbers."""
    news: list[tuple[str, dict[str, Any]]] = []
    for draft, recorded in done:
        if recorded.repeated:
            continue
        about = {"event_id": recorded.event_id, "item_id": ids[recorded.item_seq]}
        news.append(("answer.recorded", {**about, "action": draft.action, "annotator": draft.annotator}))
        if recorded.after != recorded.before:
            news.append(("label.changed", {**about, "before": recorded.before, "after": recorded.after}))
    outbox.post(conn, work.project_id, *news, hooks=hooks)


def _tips(there: answers.Standing, annotator: str, value: Value) -> bool:
    """Whether an annotator's last word, said again, changes the label: the newest word breaks a tie."""
    said = with_answer([(step.annotator, step.value) for step in there.latest], annotator, value)
    return there.label is not None and bool(label_of(said) != there.label.value)


def _outcome(draft: answers.AnswerDraft, recorded: answers.Recorded, *, asked: bool) -> str:
    """What became of an answer, in the loop's words."""
    if recorded.repeated:
        return "repeated"
    if recorded.before is None:
        return "labeled" if asked else "volunteered"
    if recorded.after != recorded.before:
        return "revised"
    return "confirmed" if draft.value == recorded.after else "outvoted"


def _told(
    conn: Connection,
    work: Workspace,
    counts: Counter[str],
    *,
    n_rows: int,
    n_blank: int = 0,
    n_repeated: int = 0,
    problems: tuple[RowProblem, ...] = (),
) -> Told:
    return Told(
        n_rows=n_rows,
        n_labeled=counts["labeled"] + counts["volunteered"],
        n_volunteered=counts["volunteered"],
        n_revised=counts["revised"],
        n_repeated=counts["repeated"] + n_repeated,
        n_blank=n_blank,
        n_pending=rounds.n_pending(conn, work.project_id),
        problems=problems,
        n_confirmed=counts["confirmed"],
        n_outvoted=counts["outvoted"],
        n_for_others=counts["for others"],
    )
