"""Results as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from querist.cli.output import escape, out, sparkline, table
from querist.core.copies import Copies
from querist.core.slices import SliceVersion
from querist.core.words import metric_name, within
from querist.service.estimating import Believed
from querist.service.figures import Figure, Tone
from querist.service.intake import Added
from querist.service.labeling import Told
from querist.service.rounds import Asked
from querist.service.status import Status
from querist.service.training import Trained

PROBLEMS_SHOWN = 20
TONES: dict[Tone, str | None] = {"good": "bold green", "warn": "bold yellow", "bad": "bold red", "quiet": None}
ROUNDS_SHOWN = 12
CLASSES_SHOWN = 12
COPIES_SHOWN = 20
PREVIEW_CHARACTERS = 60


def show_added(added: Added) -> None:
    """How many items came in, and where they went."""
    where = ", ".join(f"{n:,} {split}" for split, n in added.splits.items() if n)
    inside = f", {added.n_inside:,} repeated inside the file" if added.n_inside else ""
    known = added.n_repeated - added.n_inside
    out.print(f"[bold]{added.n_added:,}[/] items added ({where or 'none'}), {known:,} known already{inside}.")
    if added.n_labels:
        out.print(f"{added.n_labels:,} labels taken in.")
    kinds = ", ".join(f"{escape(name)} {kind}" for name, kind in list(added.kinds.items())[:CLASSES_SHOWN])
    if kinds:
        out.print(f"Fields: {kinds}")
    for note in added.notes:
        out.print(f"[yellow]Note:[/] {escape(note)}")


def show_asked(asked: Asked, to: Path | None) -> None:
    """What is asked, by whom chosen, and why."""
    if asked.trained is not None:
        show_trained(asked.trained)
    if not asked.entries:
        out.print("Nothing is pending.")
        return
    n = len(asked.entries)
    if asked.round:
        out.print(f"Round {asked.round}: {n} items asked, chosen by [bold]{asked.strategy}[/].")
    else:
        out.print(f"{n} questions are open.")
    if asked.held_back:
        out.print(f"[yellow]{escape(asked.held_back[0].upper() + asked.held_back[1:])}.[/]")
    if asked.rules:
        rows = [["seed rule", "label", "items", "disagreed on"]]
        rows += [[rule.name, rule.label, str(rule.n_items), str(rule.n_disagreements)] for rule in asked.rules]
        table(rows)
    if asked.cost_usd:
        out.print(f"Answers to them cost about {asked.cost_usd:.2f} dollars.")
    if to is not None:
        sheet = escape(str(to))
        out.print(f"Written to {sheet}: fill in the column {escape(repr(asked.target))}, then `querist tell {sheet}`.")
        return
    rows = [["id", "item", "suggestion", "why"]]
    for entry in asked.entries:
        suggestion = f"{entry.suggestion} ({entry.confidence:.0%})" if entry.suggestion and entry.confidence else ""
        rows.append([entry.item_id, entry.preview, suggestion, entry.reason])
    table(rows)
    out.print(
        f"To answer: `querist ask --again --to batch.csv`, fill in the column {escape(repr(asked.target))}, "
        "then `querist tell batch.csv`."
    )


def show_told(told: Told) -> None:
    """What became of each row."""
    if told.problems and not told.taken:
        out.print(f"[bold red]Nothing was taken[/], because {len(told.problems)} of {told.n_rows} rows are wrong:")
    else:
        unasked = f" ({told.n_volunteered} of them of items not asked)" if told.n_volunteered else ""
        agreed = f"{told.n_confirmed} confirmed, " if told.n_confirmed else ""
        agreed += f"{told.n_outvoted} outvoted, " if told.n_outvoted else ""
        out.print(
            f"[bold]{told.n_labeled}[/] labels taken{unasked}, {told.n_revised} changed, {agreed}"
            f"{told.n_repeated} said before, {told.n_blank} left empty; {told.n_pending} questions still open."
        )
        if told.n_for_others:
            out.print(
                f"[yellow]{told.n_for_others} of the open questions ask for another person's answer[/] to an item that "
                "this one had answered: say who answers with --annotator NAME, or take them back with "
                "`querist withdraw`."
            )
        if told.problems:
            out.print(f"{len(told.problems)} rows were not taken:")
    for problem in told.problems[:PROBLEMS_SHOWN]:
        out.print(f"  {escape(str(problem))}")
    if len(told.problems) > PROBLEMS_SHOWN:
        out.print(f"  and {len(told.problems) - PROBLEMS_SHOWN} more; --json lists them all.")
    if told.problems and not told.taken:
        out.print("Mend them and tell again, or take the right ones with --partial.")


def show_trained(trained: Trained) -> None:
    """The model, how good it is, and whether its scores may choose."""
    how = "continued" if trained.warm_started else "fitted"
    out.print(
        f"Model {trained.number} {how} on {trained.n_labels} labels (dataset version {trained.version}) "
        f"in {trained.seconds:.1f} s."
    )
    if trained.metrics:
        figures = ", ".join(f"{name} {value:.3f}" for name, value in trained.metrics.items())
        out.print(f"On {trained.n_test} test items: {figures}")
    else:
        out.print("No test item is labeled yet: `querist ask --split test -n 100` draws some.")
    if trained.trust is not None:
        out.print(f"Trust: {escape(trained.trust)}.")


def show_believed(found: Believed) -> None:
    """The estimate, where it comes from, and what one would have believed otherwise."""
    e = found.estimate
    of = "" if found.of is None else f" of {escape(repr(found.of))}"
    name = metric_name(e.metric)
    out.print(
        f"{name[0].upper()}{name[1:]}{of} of model {found.model}: [bold]{e.value:.3f}[/], "
        f"{within(e.low, e.high)} in {e.level:.0%} of repetitions."
    )
    helped = "" if e.trust == 0 else f", and its predictions on all {e.n_items:,}"
    out.print(f"From {e.n_labels:,} labeled items of the test set, which no strategy chose{helped}.")
    if e.trust > 0 and e.n_uniform > e.n_labels:
        out.print(f"Without the predictions, about {e.n_uniform:,.0f} labels would be needed for as narrow a range.")
    if found.asked_right is not None:
        out.print(
            f"Of {found.n_asked:,} questions that strategies chose, the model of the time had guessed "
            f"{found.asked_right:.0%} rightly: that is no accuracy, since they were chosen for being hard."
        )


def show_evidence(figures: Sequence[Figure]) -> None:
    """Each figure with its sentences, and where it comes from beneath."""
    for figure in figures:
        color = TONES[figure.tone]
        value = escape(figure.value) if color is None else f"[{color}]{escape(figure.value)}[/]"
        out.print(f"[bold]{escape(figure.title)}[/]  {value}")
        for line in (figure.sentence, *figure.lines):
            out.print(f"  {escape(line)}")
        out.print(f"  [dim]{escape(figure.source)} See docs/{figure.page}.md.[/]")
        out.print()


def show_copies(found: Copies) -> None:
    """Copies that stand in two splits, the most alike first."""
    out.print(escape(found.sentence))
    if not found.pairs:
        return
    rows = [["alike", "split", "id", "item", "split", "id", "item"]]
    for each in found.pairs[:COPIES_SHOWN]:
        one = [each.split, each.item_id, each.preview[:PREVIEW_CHARACTERS]]
        other = [each.other_split, each.other_id, each.other_preview[:PREVIEW_CHARACTERS]]
        rows.append(["equal" if each.how == "equal" else f"{each.alike:.0%}", *one, *other])
    table(rows)
    if found.n_pairs > COPIES_SHOWN:
        out.print(f"and {found.n_pairs - COPIES_SHOWN:,} pairs more; --json lists the first {len(found.pairs)}.")


def show_slices(found: list[SliceVersion]) -> None:
    """Each version of each slice."""
    rows = [["slice", "version", "items", "added", "without a label", "by", "when"]]
    for each in found:
        figures = (each.version, each.n_items, each.n_added)
        when = each.created_at.isoformat(sep=" ", timespec="minutes")
        rows.append([each.split, *(f"{n:,}" for n in figures), f"{each.n_open:,}", escape(each.how), when])
    table(rows)


def show_status(status: Status) -> None:
    """The story so far."""
    out.print(f"[bold]{escape(status.project)}[/] asks for {escape(status.target)}. {escape(status.story)}")
    out.print()
    rows = [["split", "items", "labeled", "pending"]]
    rows += [[s.split, f"{s.n_items:,}", f"{s.n_labeled:,}", f"{s.n_pending:,}"] for s in status.splits]
    table(rows)
    for counts, where in ((status.classes, "pool"), (status.test_classes, "test set")):
        if counts:
            out.print()
            shown = list(counts.items())[:CLASSES_SHOWN]
            more = len(counts) - len(shown)
            text = ", ".join(f"{escape(name)} {n}" for name, n in shown)
            out.print(f"Labels of the {where}: {text}{f' and {more} classes more' if more else ''}")
    if status.points:
        out.print()
        metric = status.metric
        values = [p.metrics[metric] for p in status.points if metric in p.metrics]
        if values:
            last = status.points[-1].n_labels
            out.print(f"{metric_name(metric)} {sparkline(values)} {values[0]:.3f} to {values[-1]:.3f} at {last} labels")
    if status.rounds:
        out.print()
        rows = [["round", "chosen by", "asked", "answered", "pending", "random", "state"]]
        for r in status.rounds[-ROUNDS_SHOWN:]:
            figures = (r.n_asked, r.n_answered, r.n_pending, r.n_random)
            rows.append([str(r.number), r.strategy, *map(str, figures), r.state])
        table(rows)
    out.print()
    for verdict in status.verdicts:
        mark = "[bold green]stop[/]" if verdict.stop else "go on"
        name = f"{verdict.rule} (certified)" if verdict.certified else verdict.rule
        out.print(f"{name}: {mark}. {escape(f'{verdict.sentence} {verdict.ahead}'.rstrip())}")
    if status.test_use.n_models:
        mark = "[yellow]Test set:[/] " if status.test_use.refresh else "Test set: "
        out.print(f"{mark}{escape(status.test_use.sentence)}")
    out.print(f"Next: {escape(status.next_step)}")
