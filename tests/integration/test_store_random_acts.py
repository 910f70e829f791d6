"""Whatever people do, in whatever order: what is stored agrees with itself."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from querist.core.errors import Conflict, InvalidInput
from querist.store import rounds, versions

acts = st.one_of(
    st.tuples(st.just("ask"), st.sets(st.integers(0, 3), min_size=1)),
    st.tuples(
        st.sampled_from(["submit", "revise", "undo", "withdraw", "skip", "flag", "import"]),
        st.integers(0, 3),
        st.sampled_from(["ann", "bea", "cy"]),
        st.sampled_from(["spam", "ham"]),
    ),
    st.tuples(st.sampled_from(["close", "take back", "freeze", "set aside"])),
)
projects_made = itertools.count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(acts, max_size=25))
def test_whatever_is_done_verify_finds_nothing(shop: Any, moves: list[tuple[Any, ...]]) -> None:
    project = type(shop)(shop.db, name=f"project {next(projects_made)}", n_items=4)
    number = itertools.count(1)
    for move, *rest in moves:
        try:
            if move == "ask":
                project.ask(*sorted(rest[0]), number=next(number))
            elif move == "freeze":
                with project.db.transaction() as conn:
                    versions.freeze(conn, project.id)
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
