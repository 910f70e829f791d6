"""What a project's stream keeps to: the fields that the pool holds, and the budget of the project's policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from querist.core.errors import BudgetSpent, InvalidInput
from querist.core.policy import Budget, Costs, Policy
from querist.core.state import Answer
from querist.project import Project
from querist.service import projects as projects_service
from querist.service import streaming
from querist.service.location import Location
from querist.service.streaming import SPENT

CLASSES = ("billing", "delivery", "account")  # of the projects that `start` makes
NONE_HELD_OUT = {"test": 0.0, "calibration": 0.0}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'p.db'}"


def pixels(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"p{number}", "pixels": [float((number * 7 + k) % 17) for k in range(64)], "size": number, **more}


@pytest.fixture(params=[False, True], ids=["no model", "a model"])
def pictures(request: pytest.FixtureRequest, start: Callable[..., Project], url: str) -> Project:
    made = start(url, policy=Policy(near_duplicates=None, seed=1), shares=NONE_HELD_OUT)
    made.add([pixels(number) for number in range(60)])
    if request.param:
        asked = [entry.item_id for entry in made.ask(30).entries]
        made.tell([Answer(id, CLASSES[int(id[1:]) % 3]) for id in asked])
        made.train()
    return made


OF_BAD = r"of item 1 \('bad'\), the field "
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "few numbers": ({"id": "bad", "pixels": [1, 2]}, OF_BAD + "'pixels' must hold 64 numbers; it has 2"),
    "words": ({"id": "bad", "pixels": "hello"}, OF_BAD + "'pixels' must be a list of"),
    "no vector": ({"id": "bad", "size": 3}, OF_BAD + "'pixels' must hold 64 numbers; it has none"),
    "no number": (pixels(900, id="bad", size="large"), OF_BAD + "'size' must be a number; got 'large'"),
    "endless": (pixels(900, id="bad", size=float("inf")), OF_BAD + "'size' must be a number"),
    "a list for an id": (pixels(900, id=["bad"]), r"of item 1 \(\['bad'\]\), its id must be text or a number"),
    "a bell in its id": (pixels(900, id="b\aad"), r"its id holds a control character"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_pool_would_not_hold_is_refused_and_nothing_decided(pictures: Project, name: str) -> None:
    item, says = WRONG[name]
    with pytest.raises(InvalidInput, match=says):
        pictures.decide([pixels(100), item], budget=1.0)
    with pytest.raises(InvalidInput, match=says.replace("item 1", "item 0")):  # the first is no measure of the others
        pictures.decide([item, pixels(100)])
    found = pictures.decide([pixels(number) for number in range(100, 120)], budget=1.0)
    assert found.n_seen == 20
    assert len(pictures.pending().entries) == found.n_asked >= 15


def test_an_item_without_an_id_is_named_by_its_number(pictures: Project) -> None:
    nowhere = {"pixels": [float("nan")] * 64}
    with pytest.raises(InvalidInput, match="items: must be plain JSON; of item 1, the value"):
        pictures.decide([pixels(100), nowhere])


def test_values_are_read_as_an_import_reads_them(pictures: Project) -> None:
    given = [pixels(number, size=f"{number}.5") for number in range(100, 110)]
    given += [{**pixels(110), "pixels": str(pixels(110)["pixels"])}, {**pixels(111), "size": ""}]
    pictures.decide(given, budget=1.0, keep="all")
    pictures.ask(100)  # all that the stream did not ask about
    held = {entry.item_id: entry.fields for entry in pictures.pending().entries}
    assert (held["p100"]["size"], held["p111"].get("size")) == (100.5, None)
    assert held["p110"]["pixels"] == pixels(110)["pixels"]


def test_a_budget_that_is_used_up_asks_nobody_and_says_so(
    start: Callable[..., Project], messages: Callable[..., Any], url: str
) -> None:
    data = messages(300)
    made = start(url, policy=Policy(near_duplicates=None, seed=1, budget=Budget(labels=30)), shares=NONE_HELD_OUT)
    made.add(data.items[:100])
    made.tell(data.some([entry.item_id for entry in made.ask(20).entries]))
    made.train()
    found = made.decide(data.items[100:250], budget=0.2)
    last = [each.ask for each in found.decisions].index(True, 0)
    rows = [row for row, each in enumerate(found.decisions) if each.ask]
    assert (len(rows), found.n_asked, found.n_seen) == (10, 10, 150)
    assert last < rows[-1] < 149
    for row, each in enumerate(found.decisions):
        assert (each.propensity == 0, each.reason == SPENT) == (row > rows[-1], row > rows[-1])
        assert each.prediction is not None
    assert len(made.pending().entries) == 10
    none = made.decide(data.items[250:])
    assert {(each.ask, each.propensity, each.reason) for each in none.decisions} == {(False, 0.0, SPENT)}
    made.tell(data.some([entry.item_id for entry in made.pending().entries]))
    with pytest.raises(BudgetSpent):
        made.ask(1)


def test_one_call_and_many_stop_at_the_same_item(
    start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path
) -> None:
    data, said = messages(300), []
    for name, size in (("a", 200), ("b", 20), ("c", 1)):
        policy = Policy(near_duplicates=None, seed=1, budget=Budget(labels=9))
        made = start(f"sqlite:///{tmp_path / name}.db", policy=policy, shares=NONE_HELD_OUT)
        made.add(data.items[:50])
        with projects_service.open_at(Location(f"sqlite:///{tmp_path / name}.db", "topics")) as work:
            found = []
            for at in range(50, 150, min(size, 100)):
                # before it is joined to the pool, too, a question counts
                found += streaming.decide_on(work, data.items[at : at + min(size, 100)], budget=0.2).decisions
        said.append(found)
    assert said[0] == said[1] == said[2]
    assert sum(each.ask for each in said[0]) == 9


def test_money_is_kept_to_and_what_a_stream_asks_has_its_price(
    start: Callable[..., Project], messages: Callable[..., Any], url: str
) -> None:
    data = messages(200)
    policy = Policy(near_duplicates=None, seed=1, costs=Costs(per_label=0.25), budget=Budget(usd=3.0))
    made = start(url, policy=policy, shares=NONE_HELD_OUT)
    made.add(data.items[:100])
    made.tell(data.some([entry.item_id for entry in made.ask(4).entries]))
    found = made.decide(data.items[100:150], budget=0.1)
    more = made.decide(data.items[150:200], budget=0.5)
    assert 0 < found.n_asked < 8 == more.n_asked
    assert more.decisions[-1].reason == SPENT
    status = made.status()
    assert (status.spent.usd, status.spent.pending_usd, status.spent.usd_left) == (1.0, 2.0, 0.0)


def test_a_stream_before_the_first_item_keeps_to_the_budget(
    start: Callable[..., Project], messages: Callable[..., Any], url: str
) -> None:
    data = messages(100)
    made = start(url, policy=Policy(seed=1, budget=Budget(labels=5)), shares=NONE_HELD_OUT)
    assert made.decide(data.items[:60], budget=0.5).n_asked == 5
    assert made.decide(data.items[60:], budget=0.5).n_asked == 5
