"""The share of good ones by a judge that errs, corrected by what is known of its errors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.evidence import Interval

LEAST_SKILL = 0.1  # of the two rates of right verdicts, above one together; below, the correction divides by noise


def corrected_share(
    judged: npt.ArrayLike, checked: npt.ArrayLike, truth: npt.ArrayLike, *, level: float = 0.9
) -> Interval:
    """The share of items that are good, from a judge's verdicts, and from others of its verdicts that people checked.

    Parameters
    ----------
    judged : array_like of bool (n_items,)
        The judge's verdicts on what the share is wanted of; nobody checked them.
    checked : array_like of bool (n_checked,)
        Its verdicts on other items of the same kind.
    truth : array_like of bool (n_checked,)
        What people said of those.
    level : float
        Of the interval.

    Raises
    ------
    InvalidInput
        If the checked items are not of both kinds, two at least of each, or the judge hardly tells them apart: its
        rates of right verdicts, on good and on bad ones, must be at least 1.1 together.

    Notes
    -----
    Rogan and Gladen (1978), American Journal of Epidemiology 107: (p + q0 - 1) / (q0 + q1 - 1), with p the share judged
    good, q1 and q0 the shares of right verdicts on good and on bad ones; variance by the delta method, as in arXiv
    2511.21140, with one verdict of each kind added to every count, since a rate of 0 or 1 would seem to have none. It
    holds where the judge errs as often on the checked items as on the others. Where people can check a random part of
    the items themselves, `estimate` with the judge as its `guess` assumes nothing of the kind.

    Examples
    --------
    A judge that is right on 9 of 10 good ones and 8 of 10 bad ones calls 55 of 100 good:

    >>> checked = [1] * 9 + [0] + [1] * 2 + [0] * 8
    >>> found = corrected_share([1] * 55 + [0] * 45, checked, [1] * 10 + [0] * 10)
    >>> round(found.value, 3), found.low < 0.5 < found.high
    (0.5, True)
    """
    if not 0 < level < 1:
        raise InvalidInput(f"level: must lie between 0 and 1; got {level:g}. Pass 0.9 for nine in ten.")
    said, beside, good = (_verdicts(*pair) for pair in (("judged", judged), ("checked", checked), ("truth", truth)))
    if len(beside) != len(good):
        raise InvalidInput(
            f"truth: must be one per checked item, {len(beside)}; got {len(good)}. Pass both in one order."
        )
    n, m1, m0 = len(said), int(good.sum()), int((~good).sum())
    if min(m1, m0) < 2:
        raise InvalidInput(
            f"truth: must hold at least two good and two bad ones; got {m1} and {m0}. Have people check some more."
        )
    p, q1, q0 = said.mean(), beside[good].mean(), 1 - beside[~good].mean()
    skill = q0 + q1 - 1
    if skill < LEAST_SKILL:
        raise InvalidInput(
            f"checked: must show a judge that tells good from bad; it is right on {q1:.0%} of the good and {q0:.0%} of "
            f"the bad ones, {q0 + q1:.2f} together, and 1.1 is the least. Have people label, or take another judge."
        )
    value = float(np.clip((p + q0 - 1) / skill, 0, 1))
    spread = _spread(p, n) + (1 - value) ** 2 * _spread(q0, m0) + value**2 * _spread(q1, m1)
    reach = float(-scipy.special.ndtri((1 - level) / 2) * np.sqrt(spread) / skill)
    return Interval(value, max(value - reach, 0.0), min(value + reach, 1.0), level, "Rogan-Gladen")


def _spread(rate: float, n: int) -> float:
    added = (rate * n + 1) / (n + 2)
    return added * (1 - added) / (n + 2)


def _verdicts(name: str, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    found = checks.vector(name, values)
    if not len(found):
        raise InvalidInput(f"{name}: must hold verdicts; got none. Pass true or false for each item.")
    if not np.isin(found, (0, 1)).all():
        raise InvalidInput(
            f"{name}: must be true or false for each item; got other values. Pass 1 for good, 0 for bad."
        )
    return found.astype(np.bool_)
