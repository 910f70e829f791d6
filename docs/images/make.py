"""Make the README's picture: the report of a real study, photographed by a headless Chromium.

Run it from the repository's root: `.venv/bin/python docs/images/make.py [CHROMIUM]`. It takes about a minute.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from sklearn.datasets import load_digits

from querist.simulation import simulate, write_page

WIDTH, HEIGHT = 1180, 1010  # down to the end of the first chart

chromium = sys.argv[1] if len(sys.argv) > 1 else "chromium"
picture = Path(__file__).with_name("report.png")
digits = load_digits()
study = simulate(
    digits.data,
    digits.target,
    strategies=["random", "margin", "vote_entropy", "default"],
    seeds=10,
    budget=300,
    batch_size=20,
    metric="accuracy",
    name="handwritten digits",
)
with tempfile.TemporaryDirectory() as folder:
    page = write_page([study], Path(folder, "report.html"), title="What active learning saves on handwritten digits")
    subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-background-networking",
            f"--window-size={WIDTH},{HEIGHT}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
print(f"{picture}: {picture.stat().st_size // 1000} kB")
