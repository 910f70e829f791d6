"""People who sign in, with hashes that take no time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from querist.access import passwords
from querist.service import people
from querist.service.people import Principal, SignedIn

PASSWORD = "seven green kettles"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COSTS = {"MEMORY_KIB": 8, "PASSES": 1, "LANES": 1}
FULL = {name: getattr(passwords, name) for name in COSTS}


@pytest.fixture(autouse=True)
def full_cost(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Hashes take no time, until this is called."""

    def set_costs(costs: dict[str, int]) -> None:
        for name, value in costs.items():
            monkeypatch.setattr(passwords, name, value)

    set_costs(COSTS)
    return lambda: set_costs(FULL)


@pytest.fixture
def admin(database: Any) -> SignedIn:
    """Ada, who set everything up at noon."""
    token = people.first_link(database, now=NOON)
    assert token is not None
    return people.set_up(database, token, "Ada", PASSWORD, now=NOON)


@pytest.fixture
def enter(database: Any, admin: SignedIn) -> Callable[..., Principal]:
    """Adds somebody of a role, named after it, and signs them in."""

    def make(role: Any, name: str | None = None) -> Principal:
        people.add_person(database, admin.principal, name or role, role, password=PASSWORD, now=NOON)
        return people.sign_in(database, name or role, PASSWORD, now=NOON).principal

    return make


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Gives what each call gives or raises, all of them begun at the same instant."""

    def start(*calls: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(calls))
        found: list[Any] = [None] * len(calls)

        def run(i: int, call: Callable[[], Any]) -> None:
            gate.wait()
            try:
                found[i] = call()
            except Exception as error:
                found[i] = error

        threads = [threading.Thread(target=run, args=(i, call)) for i, call in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    return start
