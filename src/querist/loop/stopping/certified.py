"""Rules that keep a promise at every look: a bound on the pool's errors, and on the recall of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from querist.core.checks import Floats, Rows
from querist.core.evidence import Point
from querist.core.words import counted
from querist.loop.budget import Spending
from querist.loop.stopping.search import searched
from querist.loop.stopping.verdict import FIRED, NOTHING, Evidence, Screened, Verdict, inside

Flags = npt.NDArray[np.bool_]
RUN = 10  # draws in a row after which a search counts as switched to drawing; a random share is shorter
FIRST_RUN = 0.9  # of the wealth is staked on the first such run, nine tenths of the rest on the next
MISSING = np.array([0.05, 0.5, 1, 2, 4, 8, 16, 32, 64])  # relevant items that the bets reckon with among what is left
BELIEF = np.array([0.5, 0.1, 0.1, 0.08, 0.07, 0.06, 0.04, 0.03, 0.02])


@dataclass(frozen=True, slots=True)
class ErrorBound:
    """Stop when the newest model is wrong about no more than so much of what nobody has labeled.

    Parameters
    ----------
    most : float
        Share of wrong answers, of the items that were unlabeled when the certificate was begun.
    confidence : float
        With which the bound holds, at every look and over all certificates of the project together.

    Notes
    -----
    A betting martingale: each label, drawn with a known chance from what is left, gives a figure whose mean is the
    share given all before it, with the expected loss as a control variate (Zrnic and Candes, 2024, arXiv 2403.03208;
    the running sum is the PURE of Kossen and others, 2021). A gambler bets that the share is below `most`; if it is
    not, the chance that the wealth ever comes to 1/a is at most a (Ville; Waudby-Smith and Ramdas, 2023, arXiv
    2010.09686). Of several certificates the k-th may use 6a/(pi k)^2.
    """

    most: float = 0.05
    confidence: float = 0.95

    def __post_init__(self) -> None:
        inside("most", self.most)
        inside("confidence", self.confidence)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the bound is at the level or below."""
        draws, broken = evidence.draws, 1 - self.confidence
        if draws is None or not len(draws):
            least = math.ceil(math.log(math.pi**2 / 6 / broken) / self.most)
            sentence = (
                "Not known yet: no label was drawn to certify the newest model. `querist ask --certify` draws some; "
                f"it takes about {least} at least."
            )
            return Verdict("error_bound", False, None, sentence, True, None, "nothing was drawn")
        bound = draws.bound(broken, target=self.most)
        stop = bound <= self.most
        sentence = (
            f"At most {bound:.2%} of {draws.n_items:,} unlabeled items are wrong, by {counted(len(draws), 'draw')} "
            f"with {self.confidence:.0%} confidence at every look; enough is {self.most:.2%}."
        )
        if stop:
            return Verdict("error_bound", True, bound, sentence, True, 0, FIRED)
        ahead = draws.ahead(broken, self.most)
        why = "if draws go on as so far" if ahead is not None else "so far the errors seen are too many, or too near"
        return Verdict("error_bound", False, bound, sentence, True, ahead, why)


@dataclass(frozen=True, slots=True)
class RecallBound:
    """Stop when so much of what is relevant is found, proven by drawing from what is left.

    Parameters
    ----------
    of : str
        The class searched for.
    recall : float
    confidence : float
        At every look.

    Notes
    -----
    The hypergeometric rule made safe against looking often. Only draws count that follow ten draws in a row: search as
    you like, and when little turns up any more, draw blindly from the rest. Were there R relevant items in the pool, a
    draw would be one of them with chance (R - found) / left. A bettor who reckons with few left foretells each draw;
    the product of the ratios of what they and R gave to what came is a martingale if R is the truth: the prior over
    the posterior of Waudby-Smith and Ramdas (2020), arXiv 2006.04347, with picks allowed between. R is refuted where
    it comes to one over what may be broken.
    """

    of: str
    recall: float = 0.95
    confidence: float = 0.95

    def __post_init__(self) -> None:
        inside("recall", self.recall)
        inside("confidence", self.confidence)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the recall is surely enough."""
        seen = searched("recall_bound", self.of, evidence)
        if isinstance(seen, Verdict):
            return Verdict(seen.rule, False, None, seen.sentence, True, None, seen.outlook)
        most = most_relevant(seen, 1 - self.confidence)
        figure = seen.n_found / most if most else 1.0
        stop = figure >= self.recall
        sentence = (
            f"{seen.n_found:,} of {self.of!r} found, and at most {most:,} there, with {self.confidence:.0%} confidence "
            f"at every look: a recall of {figure:.1%} or more; enough is {self.recall:.0%}."
        )
        if stop:
            return Verdict("recall_bound", True, figure, sentence, True, 0, FIRED)
        allowed = math.floor(seen.n_found / self.recall) - seen.n_found + 1
        left = seen.n_items - seen.n_screened
        needed = math.log(1 / (1 - self.confidence) / FIRST_RUN / BELIEF[0])
        share = -math.expm1(-needed / allowed)
        ahead = min(left, math.ceil(share * left))
        why = "if they are drawn blindly from what is left, and nothing relevant turns up"
        return Verdict("recall_bound", False, figure, sentence, True, ahead, why)


def most_relevant(seen: Screened, broken: float) -> int:
    """The most relevant items that the pool may hold, but for a chance of `broken` over all looks.

    Examples
    --------
    >>> seen = Screened(100, np.zeros(90, dtype=bool), 1 / (100 - np.arange(90)))
    >>> most_relevant(seen, 0.05)  # ten are left; that two are relevant would be a rare chance
    1
    """
    n, found = seen.n_screened, seen.n_found
    left = seen.n_items - n
    blind = np.isclose(seen.chances, 1 / (seen.n_items - np.arange(n)), rtol=1e-9, atol=0.0)
    candidates = np.arange(found, found + left + 1)
    if not left or not blind.any():
        return int(candidates[-1])
    before: Rows = np.cumsum(seen.relevant) - seen.relevant
    worth = np.full(len(candidates), -np.inf)
    kept = 1.0
    for first, last in _runs(blind):
        share, kept = kept * FIRST_RUN, kept * (1 - FIRST_RUN)
        at = np.arange(first, last)
        wealth = _foretold(seen.relevant[at], seen.n_items - at) - _under(seen, candidates, before, at)
        worth = np.logaddexp(worth, math.log(share) + wealth)
    worth = np.logaddexp(worth, math.log(kept))
    standing = np.flatnonzero(worth < -math.log(broken))
    return int(candidates[standing[-1]]) if len(standing) else found


def _runs(blind: Flags) -> list[tuple[int, int]]:
    """Where draws follow at least ten draws in a row: first, and one past the last."""
    edges = np.flatnonzero(np.diff(np.r_[0, blind.astype(np.int8), 0]))
    return [(int(a) + RUN, int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > RUN]


def _foretold(relevant: Flags, left: Rows) -> float:
    """Logarithm of the chance that the bettor gave to what came."""
    hits: Rows = np.cumsum(relevant) - relevant
    p = np.clip(np.maximum(MISSING[:, None] - hits, MISSING[0]) / left, 1e-9, 0.95)
    logs = np.where(relevant, np.log(p), np.log1p(-p)).sum(axis=1)
    return float(scipy.special.logsumexp(logs, b=BELIEF))


def _under(seen: Screened, totals: Rows, before: Rows, at: Rows) -> Floats:
    """Logarithm of the chance of what came, for each number of relevant items in the pool, (n_totals,).

    A run of draws without picks between has the chance of its sequence without replacement, which depends only on how
    many there were.
    """
    first, n = int(at[0]), len(at)
    hits = int(seen.relevant[at].sum())
    size = seen.n_items - first
    missing = totals - before[first]
    gamma = scipy.special.gammaln
    possible = (missing >= hits) & (size - missing >= n - hits)
    m = np.where(possible, missing, hits)
    found: Floats = (
        gamma(m + 1)
        - gamma(m - hits + 1)
        + gamma(size - m + 1)
        - gamma(np.maximum(size - m - (n - hits), 0) + 1)
        - gamma(size + 1)
        + gamma(size - n + 1)
    )
    return np.where(possible, found, -np.inf)
