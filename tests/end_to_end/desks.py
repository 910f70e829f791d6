"""What tests of the annotator's page do and read, whatever is asked on it."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.conftest import Site

from querist.service.workspaces import Workspaces
from querist.store import answers, audit

ITEM = "[data-testid=item]"
# Another item that keys answer already, or none at all; not one that is on its way.
NEXT = """before => {
  const item = document.querySelector('[data-testid=item]');
  return item ? item.dataset.item !== before : !document.querySelector('#item');
}"""
SAVED = "[data-testid=save-state][data-state=saved]"


def events(site: Site, project: str = "tickets") -> list[Any]:
    """Everything that was recorded, in order; and that all of it agrees with itself."""
    with Workspaces.at(site.url) as opened:
        work = opened.open(project)
        with opened.database.reading() as conn:
            assert audit.verify(conn, work.project_id) == []
            return list(answers.events(conn, work.project_id))


def shown(page: Any) -> str:
    """The id of the item on the screen."""
    found: str = page.locator(ITEM).get_attribute("data-item")
    return found


def answer(page: Any, key: str = "1") -> str:
    """Press a key and wait for the next item; the id of the one that was answered."""
    before = shown(page)
    page.keyboard.press(key)
    page.wait_for_function(NEXT, arg=before)
    return before


def submit(page: Any) -> str:
    """Submit what is marked, chosen or drawn, by keys, and wait until it is saved; the id of the item."""
    done = answer(page, "Control+Enter")
    page.locator(SAVED).wait_for()
    return done
