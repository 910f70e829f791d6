"""What everybody waits for reads by an index that leads to it: no statement of the desk reads a whole project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.service import answering, history, intake, projects, queue, rounds, watching
from querist.service.workspaces import Workspaces
from querist.store import subjects
from querist.store.db import Database

LARGE = ("item", "query", "slot", "answer_event", "current_label", "answer_content")
# A search that ends at a bounded number of rows: the first open slot, what is leased, the newest event.
BOUNDED = (
    "ix_slot_open",
    "ix_slot_leased",
    "ix_answer_event_project_id_annotator_seq",
    "sqlite_autoindex_answer_event_3",
)


def test_no_statement_of_the_desk_reads_a_whole_project(tmp_path: Path) -> None:
    seen: dict[str, list[str]] = {}
    with Workspaces(Database.open(tmp_path / "plans.db")) as all_of:
        policy = Policy(start="random", near_duplicates=None, batch_size=20)
        work = all_of.create("tickets", schema=Schema("topic", ("bug", "wish")), policy=policy)
        intake.add_items(work, [{"id": f"t{i}", "text": f"It is {i}, please"} for i in range(60)])
        projects.set_queue(work, {"auto_rounds": False, "overlap": 2})
        rounds.ask(work, 20)

        def explain(conn: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> None:
            if not many and statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
                driver = conn.connection.driver_connection
                plan = driver.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
                seen[re.sub(r"\s+", " ", statement)] = [row[3] for row in plan]

        sa.event.listen(sa.Engine, "before_cursor_execute", explain)
        try:
            ann, bea = queue.Annotator("ann", skills=("german",)), queue.Annotator("bea")
            taken = [*queue.claim(work, ann, 5).assignments, *queue.claim(work, ann, 2).assignments]
            for one in taken[:3]:
                did = answering.Act(one.token, "submit", one.item_id, one.slot, one.token, "bug")
                done = answering.act(work, ann, did)
            back = answering.Act("undo", "undo", one.item_id, one.slot, one.token, supersedes=done.event_id)
            answering.act(work, ann, back)
            one = taken[3]
            answering.act(work, ann, answering.Act("skip", "skip", one.item_id, one.slot, one.token))
            queue.claim(work, bea, 3)
            queue.held(work, ann)
            history.history(work, ann)
            history.pace(work, ann)
            watching.progress(work)
            watching.people(work)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", explain)
    assert len(seen) > 40
    bad = {
        statement: step
        for statement, plan in seen.items()
        for step in plan
        if (found := re.match(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step))
        and found[2] in LARGE
        and found[3] not in BOUNDED
        and (found[1] == "SCAN" or re.search(r"\((?:project_id=\?)?\)$|project_id=\? AND split=\?\)$", step))
    }
    assert bad == {}


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("single_key", [True, False])
def test_what_an_answer_goes_on_from_is_found_by_each_parts_own_index(
    tmp_path: Path, single: bool, single_key: bool
) -> None:
    """A chain of a million answers is not walked for one more."""
    with Database.open(tmp_path / "plans.db") as database, database.reading() as conn:
        past = subjects._events("sqlite", single=single, single_key=single_key)
        about = subjects._items("sqlite", single=single)
        plans = {}
        for name, statement in (("events", past), ("items", about)):
            text = str(statement.compile(dialect=conn.dialect))
            given = dict.fromkeys(re.findall(r":(\w+)", text), "[]") if ":" in text else ("[]",) * text.count("?")
            rows = conn.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {text}", given).fetchall()
            plans[name] = [row[3] for row in rows if re.search(r"answer_event|SCAN|SEARCH", row[3])]
    events = [line for line in plans["events"] if "answer_event" in line]
    assert [line for line in events if "SCAN" in line] == []
    assert len([line for line in events if "(project_id=?)" in line]) == 1, f"the newest one alone: {events}"
    assert [line for line in events if "idempotency_key=?" in line]
    assert [line for line in events if "item_seq=?" in line]
    items = [line for line in plans["items"] if re.search(r"\b(item|query)\b", line)]
    assert [line for line in items if "(project_id=?)" in line or re.match(r"SCAN (item|query)\b", line)] == []
