"""Whatever people do, in whatever order: what is stored agrees with itself."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from querist.core.errors import Conflict, InvalidInput
from querist.store import claims, items, leases, rounds, slots, versions

acts = st.one_of(
    st.tuples(st.just("ask"), st.sets(st.integers(0, 3), min_size=1)),
    st.tuples(
        st.sampled_from(["submit", "revise", "undo", "withdraw", "skip", "flag", "import"]),
        st.integers(0, 3),
        st.sampled_from(["ann", "bea", "cy"]),
        st.sampled_from(["spam", "ham"]),
    ),
    st.tuples(st.sampled_from(["close", "take back", "freeze", "set aside", "move"])),
    st.tuples(
        st.sampled_from(["claim", "lapse", "release", "pass over", "again"]), st.sampled_from(["ann", "bea", "cy"])
    ),
)


def queue_act(conn: Any, project: Any, move: str, who: str) -> None:
    """Something that happens to leases."""
    held = leases.held_by(conn, project.id, who)
    if move == "claim":
        new = claims.claim(conn, project.id, who, 2, lease_s=60)
        seqs = [each.item_seq for each in (*held, *new)]
        assert len(set(seqs)) == len(seqs)
    elif move == "lapse":
        conn.exec_driver_sql(f"UPDATE slot SET lease_until = 0 WHERE annotator = '{who}' AND state = 'leased'")
        assert leases.sweep(conn, project.id) >= len(held)
    elif move == "release":
        assert leases.release(conn, project.id, who, {each.slot_id: each.token for each in held}) == sorted(
            each.slot_id for each in held
        )
    elif move == "pass over":
        for each in held:
            leases.pass_over(conn, project.id, each.slot_id, who, most=2)
    else:
        leases.take_again(conn, project.id, who, project.seq(0), lease_s=60)


projects_made = itertools.count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(acts, max_size=25), overlap=st.integers(1, 3))
def test_whatever_is_done_verify_finds_nothing(shop: Any, moves: list[tuple[Any, ...]], overlap: int) -> None:
    project = type(shop)(shop.db, name=f"project {next(projects_made)}", n_items=4)
    number = itertools.count(1)
    for move, *rest in moves:
        try:
            if move == "ask":
                project.ask(*sorted(rest[0]), number=next(number), wants=slots.Wants(overlap))
            elif move == "freeze":
                with project.db.transaction() as conn:
                    versions.freeze(conn, project.id)
            elif move == "move":
                with project.db.transaction() as conn:
                    items.set_splits(conn, project.id, {project.seq(1): "test", project.seq(2): "excluded"})
            elif move in ("claim", "lapse", "release", "pass over", "again"):
                with project.db.transaction() as conn:
                    queue_act(conn, project, move, rest[0])
            elif move in ("close", "take back", "set aside"):
                with project.db.transaction() as conn:
                    last = rounds.last_number(conn, project.id)
                    if move == "close" and last:
                        rounds.close(conn, project.id, last)
                    elif move == "take back":
                        rounds.withdraw(conn, project.id)
                    else:
                        rounds.withdraw_queries(conn, project.id, [project.seq(0)])
            else:
                place, who, value = rest
                gives = move in ("submit", "revise", "import")
                project.act(place, value if gives else None, annotator=who, action=move)
        except (Conflict, InvalidInput):
            pass  # refused, and then nothing may have changed
    assert project.problems() == []
