"""`querist drift`, as a person and as a program see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_look_says_what_was_found_and_what_to_run(
    cli: Callable[..., Any], messages: Callable[..., Any], tmp_path: Path
) -> None:
    def run(*words: str) -> Any:
        said = cli(*words)
        assert said.code == 0, said.out + said.err
        return said

    messages(80).write(tmp_path / "messages.csv")
    run("init", "topics", "--target", "topic", "--classes", "billing,delivery,account")
    run("add", "messages.csv")
    other = messages(60, seed=1, first=200)
    for item in other.items:
        item["text"] += " zebra stripe zebra"
    other.write(tmp_path / "other.csv")
    out = run("drift", "other.csv").out
    assert out.startswith("60 of the rows of other.csv, against 80 before.")
    assert "Note: No model was trained" in out
    assert "Reopen." in out
    assert "Next: querist add other.csv && querist ask --split test -n 396" in out
    assert out.rstrip().endswith("Where nothing has changed, 5% of looks say drift all the same.")

    out = run("drift", "other.csv", "--to", "again.csv").out
    assert out.rstrip().endswith("again.csv is not written: the plan is not to label again.")
    assert not (tmp_path / "again.csv").exists()
    refused = cli("extend", "--split", "train")
    assert (refused.code, "split: must be one of" in refused.err) == (2, True)

    run("add", "other.csv")
    found = run("drift", "--json").json
    assert found["recent"] == "the items of the last import, other.csv"
    assert found["plan"]["action"] == "reopen"
    assert {check["name"] for check in found["checks"] if check["drifted"]} >= {"classifier"}
    assert {item[0] for item in found["items"]} == {"m"}
