"""A thousand labels: one is found by typing and taken by keys, among them all, at once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.end_to_end.conftest import DESK, PHONE, Desks, texts
from tests.end_to_end.desks import SAVED, answer, events, submit

from querist.core.schema import Schema

COLORS = ("amber", "blue", "coral", "dusty rosé", "emerald", "fuchsia", "green", "hazel", "indigo", "jade")
SHAPES = ("arch", "bow", "cone", "disc", "edge", "fan", "globe", "helix", "icosahedron", "joint")
LABELS = tuple(f"{color}_{shape} {n}" for color in COLORS for shape in SHAPES for n in range(10))
# A tenth of a second from the last letter is what still feels like the search's own doing; the rest is what it takes
# this test to ask the page, over and over, whether it is there.
FOUND_WITHIN_S = 0.1 + 0.4
LIST = "#labels-found"


def find(page: Any, asked: str, label: str) -> float:
    """Type a search by hand, and wait until a label is first in the list; seconds from the last letter."""
    page.keyboard.type(asked, delay=15)
    began = time.monotonic()
    page.locator(f"{LIST} button").first.filter(has_text=label).wait_for()
    return time.monotonic() - began


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_one_of_a_thousand_labels_is_typed_and_submitted(
    desks: Desks, viewport: dict[str, int], request: pytest.FixtureRequest
) -> None:
    project = f"thousand-{request.node.callspec.id}"
    desks.project(project, texts(4), Schema("thing", LABELS))
    desks.window.page.set_viewport_size(viewport)
    page = desks.open(project)
    assert page.locator(f"{LIST} button").count() < 60, "only what can be seen is in the page"
    assert page.get_by_placeholder("Search 1000 labels").is_visible()

    page.keyboard.press("/")
    took = [find(page, "rose icosa 7", "dusty rosé_icosahedron 7")]
    assert page.locator(f"{LIST} button").count() == 1
    answer(page, "Enter")

    took.append(find(page, "hazel globe", "hazel_globe 0"))  # the search is ready for the next one
    assert page.locator(f"{LIST} button").count() == 10
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    answer(page, "Enter")

    page.keyboard.press("Escape")
    answer(page, "1")  # the first of those used of late

    page.keyboard.press("/")
    page.keyboard.type("no such label")
    page.get_by_text("No label is like “no such label”.").wait_for()
    page.keyboard.press("Enter")
    page.locator(SAVED).wait_for()
    values = [event.value for event in events(desks.site, project)]
    assert values == ["dusty rosé_icosahedron 7", "hazel_globe 3", "dusty rosé_icosahedron 7"]
    print(f"\nfound among 1,000 in {[round(1000 * each) for each in took]} ms")
    assert max(took) < FOUND_WITHIN_S


def test_several_of_a_thousand_labels_hold_together(desks: Desks) -> None:
    desks.project("thousand-together", texts(2), Schema("things", LABELS, task="labels"))
    page = desks.open("thousand-together")
    page.keyboard.press("/")
    for asked, label in (("jade joint 9", "jade_joint 9"), ("amber arch 0", "amber_arch 0")):
        find(page, asked, label)
        page.keyboard.press("Enter")
    submit(page)
    (event,) = events(desks.site, "thousand-together")
    assert event.value == ["amber_arch 0", "jade_joint 9"], "in the order of the schema"


def test_the_last_of_a_thousand_labels_is_reached_by_scrolling(desks: Desks) -> None:
    desks.project("thousand-scrolled", texts(1), Schema("thing", LABELS))
    page = desks.open("thousand-scrolled")
    page.locator(LIST).evaluate("list => list.scrollTo(0, list.scrollHeight)")
    page.get_by_role("button", name=LABELS[-1], exact=True).click()
    page.locator(SAVED).wait_for()
    page.wait_for_function("() => document.querySelector('[data-testid=item]') === null")
    assert [event.value for event in events(desks.site, "thousand-scrolled")] == [LABELS[-1]]
