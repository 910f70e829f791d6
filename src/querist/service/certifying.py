"""Labels drawn by doubt, in order to certify the newest model: asking for them, and reading them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.checks import Rows
from querist.core.errors import BudgetSpent, InvalidInput, PoolExhausted
from querist.core.hashing import digest
from querist.core.policy import Policy
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.core.schema import Schema, Task
from querist.core.state import Batch, Query, Value
from querist.loop.budget import affordable
from querist.loop.certificate import UNIFORM_SHARE, Draws, best_share, chances_by_doubt, draw, recalibrated
from querist.loop.stopping import ErrorBound
from querist.modeling import kind
from querist.service import training
from querist.service.known import prices, signals_of
from querist.service.standing import state
from querist.service.workspace import Workspace
from querist.store import labels as stored
from querist.store import models, rounds
from querist.store.db import Connection

BY_DOUBT = "by_doubt"  # who chose, of a round that certifies
CERTIFIED: tuple[Task, ...] = ("choice", "pair")


def check_certifies(schema: Schema) -> None:
    """See that the task is one of whose models an answer is right or wrong.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    if schema.task not in CERTIFIED:
        raise InvalidInput(
            f"certify: must be of a project whose answers are right or wrong, {' or '.join(CERTIFIED)}; this one's are "
            f"{schema.task}. Measure it on the test set instead."
        )


def is_open(work: Workspace, conn: Connection) -> bool:
    """Whether a certificate of the newest model was begun: it is then gone on with, and no other model is fitted."""
    newest, last = models.latest(conn, work.project_id), _last(conn, work)
    return newest is not None and last is not None and last.context["certifies"] == newest.number


@dataclass(frozen=True, slots=True)
class Drawing:
    """A batch drawn to certify by, and what its round keeps."""

    batch: Batch
    seqs: Rows
    policy: Policy
    schema: Schema
    suggestions: list[dict[str, Any] | None]
    context: dict[str, Any]


def certifying_batch(work: Workspace, k: int | None, progress: Progress = silent) -> Drawing:
    """Draw items to certify the newest model by, each with the chance that its doubt gives it.

    Raises
    ------
    InvalidInput
        If there is no model yet, or its task is not one that can be certified.
    PoolExhausted, BudgetSpent
        If nothing is left to draw, or to pay with.
    """
    with work.database.reading() as conn:
        schema = work.schema(conn)
        pool = work.held(conn, "pool")
        now = state(work, conn, pool, schema)
        record, last = models.latest(conn, work.project_id), _last(conn, work)
        labeled = {label.item_seq: label.value for label in stored.labels(conn, work.project_id)}
        before = [] if last is None else _told(conn, work, last.context, labeled)
        rule = next((r for r in work.stopping(conn) if isinstance(r, ErrorBound)), None)
    check_certifies(schema)
    if record is None:
        raise InvalidInput("model: must be trained before it is certified; none is. Run `querist train`.")
    free = now.candidates
    if not len(free):
        raise PoolExhausted
    model = training.model_of(work, record.number)
    known = signals_of(work, pool, now, record, model, schema, progress=progress)
    raw = np.clip(1 - known.get("probs").max(axis=1), 0.0, 1.0)[free]
    costs = prices(pool, now.policy)
    wanted = min(checks.positive("n", now.policy.batch_size if k is None else k), len(free))
    wanted = affordable(now, wanted, None if costs is None else costs[free])
    if wanted == 0:
        raise BudgetSpent
    # Whoever labels other items of the same part meanwhile begins another certificate, of what is then left.
    goes_on = last is not None and last.context["certifies"] == record.number
    goes_on = goes_on and last is not None and last.context["after"] == digest(pool.seqs[free].tolist())
    if last is not None and goes_on:
        begun = {name: last.context[name] for name in ("certificate", "n_items")}
        doubt = recalibrated(raw, [d.doubt for d in before], [d.loss for d in before])
    else:
        begun = {"certificate": 1 + (0 if last is None else int(last.context["certificate"])), "n_items": len(free)}
        doubt = raw
    share = UNIFORM_SHARE if rule is None else best_share(doubt, rule.most)
    number = now.round + 1
    picked = draw(chances_by_doubt(doubt, share), wanted, generator(now.policy.seed, "certify", number))
    rows = free[picked.places]
    expected = doubt[picked.places]
    after = np.setdiff1d(free, rows)
    reason = f"drawn by doubt, one of {wanted} from {len(free)}, to certify model {record.number}"
    queries = tuple(
        Query(
            row=int(row),
            round=number,
            rank=rank,
            utility=float(raw[picked.places[rank]]),
            propensity=float(picked.chances[rank]),
            strategy=BY_DOUBT,
            purpose="strategy",
            reason=reason,
            cost_usd=0.0 if costs is None else float(costs[row]),
        )
        for rank, row in enumerate(rows)
    )
    context = {
        **begun,
        "certifies": record.number,
        "expected": expected.tolist(),
        "rest": (float(doubt.sum()) - np.cumsum(expected) + expected).clip(0.0).tolist(),
        "least": picked.least.tolist(),
        "after": digest(pool.seqs[after].tolist()),
    }
    return Drawing(
        batch=Batch(number, queries, BY_DOUBT, now.policy.digest, len(free)),
        seqs=pool.seqs[rows],
        policy=now.policy,
        schema=schema,
        suggestions=kind(schema).suggest(known, rows, schema),
        context=context,
    )


def certified_draws(conn: Connection, work: Workspace, known: Mapping[int, Value]) -> Draws | None:
    """The draws of the newest model's certificate, up to the first that waits for its answer."""
    newest, last = models.latest(conn, work.project_id), _last(conn, work)
    if newest is None or last is None or last.context["certifies"] != newest.number:
        return None
    told = _told(conn, work, last.context, known)
    return Draws(
        n_items=int(last.context["n_items"]),
        losses=np.array([d.loss for d in told]),
        expected=np.array([d.expected for d in told]),
        rest=np.array([d.rest for d in told]),
        chances=np.array([d.chance for d in told]),
        least=np.array([d.least for d in told]),
        looks=int(last.context["certificate"]),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    doubt: float
    loss: float
    expected: float
    rest: float
    chance: float
    least: float


def _told(conn: Connection, work: Workspace, context: Mapping[str, Any], known: Mapping[int, Value]) -> list[_Told]:
    """The draws of a certificate in their order.

    Later answers do not count before earlier ones are in: who answers fast may answer what is easy. A question that
    was taken back counts as one that the model was wrong about.
    """
    found: list[_Told] = []
    for record in rounds.listed(conn, work.project_id):
        if record.strategy != BY_DOUBT or record.context["certificate"] != context["certificate"]:
            continue
        kept = zip(
            sorted(rounds.queries(conn, work.project_id, record.number), key=lambda q: q.rank),
            *(record.context[name] for name in ("expected", "rest", "least")),
            strict=True,
        )
        for q, expected, rest, least in kept:
            if q.state == "pending" and q.item_seq not in known:
                return found
            loss = float(q.item_seq not in known or known[q.item_seq] != (q.suggestion or {}).get("value"))
            found.append(_Told(float(q.utility or 0.0), loss, expected, rest, q.propensity, least))
    return found


def _last(conn: Connection, work: Workspace) -> rounds.RoundRecord | None:
    found = [r for r in rounds.listed(conn, work.project_id) if r.strategy == BY_DOUBT]
    return found[-1] if found else None
