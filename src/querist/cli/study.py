"""Commands without a project: comparisons on labeled data, the catalogue, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from querist.catalogue import find, strategy_names
from querist.cli import output
from querist.cli.options import Header, Json, Quote
from querist.cli.serve import serve
from querist.core.hashing import digest
from querist.core.schema import Task
from querist.core.strategy import Strategy
from querist.demo import demonstrate, leave_project, next_steps
from querist.simulation import (
    from_table,
    learners_named,
    parse,
    rare_from_words,
    simulate_grid,
    study_reading,
    study_rows,
    study_title,
    write_page,
    write_runs,
)

TAKEN_FOR_NUMBERS = (
    "target: the column {!r} holds numbers to predict, by their fractions or their many values, and is compared as "
    "such. Say --task number if that is right, or --task choice if each of them is a class."
)


def simulate(
    path: Annotated[Path, typer.Argument(help="Labeled data: CSV, JSONL, Parquet or Arrow.")],
    target: Annotated[str, typer.Option(help="The column of true labels.")],
    strategies: Annotated[
        str | None,
        typer.Option(help="Joined by commas, random always among them; by default the usual one and a project's."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Repetitions; take 10 or more to decide something.")] = 5,
    budget: Annotated[int | None, typer.Option(help="Answers in all.")] = None,
    batch_size: Annotated[list[int] | None, typer.Option(help="Items asked together; may be repeated.")] = None,
    metric: Annotated[str | None, typer.Option(help="accuracy, macro_f1, balanced_accuracy, auc …")] = None,
    oracle: Annotated[
        list[str] | None,
        typer.Option(help="Who answers: perfect, uniform:0.1, crowd:5:0.7, late:2 …; may be repeated."),
    ] = None,
    learner: Annotated[
        list[str] | None, typer.Option(help="What learns: default, logistic, forest …; may be repeated.")
    ] = None,
    start: Annotated[
        list[str] | None, typer.Option(help="What chooses before there is a model; may be repeated.")
    ] = None,
    seed_size: Annotated[list[int] | None, typer.Option(help="Items asked first; may be repeated.")] = None,
    imbalance: Annotated[
        list[str] | None, typer.Option(help="A class to thin out to a share: spam:0.05, or none; may be repeated.")
    ] = None,
    copies: Annotated[
        list[int] | None, typer.Option(help="How often each item of the pool occurs; may be repeated.")
    ] = None,
    price: Annotated[float, typer.Option(help="Dollars a label costs.")] = 0.0,
    until: Annotated[float | None, typer.Option(help="Stop a run at this value of the metric.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Column to leave out; may be repeated.")] = None,
    quote: Quote = None,
    header: Header = False,
    encoder: Annotated[
        str | None, typer.Option(help="Sentence encoder to read text with: a folder, or a name on the hub.")
    ] = None,
    task: Annotated[
        Task | None, typer.Option(help="What an answer is; by default a class or a number, as it looks.")
    ] = None,
    to: Annotated[Path, typer.Option(help="Where to write the report.")] = Path("simulation.html"),
    table: Annotated[
        Path | None, typer.Option(help="Where to write every run as a table, such as runs.parquet.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder of finished runs, from which to go on.")] = Path(".querist-runs"),
    jobs: Annotated[int | None, typer.Option(help="Processes; one per core by default.")] = None,
    as_json: Json = False,
) -> None:
    """Compare strategies with random on your own labeled data. Interrupted, it goes on where it was."""
    with output.progress(quiet=as_json) as progress:
        data = from_table(path, target, task=task, drop=drop or (), quote=quote, header=header, progress=progress)
        if task is None and data.schema.task == "number":
            output.err.print(f"[yellow]Note:[/] {output.escape(TAKEN_FOR_NUMBERS.format(target))}")
        for note in data.notes:
            output.err.print(f"[yellow]Note:[/] {output.escape(note)}")
        studies = simulate_grid(
            data,
            strategies=None if strategies is None else [name.strip() for name in strategies.split(",") if name.strip()],
            encoder=encoder,
            seeds=seeds,
            budget=budget,
            oracles={words: parse(words, classes=data.schema.options) for words in oracle or ["perfect"]},
            learners=learners_named(learner or ["default"], task=data.schema.task),
            batch_sizes=batch_size or [None],
            starts=start or [None],
            seed_sizes=seed_size or [None],
            imbalances=[rare_from_words(words) for words in imbalance or ["none"]],
            copies=copies or [1],
            metric=metric,
            until=until,
            cost_per_label=price,
            resume=runs / digest([str(path.resolve()), target])[:12],
            n_jobs=jobs,
            progress=progress,
        )
    write_page(studies, to, title=f"What active learning saves on {path.name}")
    if table is not None:
        write_runs(studies, table)
    rest = "" if table is None else f", and every run in {table}"
    if as_json:
        output.emit(studies[0] if len(studies) == 1 else {"studies": studies})
        return
    for study in studies:
        output.table(study_rows(study), title=study_title(study))
        output.out.print()
    output.out.print(f"[dim]{output.escape(study_reading(studies))}[/]\nThe curves are in {to}{rest}")


def strategies(as_json: Json = False) -> None:
    """List every query strategy: what it needs, what it costs, and a line on what it does."""
    known = [find(name) for name in strategy_names()]
    if as_json:
        output.emit(
            [
                {
                    "name": s.name,
                    "family": s.family,
                    "needs": s.needs,
                    "kind": s.kind,
                    "cost": s.cost,
                    "source": s.source,
                    "summary": s.summary,
                }
                for s in known
            ]
        )
        return
    rows = [["strategy", "needs", "what it is", "cost"]]
    rows += [[s.name, _needs(s), s.summary, s.cost] for s in known]
    output.table(rows)


def _needs(strategy: Strategy) -> str:
    return ", ".join(strategy.needs) or ("what its parts need" if strategy.kind == "composite" else "nothing")


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to leave the report and the project.")] = Path("demo"),
    seeds: Annotated[int, typer.Option(help="Repetitions.")] = 5,
    jobs: Annotated[int | None, typer.Option(help="Processes; one per core by default.")] = None,
    serve_it: Annotated[
        bool, typer.Option("--serve", help="Leave the comparison out, and serve the project to be labeled.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="With --serve: the port; 0 for any that is free.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="With --serve: open the page in a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Watch active learning and random sampling on two data sets, with a report and a project to go on with."""
    if serve_it:
        with output.progress() as progress:
            left = leave_project(folder, progress)
        serve(port=port, url=f"sqlite:///{left.resolve()}", open_page=open_page)
        return
    with output.progress(quiet=as_json) as progress:
        shown = demonstrate(folder, seeds=seeds, n_jobs=jobs, progress=progress)
    if as_json:
        output.emit({"report": str(shown.report), "project": str(shown.project), "studies": shown.studies})
        return
    for study in shown.studies:
        output.table(study_rows(study), title=study_title(study))
        output.out.print()
    output.out.print(f"[dim]{output.escape(study_reading(shown.studies))}[/]")
    output.out.print(f"Report: [bold]{shown.report}[/]  (open it in a browser)")
    output.out.print("Next:")
    for step in next_steps(folder):
        output.out.print(f"  {output.escape(step)}")
