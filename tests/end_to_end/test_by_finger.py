"""The desk on a phone in a real browser: taps mark words, and two fingers zoom a picture without drawing on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.end_to_end.conftest import PHONE, Server, Site, Window
from tests.end_to_end.test_outlines import SAVED, picture

from querist.core.schema import Schema
from querist.service.workspaces import Workspaces
from querist.store import answers

WORD = """word => {
    const walk = document.createTreeWalker(document.querySelector("[data-testid=span-text]"), NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const at = node.data.indexOf(word);
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        const { x, y, width, height } = range.getBoundingClientRect();
        return [x + width / 2, y + height / 2];
    }
}"""


@pytest.fixture
def phone(site: Site, serve: Callable[..., Server], window: Callable[..., Window]) -> Callable[..., Any]:
    """Opens the desk of a project on a phone: `phone(name)`."""

    def open_desk(name: str) -> Any:
        site.person("ann")
        opened = window(serve(site.url).home, viewport=PHONE, has_touch=True, is_mobile=True)
        opened.sign_in("ann")
        opened.page.goto(f"/p/{name}/label")
        opened.page.locator("[data-testid=item][data-settled]").wait_for()
        return opened.page

    return open_desk


def test_words_are_marked_by_taps(site: Site, phone: Callable[..., Any]) -> None:
    rows = [{"id": f"letter-{i}", "text": f"Letter {i} from Ada Lovelace, who wrote to Turin."} for i in range(4)]
    site.project("letters", rows, Schema("names", ("person", "place"), "spans"), ask=4, auto_rounds=False)
    page = phone("letters")
    for word in ("Ada", "Lovelace"):
        page.touchscreen.tap(*page.evaluate(WORD, word))
    page.get_by_text("Selected: Ada Lovelace").wait_for()
    page.get_by_role("button", name="person", exact=True).tap()
    page.get_by_test_id("submit").tap()
    page.locator(SAVED).wait_for()
    with Workspaces.at(site.url) as opened, opened.database.reading() as conn:
        (event,) = answers.events(conn, opened.open("letters").project_id)
    assert event.value == [{"start": 14, "end": 26, "label": "person"}]


def test_two_fingers_zoom_a_picture_and_draw_nothing(site: Site, phone: Callable[..., Any]) -> None:
    rows = [{"id": f"scan-{i}", "scan": picture(90 + 40 * i)} for i in range(4)]
    site.project("scans", rows, Schema("where", ("cat", "dog"), "polygons"), ask=4, auto_rounds=False)
    page = phone("scans")
    zoom = page.get_by_role("button", name="Fit the whole picture")
    before = int(zoom.inner_text().rstrip("%"))
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *points: tuple[int, int]) -> None:
        placed = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": placed})

    fingers("touchStart", (150, 180))
    fingers("touchStart", (150, 180), (210, 180))
    for apart in (10, 20, 30):
        fingers("touchMove", (150 - apart, 180), (210 + apart, 180))
    fingers("touchEnd")
    assert int(zoom.inner_text().rstrip("%")) == pytest.approx(2 * before, abs=2)
    assert page.get_by_test_id("shape-said").inner_text() == ""
    page.touchscreen.tap(180, 180)
    page.get_by_text("1 point", exact=True).wait_for()
