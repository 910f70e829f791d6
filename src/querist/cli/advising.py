"""Whether to label by active learning at all, before anything is spent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from querist.cli import output
from querist.cli.options import Header, Json, Quote
from querist.core.schema import Task
from querist.simulation import advice_plan, advice_rows, from_table, next_steps, write_advice
from querist.simulation import advise as find_advice


def advise(
    path: Annotated[Path, typer.Argument(help="Data of which a random part is labeled: CSV, JSONL, Parquet or Arrow.")],
    target: Annotated[str, typer.Option(help="The column of labels; rows where it is empty are the pool.")],
    price: Annotated[float | None, typer.Option(help="Dollars for one answer.")] = None,
    pool: Annotated[int | None, typer.Option(help="Items without a label; those of the file by default.")] = None,
    budget: Annotated[int | None, typer.Option(help="Labels that may still be bought; four times those there.")] = None,
    goal: Annotated[str | None, typer.Option(help="A metric and the level to reach, as accuracy:0.9.")] = None,
    noise: Annotated[
        float | None, typer.Option(help="Share of answers that are wrong; as seen where rows repeat, by default.")
    ] = None,
    drift: Annotated[bool, typer.Option("--drift/--no-drift", help="What is asked changes over time.")] = False,
    latency_s: Annotated[float | None, typer.Option(help="Seconds until a round's answers are there.")] = None,
    loop_cost: Annotated[float, typer.Option(help="Dollars that choosing costs beside the labels.")] = 100.0,
    least_gain: Annotated[float, typer.Option(help="Least addition to the metric that is worth any labels.")] = 0.005,
    model_quality: Annotated[
        float | None, typer.Option(help="What a model that you can prompt scores on the metric.")
    ] = None,
    model_cost: Annotated[float | None, typer.Option(help="What that model costs an item, in dollars.")] = None,
    metric: Annotated[str | None, typer.Option(help="accuracy, macro_f1, balanced_accuracy, auc …")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Column to leave out; may be repeated.")] = None,
    quote: Quote = None,
    header: Header = False,
    encoder: Annotated[
        str | None, typer.Option(help="Sentence encoder to read text with: a folder, or a name on the hub.")
    ] = None,
    task: Annotated[
        Task | None, typer.Option(help="What an answer is; by default a class or a number, as it looks.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer seeds, for a first look; intervals widen.")] = False,
    time_limit_s: Annotated[
        float | None, typer.Option(help="When to stop simulating; 150 seconds, or 45 with --quick.")
    ] = None,
    to: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("advice.html"),
    jobs: Annotated[int | None, typer.Option(help="Processes; one per core by default.")] = None,
    as_json: Json = False,
) -> None:
    """Is active learning worth it here, and how to spend the budget? "No" is an answer."""
    with output.progress(quiet=as_json) as progress:
        data = from_table(path, target, task=task, drop=drop or (), quote=quote, header=header, progress=progress)
        for note in data.notes:
            output.err.print(f"[yellow]Note:[/] {output.escape(note)}")
        advice = find_advice(
            data,
            price=price,
            pool=pool,
            budget=budget,
            goal=goal,
            noise=noise,
            drift=drift,
            latency_s=latency_s,
            loop_cost=loop_cost,
            least_gain=least_gain,
            model_quality=model_quality,
            model_cost=model_cost,
            metric=metric,
            encoder=encoder,
            quick=quick,
            time_limit_s=time_limit_s,
            n_jobs=jobs,
            progress=progress,
        )
    write_advice(advice, to)
    if as_json:
        output.emit(advice)
        return
    output.out.print(f"[bold]{output.escape(advice.headline)}[/]\n")
    for reason in advice.reasons:
        output.out.print(f"- {output.escape(reason)}")
    output.out.print()
    output.table([["the plan", ""], *map(list, advice_plan(advice))])
    if len(rows := advice_rows(advice)) > 1:
        output.out.print()
        output.table(rows)
    output.out.print("\nNext:")
    for step in next_steps(advice):
        output.out.print(f"  {output.escape(step)}")
    output.out.print(f"\nThe curves are in {output.escape(str(to))}")
