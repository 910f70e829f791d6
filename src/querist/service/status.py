"""The project's story so far, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from querist.catalogue import reads_answers
from querist.core.answer_text import NONE_HOLDS
from querist.core.evidence import Point
from querist.core.items import SPLITS
from querist.core.schema import Task
from querist.core.slices import TestUse
from querist.core.words import counted, metric_name
from querist.loop.budget import Spending, spending
from querist.loop.stopping import Verdict
from querist.metrics import METRICS
from querist.service.slices import test_use
from querist.service.standing import state
from querist.service.stopping import evidence
from querist.service.workspace import Workspace
from querist.store import answers, items, models, rounds
from querist.store.db import Connection


@dataclass(frozen=True, slots=True)
class SplitStatus:
    """Items of one split: all, those with a label whoever gave it, and those about which a question is open."""

    split: str
    n_items: int
    n_labeled: int
    n_pending: int


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """One round: who chose, how many items it asked about, and how many of them are answered, still open, and random.

    What is neither answered nor open was taken back.
    """

    number: int
    purpose: str
    strategy: str
    held_back: str | None
    n_asked: int
    n_answered: int
    n_pending: int
    n_random: int
    state: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where a project stands.

    `classes` and `test_classes` count what the labels of the pool and of the test set name, by class, and
    those that name none; empty for a number.
    `test_use` says how often the test set was looked at. `spent` is what was bought for the pool, and what is on order.
    `random_share` is that of the items asked about.
    """

    project: str
    target: str
    story: str
    splits: tuple[SplitStatus, ...]
    classes: Mapping[str, int]
    test_classes: Mapping[str, int]
    metric: str
    points: tuple[Point, ...]
    rounds: tuple[RoundStatus, ...]
    spent: Spending
    random_share: float
    verdicts: tuple[Verdict, ...]
    trust: str | None
    test_use: TestUse
    next_step: str


def status(work: Workspace) -> Status:
    """Read the project's state from the store; nothing is fitted."""
    with work.database.reading() as conn:
        schema, policy = work.schema(conn), work.policy(conn)
        pool = work.held(conn, "pool")
        now = state(work, conn, pool, schema)
        spent = spending(now)
        per_split = _splits(conn, work)
        points = curve(conn, work)
        done = tuple(_round(record) for record in rounds.listed(conn, work.project_id))
        rules = work.stopping(conn)
        seen = evidence(work, conn, rules, schema)
        verdicts = tuple(rule.verdict(points, spent, seen) for rule in rules)
        doubt = models.last_trust(conn, work.project_id)
        used = test_use(work, conn)
        labels = Counter(
            (label.split, name)
            for label in answers.labels(conn, work.project_id)
            for name in schema.classes_of(label.value) or ([NONE_HOLDS] if schema.may_be_empty else [])
        )
    classes, test_classes = (
        {name: labels[split, name] for name in sorted(schema.options, key=lambda name: -labels[split, name])}
        | ({NONE_HOLDS: n} if (n := labels[split, NONE_HOLDS]) else {})
        for split in ("pool", "test")
    )
    metric = _metric(schema.task, classes)
    asked = sum(r.n_asked for r in done if r.purpose != "evaluation")
    drawn = sum(r.n_random for r in done if r.purpose != "evaluation")
    return Status(
        project=work.name,
        target=schema.target,
        story=_story(per_split, done, points, metric, spent),
        splits=per_split,
        classes=classes,
        test_classes=test_classes if any(test_classes.values()) else {},
        metric=metric,
        points=points,
        rounds=done,
        spent=spent,
        random_share=drawn / asked if asked else policy.exploration,
        verdicts=verdicts,
        trust=None if doubt is None else str(doubt["reason"]),
        test_use=used,
        next_step=_next(
            per_split,
            points,
            verdicts,
            measured=bool(metric),
            again=reads_answers(policy) and len(now.candidates_again) > 0,
        ),
    )


def curve(conn: Connection, work: Workspace) -> tuple[Point, ...]:
    """The measurements on the test set, in the order of the models; models measured on nothing are left out."""
    return tuple(
        Point(row.n_labels, row.cost_usd, {name: v for name, v in row.metrics.items() if v is not None})
        for row in models.evaluations(conn, work.project_id, split="test")
        if row.metrics
    )


def _splits(conn: Connection, work: Workspace) -> tuple[SplitStatus, ...]:
    counts = items.counts(conn, work.project_id)
    labeled = Counter(label.split for label in answers.labels(conn, work.project_id))
    waiting = Counter(q.split for q in rounds.pending(conn, work.project_id))
    return tuple(
        SplitStatus(split, counts[split], labeled[split], waiting[split])
        for split in SPLITS
        if counts[split] or split != "excluded"
    )


def _round(record: rounds.RoundRecord) -> RoundStatus:
    return RoundStatus(
        number=record.number,
        purpose=record.purpose,
        strategy=record.strategy,
        held_back=record.held_back,
        n_asked=record.n_asked,
        n_answered=record.n_answered,
        n_pending=record.n_pending,
        n_random=record.n_random,
        state=record.state,
    )


def _metric(task: Task, classes: Mapping[str, int]) -> str:
    """What the story goes by; empty where no model learns the answers."""
    if METRICS[task] != METRICS["choice"]:
        return next(iter(METRICS[task]), "")
    most = max(classes.values(), default=0)
    skewed = most > 2 / 3 * max(sum(classes.values()), 1) or len(classes) > 10
    return "macro_f1" if skewed else "accuracy"


def _story(
    splits: tuple[SplitStatus, ...],
    done: tuple[RoundStatus, ...],
    points: tuple[Point, ...],
    metric: str,
    spent: Spending,
) -> str:
    n_items = sum(s.n_items for s in splits)
    pool = next(s for s in splits if s.split == "pool")
    asked = [r for r in done if r.purpose != "evaluation"]
    parts = [f"{counted(n_items, 'item')}, {pool.n_labeled:,} of the pool's {pool.n_items:,} labeled."]
    if asked:
        n_asked, n_answered, n_open = (
            sum(counts) for counts in zip(*((r.n_asked, r.n_answered, r.n_pending) for r in asked), strict=True)
        )
        back = f", {n:,} taken back" if (n := n_asked - n_answered - n_open) else ""
        of_pool = f"{counted(len(asked), 'round')} asked {counted(n_asked, 'question')} of the pool"
        parts.append(f"{of_pool}: {n_answered:,} answered, {n_open:,} open{back}.")
    if drawn := [r for r in done if r.purpose == "evaluation"]:
        n_drawn = sum(r.n_asked for r in drawn)
        parts.append(f"{counted(len(drawn), 'round')} drew {counted(n_drawn, 'item')} to measure on.")
    if len(points) > 1 and metric in points[-1].metrics and metric in points[0].metrics:
        first, last = points[0], points[-1]
        name = metric_name(metric)
        parts.append(
            f"{name[0].upper()}{name[1:]} went from {first.metrics[metric]:.3f} at {first.n_labels} labels "
            f"to {last.metrics[metric]:.3f} at {last.n_labels}."
        )
    if spent.usd or spent.pending_usd:
        more = f"; the open questions are expected to cost {spent.pending_usd:,.2f} more" if spent.pending_usd else ""
        parts.append(f"The answers cost {spent.usd:,.2f} dollars{more}.")
    return " ".join(parts)


def _next(
    splits: tuple[SplitStatus, ...],
    points: tuple[Point, ...],
    verdicts: tuple[Verdict, ...],
    *,
    measured: bool,
    again: bool,
) -> str:
    by_name = {s.split: s for s in splits}
    pool, test = by_name["pool"], by_name["test"]
    if not pool.n_items:
        return "querist add FILE, since the pool is empty"
    all_labeled = pool.n_labeled == pool.n_items and not again
    if not all_labeled and (stop := next((v for v in verdicts if v.stop), None)):
        return f"stop asking: {stop.rule} says so. `querist report` shows what was reached."
    if pool.n_pending + test.n_pending:
        n = pool.n_pending + test.n_pending
        return (
            f"{n} questions are open: `querist ask --again --to batch.csv` writes them, `querist tell` takes answers."
        )
    if measured and test.n_items and not test.n_labeled and not points:
        return "querist ask --split test -n 100 --to test.csv, so that models can be measured"
    if all_labeled:
        return (
            f"all {pool.n_items:,} items of the pool are labeled: `querist export labels.csv` writes them, "
            "`querist freeze` keeps them as a version, `querist add FILE` brings more."
        )
    return "querist ask --to batch.csv"
