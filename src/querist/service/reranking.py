"""Open questions in the order that the newest model gives them."""

from __future__ import annotations

import numpy as np

from querist.catalogue import PolicyChooser
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.service import training
from querist.service.known import signals_of
from querist.service.standing import state, trust_in
from querist.service.workspace import Workspace
from querist.store import answers, models, rounds, slots


def rerank(work: Workspace, *, progress: Progress = silent) -> int:
    """Put the open questions into the order that the newest model gives them; how many there were to order.

    What is on a screen stays there, and random draws keep their places. It does nothing while no model is trusted.
    """
    with work.database.reading() as conn:
        schema = work.schema(conn)
        pool = work.held(conn, "pool")
        waiting = slots.unshown(conn, work.project_id)
        asked = rounds.by_id(conn, work.project_id, sorted({query_id for _, query_id, _, _ in waiting}))
        record, trust = models.latest(conn, work.project_id), trust_in(work, conn)
        now = state(work, conn, pool, schema)
    by_row = {
        row: query.id
        for row, query in zip(
            pool.rows_of(np.array([q.item_seq for q in asked], dtype=np.int64)).tolist(), asked, strict=True
        )
        if row >= 0 and query.purpose in ("strategy", "start", "quota")
    }
    if record is None or (trust is not None and not trust.ok) or len(by_row) < 2:
        return 0
    among = set(by_row.values())
    if {query.model for query in asked if query.id in among} == {record.number}:
        return 0  # the newest model chose them all: they are in its order
    progress(0, 1, "scoring")
    known = signals_of(work, pool, now, record, training.model_of(work, record.number), schema, progress=progress)
    rows = np.array(sorted(by_row), dtype=np.int64)
    chosen = PolicyChooser(now.policy).choose(
        now.policy.strategy,
        len(rows),
        candidates=rows,
        chosen=np.array(sorted(now.labels), dtype=np.int64),
        rng=generator(now.policy.seed, "rerank", record.number),
        signals=known,
    )
    order = dict.fromkeys([*chosen.picks.rows.tolist(), *by_row])  # near-duplicates, left out of a batch, come last
    with work.database.transaction() as conn:
        answers.lock(conn, work.project_id)
        slots.rerank(conn, work.project_id, [by_row[row] for row in order])
    return len(order)
