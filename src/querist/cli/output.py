"""Words out: tables for people, JSON for machines, progress for whoever waits."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from querist.core.ports import Progress as Teller

PIPED_WIDTH = 120  # nobody sees how wide a file is, and a table that is cut says less

out = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)

# What moves the cursor, recolors, or turns the direction of writing; line ends and tabs are left.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
BARS = "▁▂▃▄▅▆▇█"


def emit(value: Any) -> None:
    """One JSON document on standard output."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    print(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))  # those that JSON itself does not escape


def emit_line(value: Any) -> None:
    """One JSON document on a line of standard output, at once: of something that goes on."""
    print(json.dumps(plain(value)), flush=True)


def plain(value: Any) -> Any:
    """Plain JSON of dataclasses, maps and sequences; NaN becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


def table(rows: Sequence[Sequence[str]], *, title: str | None = None) -> None:
    """Rows under a header, numbers to the right."""
    header, *body = rows
    grid = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for i, name in enumerate(header):
        numeric = bool(body) and all(_numeric(row[i]) for row in body)
        short = i == 0 or numeric  # what is folded in the middle of a name or a number cannot be read
        grid.add_column(
            name,
            justify="right" if numeric else "left",
            style="bold" if i == 0 else "",
            no_wrap=short,
            overflow="crop" if short else "fold",
        )
    for row in body:
        grid.add_row(*(escape(cell) for cell in row))
    out.print(grid)


def escape(text: str) -> str:
    """Text that Rich must not read as its own markup, and the terminal not as a command: that is shown as `\\x1b`.

    Examples
    --------
    >>> print(escape("a \\x1b[31mred\\x1b[0m word"))
    a \\x1b\\[31mred\\x1b\\[0m word
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text).replace("[", r"\[")


def sparkline(values: Sequence[float]) -> str:
    """A curve in a line of text.

    Examples
    --------
    >>> sparkline([0.0, 0.5, 1.0])
    '▁▅█'
    """
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(BARS[round((v - low) / span * (len(BARS) - 1))] for v in values)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Teller]:
    """A bar on standard error, shown only to a person who waits: not under `--json`, not into a file."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )
    tasks: dict[str, Any] = {}

    def tell(done: int, total: int | None, what: str, /) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(escape(what), total=total)
        bar.update(tasks[what], completed=done, total=total)

    with bar:
        yield tell


def _numeric(cell: str) -> bool:
    return cell[:1].isdigit() or cell[:1] in "-+–—<>" or not cell
