"""Rounds: ask, write out, take back, and draw again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from querist.catalogue import PolicyChooser, reads_answers, trusts_model
from querist.core import checks
from querist.core.chats import steps_of, text_of
from querist.core.checks import Rows
from querist.core.errors import InvalidInput, OneClassOnly, PoolExhausted
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.core.schema import Schema
from querist.core.signals import PREDICTED
from querist.core.state import Batch, Purpose, Query, State
from querist.formats import WorksheetRow, check_worksheet_path, shape_of
from querist.formats import write_worksheet as write_cells
from querist.loop.coldstart import RuleReport, Trust, rule_report
from querist.loop.step import ask as ask_state
from querist.modeling import kind
from querist.service import certifying, training
from querist.service.known import prices, signals_of
from querist.service.pictures import drawn, pixels
from querist.service.standing import labels, questions, said, state, trust_in
from querist.service.worksheets import refuse_untold
from querist.service.workspace import Held, Workspace
from querist.store import answers, items, models, outbox, projects, rounds, slots, versions
from querist.store.db import Connection

PREVIEW_CHARACTERS = 90
REPLAYED = ("last_seq", "pending", "groups", "model", "trust")  # of a round's context: what `replay` reads


@dataclass(frozen=True, slots=True)
class Entry:
    """One item to label, as a worksheet or a screen shows it."""

    item_id: str
    round: int
    rank: int
    fields: dict[str, object]
    reason: str
    strategy: str
    propensity: float
    utility: float | None
    suggestion: str | float | None = None
    confidence: float | None = None

    @property
    def preview(self) -> str:
        """The item in one line."""
        parts = [_worded(k, v) for k, v in self.fields.items() if not isinstance(v, list | dict) or steps_of(v)]
        parts.sort(key=len, reverse=True)  # the most telling first, since the end is cut off
        text = " · ".join(parts) or ", ".join(f"{k}: {_size(v)}" for k, v in self.fields.items())
        text = " ".join(text.split())
        return text if len(text) <= PREVIEW_CHARACTERS else text[: PREVIEW_CHARACTERS - 1] + "…"


def _worded(name: str, value: object) -> str:
    return text_of(value) if isinstance(value, str | list | dict) else f"{name} {value}"


def _size(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], int | float | list):
        return f"{' x '.join(map(str, shape_of(value)))} numbers"
    return text_of(value) if isinstance(value, list | dict) else str(value)


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch that is out, or all that is pending (`round` is then 0)."""

    round: int
    strategy: str
    target: str
    held_back: str | None
    cost_usd: float
    entries: tuple[Entry, ...]
    trained: training.Trained | None = None
    rules: tuple[RuleReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A round drawn again, and whether it came out the same."""

    number: int
    same: bool
    sentence: str


def ask(
    work: Workspace,
    k: int | None = None,
    *,
    split: str = "pool",
    to: str | Path | None = None,
    annotator: str | None = None,
    certify: bool = False,
    progress: Progress = silent,
) -> Asked:
    """Choose the next items to label, and record them as pending.

    Where labels came in since the last model, a model is fitted first. Items of the test set or the calibration slice
    are drawn at random: a strategy never sees them. `to` also writes them as a worksheet. Where `annotator` says who
    will answer, a strategy that buys second answers asks nothing that they have answered. With `certify`, items of
    the pool are drawn by the newest model's doubt, from which the stopping rule `error_bound` proves how often it is
    wrong; until another round is asked, no other model is then fitted.

    Raises
    ------
    PoolExhausted, BudgetSpent
        If nothing is left to ask, or to pay with.
    InvalidInput
        If a model is to be certified and there is none, or none that can be.
    Conflict
        If somebody else asked in between.
    """
    checks.one_of("split", split, ("pool", "test", "calibration"))
    if certify and split != "pool":
        raise InvalidInput(f"certify: must be of the pool; got split {split!r}. Leave one of them out.")
    if k is not None:
        checks.positive("n", k)
    if to is not None:
        check_worksheet_path(to)  # a round nobody was given would stay open
        refuse_untold(work, to)
    if certify:
        asked = _ask_to_certify(work, k, progress)
    else:
        asked = _ask_pool(work, k, annotator, progress) if split == "pool" else _ask_held_out(work, k, split)
    if to is not None:
        write_worksheet(work, to, asked.entries)
    return asked


def _ask_pool(work: Workspace, k: int | None, annotator: str | None, progress: Progress) -> Asked:
    trained = train_if_due(work, progress)
    progress(0, 1, "freezing")
    with work.database.reading() as conn:
        pool = work.held(conn, "pool")  # read before the lock is taken: it may be large
    with work.database.transaction() as conn:
        schema = work.schema(conn)
        pool = work.held(conn, "pool")
        if not len(pool):
            raise _nothing(conn, work) or PoolExhausted()
        # The version says on which labels the batch rests, also where no model was needed to choose it; the state is
        # read at the same instant, so that the two agree.
        before = versions.freeze(conn, work.project_id, note="")
        training.close_answered(conn, work, before.number)  # where nothing was fitted, nothing has closed them
        now = state(work, conn, pool, schema)
        record = models.latest(conn, work.project_id)
        trust = trust_in(work, conn)
        answered_until = answers.head(conn, work.project_id)[0]
    progress(0, 1, "scoring")
    model = None if record is None else training.model_of(work, record.number)
    known = signals_of(work, pool, now, record, model, schema, progress=progress)
    progress(0, 1, "selecting")
    _, batch = ask_state(now, known, PolicyChooser(now.policy), k=k, trust=trust, annotator=annotator)
    suggestions = kind(schema).suggest(known, batch.ids, schema)
    had_a_say = any(map(known.ready, PREDICTED))
    progress(0, 1, "opening")
    with work.database.transaction() as conn:
        open_round(
            conn,
            work,
            batch=batch,
            seqs=pool.seqs[batch.ids],
            policy=now.policy,
            purpose="strategy" if batch.held_back is None else "start",
            model=record.number if record is not None and had_a_say else None,
            dataset_before=before.number,
            suggestions=suggestions,
            context={
                "last_seq": pool.last_seq,
                "pending": sorted(now.pending),
                "groups": [[int(pool.seqs[row]), int(pool.groups[row])] for row in np.flatnonzero(pool.groups >= 0)],
                "model": None if record is None else record.number,  # `model` above is empty where it had no say
                "trust": None if trust is None else asdict(trust),
                **({"memory": dict(batch.memory)} if batch.memory else {}),
                **({"answered_until": answered_until, "annotator": annotator} if reads_answers(now.policy) else {}),
            },
        )
    reports = rule_report(work.seed_rules, known.get("votes")) if batch.strategy == "rules" else ()
    return replace(_shown(work, batch, schema, trained), rules=reports)


def _ask_to_certify(work: Workspace, k: int | None, progress: Progress) -> Asked:
    with work.database.reading() as conn:
        certifying.check_certifies(work.schema(conn))
        goes_on = certifying.is_open(work, conn)
    trained = None if goes_on else train_if_due(work, progress)
    progress(0, 1, "selecting")
    drawing = certifying.certifying_batch(work, k, progress)
    with work.database.transaction() as conn:
        open_round(
            conn,
            work,
            batch=drawing.batch,
            seqs=drawing.seqs,
            policy=drawing.policy,
            purpose="strategy",
            model=drawing.context["certifies"],
            dataset_before=None,
            suggestions=drawing.suggestions,
            context=drawing.context,
        )
    return _shown(work, drawing.batch, drawing.schema, trained)


def pending(work: Workspace) -> Asked:
    """Everything that is out with annotators, in the order to serve it."""
    with work.database.reading() as conn:
        schema = work.schema(conn)
        records = rounds.pending(conn, work.project_id)
        entries = tuple(_entry(record, schema) for record in records)
    return Asked(0, "", schema.target, None, sum(r.cost_usd for r in records), entries)


def write_worksheet(work: Workspace, path: str | Path, entries: Sequence[Entry]) -> Path:
    """Write these entries as a worksheet to fill in; never over answers that were not told."""
    refuse_untold(work, path)
    with work.database.reading() as conn:
        schema, spec = work.schema(conn), work.spec(conn)
        shows = bool(work.settings(conn).get("show_suggestions", True))
    first = entries[0].fields if entries else {}
    names = [n for n, kind in spec.kinds.items() if kind != "vector" or pixels(first.get(n)) is not None]
    names = names or list(spec.kinds)
    rows = (
        WorksheetRow(
            item_id=entry.item_id,
            fields={name: _shown_value(entry.fields.get(name)) for name in names},
            suggestion=entry.suggestion if shows else None,
            confidence=entry.confidence if shows else None,
            why=entry.reason,
            round=entry.round,
        )
        for entry in entries
    )
    return write_cells(path, target=schema.target, fields=names, rows=rows)


def _shown_value(value: object) -> object:
    """A small image as a drawing in characters, which a spreadsheet can show; anything else as it is."""
    rows = pixels(value)
    return value if rows is None else drawn(rows)


def withdraw(work: Workspace, number: int | None = None) -> int:
    """Take back what nobody has answered, of one round or of all; how many questions that were.

    Where the newest round is among them, none follows by itself: somebody wanted it to end.
    """
    with work.database.transaction() as conn:
        last = rounds.last_to_learn(conn, work.project_id)
        n = rounds.withdraw(conn, work.project_id, number)
        if n and last is not None and number in (None, last.number):
            said = projects.settings(conn, work.project_id)
            projects.update_settings(conn, work.project_id, {**said, "taken_back": last.number})
        return n


def replay(work: Workspace, number: int, *, progress: Progress = silent) -> Replayed:
    """Draw a round again from what is stored of it, and compare item by item.

    Raises
    ------
    NotFound
        If there is no such round.
    InvalidInput
        If it was a draw to measure or certify by, was asked by a version that did not keep
        what a draw rests on, or used a learner not handed in now.
    """
    with work.database.reading() as conn:
        record = rounds.get(conn, work.project_id, number)
        if record.dataset_before is None:
            came = "was drawn to measure" if not record.context.get("stream") else "took what came by a stream"
            raise InvalidInput(f"round: must be one that chose from the pool; round {number} {came}.")
        if lacking := [name for name in REPLAYED if name not in record.context]:
            raise InvalidInput(
                f"round: must hold what a draw rests on; round {number} lacks {', '.join(lacking)}, for an earlier "
                "version asked it. Replay a round that was asked since."
            )
        schema = work.schema(conn)
        pool = work.pool_at(conn, number, record.context["last_seq"])
        known = training.codes_at(work, conn, record.dataset_before, pool, schema)
        doubt, fitted = record.context["trust"], record.context["model"]
        trust = None if doubt is None else Trust(**doubt)
        then_latest = None if fitted is None else models.get(conn, work.project_id, fitted)
        earlier = [q for q in rounds.all_queries(conn, work.project_id) if q.round < number]
        asked_then = rounds.queries(conn, work.project_id, number)
        memory = rounds.memory(conn, work.project_id, before=number)
        until = record.context.get("answered_until")
        said_then = {} if until is None else said(work, conn, pool, schema, until=until)
    progress(0, 1, "drawing again")
    was_pending = set(record.context["pending"])
    found = questions(pool, earlier, open_then=was_pending)
    then = State(
        n_items=len(pool),
        policy=record.policy,
        labels=known,
        answers=said_then,
        pending={row: found.asked[row] for row in was_pending},
        asked=found.asked,
        earlier=found.earlier,
        round=number - 1,
        n_asked=found.n_asked,
        memory=memory,
    )
    model = None if then_latest is None else training.model_of(work, then_latest.number)
    signals_then = signals_of(work, replace(pool, groups=_groups_then(pool, record)), then, then_latest, model, schema)
    chooser, annotator = PolicyChooser(record.policy), record.context.get("annotator")
    _, batch = ask_state(then, signals_then, chooser, k=record.n_asked, trust=trust, annotator=annotator)
    drawn = [int(seq) for seq in pool.seqs[batch.ids]]
    stored = [q.item_seq for q in asked_then]
    progress(1, 1, "drawing again")
    if drawn == stored:
        return Replayed(
            number, True, f"Round {number} drawn again gives the same {len(drawn)} items in the same order."
        )
    common = len(set(drawn) & set(stored))
    return Replayed(number, False, f"Round {number} drawn again differs: {common} of {len(stored)} items are the same.")


def open_round(
    conn: Connection, work: Workspace, *, batch: Batch, seqs: Rows, purpose: Purpose, **more: Any
) -> rounds.RoundRecord:
    """Open a round as the project's queue wants it, and tell whoever listens."""
    settings = work.queue(conn)
    skills: dict[int, str] = {}
    if (name := settings.skill_field) is not None:
        fields = items.fields_of(conn, [int(seq) for seq in seqs])
        skills = {seq: str(value) for seq, each in fields.items() if (value := each.get(name)) not in (None, "")}
    wants = slots.Wants(settings.overlap, settings.slot_tiers, skills)
    opened = rounds.open_round(conn, work.project_id, batch=batch, seqs=seqs, purpose=purpose, wants=wants, **more)
    told = {"round": opened.number, "n_asked": opened.n_asked, "strategy": opened.strategy, "purpose": purpose}
    outbox.post(conn, work.project_id, ("round.opened", told))
    return opened


def _groups_then(pool: Held, record: rounds.RoundRecord) -> Rows:
    """Near-duplicate groups as they were: items that come later join and merge them."""
    groups = np.full(len(pool), -1, dtype=np.int64)
    for seq, group in record.context["groups"]:
        groups[pool.rows_of(np.array([seq]))] = group
    return groups


def train_if_due(work: Workspace, progress: Progress) -> training.Trained | None:
    """A model on all labels, where one would differ from the newest and can be; None where not."""
    with work.database.reading() as conn:
        due = trusts_model(work.policy(conn)) and training.is_due(work, conn)
        some = len(labels(work, conn, work.held(conn, "pool"), work.schema(conn))) > 0
    if not (due and some):
        return None
    try:
        return training.train(work, progress=progress)
    except OneClassOnly:
        return None  # the start goes on choosing until a second class turns up


def _ask_held_out(work: Workspace, k: int | None, split: str) -> Asked:
    with work.database.transaction() as conn:
        schema, policy = work.schema(conn), work.policy(conn)
        held = work.held(conn, split)
        taken = {record.item_seq for record in rounds.pending(conn, work.project_id)}
        known = set(held.seqs[labels(work, conn, held, schema).rows].tolist())
        free = np.array([row for row, seq in enumerate(held.seqs.tolist()) if seq not in taken | known], dtype=np.int64)
        if not len(free):
            none_left = f"Every item of the {split} split is labeled or pending, or it holds none. Add items."
            raise _nothing(conn, work) or PoolExhausted(none_left)
        wanted = min(checks.positive("k", policy.batch_size if k is None else k), len(free))
        number = rounds.last_number(conn, work.project_id) + 1
        drawn = generator(policy.seed, "ask", number).choice(free, size=wanted, replace=False)
        reason = f"random: one of {wanted} drawn from {len(free)} of the {split} split, to measure on"
        costs = prices(held, policy)
        each = np.zeros(wanted) if costs is None else costs[drawn]
        queries = tuple(
            Query(int(row), number, rank, None, wanted / len(free), "random", "evaluation", reason, float(each[rank]))
            for rank, row in enumerate(drawn)
        )
        batch = Batch(number, queries, "random", policy.digest, len(free))
        open_round(
            conn,
            work,
            batch=batch,
            seqs=held.seqs[batch.ids],
            policy=policy,
            purpose="evaluation",
            model=None,
            dataset_before=None,
            suggestions=[None] * len(batch),
            context={"split": split},
        )
    return _shown(work, batch, schema, None)


def _nothing(conn: Connection, work: Workspace) -> PoolExhausted | None:
    """The error where nobody has added an item yet."""
    if items.last_seq(conn, work.project_id):
        return None
    return PoolExhausted(
        f"items: must be there before one can be asked about; the project {work.name!r} has no items yet. "
        "Add some with `querist add FILE`."
    )


def _shown(work: Workspace, batch: Batch, schema: Schema, trained: training.Trained | None) -> Asked:
    with work.database.reading() as conn:
        records = rounds.queries(conn, work.project_id, batch.round)
        entries = tuple(_entry(record, schema) for record in records)
    return Asked(batch.round, batch.strategy, schema.target, batch.held_back, batch.cost_usd, entries, trained)


def _entry(record: rounds.QueryRecord, schema: Schema) -> Entry:
    suggestion = record.suggestion or {}
    return Entry(
        item_id=record.item_id,
        round=record.round,
        rank=record.rank,
        fields=dict(record.fields),
        reason=record.reason,
        strategy=record.strategy,
        propensity=record.propensity,
        utility=record.utility,
        suggestion=schema.cell(suggestion["value"]) if "value" in suggestion else None,
        confidence=suggestion.get("score"),
    )
