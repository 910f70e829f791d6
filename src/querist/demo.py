"""The main job on data that comes with scikit-learn: rounds, figures, a report, and a project to go on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.checks import Array
from querist.core.evidence import Study
from querist.core.items import Columns
from querist.core.policy import Budget, Costs, Policy
from querist.core.ports import Progress, silent
from querist.core.queueing import QueueSettings
from querist.core.schema import Schema
from querist.service import evidence, intake, labeling, projects, rounds
from querist.simulation import labeled, simulate, write_page

STRATEGIES = ("random", "margin", "weighted_k_means", "default")
USD_PER_LABEL = 0.08  # a common price of one simple image label; only there so that the curves can be read in money
ROUNDS_LEFT_BEHIND = 3


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What the demo leaves: its studies, and where the report and the project lie."""

    studies: tuple[Study, ...]
    report: Path
    project: Path


def demonstrate(
    folder: Path, *, seeds: int = 5, n_jobs: int | None = None, progress: Progress = silent
) -> Demonstration:
    """Compare strategies on handwritten digits and on a table, write the report, and leave a digits project."""
    folder.mkdir(parents=True, exist_ok=True)
    studies = []
    for name, X, y, classes, batch, budget in (digits(), tumors()):
        data = labeled(X, y, classes=classes, name=name, target="label")
        study = simulate(
            data,
            strategies=STRATEGIES,
            seeds=seeds,
            batch_size=batch,
            budget=budget,
            metric="accuracy",
            cost_per_label=USD_PER_LABEL,
            resume=folder / "runs",
            n_jobs=n_jobs,
            progress=lambda done, total, what, name=name: progress(done, total, f"{name}: {what}"),
        )
        studies.append(study)
    project = leave_project(folder, progress)
    title = "What active learning saves, on two data sets"
    report = write_page(studies, folder / "report.html", title=title, next_steps=next_steps(folder))
    return Demonstration(tuple(studies), report, project)


def digits() -> tuple[str, Array, Array, Sequence[str], int, int]:
    """1,797 handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak, 1998), as scikit-learn ships them."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return "handwritten digits", bunch.data.astype(np.float32), bunch.target, [str(d) for d in range(10)], 20, 300


def tumors() -> tuple[str, Any, Array, Sequence[str], int, int]:
    """569 breast tumors by 30 measurements (Wolberg et al., 1995), as scikit-learn ships them."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    table = Columns({str(name): bunch.data[:, i] for i, name in enumerate(bunch.feature_names)})
    return "breast tumors", table, bunch.target_names[bunch.target], ["malignant", "benign"], 10, 120


def leave_project(folder: Path, progress: Progress) -> Path:
    """A digits project with a few answered rounds and one that waits for the reader; one that is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    _, X, y, classes, _, _ = digits()
    path = folder / "querist.db"
    if path.exists():
        return path  # somebody may have gone on with it, or it is not the demo's at all
    work = projects.create(
        f"sqlite:///{path.resolve()}",
        "digits",
        schema=Schema("digit", tuple(classes)),
        queue=QueueSettings(),  # rounds follow one another by themselves once it is served
        policy=Policy(batch_size=20, costs=Costs(per_label=USD_PER_LABEL), budget=Budget(labels=400)),
        instructions="Which digit is written? Where you cannot tell, skip it; in a worksheet, leave the cell empty.",
    )
    with work:
        items = [{"id": f"digit-{i:04d}", "pixels": row.tolist()} for i, row in enumerate(X)]
        truth = {item["id"]: str(label) for item, label in zip(items, y.tolist(), strict=True)}
        intake.add_items(work, items, source="scikit-learn digits", progress=progress)
        test = rounds.ask(work, 200, split="test")
        labeling.tell(
            work, {entry.item_id: truth[entry.item_id] for entry in test.entries}, annotator="demo", role="simulator"
        )
        for _ in range(ROUNDS_LEFT_BEHIND):
            asked = rounds.ask(work, progress=progress)
            labeling.tell(
                work,
                {entry.item_id: truth[entry.item_id] for entry in asked.entries},
                annotator="demo",
                role="simulator",
            )
        rounds.ask(work, progress=progress)
        evidence.refresh(work, progress=progress)
        projects.remember(work, folder)
    return path


def next_steps(folder: Path) -> tuple[str, ...]:
    """What to do now, a command a line."""
    return (
        f"querist demo {folder} --serve --open",
        f"cd {folder} && querist status",
        "querist ask -n 10 --to batch.csv",
        "querist tell batch.csv",
        "querist report --to project.html",
        "querist simulate your.csv --target label",
    )
