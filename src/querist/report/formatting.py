"""How numbers are written, the same in the page, the chart and the terminal. NaN and infinity are never written."""

from __future__ import annotations

import math

from querist.core.evidence import Interval
from querist.core.words import METRICS, metric_name

NOTHING = "–"
__all__ = [
    "BELOW_ZERO",
    "LOWER_IS_BETTER",
    "NOTHING",
    "ONE_OR_LESS",
    "between",
    "decimal",
    "dollars",
    "known",
    "listed",
    "metric_name",
    "p_value",
    "percent",
    "seconds",
    "signed",
    "times",
    "whole",
]
ONE_OR_LESS = frozenset(METRICS) - {"log_loss", "rmse", "mae", "brier"}
BELOW_ZERO = frozenset({"r2", "quadratic_kappa"})  # where a guess would have done better
LOWER_IS_BETTER = frozenset({"log_loss", "brier", "ece", "rmse", "mae"})


def decimal(value: float | None, places: int = 3) -> str:
    """A score with so many places, with a true minus sign.

    Examples
    --------
    >>> decimal(0.94712), decimal(-0.0204), decimal(float("nan")), decimal(-0.0001)
    ('0.947', '−0.020', '–', '0.000')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", "−")


def signed(value: float | None, places: int = 3) -> str:
    """A difference, its sign always shown.

    Examples
    --------
    >>> signed(0.0312), signed(-0.0312), signed(0.0)
    ('+0.031', '−0.031', '0.000')
    """
    text = decimal(value, places)
    return text if text == NOTHING or text[0] == "−" or not text.strip("0.,") else f"+{text}"


def whole(value: float | None) -> str:
    """A count, rounded up where it is a fraction: you cannot buy a part of a label.

    Examples
    --------
    >>> whole(1234.2), whole(None)
    ('1,235', '–')
    """
    return NOTHING if value is None or not math.isfinite(value) else f"{math.ceil(value - 1e-9):,}"


def times(value: float | None) -> str:
    """A ratio: `2.5×`.

    Examples
    --------
    >>> times(2.46), times(12.3), times(0.83)
    ('2.5×', '12×', '0.83×')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:.{0 if value >= 10 else 1 if value >= 0.995 else 2}f}×"


def between(interval: Interval | None, *, places: int = 3, ratio: bool = False, sign: bool = False) -> str:
    """The range of an interval; a dash where there is none.

    Examples
    --------
    >>> between(Interval(0.03, 0.021, 0.039)), between(Interval(2.5, 2.1, 2.94), ratio=True)
    ('0.021 to 0.039', '2.1 to 2.9')
    """
    if interval is None or not known(interval):
        return NOTHING
    if ratio:
        return f"{times(interval.low)} to {times(interval.high)}".replace("×", "")
    write = signed if sign else decimal
    return f"{write(interval.low, places)} to {write(interval.high, places)}"


def known(interval: Interval | None) -> bool:
    """Whether it says anything of its spread: one seed, or numbers that are not finite, do not."""
    return (
        interval is not None
        and not interval.method.startswith("one seed")
        and math.isfinite(interval.low)
        and math.isfinite(interval.high)
    )


def p_value(value: float | None) -> str:
    """A p-value to two figures.

    Examples
    --------
    >>> p_value(0.0625), p_value(0.25), p_value(0.00012), p_value(1.0)
    ('0.062', '0.25', '< 0.001', '1.0')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:#.2g}"


def percent(value: float | None) -> str:
    """A share: `12 %` style without a decimal unless it is below 10.

    Examples
    --------
    >>> percent(0.1234), percent(0.045), percent(1)
    ('12%', '4.5%', '100%')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{100 * value:.{1 if 0 < value < 0.0995 else 0}f}%"


def dollars(value: float | None) -> str:
    """A sum of money.

    Examples
    --------
    >>> dollars(1234.6), dollars(0.25), dollars(0), dollars(-120.4)
    ('$1,235', '$0.25', '$0', '−$120')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    sign, size = "−" if value < 0 else "", abs(value)
    return f"{sign}${size:,.0f}" if size >= 100 or size == round(size) else f"{sign}${size:,.2f}"


def seconds(value: float | None) -> str:
    """A duration.

    Examples
    --------
    >>> seconds(0.42), seconds(75), seconds(4020)
    ('0.4 s', '1 min 15 s', '1 h 7 min')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def listed(words: list[str]) -> str:
    """Words joined as in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else "".join(words)
