"""Every page is looked over by axe: nothing serious or critical keeps anybody out, on any screen, by day or night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.end_to_end.conftest import DESK, PHONE, Server, Site, Window, texts
from tests.end_to_end.desks import ITEM, answer
from tests.end_to_end.tasks import SCHEMAS, make_all, project_of

axe = Axe()
SCREENS = {"desk": DESK, "phone": PHONE}
# Contrast is looked at as it is in the end: what moves is left out by `reduced_motion`, what fades is waited for.
STILL = """async () => {
  await new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)));
  const ends = (each) => each.effect.getComputedTiming().iterations !== Infinity;
  await Promise.all(document.getAnimations().filter(ends).map((each) => each.finished.catch(() => null)));
}"""

Prepare = Callable[[Any], None]


def heading(page: Any) -> None:
    """Wait until a page of the manager is there, its numbers too."""
    page.get_by_role("heading", level=1).first.wait_for()
    page.get_by_label("Loading").first.wait_for(state="hidden")
    page.wait_for_timeout(50)


def curve(page: Any) -> None:
    """Wait until the curve is drawn."""
    heading(page)
    page.get_by_label("Learning curve.").first.wait_for()


def at_desk(page: Any) -> None:
    """Wait until an item is at the desk."""
    page.locator(ITEM).wait_for()


def lost(page: Any) -> None:
    """Wait until it is said that there is nothing."""
    page.get_by_text("There is no such page").wait_for()


def life(page: Any) -> None:
    """Wait until the life of an item is there, with an answer in it."""
    heading(page)
    page.get_by_text("1 answer").first.wait_for()


WAITS = (heading, life, curve, at_desk, lost)


def pressing(*keys: str) -> Prepare:
    """Press keys on the item at the desk."""

    def prepare(page: Any) -> None:
        at_desk(page)
        for key in keys:
            page.keyboard.press(key)

    return prepare


def panel(key: str) -> Prepare:
    """Open what lies over the desk, by its key."""

    def prepare(page: Any) -> None:
        pressing(key)(page)
        page.get_by_role("dialog").wait_for()

    return prepare


def instructions(page: Any) -> None:
    """Open the instructions, where they are not."""
    at_desk(page)
    text = page.get_by_text("When in doubt, skip.")
    if not text.is_visible():
        page.keyboard.press("h")
        text.wait_for()


def answered(page: Any) -> None:
    """Answer one item, so that there is something to look back at, and look at it."""
    at_desk(page)
    answer(page, "1")
    page.go_back()
    page.get_by_text("You answered this before").wait_for()


def history(page: Any) -> None:
    """Open what was answered, with something in it."""
    answered(page)
    page.keyboard.press("y")
    page.get_by_role("dialog").wait_for()


def step(n: int) -> Prepare:
    """Go to a step of the wizard, from 1."""

    def prepare(page: Any) -> None:
        heading(page)
        if n > 1:
            lines = [f"{row['id'].partition('-')[0]},{row['text']}" for row in texts(60)]
            file = {"name": "tickets.csv", "mimeType": "text/csv", "buffer": "\n".join(["topic,text", *lines]).encode()}
            page.locator("input[type=file]").set_input_files(file)
        for at in range(2, n + 1):
            page.get_by_text(f"Step {at} of 5").wait_for(state="attached")  # said to those who listen, on a phone
            if at < n:
                page.get_by_role("button", name="Continue").click()

    return prepare


def button(name: str) -> Prepare:
    """Press a button that opens a dialog."""

    def prepare(page: Any) -> None:
        heading(page)
        page.get_by_role("button", name=name).first.click()
        page.get_by_role("dialog").wait_for()

    return prepare


def curve_in_numbers(page: Any) -> None:
    """Show the curve as a table."""
    curve(page)
    page.get_by_text("Table", exact=True).click()
    page.get_by_role("table").first.wait_for()


CURVE = f"/p/{project_of('curve')}"
PAGES: dict[str, tuple[str, Prepare]] = {
    "projects": ("/", heading),
    "nowhere": ("/no/such/page", lost),
    **{f"wizard-{n}": ("/new", step(n)) for n in range(1, 6)},
    "overview": (CURVE, curve),
    "overview-table": (CURVE, curve_in_numbers),
    "items": (f"{CURVE}/items", heading),
    "items-found-none": (f"{CURVE}/items?search=nowhere", heading),
    "items-add": (f"{CURVE}/items", button("Add items")),
    "item": (f"{CURVE}/items/{{labeled}}", life),
    "rounds": (f"{CURVE}/rounds", heading),
    "round": (f"{CURVE}/rounds/2", heading),
    "people": (f"{CURVE}/people", heading),
    "people-invite": (f"{CURVE}/people", button("Invite")),
    "evidence": (f"{CURVE}/evidence", heading),
    "exports": (f"{CURVE}/exports", heading),
    "settings": (f"{CURVE}/settings", heading),
    **{
        f"settings-{each}": (f"{CURVE}/settings/{each}", heading)
        for each in ("policy", "queue", "fields", "webhooks", "delete")
    },
    **{f"admin-{each}": (f"/admin/{each}", heading) for each in ("people", "invitations", "keys")},
    **{f"desk-{task}": (f"/p/{project_of(task)}/label", at_desk) for task in SCHEMAS},
    "desk-many-labels": (f"/p/{project_of('many')}/label", at_desk),
    "desk-all-displays": (f"/p/{project_of('view')}/label", at_desk),
    "desk-spans-marked": (f"/p/{project_of('spans')}/label", pressing("ArrowRight", "1", "ArrowRight")),
    "desk-boxes-drawn": (f"/p/{project_of('boxes')}/label", pressing("n")),
    "desk-suggestion": (f"{CURVE}/label", at_desk),
    "desk-looking-back": (f"/p/{project_of('choice')}/label", answered),
    "desk-history": (f"/p/{project_of('choice')}/label", history),
    "desk-instructions": (f"/p/{project_of('choice')}/label", instructions),
    "desk-keys": (f"/p/{project_of('choice')}/label", panel("?")),
    "desk-settings": (f"/p/{project_of('choice')}/label", panel(",")),
    "desk-flag": (f"/p/{project_of('choice')}/label", panel("f")),
}
# The address, and what is to be read there, so that no other page is looked at in its place.
OUTSIDE = {
    "sign-in": ("/sign-in", "Sign in to Querist"),
    "setup": ("/setup?token=none", "Create account"),
    "setup-without-a-token": ("/setup", "This link has no token"),
    "invitation": ("/invite/{invitation}", "Create account"),
    "invitation-of-nobody": ("/invite/none", "This invitation cannot be used"),
}


class Screens:
    """Windows of an admin and of nobody, made wide and narrow, in which axe can be run."""

    def __init__(self, browser: Any, home: str, **words: str) -> None:
        self._browser, self._home, self._words = browser, home, words
        self._windows: dict[bool, Window] = {}
        self._shown: tuple[bool, str] | None = None

    def open(self, screen: str, path: str, prepare: Prepare, *, signed_in: bool = True) -> Any:
        """A page on such a screen, by day: the one that is open is made to fit, unless something was done on it."""
        if signed_in not in self._windows:
            # The policy of the page lets in no script that is not its own: not that of axe either.
            self._windows[signed_in] = Window(self._browser, self._home, bypass_csp=True, reduced_motion="reduce")
            if signed_in:
                self._windows[signed_in].sign_in("mia")
        page = self._windows[signed_in].page
        page.set_viewport_size(SCREENS[screen])
        page.emulate_media(color_scheme="light")
        if self._shown != (signed_in, path) or prepare not in WAITS:
            page.goto(path.format(**self._words))
        prepare(page)
        self._shown = signed_in, path
        return page

    def troubles(self) -> list[str]:
        """What went wrong in any of them since the last time."""
        found = [trouble for window in self._windows.values() for trouble in window.troubles]
        for window in self._windows.values():
            window.troubles.clear()
        return found

    def close(self) -> None:
        """Close them all."""
        for window in self._windows.values():
            window.close()


@pytest.fixture(scope="module")
def screens(chromium: Any, ann_labels: tuple[Site, Server, Path]) -> Iterator[Screens]:
    site, server, media = ann_labels
    labeled, invitation = make_all(site, media)
    opened = Screens(chromium, server.home, labeled=labeled, invitation=quote(invitation))
    yield opened
    opened.close()


def violations(page: Any, *rules: str) -> list[str]:
    """What axe holds to be serious or critical, by all rules or by these: the rule, and where."""
    page.evaluate(STILL)
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = axe.run(page, options={"resultTypes": ["violations"], "elementRef": False, **only}).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:5]
    ]


def by_day_and_night(page: Any, screen: str) -> list[str]:
    """Violations in either scheme of colors; by night of colors alone, as all else is the same page."""
    found = [f"{screen}, light: {violation}" for violation in violations(page)]
    page.emulate_media(color_scheme="dark")
    return found + [
        f"{screen}, dark: {violation}" for violation in violations(page, "color-contrast", "link-in-text-block")
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_nobody_out(screens: Screens, name: str) -> None:
    path, prepare = PAGES[name]
    found = []
    for screen in SCREENS:
        found += by_day_and_night(screens.open(screen, path, prepare), screen)
    assert found == []
    assert screens.troubles() == []


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_page_before_the_door_keeps_nobody_out(screens: Screens, name: str) -> None:
    path, words = OUTSIDE[name]
    found = []
    for screen in SCREENS:
        page = screens.open(screen, path, heading, signed_in=False)
        page.get_by_text(words).wait_for()
        found += by_day_and_night(page, screen)
    assert found == []
    assert screens.troubles() == []


def test_what_keeps_people_out_is_found(screens: Screens) -> None:
    """The page of a project with a picture that says nothing, words too pale, and a field without a name."""
    page = screens.open("desk", "/", heading)
    page.evaluate(
        """() => document.querySelector('main').insertAdjacentHTML(
          'beforeend', '<img src="/icon.svg"><p style="color: #999; background: #aaa">pale</p><input>')"""
    )
    found = {violation.partition(" ")[0] for violation in violations(page)}
    assert {"image-alt", "color-contrast", "label"} <= found


def test_the_dark_is_looked_at_too(screens: Screens) -> None:
    page = screens.open("desk", "/", heading)
    grounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(STILL)
        color = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(int(part) for part in color.strip("rgba()").split(",")[:3]))
    assert grounds[0] > 600 > 200 > grounds[1]
