"""The project on one page."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from querist.core.atomic import replacing
from querist.core.chats import text_of
from querist.core.checks import page_path
from querist.core.evidence import AskedItem, Round
from querist.core.items import FieldSpec
from querist.core.ports import Progress, silent
from querist.core.schema import Schema
from querist.core.state import Value
from querist.loop.stopping import Verdict
from querist.report import ProjectView, VersionRow, project_page
from querist.service import copies
from querist.service.label_column import field_of
from querist.service.pictures import pixels
from querist.service.status import Status, status
from querist.service.workspace import Workspace
from querist.store import items, models, rounds, versions
from querist.store.db import Connection

ROUNDS_SHOWN = 12
ITEMS_SHOWN = 24
PREVIEW_CHARACTERS = 280


def write_report(work: Workspace, path: str | Path, *, progress: Progress = silent) -> Path:
    """Write the project's page as one self-contained HTML file, whole or not at all.

    Raises
    ------
    InvalidInput
        If the name is not of an HTML file: what else bears the name may be dear.
    """
    page_path(path)
    now = status(work)
    copied = copies.find(work, progress=progress)
    with work.database.reading() as conn:
        policy = work.policy(conn)
        view = ProjectView(
            name=work.name,
            target=now.target,
            classes=now.classes,
            splits={s.split: s.n_items for s in now.splits},
            n_labels=sum(s.n_labeled for s in now.splits if s.split == "pool"),
            n_pending=sum(s.n_pending for s in now.splits),
            points=now.points,
            metric=now.metric,
            rounds=_rounds(conn, work),
            budget_labels=policy.budget.labels,
            budget_usd=policy.budget.usd,
            spent_usd=now.spent.usd,
            exploration=policy.exploration,
            explored=now.random_share if now.rounds else None,
            versions=_versions(conn, work),
            status=(
                now.story,
                *([f"Trust: {now.trust}."] if now.trust else []),
                *map(_worded, now.verdicts),
                *([now.test_use.sentence] if now.test_use.n_models else []),
            ),
            copies=copied,
            next_steps=(now.next_step,),
            facts=_facts(conn, work, now),
            **_detail(conn, work),
        )
    page = project_page(view)
    with replacing(path) as stream:
        stream.write(page.encode(errors="replace"))
    return Path(path)


def _worded(verdict: Verdict) -> str:
    """A rule's sentence with its forecast, by the rule's name where that is not plain from the sentence."""
    if not verdict.ahead:
        return verdict.sentence
    proven = " (certified)" if verdict.certified else ""
    return f"{verdict.rule}{proven}: {verdict.sentence} {verdict.ahead}"


def _rounds(conn: Connection, work: Workspace) -> tuple[Round, ...]:
    spec, schema = work.spec(conn), work.schema(conn)
    shown = []
    n_labels = 0
    records = [r for r in rounds.listed(conn, work.project_id) if r.purpose != "evaluation"]
    for record in records:
        n_labels += record.n_answered
        if record.number not in {r.number for r in records[-ROUNDS_SHOWN:]}:
            continue
        queries = rounds.queries(conn, work.project_id, record.number)[:ITEMS_SHOWN]
        found = {s.seq: s for s in items.fetch_seqs(conn, work.project_id, [q.item_seq for q in queries])}
        asked = tuple(
            AskedItem(
                row=q.item_seq,
                reason=q.reason,
                label="not answered" if q.value is None else _label(q.value, found[q.item_seq].fields, spec, schema),
                preview=_preview(dict(found[q.item_seq].fields), spec),
            )
            for q in queries
        )
        shown.append(Round(record.number, record.strategy, n_labels, asked, record.held_back))
    return tuple(shown)


def _label(value: Value, fields: Mapping[str, Any], spec: FieldSpec, schema: Schema) -> str:
    within = field_of(spec, schema)
    return schema.shown(value, None if within is None else fields.get(within))


def _preview(fields: dict[str, Any], spec: FieldSpec) -> str | list[list[float]]:
    """Pixels where the item is a small square of numbers, else its text, else its fields."""
    for name in spec.named("vector"):
        if (rows := pixels(fields.get(name))) is not None:
            return rows
    texts = [text_of(fields[name]) for name in spec.named("text") if fields.get(name)]
    if texts:
        return " · ".join(texts)[:PREVIEW_CHARACTERS]
    return " · ".join(f"{k} {v}" for k, v in fields.items() if not isinstance(v, list))[:PREVIEW_CHARACTERS]


def _versions(conn: Connection, work: Workspace) -> tuple[VersionRow, ...]:
    return tuple(
        VersionRow(f"version {v.number}", v.digest, v.n_items, v.created_at.isoformat(timespec="minutes"), v.note)
        for v in versions.listed(conn, work.project_id)
    )


def _detail(conn: Connection, work: Workspace) -> dict[str, Any]:
    last = next(reversed(models.evaluations(conn, work.project_id, split="test")), None)
    if last is None:
        return {}
    return {
        "n_test": last.n_items,
        "calibration": tuple((a, b, c) for a, b, c in last.detail.get("calibration", [])),
        "per_class": last.detail.get("per_class", {}),
    }


def _facts(conn: Connection, work: Workspace, now: Status) -> dict[str, Any]:
    policy = work.policy(conn)
    facts: dict[str, Any] = {
        "strategy": policy.strategy,
        "start": policy.start,
        "batch size": policy.batch_size,
        "seed": policy.seed,
        "policy": policy.digest[:12],
        "querist": version("querist"),
        "scikit-learn": version("scikit-learn"),
    }
    record = models.latest(conn, work.project_id)
    if record is not None:
        facts["model"] = f"number {record.number}, on dataset version {record.dataset}"
        facts["learner"] = record.recipe.get("learner", {}).get("class", "")
    return facts
