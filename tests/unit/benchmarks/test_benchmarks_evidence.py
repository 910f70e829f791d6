"""The benchmark of evidence runs by parts, and leaves what others have measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.evidence.__main__ import main


def test_a_part_is_written_beside_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "evidence.json"
    kept.write_text(json.dumps({"runs": 7, "estimates": [{"pool": "mine"}]}), "utf-8")
    monkeypatch.setattr(sys, "argv", ["evidence", "--only", "gate", "--runs", "2", "--json", str(kept)])
    main()
    found = json.loads(kept.read_text("utf-8"))
    assert (found["runs"], found["estimates"]) == (7, [{"pool": "mine"}])
    assert {row["gate"] for row in found["gate"]} == {"online", "offline", "parts", "macro-F1", "with unlabeled"}
