"""The held-out slices: their versions, later draws from the pool, copies set aside, and how often each was used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from querist.core import checks
from querist.core.errors import InvalidInput, PoolExhausted
from querist.core.items import Split
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.core.slices import SliceVersion, TestUse
from querist.metrics import HALF_95, overrating
from querist.service import copies
from querist.service.moves import last_move, move, moves
from querist.service.workspace import Held, Workspace
from querist.splits import draw_groups
from querist.store import findings, imports, labels, models, projects
from querist.store.db import Connection

HeldOut = Literal["test", "calibration"]
HELD_OUT: tuple[HeldOut, ...] = ("test", "calibration")


@dataclass(frozen=True, slots=True)
class Extended:
    """What a draw from the pool added: the slice's new version, and how many of its items have no label yet."""

    split: HeldOut
    version: int
    n_added: int
    n_items: int
    n_open: int


def extend(work: Workspace, n: int, *, split: str = "test", by: str = "") -> Extended:
    """Draw items from the whole pool into the test set or the calibration slice, as its next version.

    Labeled or not, whoever chose it: each item of the pool has the same chance, so that the slice stays a random one.
    Near copies go together, and where the project has a field of strata each has its share. A label that a drawn item
    had is no longer trained on; the draw is measured on once all of its items have one.

    Parameters
    ----------
    n : int
        At least so many, where the last near-duplicate group drawn is larger.
    split : {"test", "calibration"}
    by : str
        Who wants it.

    Raises
    ------
    PoolExhausted
        If the pool has not so many.
    InvalidInput
        If the last draw into the slice is not labeled yet.
    """
    checks.positive("n", n)
    checks.one_of("split", split, HELD_OUT)
    into: HeldOut = "test" if split == "test" else "calibration"
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        before = versions(work, conn, into)
        if (last := next((each for each in before if each.n_open), None)) is not None:
            raise InvalidInput(
                f"draw: must follow one that is labeled; {last.n_open:,} items of version {last.version} of the {into} "
                f"slice have no label yet. `querist ask --split {into} -n {last.n_open}` asks about some."
            )
        pool = work.held(conn, "pool")
        if n >= len(pool):
            raise PoolExhausted(
                f"n: must be below the {len(pool):,} items of the pool; got {n:,}. Draw fewer, or add items."
            )
        number = 1 + sum(1 for each in moves(conn, work.project_id) if each.to == into)
        policy, strata = work.policy(conn), _strata(work, conn, pool)
        rows = draw_groups(n, pool.groups, strata, rng=generator(policy.seed, "extend", into, number))
        seqs = pool.seqs[rows].tolist()
        how = f"a draw of {len(seqs):,} from {len(pool):,} of the pool"
        move(conn, work.project_id, seqs, origin="pool", to=into, by=by, how=how, n_pool=len(pool), wanted=n)
        now = versions(work, conn, into)[-1]
    return Extended(into, now.version, len(seqs), now.n_items, now.n_open)


def set_aside(work: Workspace, *, by: str = "", progress: Progress = silent) -> int:
    """Take out of use what is a copy of a held-out item: of the pool, or of the calibration slice; how many items.

    The test set stays as it was drawn. Labels that such an item had are no longer trained on.
    """
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        found = copies.pairs(work, conn, copies.read(work, conn), work.spec(conn), progress=progress)
        away = np.unique(found.other)
        sides = {split: set(work.held(conn, split).seqs.tolist()) for split in ("pool", "calibration")}
        origins: tuple[Split, ...] = ("pool", "calibration")
        for origin in origins:
            seqs = [seq for seq in away.tolist() if seq in sides[origin]]
            if seqs:
                how = f"{len(seqs):,} copies of held-out items"
                move(conn, work.project_id, seqs, origin=origin, to="excluded", by=by, how=how)
    return len(away)


def slices(work: Workspace) -> list[SliceVersion]:
    """Every version of the test set and of the calibration slice, oldest first."""
    with work.database.reading() as conn:
        return [version for split in HELD_OUT for version in versions(work, conn, split)]


def versions(work: Workspace, conn: Connection, split: HeldOut) -> list[SliceVersion]:
    """The versions of one slice."""
    events: list[tuple[Any, int, Sequence[int], str]] = [
        (record.created_at, record.splits.get(split, 0), (), f"import of {record.source}")
        for record in imports.listed(conn, work.project_id)
    ]
    if last_move(conn, work.project_id):
        for each in moves(conn, work.project_id):
            if each.to == split:
                events.append((each.at, len(each.seqs), each.seqs, str(each.body.get("how", "a draw"))))
            elif each.origin == split:
                events.append((each.at, -len(each.seqs), (), str(each.body.get("how", "set aside"))))
    drawn = [seq for _, _, seqs, _ in events for seq in seqs]
    labeled = set(labels.current(conn, work.project_id, drawn)) if drawn else set()
    found: list[SliceVersion] = []
    n_items = 0
    for at, added, seqs, how in sorted((e for e in events if e[1]), key=lambda event: event[0]):
        n_items += added
        n_open = sum(seq not in labeled for seq in seqs)
        found.append(SliceVersion(split, len(found) + 1, n_items, added, n_open, how, at))
    return found


def test_use(work: Workspace, conn: Connection) -> TestUse:
    """How often the test set was looked at: by each model that was measured on it, and each gate that decided by it."""
    seen = [row.n_items for row in models.evaluations(conn, work.project_id, split="test") if row.n_items]
    n_decisions = findings.count(conn, work.project_id, "gate", "decision") if seen else 0
    if not seen:
        return TestUse(0, 0, 0, 1.0, 0.0, False)
    n_looks, now = len(seen) + n_decisions, seen[-1]
    share = float(np.mean(np.minimum([*seen, *[now] * n_decisions], now))) / now
    flatters = overrating(n_looks, share)
    return TestUse(len(seen), n_decisions, now, share, flatters, flatters > HALF_95)


def _strata(work: Workspace, conn: Connection, pool: Held) -> Any:
    field = work.settings(conn).get("strata")
    return None if field is None else np.unique([str(v) for v in pool.inputs[field].tolist()], return_inverse=True)[1]
