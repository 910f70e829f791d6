"""Partial results of finished parts, kept in a folder to go on from."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.atomic import replacing
from querist.core.blocks import Partial
from querist.core.hashing import digest
from querist.scale.sources import Part


@dataclass(frozen=True, slots=True)
class Kept:
    """The folder of one piece of work: what is in it was made from the same content, by the same score and reducer."""

    folder: Path

    @classmethod
    def of(cls, root: str | Path, fingerprint: str, score: dict[str, Any], reducer: dict[str, Any]) -> Kept:
        """The folder for this work, made where it is not there."""
        about = {"pool": fingerprint, "score": score, "reducer": reducer}
        folder = Path(root) / digest(about)[:16]
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "about.json").exists():
            with replacing(folder / "about.json") as stream:
                stream.write(json.dumps(about, indent=2).encode())
        return cls(folder)

    def load(self, part: Part) -> Partial | None:
        """What came of a part, or None where it is not whole."""
        try:
            with np.load(self._path(part), allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (FileNotFoundError, zipfile.BadZipFile, ValueError, EOFError, KeyError):
            return None

    def save(self, part: Part, state: Partial) -> None:
        """Keep what came of a part, whole or not at all."""
        with replacing(self._path(part)) as stream:
            np.savez(stream, **{name: np.asarray(value) for name, value in state.items()})  # type: ignore[arg-type]

    def _path(self, part: Part) -> Path:
        return self.folder / f"part-{part.start}-{part.n}.npz"
