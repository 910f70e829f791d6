"""Whether a project's new items, scores, labels and errors are still what its model learned, and what to do if not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.drift import DriftCheck, DriftPlan
from querist.core.errors import InvalidInput
from querist.core.plain import read
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.metrics import (
    Adwin,
    c2st,
    field_check,
    inputs_by_classifier,
    inputs_by_kernel,
    judge,
    local_rise,
    mmd,
    plan_drift,
    watched_check,
)
from querist.metrics.drift import FEWEST_ERRORS, LEVEL
from querist.metrics.two_samples import TwoSamples
from querist.service import drift_samples
from querist.service.drift_samples import Compared, Sides, compared, sides
from querist.service.drift_scores import OF_CLASSES, Measured, guesses, labels_check, scored
from querist.service.rounds import Entry, write_worksheet
from querist.service.standing import Labels, measured_labels
from querist.service.training import at_version
from querist.service.workspace import Workspace
from querist.store import findings, items, models, rounds
from querist.store.columns import finite

MOST_NAMED = 1000  # items that a finding names


@dataclass(frozen=True, slots=True)
class Drift:
    """One look at a project: every check, what they come to, and what to run.

    Parameters
    ----------
    checks : tuple of DriftCheck
    plan : DriftPlan
    command : str
        What does what the plan says.
    items : tuple of str
        The items that the plan is about, the most telling first: new ones that are unlike the old, or labeled ones
        about which the error rose. Of a file its ids, or else its lines.
    recent : str
        What was taken for new.
    model : int, optional
        The newest model, whose scores and errors those are.
    level : float
        The share of looks in which anything alarms where nothing has changed.
    notes : tuple of str
        What could not be checked, and why.
    looked_at : datetime
    """

    checks: tuple[DriftCheck, ...]
    plan: DriftPlan
    command: str
    items: tuple[str, ...]
    recent: str
    n_reference: int
    n_recent: int
    model: int | None
    level: float
    notes: tuple[str, ...]
    looked_at: datetime


def look(
    work: Workspace,
    source: str | Path | Iterable[Mapping[str, Any]] | None = None,
    *,
    since: datetime | None = None,
    level: float = LEVEL,
    to: str | Path | None = None,
    by: str = "",
    progress: Progress = silent,
) -> Drift:
    """Hold new items against old ones, keep what was found, and say what to do.

    Parameters
    ----------
    work : Workspace
    source : path or iterable of mappings, optional
        New items that are not in the project yet.
    since : datetime, optional
        Items added at this time or later are the new ones. By default those since the newest model was fitted, or those
        of the last import.
    level : float
        The share of looks in which anything may alarm where nothing has changed.
    to : path, optional
        Where to write the items to label again as a worksheet, where the plan says so.
    by : str
        Who asked.

    Raises
    ------
    InvalidInput
        If there is nothing new, or too little to compare.
    """
    if not 0 < level < 1:
        raise InvalidInput(f"level: must lie between 0 and 1; got {level!r}. Take 0.05.")
    with work.database.reading() as conn:
        schema, policy, spec = work.schema(conn), work.policy(conn), work.spec(conn)
        newest = models.latest(conn, work.project_id)
        found = sides(work, conn, source, since, newest)
        recipe = work.chosen_recipe(conn, found.held["pool"])
        marked = {split: measured_labels(work, conn, found.held[split], schema) for split in found.held}
        learned = None if newest is None else at_version(work, conn, newest.dataset, found.held["pool"], schema)
        watched = guesses(conn, work, schema)
        budget = policy.budget.labels
        n_bought = sum(rounds.bought(conn, work.project_id)[:2])
    steps = 4 + (newest is not None)
    progress(0, steps, "encoding")
    sample = compared(found, recipe, seed=policy.seed, progress=progress)
    old, new = sample.embedded()
    progress(1, steps, "comparing items")
    told_apart = c2st(old, new, rng=generator(policy.seed, "drift", "c2st"))
    progress(2, steps, "comparing items")
    apart = mmd(old, new, rng=generator(policy.seed, "drift", "mmd"))
    looks = [inputs_by_classifier(told_apart), inputs_by_kernel(apart)]
    fields = [drift_samples.by_field(side, spec) for side in (sample.old, sample.new)]
    if fields[0]:
        looks.append(field_check(*fields, level=level))
    notes: list[str] = []
    progress(3, steps, "comparing labels")
    if schema.task in OF_CLASSES:
        looks += labels_check(found, marked, schema, notes)
    measured = None
    if newest is not None:
        more, measured = scored(work, found, marked, schema, notes)
        looks += more
        progress(4, steps, "comparing scores")
    else:
        notes.append("No model was trained, so that there are neither scores nor errors to compare.")
    if len(watched) >= 2 * FEWEST_ERRORS:
        looks.append(watched_check("adwin", Adwin(), watched))
    judged = judge(looks, level=level)
    n_learned = 0 if learned is None else len(learned)
    plan = plan_drift(
        judged,
        n_learned=n_learned,
        n_unused=0 if learned is None else _n_unused(marked["pool"], learned),
        n_measured=0 if measured is None else int(measured.is_new.sum()),
        error=_error_before(judged),
    )
    about = _about(found, sample, told_apart, plan, learned, None if measured is None else measured.risen(judged))
    if to is not None and plan.action == "relabel":
        _write(work, to, about[: plan.n_labels])
    drift = Drift(
        checks=judged,
        plan=plan,
        command=command(plan, source, to, budget, n_bought),
        items=about,
        recent=found.recent,
        n_reference=len(sample.old),
        n_recent=len(sample.new),
        model=None if newest is None else newest.number,
        level=level,
        notes=tuple(notes),
        looked_at=datetime.now(UTC),
    )
    with work.database.transaction() as conn:
        findings.record(conn, work.project_id, "drift", _body(drift), model=drift.model, by=by)
    progress(steps, steps, "done")
    return drift


def last(work: Workspace) -> Drift | None:
    """What was found when somebody looked last, or None before the first time."""
    with work.database.reading() as conn:
        found = findings.latest(conn, work.project_id, "drift")
    return None if found is None else read(Drift, found.body)


def _body(drift: Drift) -> dict[str, Any]:
    return dict(finite({**asdict(drift), "looked_at": drift.looked_at.isoformat()}))


def _n_unused(now: Labels, learned: Labels) -> int:
    """Labels of the pool that the model has not learned from, or that say otherwise since."""
    then = dict(zip(learned.rows.tolist(), learned.y.tolist(), strict=True))
    return sum(then.get(row) != value for row, value in zip(now.rows.tolist(), now.y.tolist(), strict=True))


def _error_before(looks: Iterable[DriftCheck]) -> float | None:
    rates = [each.detail["before"] for each in looks if each.name == "error"]
    return rates[0] if rates and 0 <= rates[0] <= 1 else None


def _about(
    found: Sides,
    sample: Compared,
    told_apart: TwoSamples,
    plan: DriftPlan,
    learned: Labels | None,
    risen: Measured | None,
) -> tuple[str, ...]:
    """The items that a plan is about, the most telling first."""
    if plan.action == "reopen":
        newness = told_apart.newness(sample.encoding.embeddings(sample.new))
        return tuple(found.names[row] for row in sample.new_rows[np.argsort(-newness, kind="stable")][:MOST_NAMED])
    if plan.action != "relabel" or learned is None or risen is None or not len(learned):
        return ()
    pool = found.held["pool"]
    parts = []
    for held in found.held.values():
        rows = held.rows_of(risen.seqs)
        parts.append((rows >= 0, held.inputs.take(rows[rows >= 0])))
    table = drift_samples.joined([inputs for _, inputs in parts if len(inputs)])
    losses = np.concatenate([risen.losses[is_in] for is_in, _ in parts])
    rise = local_rise(
        sample.encoding.embeddings(pool.inputs.take(learned.rows)),
        sample.encoding.embeddings(table),
        losses,
        before=0.0,
    )
    return tuple(pool.ids[row] for row in learned.rows[np.argsort(-rise, kind="stable")][:MOST_NAMED])


def command(plan: DriftPlan, source: object, to: str | Path | None, budget: int | None, n_bought: int) -> str:
    """What to run."""
    again = "querist drift"
    if plan.action == "watch":
        return again
    if plan.action == "retrain":
        return "querist train"
    if plan.action == "relabel":
        sheet = "relabel.csv" if to is None else str(to)
        return f"querist tell {sheet}" if to is not None else f"querist drift --to {sheet}"
    ask = f"querist ask -n {plan.n_labels}" if plan.rule == 3 else f"querist ask --split test -n {plan.n_labels}"
    steps = [f"querist add {source}"] if isinstance(source, str | Path) else []
    if plan.rule == 3 and budget is not None and n_bought + plan.n_labels > budget:
        steps.append(f"querist policy --set budget.labels={n_bought + plan.n_labels}")
    return " && ".join([*steps, ask])


def _write(work: Workspace, to: str | Path, ids: Iterable[str]) -> None:
    with work.database.reading() as conn:
        stored = items.fetch(conn, work.project_id, list(ids))
    entries = [
        Entry(
            item_id=each.item_id,
            round=0,
            rank=rank,
            fields=dict(each.fields),
            reason="the error rose about it: is its label still right?",
            strategy="drift",
            propensity=1.0,
            utility=None,
        )
        for rank, each in enumerate(stored)
    ]
    write_worksheet(work, to, entries)
