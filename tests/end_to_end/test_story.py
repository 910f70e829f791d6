"""From an empty folder to an export in a browser alone: two people label, and the model chooses the second round."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import PASSWORD, Server, Window, texts


def write_csv(path: Path, n: int = 240) -> Path:
    """Tickets with their kinds."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "topic"])
        writer.writerows((row["text"], row["id"].partition("-")[0]) for row in texts(n))
    return path


def label(page: Any, n: int) -> None:
    """Answer so many items by the digits, rightly."""
    body = page.locator("[data-testid=item]")
    for _ in range(n):
        body.wait_for()
        text = body.inner_text()
        kind = next(kind for kind, words in KINDS.items() if any(word in text.split() for word in words))
        item = body.get_attribute("data-item")
        page.keyboard.press(str(1 + ORDER.index(kind)))
        page.wait_for_function("item => document.querySelector('[data-testid=item]')?.dataset.item !== item", arg=item)
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()


ORDER = ["card", "loan", "login"]
KINDS = {
    "card": ["card", "pin", "chip", "blocked", "arrived", "plastic"],
    "loan": ["loan", "interest", "rate", "mortgage", "credit", "monthly"],
    "login": ["password", "login", "email", "reset", "account", "locked"],
}


def to_learn(page: Any) -> list[dict[str, Any]]:
    """The rounds that ask in order to learn, oldest first."""
    shown = page.evaluate("fetch('/api/projects/tickets/rounds').then(answer => answer.json())")["rounds"]
    return sorted((each for each in shown if each["purpose"] != "evaluation"), key=lambda each: each["number"])


def test_from_an_empty_folder_to_an_export(
    serve: Callable[..., Server], window: Callable[..., Window], tmp_path: Path
) -> None:
    server = serve(f"sqlite:///{tmp_path / 'new.db'}")
    assert server.link is not None
    mia = window(server.home)
    page = mia.page
    page.goto(server.link)
    page.get_by_label("Name", exact=True).fill("mia")
    passwords = page.locator("input[type=password]")
    passwords.nth(0).fill(PASSWORD)
    passwords.nth(1).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()

    page.get_by_text("New project").first.click()
    page.locator("input[type=file]").set_input_files(write_csv(tmp_path / "tickets.csv"))
    for _ in range(3):
        page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Create the project").click()
    page.get_by_text("Open the first round").wait_for()
    page.get_by_role("link", name=re.compile("label", re.IGNORECASE)).first.wait_for(timeout=60_000)

    page.goto("/p/tickets/people")
    page.get_by_role("button", name=re.compile("Invite")).first.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Invite|Make|Create")).last.click()
    invitation = page.get_by_role("dialog").locator("code").inner_text()

    bea = window(server.home)
    bea.page.goto(invitation)
    bea.page.get_by_label("Name", exact=True).fill("bea")
    passwords = bea.page.locator("input[type=password]")
    passwords.nth(0).fill(PASSWORD)
    passwords.nth(1).fill(PASSWORD)
    bea.page.get_by_role("button", name=re.compile("Create account|Join|Accept")).click()
    bea.page.wait_for_url(lambda url: "invite" not in url)

    page.goto("/p/tickets/label")
    label(page, 10)
    page.goto("/p/tickets/rounds")  # what lay ready on her desk goes back
    bea.page.goto("/p/tickets/label")
    label(bea.page, 9)
    while to_learn(page)[0]["n_answered"] < 20:
        label(bea.page, 1)  # among them are test items, which the model is measured on
    deadline = time.monotonic() + 90
    while len(to_learn(page)) < 2 and time.monotonic() < deadline:
        time.sleep(0.3)
    rounds = to_learn(page)
    first, second = rounds
    assert (first["model"], first["n_answered"]) == (None, 20)
    assert (second["model"], second["held_back"]) == (1, None), "the model chose it"
    page.goto(f"/p/tickets/rounds/{second['number']}")
    page.get_by_text("uncertainty_herding").or_(page.get_by_text("weighted_variance_reduction")).first.wait_for()

    page.goto("/p/tickets/exports")
    with page.expect_download() as got:
        page.locator("main a[download]").first.click()
    rows = list(csv.DictReader(io.StringIO(Path(got.value.path()).read_text("utf-8-sig"))))
    assert len(rows) >= 20
    assert {row["annotator"] for row in rows} == {"mia", "bea"}
    assert all(row["topic"] in ORDER for row in rows)
