"""Whether new items, what a model says of them, their labels and its errors are still what they were.

Each check is a `DriftCheck`; `judge` holds all those of one look to a common level, so that the more one checks, the
fewer false alarms each may give. What to do about it is said by `plan_drift`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.drift import DriftCheck
from querist.core.errors import InvalidInput
from querist.core.ports import DetectsChange
from querist.core.words import counted
from querist.metrics.compare import holm
from querist.metrics.inputs import class_numbers
from querist.metrics.marginals import Shift, category_shift, counted_shift, numeric_shift, simes
from querist.metrics.two_samples import PERMUTATIONS, TwoSamples, c2st, mmd

LEVEL = 0.05
FEWEST_ERRORS = 20  # on either side of a cut
NAMED = 3  # fields named in a sentence


def inputs_by_classifier(found: TwoSamples, *, level: float = LEVEL) -> DriftCheck:
    """The check of what `c2st` found."""
    return _check(
        "classifier",
        "inputs",
        found.statistic,
        found.p_value,
        f"A classifier tells new items from old ones with an AUC of {found.statistic:.2f}; chance is 0.50.",
        (found.n_reference, found.n_recent),
        level,
    )


def inputs_by_kernel(found: TwoSamples, *, level: float = LEVEL) -> DriftCheck:
    """The check of what `mmd` found."""
    return _check(
        "mmd",
        "inputs",
        found.statistic,
        found.p_value,
        f"New and old items lie {max(found.statistic, 0) ** 0.5:.3f} apart by a Gaussian kernel, where 0 is alike.",
        (found.n_reference, found.n_recent),
        level,
    )


def input_checks(
    reference: npt.ArrayLike,
    recent: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = LEVEL,
    n_permutations: int = PERMUTATIONS,
) -> tuple[DriftCheck, DriftCheck]:
    """What a classifier and a kernel see of two samples of features: see `c2st` and `mmd`."""
    return (
        inputs_by_classifier(c2st(reference, recent, rng=rng, n_permutations=n_permutations), level=level),
        inputs_by_kernel(mmd(reference, recent, rng=rng, n_permutations=n_permutations), level=level),
    )


def field_check(
    reference: Mapping[str, Sequence[Any] | Floats],
    recent: Mapping[str, Sequence[Any] | Floats],
    *,
    level: float = LEVEL,
) -> DriftCheck:
    """Each field by itself: numbers by Kolmogorov and Smirnov, all else by chi-squared; together one check.

    The p-value is that of Simes over the fields; which fields differ is said by Holm's, in `detail["fields"]`, each
    with its statistic and PSI. The statistic is the largest PSI.

    Parameters
    ----------
    reference, recent : mapping of field to values
        An array of numbers is compared as numbers, NaN where missing; anything else as categories.

    Examples
    --------
    >>> found = field_check({"age": np.arange(200.0)}, {"age": np.arange(200.0) + 90})
    >>> found.drifted, found.sentence
    (True, "Different by themselves: 'age' (PSI 2.22); of 1 field.")
    """
    if not reference or set(reference) != set(recent):
        raise InvalidInput(
            f"recent: must have the fields of the reference, {checks.listed(reference)}; got {checks.listed(recent)}. "
            "Compare the same fields."
        )
    shifts = {name: _shift(reference[name], recent[name]) for name in reference}
    p_values = [shift.p_value for shift in shifts.values()]
    adjusted = dict(zip(shifts, holm(p_values).tolist(), strict=True))
    order = sorted(shifts, key=lambda name: (adjusted[name], -shifts[name].psi))
    differ = [name for name in order if adjusted[name] <= level]
    named = ", ".join(f"{checks.short(name)} (PSI {shifts[name].psi:.2f})" for name in differ[:NAMED])
    more = f" and {len(differ) - NAMED} more" if len(differ) > NAMED else ""
    n = len(shifts)
    said = f"Different by themselves: {named}{more}; of" if differ else "None is different by itself, of"
    return _check(
        "fields",
        "inputs",
        max(shift.psi for shift in shifts.values()),
        simes(p_values),
        f"{said} {counted(n, 'field')}.",
        (len(next(iter(reference.values()))), len(next(iter(recent.values())))),
        level,
        fields=[_plain(name, shifts[name], adjusted[name]) for name in order],
    )


def confidence_check(reference: npt.ArrayLike, recent: npt.ArrayLike, *, level: float = LEVEL) -> DriftCheck:
    """How sure the model is of its answer, on items that it did not learn from, by Kolmogorov and Smirnov.

    Parameters
    ----------
    reference, recent : (n_items,) float
        The largest class probability of each item; of a number, what is predicted.
    """
    old, new = checks.vector("reference", reference), checks.vector("recent", recent)
    shift = numeric_shift(old, new)
    return _check(
        "confidence",
        "scores",
        shift.statistic,
        shift.p_value,
        f"The model's scores have a mean of {new.mean():.2f} on new items and {old.mean():.2f} on old ones "
        f"(PSI {shift.psi:.2f}).",
        (len(old), len(new)),
        level,
        psi=shift.psi,
    )


def share_check(
    reference: npt.ArrayLike,
    recent: npt.ArrayLike,
    classes: Sequence[str],
    *,
    name: str = "labels",
    level: float = LEVEL,
) -> DriftCheck:
    """The shares of the classes, by chi-squared: of labels, or, named `predicted_classes`, of a model's answers.

    Parameters
    ----------
    reference, recent : (n_items,) int
        A class number each. Of labels only such as were drawn blindly: what a strategy chose has other shares.
    classes : sequence of str
    name : {"labels", "predicted_classes"}

    Examples
    --------
    >>> found = share_check([0] * 80 + [1] * 20, [0] * 50 + [1] * 50, ["ham", "spam"])
    >>> found.drifted, found.sentence
    (True, "'spam' has 50% of the labels of new items and 20% of those of old ones.")
    """
    old, new = (
        np.bincount(class_numbers(side, y, len(classes)), minlength=len(classes))
        for side, y in (("reference", reference), ("recent", recent))
    )
    shift = counted_shift(old, new)
    shares = old / old.sum(), new / new.sum()
    # Where two have moved by as much, as of two classes both have, the one that grew is named.
    most = int(np.argmax(np.round(np.abs(shares[1] - shares[0]), 9) * 2 + (shares[1] > shares[0]) * 1e-9))
    what = "labels" if name == "labels" else "predictions"
    return _check(
        name,
        "labels" if name == "labels" else "scores",
        shift.statistic,
        shift.p_value,
        f"{checks.short(classes[most])} has {shares[1][most]:.0%} of the {what} of new items and "
        f"{shares[0][most]:.0%} of those of old ones.",
        (int(old.sum()), int(new.sum())),
        level,
        psi=shift.psi,
        reference=dict(zip(classes, shares[0].tolist(), strict=True)),
        recent=dict(zip(classes, shares[1].tolist(), strict=True)),
    )


def error_check(
    errors: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = LEVEL,
    n_permutations: int = PERMUTATIONS,
) -> DriftCheck:
    """Whether the errors of blindly drawn items have risen at some time, wherever it was: a permutation test.

    The statistic is the largest standardized rise from before a cut to after it, over all cuts with at least twenty
    items on either side. Where nothing changes, the errors may stand in any order, which is what the p-value goes by:
    it is exact, unlike the alarms of a detector that watches as they come.

    Parameters
    ----------
    errors : (n_items,) float
        In the order of time: 1 where the model was wrong, or any loss.

    Raises
    ------
    InvalidInput
        If there are fewer than forty, or one is not finite.

    Notes
    -----
    `detail` has `cut`, the first item after the rise, and the two rates; they are those at the cut that looks worst,
    and so exaggerate a little.

    Examples
    --------
    >>> found = error_check([0, 0, 0, 0, 1] * 20 + [0, 1] * 40, rng=np.random.default_rng(0))
    >>> found.drifted, found.detail["cut"]
    (True, 99)
    """
    e = checks.numbers("errors", errors)
    n = len(e)
    if n < 2 * FEWEST_ERRORS:
        raise InvalidInput(
            f"errors: must be of at least {2 * FEWEST_ERRORS} items; got {n}. Label more items that are drawn blindly."
        )
    checks.positive("n_permutations", n_permutations)
    order = rng.permuted(np.tile(e, (n_permutations, 1)), axis=1)
    sums = np.cumsum(np.concatenate([e[None], order]), axis=1)
    cuts = np.arange(FEWEST_ERRORS, n - FEWEST_ERRORS + 1)
    before = sums[:, cuts - 1] / cuts
    after = (sums[:, -1:] - sums[:, cuts - 1]) / (n - cuts)
    rises = (after - before) * np.sqrt(cuts * (n - cuts) / n)
    largest = rises.max(axis=1)
    at = int(cuts[rises[0].argmax()])
    p_value = float(np.mean(largest >= largest[0] - 1e-9))
    spread = float(e.std())
    rates = float(e[:at].mean()), float(e[at:].mean())
    return _check(
        "error",
        "error",
        float(largest[0]) / spread if spread > 0 else 0.0,
        p_value,
        f"The error is {rates[1]:.3f} on the last {n - at:,} labeled items and {rates[0]:.3f} on the {at:,} before.",
        (at, n - at),
        level,
        cut=at,
        before=rates[0],
        after=rates[1],
    )


def watched_check(name: str, detector: DetectsChange, errors: npt.ArrayLike) -> DriftCheck:
    """What a detector says of errors in the order of time, and where it said it last.

    Examples
    --------
    >>> from querist.metrics import Adwin
    >>> watched_check("adwin", Adwin(), [0.0] * 300 + [1.0, 0.0] * 150).detail["alarms"]
    [319, 351, 383]
    """
    e = checks.numbers("errors", errors)
    alarms = [at for at, error in enumerate(e.tolist()) if detector.update(error)]
    n = len(e)
    last = f"alarms, the last time after {alarms[-1] + 1:,}" if alarms else f"is silent after {n:,}"
    more = f" of {n:,}" if alarms else ""
    return DriftCheck(
        name=name,
        about="error",
        statistic=float(len(alarms)),
        p_value=None,
        threshold=0.0,
        drifted=bool(alarms),
        sentence=f"A watch over the errors as they came in {last}{more} answers.",
        n_reference=alarms[-1] if alarms else n,
        n_recent=n - alarms[-1] if alarms else 0,
        detail={"alarms": alarms},
    )


def judge(checks_of_one_look: Iterable[DriftCheck], *, level: float = LEVEL) -> tuple[DriftCheck, ...]:
    """The same checks, each drifted only where it is so at the level of all of them together.

    Where nothing has changed, at most the share `level` of looks has any check alarm, however many checks there are and
    however they hang together.

    Notes
    -----
    Holm's adjustment of the p-values; a check that has a threshold takes up a place among them, so that what it alarms
    falsely is made room for.

    Examples
    --------
    >>> one = share_check([0] * 80 + [1] * 20, [0] * 66 + [1] * 34, ["ham", "spam"])
    >>> round(one.p_value, 3), one.drifted, judge([one, one])[0].drifted
    (0.026, True, False)
    """
    found = list(checks_of_one_look)
    checks.share("level", level)
    with_p = [at for at, check in enumerate(found) if check.p_value is not None]
    room = [1.0] * (len(found) - len(with_p))
    adjusted = holm([found[at].p_value or 0.0 for at in with_p] + room) if found else np.empty(0)
    for at, p in zip(with_p, adjusted.tolist(), strict=False):
        found[at] = replace(found[at], p_adjusted=p, drifted=p <= level)
    return tuple(found)


def _check(
    name: str,
    about: Any,
    statistic: float,
    p_value: float,
    sentence: str,
    sizes: tuple[int, int],
    level: float,
    **detail: Any,
) -> DriftCheck:
    p_value = float(p_value)
    return DriftCheck(name, about, float(statistic), p_value, None, p_value <= level, sentence, *sizes, p_value, detail)


def _shift(old: Sequence[Any] | Floats, new: Sequence[Any] | Floats) -> Shift:
    numeric = all(isinstance(side, np.ndarray) and side.dtype.kind in "biuf" for side in (old, new))
    test: Callable[[Any, Any], Shift] = numeric_shift if numeric else category_shift
    return test(old, new)


def _plain(name: str, shift: Shift, p_adjusted: float) -> dict[str, Any]:
    return {
        "field": name,
        "test": shift.test,
        "statistic": shift.statistic,
        "psi": shift.psi,
        "p_value": shift.p_value,
        "p_adjusted": p_adjusted,
    }
