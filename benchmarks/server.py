"""The server at a million items: what fifty people at work wait for, and how long a look takes.

Run with `make bench-server`. The items are synthetic. A project with one round about as many of them as wanted, some of
which are answered, is made by way of the store; `querist serve` runs in a process of its own, without a worker; the
people are threads of this process, who claim, think for a while, and answer. Times are those of whole requests,
measured here. PostgreSQL is started for the run, with its durable settings, and given time to put the import away;
with `--databases sqlite` it is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import sqlalchemy as sa

from benchmarks import postgres
from benchmarks.annotators import Annotators
from querist.core.people import OPERATOR
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.core.state import Batch, Query
from querist.service import people, projects
from querist.service.workspaces import Workspaces
from querist.store import answers, imports, items, rounds, slots
from querist.store import projects as stored_projects
from querist.store.sql import chunks

PASSWORD = "a word of some length"
LIMITS_MS = {
    "sqlite": {"claim": 20.0, "submit": 30.0},
    "postgresql": {"claim": 50.0, "submit": 60.0},
}
LOOK_MS = 200.0
TEAM = "-c shared_buffers=1GB"  # a fourth of the memory of a small machine, as docs/how-to/postgresql.md says
LOOKS = {
    "projects": "/api/projects",
    "progress": "/api/projects/bench/progress",
    "curve": "/api/projects/bench/curve",
    "people": "/api/projects/bench/people",
    "rounds": "/api/projects/bench/rounds",
    "items": "/api/projects/bench/items?limit=50",
    "items, labeled": "/api/projects/bench/items?limit=50&state=labeled",
    "items, pending": "/api/projects/bench/items?limit=50&state=pending",
    "items, unlabeled": "/api/projects/bench/items?limit=50&state=unlabeled",
    "items, searched": "/api/projects/bench/items?limit=50&search=nonesuch",
    "items, of a person": "/api/projects/bench/items?limit=50&annotator=p00",
    "one item": "/api/projects/bench/items/i0000001",
    "history": "/api/projects/bench/history",
    "pace": "/api/projects/bench/pace",
}


def make(url: str, n_items: int, n_asked: int, names: list[str], overlap: int, n_answered: int = 0) -> None:
    """A project of so many items, with one round about the first of them, of which so many are answered."""
    with Workspaces.at(url) as opened:
        token = people.first_link(opened.database)
        assert token is not None
        people.set_up(opened.database, token, "mia", PASSWORD)
        for name in names:
            people.add_person(opened.database, OPERATOR, name, "annotator", password=PASSWORD)
        work = opened.create("bench", schema=Schema("side", ("left", "right")), policy=Policy())
        projects.set_queue(work, {"overlap": overlap, "auto_rounds": False})
        kinds = {"kinds": {"text": "text"}, "fixed": True}
        with opened.database.transaction() as conn, imports.first(conn):
            settings = {**work.settings(conn), **kinds}
            items_of_bench = (items.pack({"text": f"text {i} of many"}, id=f"i{i:07d}") for i in range(n_items))
            items.insert(conn, work.project_id, items_of_bench)
            stored_projects.update_settings(conn, work.project_id, settings)
        with opened.database.transaction() as conn:
            seqs = [key.seq for chunk in items.keys(conn, work.project_id) for key in chunk][:n_asked]
            utilities = np.sort(np.random.default_rng(0).random(n_asked))[::-1].tolist()
            queries = tuple(
                Query(i, 1, i, utilities[i], 1.0, "margin", "strategy", "it is unsure", 0.0) for i in range(n_asked)
            )
            rounds.open_round(
                conn,
                work.project_id,
                batch=Batch(1, queries, "margin", Policy().digest, n_items),
                seqs=seqs,
                policy=Policy(),
                purpose="strategy",
                wants=slots.Wants(overlap),
            )
        for some in chunks(seqs[:n_answered]):
            drafts = [
                answers.AnswerDraft(seq, "left", "earlier", idempotency_key=f"earlier-{seq}", client="bench")
                for seq in some
            ]
            with opened.database.transaction() as conn:
                answers.append(conn, work.project_id, drafts)


def settle(url: str) -> None:
    """What PostgreSQL does by itself in the minutes after so large an import, while each answer waits for the disk."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql("VACUUM ANALYZE")
        conn.exec_driver_sql("CHECKPOINT")
    engine.dispose()


@contextmanager
def served(url: str) -> Iterator[str]:
    """The server, in a process of its own; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "querist", "serve", "--url", url, "--port", str(port), "--no-worker"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "QUERIST_LOG_LEVEL": "warning"},
    )
    home = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx2.get(f"{home}/api/health", timeout=1)
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield home
    finally:
        process.terminate()
        process.wait(30)


def looks(home: str, n: int = 15) -> dict[str, float]:
    """The 95th percentile of each look, in milliseconds."""
    took: dict[str, float] = {}
    with httpx2.Client(base_url=home, timeout=60) as client:
        answer = client.post("/api/session", json={"name": "mia", "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        for name, path in LOOKS.items():
            each = []
            for _ in range(n):
                began = time.perf_counter()
                answer = client.get(path)
                each.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, f"{path}: {answer.text}"
            took[name] = float(np.percentile(each, 95))
    return took


def measure(database: str, url: str, wanted: argparse.Namespace) -> dict[str, Any]:
    """All figures of one database."""
    names = [f"p{i:02d}" for i in range(wanted.people)]
    began = time.perf_counter()
    make(url, wanted.items, wanted.asked, names, wanted.overlap, wanted.answered)
    if database == "postgresql":
        settle(url)
    print(f"{database}: {wanted.items:,} items made in {time.perf_counter() - began:.0f} s", flush=True)
    with served(url) as home:
        at_work = Annotators(home, "bench", names, PASSWORD, think_s=wanted.think, value="left")
        at_work.start()
        while len(at_work.acknowledged) < wanted.people:
            time.sleep(0.1)  # signing in takes a while, since hashing a password is meant to
        at_work.claim_ms.clear()
        at_work.submit_ms.clear()
        n_before, began = len(at_work.acknowledged), time.perf_counter()
        time.sleep(wanted.seconds)
        rate = (len(at_work.acknowledged) - n_before) / (time.perf_counter() - began)
        claim, submit = list(at_work.claim_ms), list(at_work.submit_ms)
        looked = looks(home)
        at_work.stop()
        assert not at_work.refused, at_work.refused[:3]
    percentiles = {
        name: {str(q): float(np.percentile(values, q)) for q in (50, 95, 99)}
        for name, values in (("claim", claim), ("submit", submit))
    }
    return {"database": database, "answers_per_s": rate, "n": len(submit), "looks": looked, **percentiles}


def main() -> int:
    """Print the figures; exit 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=1_000_000, help="items that the round asks about")
    parser.add_argument("--answered", type=int, default=100_000, help="of these, answered before")
    parser.add_argument("--overlap", type=int, default=1)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--think", type=float, default=2.0, help="seconds that a person thinks, on average")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    found, broken = [], []
    for database in wanted.databases.split(","):
        with ExitStack() as stack:
            if database == "sqlite":
                url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/bench.db"
            else:
                binaries = postgres.binaries_found()
                if binaries is None:
                    print("postgresql: not found, left out", flush=True)
                    continue
                url = stack.enter_context(postgres.server(binaries, options=TEAM, folder="/tmp")).url
            one = measure(database, url, wanted)
        found.append(one)
        print(f"{database}: {one['answers_per_s']:.1f} answers a second of {wanted.people} people")
        for act in ("claim", "submit"):
            limit, took = LIMITS_MS[database][act], one[act]
            print(f"  {act:<20} p50 {took['50']:7.1f}  p95 {took['95']:7.1f} ms  (limit {limit:.0f})")
            broken += [f"{database} {act}"] if took["95"] > limit else []
        for name, took in one["looks"].items():
            print(f"  {name:<20} {'':>12} p95 {took:7.1f} ms  (limit {LOOK_MS:.0f})")
            broken += [f"{database} {name}"] if took > LOOK_MS else []
    if wanted.json:
        wanted.json.write_text(json.dumps({"settings": vars(wanted) | {"json": None}, "found": found}, indent=1) + "\n")
    if broken:
        print("Over the limit: " + ", ".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
