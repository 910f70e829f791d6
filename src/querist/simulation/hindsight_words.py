"""A look back as rows of text and sentences."""

from __future__ import annotations

import numpy as np

from querist.simulation.hindsight import Hindsight, Known

ROWS_SHOWN = 8


def hindsight_rows(found: Hindsight) -> list[list[str]]:
    """A header, and a row for each of some numbers of labels: the project's own curve, random's, and the others'.

    Of another strategy stands what it reached on the sample that is as good as random, which bounds it from below, and
    behind the stroke what it made of all that was labeled.
    """
    header = ["labels", "the project", "random"]
    header += [f"{other.strategy} | of the labeled" for other in found.others]
    numbers = [known.n_labels for known in found.random]
    picked = np.unique(np.linspace(0, len(numbers) - 1, min(ROWS_SHOWN, len(numbers))).round().astype(int))
    rows = []
    for at in sorted({*(numbers[i] for i in picked), found.n_representative} & set(numbers)):
        row = [f"{at:,}", _value(found.own, at), _between(found.random, at)]
        row += [f"{_between(other.at_least, at)} | {_value(other.among_labeled, at)}" for other in found.others]
        rows.append(row)
    return [header, *rows]


def hindsight_reading(found: Hindsight) -> list[str]:
    """What the table rests on, and what may be read from it, in sentences."""
    n, m = found.n_labels, found.n_representative
    lines = [
        f"Of {n:,} labels of the pool's {found.n_pool:,} items, {m:,} are as good as a random draw: so far random is "
        f"known, within ranges that hold {found.level:.0%} of projects. Measured on {found.measured_on}.",
    ]
    if found.ratio is not None:
        r = found.ratio
        at_most = f"at most {r.high:.2f}" if np.isfinite(r.high) else "without a bound above"
        least = f"at least {r.low:.2f}" if r.low > 0 else "without a bound below"
        lines.append(
            f"To the level that random reaches with {m:,} labels, it needs {r.value:.2f} times the project's labels, "
            f"{least} and {at_most}."
        )
    lines += [f"Assumed: {text}" for text in found.assumes]
    return lines


def _near(curve: tuple[Known, ...], at: int) -> Known | None:
    """The last point up to this number of labels."""
    return next((known for known in reversed(curve) if known.n_labels <= at), None)


def _value(curve: tuple[Known, ...], at: int) -> str:
    known = [k for k in curve if k.value is not None]
    if not known or not known[0].n_labels <= at <= known[-1].n_labels:
        return "–"
    return f"{np.interp(at, [k.n_labels for k in known], [k.value or 0.0 for k in known]):.3f}"


def _between(curve: tuple[Known, ...], at: int) -> str:
    known = _near(curve, at)
    if known is None:
        return "–"
    low = "…" if known.low is None else f"{known.low:.3f}"
    high = "…" if known.high is None else f"{known.high:.3f}"
    middle = "" if known.value is None else f"{known.value:.3f} "
    return f"{middle}[{low} to {high}]"
