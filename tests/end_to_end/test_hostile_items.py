"""Items and labels that would run something: nothing runs, nobody else is asked, and what they say is there to read.

Twice over: as the page is served, and without its content policy, which is the second lock and not to be the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.end_to_end.conftest import Desks, Window
from tests.end_to_end.desks import ITEM, SAVED, answer, events, shown

from querist.core.schema import Schema

SCRIPT = "window.hurt = 1; alert(1)"
HOSTILE = {
    "script": f"<script>{SCRIPT}</script>",
    "broken-image": f'<img src=x onerror="{SCRIPT}">',
    "closes-attribute": f'"><img src=x onerror="{SCRIPT}">',
    "svg": f'<svg onload="{SCRIPT}"><script>{SCRIPT}</script></svg>',
    "frame": f'<iframe srcdoc="<script>parent.hurt = 1</script>" onload="{SCRIPT}"></iframe>',
    "link": f"[read on](javascript:{SCRIPT.replace(' ', '%20')})",
    "link-in-capitals": "[read on](JaVaScRiPt:alert(1)) and <javascript:alert(1)>",
    "html-link": f'<a href="javascript:{SCRIPT}">read on</a>',
    "foreign-image": "![read on](https://tracker.invalid/pixel.png) <img src=https://tracker.invalid/pixel.png>",
    "foreign-style": '<link rel=stylesheet href=https://tracker.invalid/a><style>@import "//tracker.invalid"</style>',
    "foreign-form": '<form action=https://tracker.invalid><button autofocus onfocus="alert(1)">read on</button></form>',
    "template": "{{constructor.constructor('alert(1)')()}} ${alert(1)} <%= alert(1) %>",
    "turned-around": "\u202ereversed\u202c <b>bold</b> \u0007\u2028",
}
SHOWN_AS = ("text", "markdown", "json", "chat", "image", "audio")
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{SCRIPT}"><script>{SCRIPT}</script><circle r="9"/></svg>'
LABELS = ("<b>bold</b>", f"<script>{SCRIPT}</script>", f'"><img src=x onerror="{SCRIPT}">')


class Watched:
    """A window of which every request, every dialog and every further window is remembered."""

    def __init__(self, window: Window, home: str) -> None:
        self.window, self.page, self._home = window, window.page, home
        self.requests: list[str] = []
        self.opened: list[str] = []
        window.context.on("request", lambda request: self.requests.append(request.url))
        window.context.on("page", lambda page: self.opened.append(f"window: {page.url}"))
        window.page.on("dialog", self._refuse)

    def check(self) -> None:
        """Nothing ran, nothing opened, and no request left for elsewhere."""
        assert self.page.evaluate("() => window.hurt") is None
        assert self.opened == []
        here = (f"{self._home}/", "data:", "blob:")
        assert [url for url in self.requests if not url.startswith(here)] == []
        assert self.requests, "requests are seen at all"

    def _refuse(self, dialog: Any) -> None:
        self.opened.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(scope="module", params=[("mo", False), ("max", True)], ids=["as-served", "without-the-policy"])
def watched(shared_desks: Desks, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A window of somebody who may see every page, and answers as well."""
    name, bypass_csp = request.param
    shared_desks.site.person(name, "manager")
    window = Window(shared_desks.browser, shared_desks.server.home, bypass_csp=bypass_csp)
    window.sign_in(name)
    watched = Watched(window, shared_desks.server.home)
    yield watched
    window.close()


@pytest.fixture(scope="module")
def project(shared_desks: Desks) -> str:
    """Each hostile text in an item, shown in all the ways there are; with labels of the same kind."""
    rows = []
    for name, text in HOSTILE.items():
        chat = [
            {"role": "user", "content": text},
            {"role": text, "tool_calls": [{"name": text, "arguments": {text: text}}]},
        ]
        rows.append(
            {"id": name, "text": text, "markdown": f"**So:** {text}", "json": {text: [text]}, "chat": chat}
            | {"image": f"{name}.svg" if name == "svg" else text, "audio": text}
        )
    (shared_desks.media / "svg.svg").write_text(SVG, "utf-8")
    shared_desks.project(
        "hostile",
        rows,
        Schema("<i>what</i>", LABELS),
        display={name: name for name in SHOWN_AS},
        instructions="\n\n".join(HOSTILE.values()),
        overlap=5,
    )
    return "hostile"


def test_the_watch_sees_what_it_is_for(shared_desks: Desks, window: Callable[..., Window]) -> None:
    """A page without any of our care: were the checks blind, this would pass for harmless too."""
    opened = window(shared_desks.server.home, bypass_csp=True)
    careless = Watched(opened, shared_desks.server.home)
    opened.page.goto("/sign-in")
    opened.page.evaluate(
        "text => { document.body.innerHTML = text; }", HOSTILE["broken-image"] + HOSTILE["foreign-image"]
    )
    opened.page.wait_for_function("() => window.hurt === 1")
    assert careless.opened == ["dialog: 1"]
    assert any("tracker.invalid" in url for url in careless.requests)
    with pytest.raises(AssertionError):
        careless.check()


def test_hostile_items_labels_and_instructions_are_only_read_at_the_desk(
    desks: Desks, watched: Watched, project: str
) -> None:
    page = desks.open(project, watched.window)
    page.get_by_role("complementary", name="Instructions").get_by_text("window.hurt").first.wait_for()
    options = page.get_by_role("group", name="Options").get_by_role("button")
    assert [option.locator("[dir]").inner_text() for option in options.all()] == list(LABELS)
    seen = set()
    for _ in HOSTILE:
        item = shown(page)
        seen.add(item)
        for way in SHOWN_AS[:4]:
            field = page.locator("section", has=page.get_by_role("heading", name=way, exact=True))
            said = field.inner_text()
            assert legible(HOSTILE[item], said), f"{item} as {way}: {said}"
        for link in page.locator(f"{ITEM} a, main a").all():
            assert link.get_attribute("href").startswith(("http:", "https:", "mailto:")), item
        page.evaluate("() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        for words in page.locator("main").get_by_text("read on").all():
            if words.is_visible():  # a click on the head of a fold closes it over others
                words.click()
        watched.check()
        answer(page, "2")
    assert seen == set(HOSTILE)
    page.locator(SAVED).wait_for()
    page.keyboard.press("y")
    page.get_by_role("dialog").get_by_text("window.hurt").first.wait_for()
    watched.check()
    assert {event.value for event in events(desks.site, project)} == {LABELS[1]}


@pytest.mark.parametrize(
    "path", ["", "/items", "/items/script", "/items/svg", "/rounds", "/rounds/1", "/people", "/exports", "/evidence"]
)
def test_hostile_items_are_only_read_by_those_who_manage(watched: Watched, project: str, path: str) -> None:
    watched.page.goto(f"/p/{project}{path}")
    watched.page.get_by_role("heading", level=1).first.wait_for()
    watched.page.locator("main").get_by_text("Loading").wait_for(state="hidden")
    if "items" in path:
        watched.page.get_by_text("window.hurt").first.wait_for()
    watched.check()


def test_a_drawing_with_a_script_is_saved_and_never_shown(watched: Watched, project: str) -> None:
    with watched.page.expect_download() as got:
        watched.page.evaluate("() => { location.href = '/media/svg.svg'; }")
    assert got.value.suggested_filename == "svg.svg"
    watched.check()


def legible(text: str, said: str) -> bool:
    """Whether the words of a text can be read on the page, whatever Markdown made of its signs."""
    words = [word for word in ("window.hurt", "alert(1)", "read on", "tracker.invalid", "reversed") if word in text]
    return any(word in said for word in words)
