"""The annotator's page in a real browser: by keys alone, at once, and nothing lost whatever happens to the line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.end_to_end.conftest import Server, Site, Window, texts
from tests.end_to_end.desks import ITEM, SAVED, answer, events, shown

from querist.core.queueing import QueueSettings
from querist.core.schema import Schema
from querist.service import projects
from querist.service.workspaces import Workspaces

TOPIC = Schema("topic", ("card", "loan", "login"))
KEY_TO_PAINT_MS, NEXT_ITEM_MS = 50, 100


@pytest.fixture
def desk(site: Site, serve: Callable[..., Server], window: Callable[..., Window]) -> Callable[..., Any]:
    """Opens the desk of a project with many questions open, for somebody: `desk("ann")` is a window on it."""
    state: dict[str, Any] = {}

    def open_desk(name: str = "ann", *, n: int = 60, tab_of: Any = None, **settings: Any) -> Any:
        if not state:
            site.person(name)
            site.project("tickets", texts(n), TOPIC, ask=n, auto_rounds=False, **settings)
            state["server"] = serve(site.url)
        elif name not in state:
            site.person(name)
        if name not in state:
            opened = window(state["server"].home)
            opened.sign_in(name)
            state[name] = opened
        page = state[name].tab() if tab_of else state[name].page
        page.goto("/p/tickets/label")
        page.locator(ITEM).wait_for()
        return page

    open_desk.state = state  # type: ignore[attr-defined]
    return open_desk


def test_thirty_items_by_keys_alone(desk: Callable[..., Any], site: Site) -> None:
    page = desk()
    done = [answer(page, str(1 + i % 3)) for i in range(30)]
    page.locator(SAVED).wait_for()
    found = events(site)
    assert [event.item_id for event in found] == done
    assert [event.value for event in found] == [TOPIC.classes[i % 3] for i in range(30)]
    assert {event.annotator for event in found} == {"ann"}
    assert all(event.active_ms is not None and event.shown_at is not None for event in found)


def test_undo_skip_flag_and_note_by_keys(desk: Callable[..., Any], site: Site) -> None:
    page = desk()
    first = answer(page, "1")
    page.keyboard.press("u")
    page.wait_for_function("item => document.querySelector('[data-testid=item]')?.dataset.item === item", arg=first)
    assert answer(page, "2") == first
    second = shown(page)
    page.keyboard.press("f")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert answer(page, "3") == second
    third = shown(page)
    page.keyboard.press("Space")
    if page.get_by_role("dialog").count():
        page.keyboard.press("1")
    page.wait_for_function("item => document.querySelector('[data-testid=item]')?.dataset.item !== item", arg=third)
    page.locator(SAVED).wait_for()
    found = events(site)
    assert [(event.action, event.item_id) for event in found] == [
        ("submit", first),
        ("undo", first),
        ("submit", first),
        ("flag", second),
        ("submit", second),
        ("skip", third),
    ]
    assert found[2].value == "loan"


def test_answers_are_painted_at_once(desk: Callable[..., Any]) -> None:
    """Measured in the page over 200 items: from the key to the paint, and to the next item's paint."""
    page = desk(n=230, prefetch=10, max_leases=30)
    for _ in range(210):
        answer(page, "1")
        page.wait_for_timeout(60)
    took = {
        name: page.evaluate(f"performance.getEntriesByName('querist:{name}').map(entry => entry.duration)")
        for name in ("key-to-paint", "next-item")
    }
    p95 = {name: float(np.percentile(values[-200:], 95)) for name, values in took.items()}
    assert len(took["next-item"]) >= 200
    print(f"\np95 of 200 items: {p95}")
    assert p95["key-to-paint"] < KEY_TO_PAINT_MS, p95
    assert p95["next-item"] < NEXT_ITEM_MS, p95


def test_twenty_seconds_without_a_network_lose_nothing(desk: Callable[..., Any], site: Site) -> None:
    page = desk(prefetch=10)
    done = [answer(page) for _ in range(3)]
    page.locator(SAVED).wait_for()
    page.context.set_offline(True)
    began = time.monotonic()
    done += [answer(page, "2") for _ in range(6)]
    page.get_by_text("Offline (6 waiting)").first.wait_for()
    page.wait_for_timeout(max(0.0, 20 - (time.monotonic() - began)) * 1000)
    page.context.set_offline(False)
    page.locator(SAVED).wait_for()
    assert [event.item_id for event in events(site)] == done


def test_answers_given_without_a_network_survive_a_reload(desk: Callable[..., Any], site: Site) -> None:
    page = desk(prefetch=10)
    page.route("**/answers", lambda route: route.abort())
    done = [answer(page) for _ in range(4)]
    assert events(site) == []
    page.unroute("**/answers")
    page.on("dialog", lambda dialog: dialog.accept())  # it warns that answers wait
    page.reload()
    page.locator(SAVED).wait_for()
    page.locator(ITEM).wait_for()
    assert [event.item_id for event in events(site)] == done


def test_a_server_that_answers_slowly_gets_each_answer_once(desk: Callable[..., Any], site: Site) -> None:
    """The first try is taken in and its answer lost: the second must not count again."""
    page = desk()
    lost: list[str] = []

    def lose_the_first(route: Any) -> None:
        if len(lost) < 2:
            lost.append(route.request.post_data)
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/answers", lose_the_first)
    done = [answer(page) for _ in range(5)]
    page.locator(SAVED).wait_for()
    assert len(lost) == 2
    assert [event.item_id for event in events(site)] == done


def test_two_tabs_hold_different_items_and_both_count(desk: Callable[..., Any], site: Site) -> None:
    one = desk()
    two = desk(tab_of=one)
    done = []
    for i in range(8):
        done.append(answer(one if i % 2 else two))
    for page in (one, two):
        page.locator(SAVED).wait_for()
    assert len(set(done)) == 8
    assert sorted(event.item_id for event in events(site)) == sorted(done)


def test_two_people_are_never_given_the_same_item(desk: Callable[..., Any], site: Site) -> None:
    ann, bea = desk("ann"), desk("bea")
    done = [answer(page) for _ in range(5) for page in (ann, bea)]
    for page in (ann, bea):
        page.locator(SAVED).wait_for()
    assert len(set(done)) == 10
    assert {event.annotator for event in events(site)} == {"ann", "bea"}


def leased(site: Site, until: Callable[[int], bool]) -> int:
    """How many slots are in people's hands, once there are as many as wanted."""
    deadline = time.monotonic() + 10
    while True:
        with Workspaces.at(site.url) as opened, opened.database.reading() as conn:
            n = int(conn.exec_driver_sql("SELECT count(*) FROM slot WHERE state = 'leased'").scalar() or 0)
        if until(n) or time.monotonic() > deadline:
            return n
        time.sleep(0.1)


def is_at_rest(page: Any, site: Site) -> None:
    """Wait until the page holds what it wants ahead, and knows: it asks for nothing more, and renews nothing."""
    ahead = QueueSettings().prefetch
    assert leased(site, lambda n: n > ahead) == 1 + ahead
    page.wait_for_timeout(300)


def test_an_answer_to_a_lapsed_lease_is_kept_and_marked(desk: Callable[..., Any], site: Site) -> None:
    page = desk()
    item = shown(page)
    is_at_rest(page, site)
    with Workspaces.at(site.url) as opened, opened.database.transaction() as conn:
        conn.exec_driver_sql("UPDATE slot SET lease_until = 0 WHERE state = 'leased'")
    answer(page)
    page.locator(SAVED).wait_for()
    found = events(site)
    assert [event.item_id for event in found] == [item]
    assert found[0].acquisition["grant"]["late"] is True


def test_the_back_button_goes_to_the_answer_before_and_it_can_be_changed(desk: Callable[..., Any], site: Site) -> None:
    page = desk()
    first, second = answer(page, "1"), answer(page, "1")
    page.locator(SAVED).wait_for()
    page.go_back()
    page.wait_for_function("item => document.querySelector('[data-testid=item]')?.dataset.item === item", arg=second)
    page.go_back()
    page.wait_for_function("item => document.querySelector('[data-testid=item]')?.dataset.item === item", arg=first)
    page.keyboard.press("3")
    page.locator(SAVED).wait_for()
    page.wait_for_function(
        "items => !items.includes(document.querySelector('[data-testid=item]')?.dataset.item)", arg=[first, second]
    )
    found = events(site)
    assert [(event.action, event.item_id, event.value) for event in found] == [
        ("submit", first, "card"),
        ("submit", second, "card"),
        ("revise", first, "login"),
    ]


def test_keys_are_off_while_typing_a_note(desk: Callable[..., Any], site: Site) -> None:
    page = desk()
    item = shown(page)
    page.keyboard.press("n")
    page.keyboard.type("1 2 3 unclear", delay=20)
    assert shown(page) == item
    page.keyboard.press("Escape")
    answer(page, "1")
    page.locator(SAVED).wait_for()
    assert [(event.value, event.note) for event in events(site)] == [("card", "1 2 3 unclear")]


def test_changed_instructions_say_so(desk: Callable[..., Any], site: Site) -> None:
    page = desk(instructions="Read it. **Then** decide.")
    if not page.get_by_text("Then", exact=True).is_visible():
        page.keyboard.press("h")
    page.get_by_text("Then", exact=True).wait_for()
    page.wait_for_timeout(500)
    with Workspaces.at(site.url) as opened:
        projects.set_instructions(opened.open("tickets"), "Decide, <script>document.title = 'run'</script> then read.")
    page.reload()
    page.locator(ITEM).wait_for()
    page.get_by_text("changed", exact=False).first.wait_for()
    assert page.title() != "run"


def test_what_is_left_lapses_soon_after_the_page_closes(desk: Callable[..., Any], site: Site) -> None:
    page = desk()
    answer(page)
    page.locator(SAVED).wait_for()
    is_at_rest(page, site)
    page.close(run_before_unload=True)
    assert leased(site, lambda n: n == 0) == 0
