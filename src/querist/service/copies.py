"""Copies that stand on two sides of a split: looked for over all that is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.copies import Copies, Copy
from querist.core.items import FieldSpec, Split
from querist.core.ports import Progress, silent
from querist.service.browsing import preview
from querist.service.workspace import Held, Workspace
from querist.splits import ALIKE_TEXTS, LEAST_AGREED, SURELY, Sketches, alike_texts, alike_vectors, candidates, texts_in
from querist.store import items
from querist.store.db import Connection

SHOWN = 50
SIDES: tuple[Split, ...] = ("pool", "test", "calibration")
AGAINST: tuple[tuple[Split, tuple[Split, ...]], ...] = (("test", ("pool", "calibration")), ("calibration", ("pool",)))
TEXTS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Stored:
    """What is stored of items to know copies by, in the order in which they came."""

    seqs: Rows
    sides: npt.NDArray[np.uint8]
    sketches: Sketches

    def rows(self, *splits: Split) -> Rows:
        """Those of these splits."""
        return np.flatnonzero(np.isin(self.sides, [SIDES.index(split) for split in splits]))


@dataclass(frozen=True)
class Found:
    """Pairs of items, the held-out one first, by the store's numbers."""

    held: Rows
    other: Rows
    alike: Floats
    how: npt.NDArray[Any]


def find(work: Workspace, *, progress: Progress = silent) -> Copies:
    """Look for copies between the test set, the calibration slice and the pool, over all that is stored.

    Equal items; texts of which four fifths are the same; where there is no text, vectors whose cosine about the mean
    is above 0.95.

    Notes
    -----
    Candidates are found by the stored min-hashes, and their texts are then compared: time and memory are linear in the
    number of items and of candidates. Vectors are all compared with all, up to 10**12 multiplications.
    """
    with work.database.reading() as conn:
        stored, spec = read(work, conn), work.spec(conn)
        found = pairs(work, conn, stored, spec, progress=progress)
        return told(work, conn, stored, found)


def read(work: Workspace, conn: Connection) -> Stored:
    """What is stored of all items that are of use."""
    seqs, sides, hashes, sketches = [], [], [], []
    for chunk in items.keys(conn, work.project_id):
        for key in chunk:
            if key.split in SIDES:
                seqs.append(key.seq)
                sides.append(SIDES.index(key.split))
                hashes.append(key.content_hash)
                sketches.append(key.sketch)
    return Stored(
        np.array(seqs, dtype=np.int64), np.array(sides, dtype=np.uint8), Sketches.from_bytes(hashes, sketches)
    )


def pairs(
    work: Workspace,
    conn: Connection,
    stored: Stored,
    spec: FieldSpec,
    *,
    after: int | None = None,
    progress: Progress = silent,
) -> Found:
    """Copies in different splits; with `after`, by a quicker look, those of which one came after that number."""
    least = LEAST_AGREED if after is None else SURELY
    held: list[Rows] = []
    other: list[Rows] = []
    for split, others in AGAINST:
        mine, theirs = stored.rows(split), stored.rows(*others)
        for one, two in _parts(stored.seqs, mine, theirs, after):
            progress(len(held), 2 * len(AGAINST), "comparing")
            left, right = candidates(stored.sketches[one], stored.sketches[two], least=least)
            held.append(one[left])
            other.append(two[right])
    left, right = np.concatenate(held), np.concatenate(other)
    equal = stored.sketches.exact[left] == stored.sketches.exact[right]
    alike = np.where(equal, 1.0, 0.0)
    open_ = np.flatnonzero(~equal)
    if spec.named("text"):
        for start in range(0, len(open_), TEXTS_AT_ONCE):
            some = open_[start : start + TEXTS_AT_ONCE]
            progress(start, len(open_), "comparing")
            alike[some] = _texts(conn, stored, spec, left[some], right[some])
    how = np.where(equal, "equal", "text")
    keep = equal | (alike >= ALIKE_TEXTS)
    found = Found(stored.seqs[left[keep]], stored.seqs[right[keep]], alike[keep], how[keep])
    if after is None and spec.named("vector") and not spec.named("text"):
        found = _with_vectors(work, conn, spec, found)
    order = np.argsort(-found.alike, kind="stable")
    return Found(found.held[order], found.other[order], found.alike[order], found.how[order])


def told(work: Workspace, conn: Connection, stored: Stored, found: Found) -> Copies:
    """The same in words."""
    shown = slice(0, SHOWN)
    named = sorted({*found.held[shown].tolist(), *found.other[shown].tolist()})
    known = {each.seq: each for each in items.fetch_seqs(conn, work.project_id, named)}
    test, pool = stored.seqs[stored.rows("test")], stored.seqs[stored.rows("pool")]
    return Copies(
        n_held_out=len(stored.rows("test", "calibration")),
        n_others=len(stored.rows("pool")),
        n_pairs=len(found.held),
        n_equal=int(np.count_nonzero(found.how == "equal")),
        n_tested=len(np.unique(found.held[np.isin(found.held, test) & np.isin(found.other, pool)])),
        pairs=tuple(
            Copy(
                item_id=(one := known[held]).item_id,
                split=one.split,
                preview=preview(one.fields),
                other_id=(two := known[other]).item_id,
                other_split=two.split,
                other_preview=preview(two.fields),
                alike=alike,
                how=how,
            )
            for held, other, alike, how in zip(
                *(part[shown].tolist() for part in (found.held, found.other, found.alike, found.how)), strict=True
            )
        ),
    )


def _parts(seqs: Rows, mine: Rows, theirs: Rows, after: int | None) -> Iterator[tuple[Rows, Rows]]:
    """All of one with all of the other; with `after`, the new with all, and the old with the new."""
    if after is None:
        yield mine, theirs
    else:
        yield mine[seqs[mine] > after], theirs
        yield mine[seqs[mine] <= after], theirs[seqs[theirs] > after]


def _texts(conn: Connection, stored: Stored, spec: FieldSpec, left: Rows, right: Rows) -> list[float]:
    named = np.unique(np.concatenate([left, right]))
    fields = items.fields_of(conn, stored.seqs[named].tolist())
    texts = texts_in([fields[seq] for seq in stored.seqs[named].tolist()], spec)
    one, two = np.searchsorted(named, left).tolist(), np.searchsorted(named, right).tolist()
    return [alike_texts(texts[a], texts[b]) for a, b in zip(one, two, strict=True)]


def _with_vectors(work: Workspace, conn: Connection, spec: FieldSpec, found: Found) -> Found:
    held, other, alike = [found.held], [found.other], [found.alike]
    for split, others in AGAINST:
        one = work.held(conn, split)
        for each in others:
            two = work.held(conn, each)
            a, b = _vectors(one, spec), _vectors(two, spec)
            if a is None or b is None or a.shape[1] != b.shape[1]:
                continue
            (left, right), cosines = alike_vectors(a, b)
            held.append(one.seqs[left])
            other.append(two.seqs[right])
            alike.append(cosines)
    seqs, at = np.unique(np.concatenate(held) << 32 | np.concatenate(other), return_index=True)
    how = np.where(at < len(found.held), "equal", "vector")
    return Found(seqs >> 32, seqs & 0xFFFFFFFF, np.concatenate(alike)[at], how)


def _vectors(held: Held, spec: FieldSpec) -> npt.NDArray[np.float32] | None:
    """The items' vectors side by side, where each has one of the same length."""
    columns = [held.inputs[name] for name in spec.named("vector")]
    try:
        return np.hstack([np.asarray(column.tolist(), dtype=np.float32).reshape(len(held), -1) for column in columns])
    except ValueError:
        return None
