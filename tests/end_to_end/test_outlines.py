"""Outlines on a picture in a real browser: drawn, mended and sent by keys alone, or by clicks without a drag."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.end_to_end.conftest import Server, Site, Window

from querist.core.schema import Schema
from querist.service.workspaces import Workspaces
from querist.store import answers

WIDTH, HEIGHT = 320, 240
SAID = "[data-testid=shape-said]"
SAVED = "[data-testid=save-state][data-state=saved]"


def picture(shade: int) -> str:
    """A gray PNG within the value itself."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0))
    rows = zlib.compress((b"\0" + bytes([shade]) * WIDTH) * HEIGHT)
    png = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(png).decode()


@pytest.fixture
def page(site: Site, serve: Callable[..., Server], window: Callable[..., Window]) -> Any:
    """The desk of a project that asks for outlines."""
    site.person("ann")
    rows = [{"id": f"scan-{i}", "scan": picture(90 + 40 * i)} for i in range(4)]
    site.project("scans", rows, Schema("where", ("cat", "dog"), "polygons"), ask=4, auto_rounds=False)
    opened = window(serve(site.url).home)
    opened.sign_in("ann")
    opened.page.goto("/p/scans/label")
    opened.page.locator("[data-testid=drawing] img").wait_for()
    return opened.page


def press(page: Any, *keys: str) -> str:
    """Press keys, one after the other; what is said then."""
    for key in keys:
        page.keyboard.press(key)
    found: str = page.locator(SAID).inner_text()
    return found


def stored(page: Any, site: Site) -> Any:
    """Submit by keyboard; the answer as the server has it."""
    page.keyboard.press("Control+Enter")
    page.locator("nav li").first.wait_for()
    page.locator(SAVED).wait_for()
    with Workspaces.at(site.url) as opened, opened.database.reading() as conn:
        return next(iter(answers.events(conn, opened.open("scans").project_id))).value


def test_an_outline_is_drawn_and_mended_by_keys_alone(page: Any, site: Site) -> None:
    page.locator("[data-testid=submit]").and_(page.locator(":enabled")).wait_for()
    assert press(page, "n") == "Pen 160 from the left, 120 from the top; 0 points set"
    press(page, "a", *["Shift+ArrowRight"] * 4, "a", *["Shift+ArrowDown"] * 3, "a", *["Shift+ArrowLeft"] * 4, "a")
    assert press(page, "Enter").startswith("cat, outline of 4 points 1 of 1: 40 by 30 pixels")
    page.keyboard.press("Tab")  # from the item to the shape on it, and to its points
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Point 1 of 4: 160 from")
    assert press(page, "Tab", "ArrowRight", "Shift+ArrowUp") == "Point 2 of 4: 201 from the left, 110 from the top"
    assert press(page, "a") == "Point 3 of 5: 201 from the left, 130 from the top"
    assert press(page, "e", "d") == "Point 4 of 4: 160 from the left, 150 from the top"
    assert press(page, "Escape").startswith("cat, outline of 4 points")
    assert press(page, "2").startswith("dog, outline of 4 points")
    assert stored(page, site) == [{"points": [[160, 120], [201, 110], [201, 130], [160, 150]], "label": "dog"}]


def test_an_outline_is_drawn_and_mended_by_single_clicks(page: Any, site: Site) -> None:
    frame = page.locator("[data-testid=drawing] img").bounding_box()
    scale = frame["width"] / WIDTH

    def click(x: int, y: int) -> None:
        page.mouse.click(frame["x"] + x * scale, frame["y"] + y * scale)

    for x, y in ((40, 40), (120, 40), (120, 100)):
        click(x, y)
    page.get_by_role("button", name="Close", exact=True).click()
    click(120, 100)
    click(150, 130)
    page.get_by_role("button", name="Move the point down").click()
    assert page.locator(SAID).inner_text() == "Point 3 of 3: 150 from the left, 131 from the top"
    assert stored(page, site) == [{"points": [[40, 40], [120, 40], [150, 131]], "label": "cat"}]
