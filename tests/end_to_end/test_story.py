"""From an empty folder to an export in a browser alone: two people label, and the model chooses the second round."""

from __future__ import annotations

import csv
import gzip
import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.end_to_end.conftest import PASSWORD, Server, Window, texts

from benchmarks.labels.data import FOLDER

BANKING77 = FOLDER / "banking77" / "train.csv.gz"
N_KINDS = 60


@dataclass(frozen=True)
class Story:
    """A file to begin with, and what is right of each of its texts."""

    file: Path
    column: str
    truth: dict[str, str]

    @property
    def project(self) -> str:
        """The name that the page makes of the file's."""
        return self.file.name.partition(".")[0]

    @property
    def labels(self) -> list[str]:
        """The labels in their order on the page."""
        return sorted(set(self.truth.values()))

    def answer(self, page: Any, text: str) -> None:
        """Answer rightly by keys: by a digit, or by the search where there are many labels."""
        label = self.truth[" ".join(text.split())]
        if len(self.labels) < 10:
            page.keyboard.press(str(1 + self.labels.index(label)))
            return
        found = page.locator("#labels-found button")
        page.keyboard.press("/")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(label.replace("_", " "))
        found.first.filter(has_text=label).wait_for()
        shown = [each.split()[-1] for each in found.all_inner_texts()]
        for _ in range(shown.index(label)):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")


def told(path: Path, column: str, rows: list[tuple[str, str]]) -> Story:
    """A story of these texts and labels, written to a file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", column])
        writer.writerows(rows)
    return Story(path, column, {" ".join(text.split()): label for text, label in rows})


def few(folder: Path) -> Story:
    """Tickets of three kinds."""
    return told(folder / "tickets.csv", "topic", [(row["text"], row["id"].partition("-")[0]) for row in texts(240)])


def many(folder: Path) -> Story:
    """Synthetic tickets of many kinds, told apart by their words."""
    rng = np.random.default_rng(7)
    fillers = ["please", "help", "today", "why", "again"]
    rows = []
    for i in range(N_KINDS * 12):
        kind = i % N_KINDS
        said = rng.choice([f"thing{kind}", f"part{kind}", f"act{kind}"], 3)
        rows.append((f"Ticket {i}: {' '.join([*said, *rng.choice(fillers, 2)])}", f"kind_{kind:02d}"))
    return told(folder / "requests.csv", "intent", rows)


def real(folder: Path) -> Story:
    """What people asked their bank, of 77 kinds: data that is no part of the project."""
    with gzip.open(BANKING77, "rt", encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    return Story(BANKING77, "category", {" ".join(text.split()): label for text, label in rows})


def label(page: Any, story: Story, n: int) -> None:
    """Answer so many items by keys, rightly."""
    body = page.locator("[data-testid=item]")
    for _ in range(n):
        body.wait_for()
        item = body.get_attribute("data-item")
        story.answer(page, body.inner_text())
        page.wait_for_function("item => document.querySelector('[data-testid=item]')?.dataset.item !== item", arg=item)
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()


def to_learn(page: Any, project: str) -> list[dict[str, Any]]:
    """The rounds that ask in order to learn, oldest first."""
    address = f"/api/projects/{project}/rounds"
    shown = page.evaluate("address => fetch(address).then(answer => answer.json())", address)["rounds"]
    return sorted((each for each in shown if each["purpose"] != "evaluation"), key=lambda each: each["number"])


@pytest.mark.parametrize("begin", [few, many, *([real] if BANKING77.exists() else [])])
def test_from_an_empty_folder_to_an_export(
    begin: Callable[[Path], Story], serve: Callable[..., Server], window: Callable[..., Window], tmp_path: Path
) -> None:
    story = begin(tmp_path)
    home = f"/p/{story.project}"
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
    page.locator("input[type=file]").set_input_files(story.file)
    for _ in range(3):
        page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Create the project").click()
    page.get_by_text("Open the first round").wait_for()
    page.get_by_role("link", name=re.compile("label", re.IGNORECASE)).first.wait_for(timeout=60_000)

    page.goto(f"{home}/people")
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

    page.goto(f"{home}/label")
    label(page, story, 10)
    page.goto(f"{home}/rounds")  # what lay ready on her desk goes back
    bea.page.goto(f"{home}/label")
    label(bea.page, story, 9)
    while to_learn(page, story.project)[0]["n_answered"] < 20:
        label(bea.page, story, 1)  # among them are test items, which the model is measured on
    deadline = time.monotonic() + 90
    while len(to_learn(page, story.project)) < 2 and time.monotonic() < deadline:
        time.sleep(0.3)
    rounds = to_learn(page, story.project)
    first, second = rounds
    assert (first["model"], first["n_answered"]) == (None, 20)
    assert (second["model"], second["held_back"]) == (1, None), "the model chose it"
    page.goto(f"{home}/rounds/{second['number']}")
    page.get_by_text("uncertainty_herding").or_(page.get_by_text("weighted_variance_reduction")).first.wait_for()

    page.goto(f"{home}/exports")
    with page.expect_download() as got:
        page.locator("main a[download]").first.click()
    rows = list(csv.DictReader(io.StringIO(Path(got.value.path()).read_text("utf-8-sig"))))
    assert len(rows) >= 20
    assert {row["annotator"] for row in rows} == {"mia", "bea"}
    assert all(row[story.column] == story.truth[" ".join(row["text"].split())] for row in rows)
