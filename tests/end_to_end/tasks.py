"""A project for every kind of question, each with something to show on every page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tests.end_to_end.conftest import PASSWORD, Site, texts
from tests.end_to_end.media import png, wav

from querist.core.schema import TASKS, Schema
from querist.project import Project
from querist.service import hooks, people
from querist.service.workspaces import Workspaces

N_ITEMS = 30  # several windows hold some of them at the same time
INSTRUCTIONS = """# What to do

Read it, **then** decide; see [the guide](https://example.org/guide).

1. First `this`.
2. Then that.

| kind | example |
|---|---|
| card | a PIN |

> When in doubt, skip.
"""
CHAT = [
    {"role": "user", "content": "What is **open** today?"},
    {"role": "assistant", "content": "", "tool_calls": [{"name": "search", "arguments": {"day": "today"}}]},
    {"role": "tool", "content": {"open": ["library", "pool"]}},
    {"role": "assistant", "content": "The library and the pool."},
]
SCHEMAS = {
    "choice": Schema("topic", ("card", "loan", "login")),
    "labels": Schema("topics", ("card", "loan", "login"), task="labels"),
    "spans": Schema("names", ("name", "place"), task="spans"),
    "boxes": Schema("things", ("cup", "spoon"), task="boxes"),
    "number": Schema("price", task="number"),
    "pair": Schema("better", task="pair", sides=("left", "right")),
    "rating": Schema("stars", task="rating", low=1, high=5),
    "ranking": Schema("order", ("first", "second", "third"), task="ranking"),
    "text": Schema("plainer", task="text", sides=("text",)),
    "polygons": Schema("outlines", ("cup", "spoon"), task="polygons"),
    "review": Schema("verdict", ("good", "bad"), task="review", sides=("chat",)),
}
assert set(SCHEMAS) == set(TASKS)
MANY = Schema("thing", tuple(f"label {i}" for i in range(1000)))
SETTINGS: dict[str, Any] = {"auto_rounds": False, "prefetch": 0}


def project_of(task: str) -> str:
    """The name of the project that asks this."""
    return f"every-{task}"


def make_all(site: Site, media: Path) -> tuple[str, str]:
    """A project for every task, one with a curve, and what else is listed; the id of a labeled item, an invitation."""
    (media / "cup.png").write_bytes(png(np.tile(np.arange(120, dtype=np.uint8)[:, None, None], (1, 160, 3))))
    (media / "tone.wav").write_bytes(wav(1.0))
    for task, schema in SCHEMAS.items():
        site.project(
            project_of(task),
            [item(task, i) for i in range(N_ITEMS)],
            schema,
            ask=N_ITEMS,
            instructions=INSTRUCTIONS,
            **SETTINGS,
        )
    site.project(project_of("many"), texts(N_ITEMS), MANY, ask=N_ITEMS, **SETTINGS)
    shown = {"text": "text", "notes": "markdown", "data": "json", "chat": "chat", "photo": "image", "call": "audio"}
    rows = [{**row, "notes": INSTRUCTIONS, "data": {"a": [1, None, True]}, "chat": CHAT} for row in texts(N_ITEMS)]
    rows = [{**row, "photo": "cup.png", "call": "tone.wav"} for row in rows]
    site.project(project_of("view"), rows, SCHEMAS["choice"], ask=N_ITEMS, display=shown, **SETTINGS)
    site.project(
        project_of("curve"),
        texts(150),
        SCHEMAS["choice"],
        ask=None,
        instructions=INSTRUCTIONS,
        shares={"test": 0.3},
        **SETTINGS,
    )
    with Workspaces.at(site.url) as opened:
        work = opened.open(project_of("curve"))
        project = Project(work)
        for split, n in (("test", 15), ("pool", 12), ("pool", 12), ("pool", 12)):
            asked = project.ask(n, split=split)
            project.tell({query.item_id: query.item_id.partition("-")[0] for query in asked.entries}, annotator="mia")
            if split == "pool":
                project.train()
        project.freeze("for the page")
        project.ask(20)
        hooks.add(work, "https://example.org/hook", ["label.changed"])
        mia = people.sign_in(opened.database, "mia", PASSWORD).principal
        people.make_key(opened.database, mia, "for scripts", ["read"])
        invited = people.invite(opened.database, mia, "annotator", project=project_of("curve"), note="for Cy")
        return asked.entries[0].item_id, invited.token


def item(task: str, i: int) -> dict[str, Any]:
    """The i-th item of the project for a task."""
    text = texts(N_ITEMS)[i]["text"]
    match task:
        case "boxes":
            return {"id": f"item-{i}", "picture": np.random.default_rng(i).random((16, 16)).round(3).tolist()}
        case "polygons":
            return {"id": f"item-{i}", "photo": "cup.png", "text": text}
        case "pair":
            return {"id": f"item-{i}", "prompt": f"Say {i}", "left": text, "right": text[::-1]}
        case "review":
            return {"id": f"item-{i}", "chat": CHAT, "text": text}
    return {"id": f"item-{i}", "text": text}
