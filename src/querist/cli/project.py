"""Commands on a project: from a file of items to labels, a model, and a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from querist.cli import output
from querist.cli.options import Header, Json, Project, Quote, Url
from querist.cli.show import show_added, show_asked, show_copies, show_status, show_told, show_trained
from querist.core.errors import InvalidInput
from querist.core.policy import STARTS, Budget, Costs, Policy
from querist.core.schema import Schema, Task
from querist.service import datasets, intake, labeling, projects, rounds, training
from querist.service import report as reports
from querist.service import status as statuses
from querist.service import verify as verifying
from querist.service.location import Location, locate, remember

Annotator = Annotated[str, typer.Option("--annotator", "-a", help="Who answered.")]


def init(
    name: Annotated[str, typer.Argument(help="The project's name.")],
    target: Annotated[str, typer.Option(help="What is asked: the name of the column of labels.")] = "label",
    classes: Annotated[str | None, typer.Option(help="The answers to choose from, joined by commas.")] = None,
    classes_from: Annotated[
        str | None, typer.Option(help="FILE or FILE:COLUMN whose distinct values are the classes.")
    ] = None,
    task: Annotated[
        Task, typer.Option(help="What an answer is: one class, labels that hold together, spans, …")
    ] = "choice",
    low: Annotated[int | None, typer.Option(help="The lowest rating.")] = None,
    high: Annotated[int | None, typer.Option(help="The highest rating.")] = None,
    sides: Annotated[
        str | None, typer.Option(help="Fields the question is about, joined by commas: the two that a pair compares, …")
    ] = None,
    strategy: Annotated[str, typer.Option(help="What chooses once a model can be trusted.")] = Policy().strategy,
    start: Annotated[str, typer.Option(help=f"What chooses before: {', '.join(STARTS)}.")] = "k_means",
    batch_size: Annotated[int, typer.Option(help="Items asked together.")] = 20,
    exploration: Annotated[float, typer.Option(help="Share of each batch drawn at random.")] = 0.1,
    budget: Annotated[int | None, typer.Option(help="Answers that may be bought.")] = None,
    budget_usd: Annotated[float | None, typer.Option(help="Dollars that may be spent.")] = None,
    price: Annotated[float, typer.Option(help="Dollars an answer costs.")] = 0.0,
    price_per_character: Annotated[float, typer.Option(help="Dollars added for each character of text.")] = 0.0,
    strata: Annotated[
        str | None, typer.Option(help="Field to draw from in proportion, for the start stratified.")
    ] = None,
    rules: Annotated[Path | None, typer.Option(help="TOML file of seed rules, for the start rules.")] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(help="A stopping rule with its settings: target:METRIC:VALUE, error_bound:MOST, …"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 0,
    test_share: Annotated[float, typer.Option(help="Share of the items kept for testing.")] = 0.2,
    calibration_share: Annotated[float, typer.Option(help="Share of the items kept for calibration.")] = 0.05,
    instructions: Annotated[str, typer.Option(help="What annotators are told; @FILE reads it from a file.")] = "",
    encoder: Annotated[
        str | None, typer.Option(help="Sentence encoder to read text with: a folder, or a name on the hub.")
    ] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Start a project: its question, its answers, and how to choose."""
    if not name.strip():
        raise InvalidInput(f"name: must not be empty; got {name!r}. Name the project: `querist init tickets`.")
    location = locate(name, url)
    schema = Schema(
        target,
        tuple(_classes(classes, classes_from, target, task)),
        task,
        low=low,
        high=high,
        sides=tuple(_parted(sides)),
    )
    policy = Policy.from_json(
        {
            "strategy": strategy,
            "start": start,
            "batch_size": batch_size,
            "exploration": exploration,
            "seed": seed,
            "costs": Costs(price, price_per_character),
            "budget": Budget(budget, budget_usd),
        }
    )
    with projects.create(
        location.url,
        name,
        schema=schema,
        policy=policy,
        instructions=_text(instructions),
        shares={"test": test_share, "calibration": calibration_share},
        stopping=[projects.stopping_rule(text) for text in stop or ()],
        strata=strata,
        rules=projects.seed_rules(rules) if rules else (),
        encoder=encoder,
    ):
        pass
    written = remember(Location(location.url, name), Path.cwd())
    if as_json:
        output.emit({"project": name, "schema": schema.to_json(), "policy": policy.to_json()})
        return
    output.out.print(f"Project [bold]{output.escape(name)}[/] asks for {output.escape(target)}: {schema.asked}.")
    if written is None:
        output.out.print("Its URL holds a password and was not written down: set QUERIST_URL and QUERIST_PROJECT.")
    output.out.print("Next: querist add FILE")


def add(
    path: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL, Parquet, Arrow or CoNLL, also gzipped.")],
    label: Annotated[str | None, typer.Option(help="Column of labels known already, taken as answers.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Column to leave out; may be repeated.")] = None,
    split: Annotated[str | None, typer.Option(help="Put all into pool, test or calibration.")] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column of ids; by default one named id.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="What a column is: NAME=text, number, category, vector or ignored.")
    ] = None,
    file_format: Annotated[str | None, typer.Option("--format", help="csv, jsonl, parquet, arrow or conll.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a CSV that is not UTF-8, such as latin-1.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of a CSV, where it is not plain to see.")] = None,
    quote: Quote = None,
    header: Header = False,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Add items from a file. All of them, or, where one is wrong, none."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        added = intake.add_file(
            work,
            path,
            label=label,
            drop=drop or (),
            split=split,
            id_column=id_column,
            kinds=_pairs(kind or ()),
            file_format=file_format,
            encoding=encoding,
            delimiter=delimiter,
            quote=quote,
            header=header,
            progress=progress,
        )
    output.emit(added) if as_json else show_added(added)


def ask(
    n: Annotated[int | None, typer.Option("-n", help="How many; the policy's batch size by default.")] = None,
    to: Annotated[Path | None, typer.Option(help="Write a worksheet to fill in: .csv or .jsonl.")] = None,
    split: Annotated[str, typer.Option(help="Ask about the pool, or draw from test or calibration.")] = "pool",
    again: Annotated[bool, typer.Option("--again", help="Write what is pending once more; ask nothing new.")] = False,
    annotator: Annotated[
        str | None,
        typer.Option("--annotator", "-a", help="Who will answer: nothing they have answered is asked again."),
    ] = None,
    certify: Annotated[
        bool, typer.Option("--certify", help="Draw items to prove how often the newest model is wrong.")
    ] = False,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Choose which items to ask about next, and write them out to be labeled."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        asked = (
            rounds.pending(work)
            if again
            else rounds.ask(work, n, split=split, to=to, annotator=annotator, certify=certify, progress=progress)
        )
        if again and to is not None:
            rounds.write_worksheet(work, to, asked.entries)
    output.emit(asked) if as_json else show_asked(asked, to)


def tell(
    path: Annotated[Path, typer.Argument(help="A worksheet that was filled in: .csv or .jsonl.")],
    partial: Annotated[bool, typer.Option("--partial", help="Take the right rows although others are wrong.")] = False,
    annotator: Annotator = "anonymous",
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Take in the answers of a worksheet. All of them, or, where one is wrong, none."""
    with projects.open_at(locate(project, url)) as work:
        told = labeling.tell_file(work, path, annotator=annotator, partial=partial)
    output.emit(told) if as_json else show_told(told)
    if told.problems and not told.taken:
        raise typer.Exit(2)


def train(project: Project = None, url: Url = None, as_json: Json = False) -> None:
    """Freeze the labels, fit a model on them, and measure it on the test set."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        trained = training.train(work, progress=progress)
    output.emit(trained) if as_json else show_trained(trained)


def status(project: Project = None, url: Url = None, as_json: Json = False) -> None:
    """Tell the project's story so far, and what to do next."""
    with projects.open_at(locate(project, url)) as work:
        found = statuses.status(work)
    output.emit(found) if as_json else show_status(found)


def withdraw(
    number: Annotated[int | None, typer.Option("--round", help="Which round; all that is pending by default.")] = None,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Take back questions that nobody has answered; their items may be asked again."""
    with projects.open_at(locate(project, url)) as work:
        n = rounds.withdraw(work, number)
    output.emit({"withdrawn": n}) if as_json else output.out.print(f"{n} questions taken back.")


def report(
    to: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("report.html"),
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Write the project's page: one file to look at, to keep, and to send."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        written = reports.write_report(work, to, progress=progress)
    output.emit({"path": str(written)}) if as_json else output.out.print(f"Written to {written}")


def policy(
    change: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE, such as batch_size=50 or budget.labels=500.")
    ] = None,
    instructions: Annotated[str, typer.Option(help="What annotators are told from now on; @FILE reads a file.")] = "",
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Show how the project chooses, or change it from the next round on."""
    with projects.open_at(locate(project, url)) as work:
        now = projects.change_policy(work, change or ())
        if instructions:
            projects.set_instructions(work, _text(instructions))
    if as_json:
        output.emit(now.to_json())
        return
    output.table([["setting", "value"], *([name, str(value)] for name, value in now.to_json().items())])


def freeze(
    note: Annotated[str, typer.Option(help="What this version is for.")] = "",
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Make the labels as they are now a dataset version, never to change."""
    with projects.open_at(locate(project, url)) as work:
        frozen = datasets.freeze(work, note)
    if as_json:
        output.emit(frozen)
        return
    word = "is" if frozen.created else "was already"
    output.out.print(f"Version {frozen.number} {word} {frozen.n_items} labels, {frozen.digest[:12]}.")
    if note not in ("", frozen.note):
        has = f"its note is {frozen.note!r}" if frozen.note else "it has none"
        output.err.print(
            f"[yellow]Note:[/] note: must be given when the version is made, since no version is ever changed; "
            f"{output.escape(has)}, so {output.escape(repr(note))} was not kept. "
            "Freeze with a note before `train` and `ask`: they freeze too."
        )


def export(
    path: Annotated[Path, typer.Argument(help="Where to write: .csv, .jsonl, .parquet or .arrow.")],
    version: Annotated[int | None, typer.Option(help="Dataset version; the labels as they are now by default.")] = None,
    file_format: Annotated[
        str | None, typer.Option("--format", help="csv, excel-csv, jsonl, parquet or arrow.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there and no earlier export.")
    ] = False,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Write labeled items to a file, with who answered, when, and why each was asked."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        written = datasets.export(work, path, version=version, file_format=file_format, force=force, progress=progress)
    output.emit(written) if as_json else output.out.print(
        f"{written.n_rows} labels written to {output.escape(str(path))}"
    )


def verify(project: Project = None, url: Url = None, as_json: Json = False) -> None:
    """Check that everything stored agrees with itself: the chain of answers, labels, versions, splits; show copies."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        looked = verifying.look(work, progress=progress)
    found = looked.problems
    if as_json:
        output.emit({"sound": not found, "problems": found, "copies": looked.copies})
    elif not found:
        output.out.print("Sound: every answer, label, version and split agrees with the others.")
        if looked.copies.n_pairs:
            show_copies(looked.copies)
    else:
        for problem in found:
            output.out.print(
                f"[bold red]{problem.kind}[/] {output.escape(problem.where)}: {output.escape(problem.message)}"
            )
    if found:
        raise typer.Exit(1)


def replay(
    number: Annotated[int, typer.Argument(help="The round.")],
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Draw a round again from what is stored, and compare."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        again = rounds.replay(work, number, progress=progress)
    if as_json:
        output.emit(again)
    else:
        output.out.print(again.sentence)
    if not again.same:
        raise typer.Exit(1)


def _classes(named: str | None, source: str | None, target: str, task: Task) -> Sequence[str]:
    if named and source:
        raise InvalidInput("classes: must come from one place; got --classes and --classes-from. Give one of them.")
    if source:
        return intake.distinct_values(source, target, task)
    return _parted(named)


def _parted(named: str | None) -> Sequence[str]:
    return tuple(part.strip() for part in named.split(",")) if named else ()


def _text(given: str) -> str:
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"instructions: must be a file of UTF-8 text; {given[1:]!r}: {error}. Mend it.") from None


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, kind = text.partition("=")
        if not equals:
            raise InvalidInput(f"kind: must be NAME=KIND; got {text!r}. Write it like body=text.")
        pairs[name] = kind
    return pairs
