"""Whether advice from a few hundred labels is right: on ten sets whose answer is known, none of them heard by it.

Of each set a random part of 400 labels is taken, and what `querist advise` says of it is held against what was measured
on all of the set. The data sets that the advice knows are refitted without the one that it is tried on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.evidence.known import kin, known, load, metric_of, part
from benchmarks.labels.bench import learner
from benchmarks.labels.data import FOLDER
from querist.simulation import Circumstances, advice_of
from querist.simulation.pilot import Pilot, pilot

PAYS = ("sms_spam", "trec", "subj", "digits", "segment", "mammography", "phoneme", "cr", "sst2")
MAY_NOT = ("coin", "breast_cancer", "diabetes", "credit_g", "phoneme_errors", "blobs", "phoneme_shuffled")
MOST_NOT = 4
N_SETS = 10
RIGHT, COVERED = 9, 8
DRAWS = (0, 2)  # 1 is that of `querist.simulation.measured`


def ten(folder: Path) -> list[str]:
    """The sets, by what is known of them and before any advice: up to four that do not pay, and those that do."""
    does_not: list[str] = []
    for name in MAY_NOT:
        if len(does_not) < MOST_NOT and known(name, folder).answer == "not":
            does_not.append(name)
    pays = [name for name in PAYS if known(name, folder).answer == "worth it"]
    return [*pays[: N_SETS - len(does_not)], *does_not]


def piloted(name: str, draw: int, folder: Path) -> Pilot:
    """What is simulated on a part of a set."""
    return pilot(
        part(name, draw, folder),
        learner=learner("linear"),
        metric=metric_of(name, folder),
        time_limit_s=600,
        seed=draw,
        n_jobs=1,
    )


def run(folder: Path = FOLDER, *, draws: Sequence[int] = DRAWS) -> list[dict[str, Any]]:
    """A row for each of the ten sets and each random part of it; the table is printed as it grows."""
    print(f"{'set':<16} {'known':<9} {'advice':<19} {'sure':>5} {'measured':>9} {'predicted':>10} {'interval':>13}  ")
    rows = []
    for draw in draws:
        for name in ten(folder):
            rows.append({"draw": draw, **tried(name, piloted(name, draw, folder), folder)})
            print(_line(rows[-1]), flush=True)
        right, covered = counts(rows, draw)
        print(f"part {draw}: right on {right}, covered {covered}")
    return rows


def tried(name: str, found: Pilot, folder: Path) -> dict[str, Any]:
    """What is advised of a part of a set that the advice has not heard of, beside what is known of the whole."""
    truth = known(name, folder)
    rest = len(load(name, folder)) - found.data.n_items
    said = advice_of(found, Circumstances(pool=rest), without=kin(name))
    low, high = said.efficiency.low, said.efficiency.high
    return {
        "set": name,
        "known": truth.answer,
        "advice": said.verdict,
        "right": said.worth_it == (truth.answer == "worth it"),
        "chance": round(said.chance, 3),
        "measured": truth.ratio,
        "predicted": round(said.efficiency.value, 2),
        "low": round(low, 2),
        "high": round(high, 2),
        "covers": truth.ratio is not None and low <= truth.ratio <= high,
        "simulated": round(said.simulated.value, 2),
        "gain": round(said.gain.value, 4),
        "gain_high": round(said.gain.high, 4),
        "n_labels": said.n_labeled,
    }


def _line(row: dict[str, Any]) -> str:
    marks = ("" if row["right"] else " wrong") + ("" if row["covers"] else " missed")
    measured = "-" if row["measured"] is None else f"{row['measured']:.2f}"
    return (
        f"{row['set']:<16} {row['known']:<9} {row['advice']:<19} {row['chance']:>5.2f} {measured:>9} "
        f"{row['predicted']:>10.2f} {row['low']:>5.2f} to {row['high']:>4.2f} {marks}"
    )


def counts(rows: Sequence[Mapping[str, Any]], draw: int) -> tuple[int, int]:
    """On how many sets the advice from this part was right, and of how many its interval held what was measured."""
    of = [row for row in rows if row["draw"] == draw]
    return sum(row["right"] for row in of), sum(row["covers"] for row in of)


def broken(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Parts on which it was not right on nine of ten, or its interval did not hold eight."""
    out = []
    for draw in sorted({row["draw"] for row in rows}):
        right, covered = counts(rows, draw)
        if right < RIGHT or covered < COVERED:
            out.append(f"advice on part {draw}: right on {right}, covered {covered} of {N_SETS}")
    return out
