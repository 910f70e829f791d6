"""The database dies in the instant after an item was handed out: whoever has it on their screen can answer it."""

from __future__ import annotations

from typing import Any

from tests.integration.test_queue_races import make

from querist.service import answering, queue
from querist.store import audit

ANN = queue.Annotator("ann")
DEATHS = 5


def test_an_item_that_was_just_handed_out_can_be_answered_after_postgresql_was_killed(durable_postgres: Any) -> None:
    all_of, work = make(durable_postgres.url, 20, overlap=1, lease_s=600)
    with all_of:
        for death in range(DEATHS):
            one = queue.claim(work, ANN, 1).assignments[0]
            durable_postgres.kill()
            durable_postgres.start()
            work.database.close()  # the connections of before: each would fail once
            did = answering.Act(f"k{death}", "submit", one.item_id, one.slot, one.token, "left")
            acted = answering.act(work, ANN, did)
            assert (acted.state, acted.late) == ("done", False)
        with work.database.reading() as conn:
            assert audit.verify(conn, work.project_id) == []
