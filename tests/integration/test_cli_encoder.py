"""A project whose texts a sentence encoder reads: remembered on disk, computed once, told while it goes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import querist
from querist.core.errors import InvalidInput
from querist.learners import SentenceEncoder

pytestmark = pytest.mark.usefixtures("own_cache")


def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    words = ("free prize", "win a ticket", "money now", "see you", "at lunch", "the doctor said")
    lines = [f"i{i:02d},{words[i % 6]} {words[(i // 6) % 6]} {words[i * 7 % 5]}" for i in range(36)]
    path.write_text("\n".join(["id,text", *lines, ""]), "utf-8")
    return path


def truth(item_id: str) -> str:
    return "spam" if int(item_id[1:]) % 6 < 3 else "ham"


def test_the_project_knows_its_encoder_from_one_command_to_the_next(
    tiny_bert: Any, cli: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_bert(), folder)

    def run(*words: str | Path) -> str:
        said = cli(*words)
        assert said.code == 0, f"{words}: {said.out}{said.err}"
        return str(said.out)

    run("init", "p", "--classes", "spam,ham", "--encoder", "model", "--batch-size", "8", "--test-share", "0.2")
    run("add", texts(tmp_path))
    run("ask", "--to", "batch.csv")
    with querist.open() as project:
        project.tell({entry.item_id: truth(entry.item_id) for entry in project.pending().entries})
    run("train")
    with querist.open() as project:
        work = project._work
        with work.database.reading() as conn:
            recipe = work.chosen_recipe(conn, work.held(conn, "pool"))
        assert recipe.encoder == SentenceEncoder(
            str(folder), fields=("text",), pooling="mean", digest=SentenceEncoder(folder).describe()["digest"]
        )
    moved = folder.rename(tmp_path / "moved")
    run("ask", "--to", "batch.csv")  # what is kept is not computed again, so the model need not be there
    assert "drawn again gives the same" in run("replay", "1")
    with querist.open() as project:
        project.tell({entry.item_id: truth(entry.item_id) for entry in project.pending().entries})
    more = tmp_path / "more.csv"
    more.write_text("id,text\nj1,the money said\n", "utf-8")
    run("add", more, "--split", "pool")
    refused = cli("train")
    assert refused.code == 2
    assert "must be a folder" in refused.err
    with querist.open(encoder=str(moved)) as project:
        project.train()
    run("train")


def test_a_project_without_text_refuses_the_encoder_at_its_first_question(tiny_bert: Any, tmp_path: Path) -> None:
    with querist.open("n", str(tmp_path / "n.db"), classes=["a", "b"], encoder=str(tiny_bert())) as project:
        project.add([{"id": str(i), "size": float(i)} for i in range(20)])
        with pytest.raises(InvalidInput, match="must have text"):
            project.ask()


def test_a_simulation_embeds_once_and_says_how_far_it_is(tiny_bert: Any, tmp_path: Path) -> None:
    rows = [line.split(",") for line in texts(tmp_path).read_text("utf-8").splitlines()[1:]]
    said: list[str] = []
    study = querist.simulate(
        [text for _, text in rows],
        [truth(item_id) for item_id, _ in rows],
        strategies=["margin"],
        encoder=str(tiny_bert()),
        seeds=1,
        budget=12,
        batch_size=6,
        n_jobs=1,
        progress=lambda done, total, what: said.append(what),
    )
    assert study.facts["encoder"]["class"] == "SentenceEncoder"
    assert any(what.startswith("embedding") for what in said)
