"""Rules for a search: stop when so much of what is relevant has been found. Habits, and estimates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.evidence import Point
from querist.core.words import counted
from querist.loop.budget import Spending
from querist.loop.stopping.verdict import NOTHING, Evidence, Screened, Verdict, finite, inside, outlook

FEW = 150  # relevant items up to which the knee must be sharper


@dataclass(frozen=True, slots=True)
class Hypergeometric:
    """Stop when the last items looked at would hold more that is relevant, had too much been missed.

    Parameters
    ----------
    of : str
        The class searched for.
    recall : float
        Share of what is relevant that is to be found.
    confidence : float

    Notes
    -----
    Callaghan and Mueller-Hansen (2020), Systematic Reviews 9:273. The last n items are taken for a random draw from
    those left before them, N: with K* = floor(found / recall - found before + 1) or more relevant among N, how likely
    were so few among n? The least chance over all n counts. A strategy that looks at the likeliest first makes each
    less kind than a draw, and looking at all n and after each item makes the chance less than it should be: it holds
    in practice, and is not proven. `recall_bound` is.
    """

    of: str
    recall: float = 0.95
    confidence: float = 0.95

    def __post_init__(self) -> None:
        inside("recall", self.recall)
        inside("confidence", self.confidence)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the chance is below one less the confidence."""
        seen = searched("hypergeometric", self.of, evidence)
        if isinstance(seen, Verdict):
            return seen
        chance = self.chance(seen)
        stop = chance < 1 - self.confidence
        sentence = (
            f"{counted(seen.n_found, 'item')} of {self.of!r} found among {seen.n_screened:,}; had a recall of "
            f"{self.recall:.0%} been missed, the last items would be so empty with a chance of {chance:.3f}; "
            f"it stops below {1 - self.confidence:.3f}."
        )
        ahead = None if stop else _empty_until(seen, self.recall, self.confidence)
        why = "if nothing relevant turns up any more"
        return Verdict("hypergeometric", stop, 1 - chance, sentence, False, *_said(stop, ahead, why))

    def chance(self, seen: Screened) -> float:
        """The least chance over all numbers of last items."""
        total, n = seen.n_found, seen.n_screened
        if math.floor(total / self.recall) - total + 1 > seen.n_items - n:
            return 0.0  # more would have to be missing than is left
        # Of windows with as many relevant ones the longest is the least likely: it starts right after the one before.
        starts = np.r_[0, np.flatnonzero(seen.relevant) + 1]
        starts = starts[starts < n]
        before = np.arange(len(starts))
        missed = np.floor(total / self.recall - before + 1).astype(np.int64)
        return float(at_most(total - before, seen.n_items - starts, missed, n - starts).min())


@dataclass(frozen=True, slots=True)
class AutoStop:
    """Stop when enough of the relevant items is found, by an estimate from the items that were drawn.

    Parameters
    ----------
    of : str
        The class searched for.
    recall : float
    z : float
        Standard errors that are added to the estimated number of relevant items.

    Notes
    -----
    After Li and Kanoulas (2020), whose sampling is by inclusion probabilities. Here each drawn item has the chance
    with which it was drawn at its turn: what was found before it, and its own relevance over its chance, estimate the
    number without bias given all before; their mean is taken, with its standard error. It is looked at again and
    again, and normal only where many were drawn.
    """

    of: str
    recall: float = 0.95
    z: float = 1.645

    def __post_init__(self) -> None:
        inside("recall", self.recall)
        finite("z", self.z)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where enough of the upper estimate is found."""
        seen = searched("autostop", self.of, evidence)
        if isinstance(seen, Verdict):
            return seen
        drawn = np.flatnonzero(~np.isnan(seen.chances))
        if len(drawn) < 10:
            sentence = f"Not known yet: {len(drawn)} of the 10 random draws that it needs are there."
            return Verdict("autostop", False, None, sentence, False, None, "too few items were drawn at random")
        before: Rows = np.cumsum(seen.relevant) - seen.relevant
        figures = (before + seen.relevant / seen.chances)[drawn]
        mean, error = float(figures.mean()), float(figures.std(ddof=1) / math.sqrt(len(drawn)))
        upper = max(mean + self.z * error, float(seen.n_found))
        recall = seen.n_found / upper if upper else 0.0
        stop = bool(seen.n_found) and recall >= self.recall
        sentence = (
            f"{seen.n_found:,} found of about {mean:.0f} of {self.of!r}, at most {upper:.0f} by {len(drawn):,} draws: "
            f"a recall of {recall:.1%}; enough is {self.recall:.0%}."
        )
        return Verdict("autostop", stop, recall, sentence, False, *_said(stop, None, ""))


@dataclass(frozen=True, slots=True)
class QuantCI:
    """Stop when the model itself expects little that is relevant among what is left.

    Parameters
    ----------
    of : str
        The class searched for.
    recall : float
    z : float
        Standard errors of a Poisson binomial that are added.

    Notes
    -----
    Yang, Lewis and Frieder (2021). Worth as much as the model's probabilities are calibrated.
    """

    of: str
    recall: float = 0.95
    z: float = 1.96

    def __post_init__(self) -> None:
        inside("recall", self.recall)
        finite("z", self.z)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where what is found is enough of itself and the upper expectation of the rest."""
        seen = searched("quant_ci", self.of, evidence)
        if isinstance(seen, Verdict):
            return seen
        if seen.expected_left is None or seen.variance_left is None:
            sentence = f"Not known yet: no model has said how many of {self.of!r} it expects among what is left."
            return Verdict("quant_ci", False, None, sentence, False, None, "no model has looked at what is left")
        upper = seen.expected_left + self.z * math.sqrt(seen.variance_left)
        figure = seen.n_found / (seen.n_found + upper) if seen.n_found else 0.0
        stop = bool(seen.n_found) and figure >= self.recall
        sentence = (
            f"{seen.n_found:,} of {self.of!r} found, at most {upper:.1f} expected among the rest: a recall of "
            f"{figure:.1%}; enough is {self.recall:.0%}."
        )
        return Verdict("quant_ci", stop, figure, sentence, False, *_said(stop, None, ""))


@dataclass(frozen=True, slots=True)
class Knee:
    """Stop when what is found per item looked at has dropped sharply.

    Parameters
    ----------
    of : str
        The class searched for.
    ratio : float
        Of the slopes of the gain curve before and after its knee; where 150 or fewer are found, 156 less their number,
        if that is more.

    Notes
    -----
    Cormack and Grossman (2016), SIGIR. The knee is the point farthest above the line from the beginning to now.
    """

    of: str
    ratio: float = 6.0

    def __post_init__(self) -> None:
        finite("ratio", self.ratio)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the ratio is at the level or above."""
        seen = searched("knee", self.of, evidence)
        if isinstance(seen, Verdict):
            return seen
        needed = max(self.ratio, 156.0 - min(seen.n_found, FEW))
        gained, n = np.cumsum(seen.relevant), seen.n_screened
        ranks = np.arange(1, n + 1)
        at = int(np.argmax(gained - gained[-1] * ranks / n))
        before = gained[at] / ranks[at]
        after = (gained[-1] - gained[at] + 1) / max(n - ranks[at], 1)
        figure = float(before / after)
        stop = figure >= needed
        sentence = (
            f"The gain curve bends after {ranks[at]:,} items: before it is {figure:.1f} times as steep as after; "
            f"enough is {needed:.0f}."
        )
        more = math.ceil((gained[-1] - gained[at] + 1) * needed / before) - (n - int(ranks[at])) if before else None
        ahead = None if more is None or more > seen.n_items - n else max(more, 1)
        return Verdict("knee", stop, figure, sentence, False, *_said(stop, ahead, "if nothing relevant turns up"))


@dataclass(frozen=True, slots=True)
class TargetSet:
    """Stop when all relevant items that a random draw of its own had found were found again.

    Parameters
    ----------
    of : str
        The class searched for.
    targets : int
        How many the draw must have found.

    Notes
    -----
    Cormack and Grossman (2016). Recall is then about 1 - 1/(targets + 1) on average; with ten, at least 70 % in 95 of
    100 searches.
    """

    of: str
    targets: int = 10

    def __post_init__(self) -> None:
        checks.positive("targets", self.targets)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where all are found again."""
        seen = searched("target_set", self.of, evidence)
        if isinstance(seen, Verdict):
            return seen
        if seen.targets < self.targets:
            sentence = (
                f"Not known yet: {seen.targets} of the {self.targets} items of {self.of!r} are known from a draw of "
                "its own."
            )
            return Verdict("target_set", False, None, sentence, False, None, "the target set is not complete")
        stop = seen.targets_found >= seen.targets
        sentence = f"{seen.targets_found} of the target set's {seen.targets} items of {self.of!r} are found again."
        return Verdict("target_set", stop, seen.targets_found / seen.targets, sentence, False, *_said(stop, None, ""))


@dataclass(frozen=True, slots=True)
class Safe:
    """Stop when nothing came for long, enough was looked at, and all that had to turn up did.

    Parameters
    ----------
    of : str
        The class searched for.
    in_a_row : int
        Items without a relevant one, last of all.
    share : float
        Of the pool that must have been looked at.
    multiple : float
        Of the number of relevant items that the random draws foretell: so many must have been looked at.

    Notes
    -----
    The second phase of SAFE, Boetje and van de Schoot (2024), Systematic Reviews 13:81. Its third and fourth are
    people's: go on with another model for as many in a row, and look again at what was set aside. `targets` are the
    key papers.
    """

    of: str
    in_a_row: int = 50
    share: float = 0.1
    multiple: float = 2.0

    def __post_init__(self) -> None:
        checks.positive("in_a_row", self.in_a_row)
        checks.share("share", self.share)
        finite("multiple", self.multiple)
        if self.multiple <= 0:
            raise InvalidInput(f"multiple: must be above 0; got {self.multiple}. The method's own is 2.")

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where all conditions hold."""
        seen = searched("safe", self.of, evidence)
        if isinstance(seen, Verdict):
            return seen
        empty = seen.n_screened - (int(np.flatnonzero(seen.relevant)[-1]) + 1 if seen.n_found else 0)
        drawn = ~np.isnan(seen.chances)
        if not drawn.any():
            sentence = "Not known yet: no item was drawn at random, so that nothing tells how many are relevant."
            return Verdict("safe", False, None, sentence, False, None, "nothing was drawn at random")
        # Draws late in a search find less: those of the first tenth of the pool are nearest to its beginning.
        first = drawn & (np.arange(len(drawn)) < max(seen.n_items // 10, int(np.flatnonzero(drawn)[0]) + 1))
        expected = float(seen.relevant[first].mean()) * seen.n_items
        least = math.ceil(max(self.share * seen.n_items, self.multiple * expected))
        keys = seen.targets_found >= seen.targets
        stop = empty >= self.in_a_row and seen.n_screened >= least and keys
        said_keys = f", {seen.targets_found} of {seen.targets} key items found" if seen.targets else ""
        sentence = (
            f"{empty} in a row without {self.of!r} (of {self.in_a_row}), {seen.n_screened:,} looked at "
            f"(of {least:,}){said_keys}. Then go on with another model, and look at what was set aside."
        )
        ahead = max(self.in_a_row - empty, least - seen.n_screened, 1) if keys else None
        return Verdict("safe", stop, float(empty), sentence, False, *_said(stop, ahead, "if nothing relevant turns up"))


def searched(rule: str, of: str, evidence: Evidence) -> Screened | Verdict:
    """The search for a class, or the verdict where nothing is known of it."""
    seen = evidence.searches.get(of)
    if seen is None or not seen.n_screened:
        sentence = f"Not known yet: nothing was looked at in search of {of!r}."
        return Verdict(rule, False, None, sentence, False, None, "nothing was looked at")
    return seen


def at_most(k: npt.ArrayLike, items: npt.ArrayLike, marked: npt.ArrayLike, drawn: npt.ArrayLike) -> Floats:
    """Chance of at most `k` marked items in a blind draw without replacement; all arguments alike in shape, or one.

    Time in proportion to their number times the largest `k`.

    Examples
    --------
    >>> at_most(0, 90, 3, 40).round(4)  # C(50, 3) / C(90, 3)
    np.float64(0.1668)
    """
    most, n, m, d = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (k, items, marked, drawn)))
    lg = scipy.special.gammaln
    whole = lg(n + 1) - lg(d + 1) - lg(n - d + 1)
    found = np.zeros(most.shape)
    for j in range(int(most.max()) + 1):
        can = (j <= most) & (j <= m) & (j <= d) & (d - j <= n - m)
        a, b = np.where(can, m, j), np.where(can, d - j, 0.0)
        rest = np.where(can, n - m, 0.0)
        ways = lg(a + 1) - lg(j + 1) - lg(a - j + 1) + lg(rest + 1) - lg(b + 1) - lg(rest - b + 1)
        found = found + np.where(can, np.exp(np.minimum(ways - whole, 0.0)), 0.0)
    return np.asarray(np.minimum(found, 1.0))[()]


def _said(stop: bool, ahead: int | None, why: str) -> tuple[int | None, str]:
    if stop:
        return outlook(True, 0, 0)
    return (ahead, why) if ahead is not None else (None, "it depends on what turns up")


def _empty_until(seen: Screened, recall: float, confidence: float) -> int | None:
    """Items more until a run without a relevant one is enough, counted from the best beginning so far."""
    total, n = seen.n_found, seen.n_screened
    before = np.concatenate([[0], np.cumsum(seen.relevant)])[: n + 1]
    start = int(np.flatnonzero(before == total)[0])  # since the last relevant one
    left = seen.n_items - start
    missed = math.floor(total / recall - total + 1)
    low, high = n - start, left
    while low < high:
        middle = (low + high) // 2
        enough = missed > left - middle or at_most(0, left, missed, middle) < 1 - confidence
        low, high = (low, middle) if enough else (middle + 1, high)
    return max(low - (n - start), 1)
