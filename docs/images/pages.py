"""Make the pictures of the page in the docs: a real server over the demo's digits, photographed in a real Chromium.

Run it from the repository's root: `.venv/bin/python docs/images/pages.py [CHROMIUM]`. It takes about two minutes. Two
people who know the digits label five rounds first, so that there is a curve to show.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
from playwright.sync_api import sync_playwright
from sklearn.datasets import load_digits

from querist import demo
from querist.core.people import OPERATOR
from querist.core.ports import silent
from querist.service import answering, driving, people, promoting, queue
from querist.service.workspaces import Workspaces

HERE = Path(__file__).parent
PASSWORD = "a word of some length"
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
ROUNDS = 5
SHOTS = {
    "page-desk": ("ada", "/p/digits/label", {"width": 1180, "height": 720}),
    "page-overview": ("mia", "/p/digits", {"width": 1180, "height": 980}),
    "page-evidence": ("mia", "/p/digits/evidence", {"width": 1180, "height": 920}),
}


def label(url: str) -> None:
    """Five rounds more than the demo has, rightly, by two people in turn."""
    truth = {f"digit-{i:04d}": str(label) for i, label in enumerate(load_digits().target.tolist())}
    with Workspaces.at(url) as opened:
        token = people.first_link(opened.database)
        assert token is not None
        people.set_up(opened.database, token, "mia", PASSWORD, full_name="Mia Manager")
        for name in ("ada", "bea"):
            people.add_person(opened.database, OPERATOR, name, "annotator", password=PASSWORD)
        work, driver = opened.open("digits"), driving.Driver(opened)
        for i in range(ROUNDS * 20 + 7):
            who = queue.Annotator(("ada", "bea")[i % 2])
            while not (claimed := queue.claim(work, who, 1)).assignments:
                driver.step()
            one = claimed.assignments[0]
            did = answering.Act(
                one.token, "submit", one.item_id, one.slot, one.token, truth[one.item_id], active_ms=2100
            )
            answering.act(work, who, did)
        promoting.decide(work)


def main() -> None:
    """Label, serve, photograph."""
    chromium = sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium"
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        url = f"sqlite:///{demo.leave_project(Path(folder), silent).resolve()}"
        label(url)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        home = f"http://127.0.0.1:{port}"
        server = subprocess.Popen(
            [sys.executable, "-m", "querist", "serve", "--url", url, "--port", str(port)], stderr=subprocess.DEVNULL
        )
        try:
            for _ in range(300):
                try:
                    httpx2.get(f"{home}/api/health")
                    break
                except httpx2.HTTPError:
                    time.sleep(0.1)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
                for name, (who, path, size) in SHOTS.items():
                    page = browser.new_context(viewport=size, base_url=home).new_page()
                    page.goto("/sign-in")
                    page.get_by_label("Name", exact=True).fill(who)
                    page.locator("input[type=password]").fill(PASSWORD)
                    page.keyboard.press("Enter")
                    page.wait_for_url(lambda url: "sign-in" not in url)
                    page.goto(path)
                    page.wait_for_timeout(3000)
                    page.screenshot(path=HERE / f"{name}.png")
                browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
