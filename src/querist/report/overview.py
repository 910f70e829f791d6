"""Crossed studies side by side: every strategy in every oracle, learner and world, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from querist.core.evidence import Study
from querist.report.findings import headline_efficiency, n_tests, ratio_text, verdict


@dataclass(frozen=True, slots=True)
class Cell:
    """What one strategy saved in one study, and what may be said of it."""

    ratio: str
    inside: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Row:
    """One study, by what sets it apart from the others."""

    name: str
    anchor: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """A row for each study, a column for each strategy but the baseline."""

    baseline: str
    n_tests: int
    strategies: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]


def overview(studies: Sequence[Study], colors: Mapping[str, int]) -> Overview | None:
    """The table; None where the studies were not made as one comparison."""
    if len(studies) < 2 or not all("factors" in study.facts for study in studies):
        return None
    baseline = studies[0].baseline
    names = [name for name in colors if name != baseline]
    rows = [
        Row(
            study.title.removeprefix(f"{study.facts.get('data')}, "),
            f"study-{number}",
            tuple(_cell(study, name) for name in names),
        )
        for number, study in enumerate(studies, start=1)
    ]
    return Overview(baseline, n_tests(studies[0]), tuple((name, colors[name]) for name in names), tuple(rows))


def _cell(study: Study, strategy: str) -> Cell:
    ratio, _, inside = ratio_text(headline_efficiency(study, strategy)).partition(" [")
    test = next((c for c in study.comparisons if c.strategy == strategy), None)
    said = "" if test is None else verdict(study, test)
    return Cell(ratio, inside.removesuffix("]"), "no difference shown" if said == "same" else said)
