"""The command that decides which model may serve."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from querist.cli import output
from querist.cli.options import Json, Project, Url
from querist.core.checks import one_of
from querist.core.gate import SMALL, GateDecision, GatePart, GateRules, Small
from querist.service import projects, promoting
from querist.service.location import locate

DEFAULT = GateRules()
MARKS = {"no_loss": "no loss", "loss": "a loss", "not_shown": "not shown", "too_few": "too few"}


def gate(
    margin: Annotated[float, typer.Option(help="Loss that must be ruled out over all items, as a share.")] = (
        DEFAULT.margin
    ),
    part_margin: Annotated[float, typer.Option(help="The same for each class and cohort.")] = DEFAULT.part_margin,
    level: Annotated[float, typer.Option(help="One less the chance of letting through what loses.")] = DEFAULT.level,
    by: Annotated[list[str] | None, typer.Option(help="Field whose values are cohorts; may be repeated.")] = None,
    small: Annotated[
        str, typer.Option(help=f"What a class or cohort with too few items does: {', '.join(SMALL)}.")
    ] = DEFAULT.small,
    least: Annotated[int | None, typer.Option(help="Items from which on one is judged by itself.")] = None,
    metric: Annotated[str | None, typer.Option(help="For all items together: macro_f1 or auc.")] = None,
    unlabeled: Annotated[
        bool, typer.Option("--unlabeled", help="Make use of what the models say of unlabeled test items.")
    ] = False,
    last: Annotated[bool, typer.Option("--last", help="Show the last decision; decide nothing.")] = False,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Decide whether the newest model may take the place of the promoted one. Exits with 1 where it may not."""
    rules = GateRules(margin, part_margin, level, cast(Small, one_of("small", small, SMALL)), least)
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        if last:
            standing = promoting.standing(work, limit=1)
            decision = standing.decision
        else:
            decision = promoting.decide(
                work, rules=rules, by=by or (), metric=metric, unlabeled=unlabeled, progress=progress
            )
    if as_json:
        output.emit(None if decision is None else decision.to_json())
    elif decision is None:
        output.out.print("Nothing was decided yet: `querist gate` decides.")
    else:
        show_gate(decision)
        if last and standing.rollout is not None:
            output.out.print(
                f"Online, model {standing.rollout_model} against {standing.rollout_champion}: "
                f"{output.escape(standing.rollout.sentence)}"
            )
    if decision is not None and not decision.opens:
        raise typer.Exit(1)


def show_gate(decision: GateDecision) -> None:
    """The decision, what each part says, and which model may serve."""
    word, _, rest = decision.sentence.partition(":")
    color = "green" if decision.opens else "red"
    pair = "" if decision.champion is None else f" (model {decision.model} against model {decision.champion})"
    output.out.print(f"[bold {color}]{output.escape(word)}[/]{pair}:{output.escape(rest)}")
    if decision.parts:
        rows = [["", "items", "better", "worse", "difference", "at least", "at most", "margin", "verdict"]]
        rows += [_row(part) for part in decision.parts]
        output.table(rows)
        closing = [part for part in decision.parts if part.binding and part.verdict != "no_loss"]
        for part in closing[:4]:
            output.out.print(f"{output.escape(part.name)}: {output.escape(part.sentence)}")
        output.out.print(
            f"At least and at most each hold in {decision.level:.2%} of repetitions; "
            f"this was look {decision.look} at these two."
        )
    serves = "no model" if decision.promoted is None else f"model {decision.promoted}"
    output.out.print(f"Promoted: {serves}.")


def _row(part: GatePart) -> list[str]:
    def points(value: float | None) -> str:
        return "" if value is None else f"{100 * value:+.1f}"

    counts = [str(part.n), str(part.n_better), str(part.n_worse)]
    ends = [points(part.difference), points(part.low), points(part.high), f"{100 * part.margin:g}"]
    mark = MARKS[part.verdict] + ("" if part.binding else ", not judged")
    return [part.name, *counts, *ends, mark]
