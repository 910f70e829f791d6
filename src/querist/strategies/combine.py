"""Strategies made of strategies: added, multiplied, in turns, filtered, or drawn at random by their scores."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.strategy import Chosen, Parts, Spec, strategy
from querist.strategies._doors import number
from querist.strategies.guards import ood_discount
from querist.strategies.select import top_k
from querist.strategies.stochastic import gumbel_top_k

FILTERED_AT_LEAST = 1000
AT = 100


def _turn(n_chosen: int, *, at: int = AT, **said: Any) -> str:
    """Whose turn it is in `switch`."""
    return "first" if n_chosen < checks.positive("at", at) else "then"


@strategy(
    needs=(),
    kind="composite",
    family="combined",
    parts=("scores",),
    reason="its weighted mean rank over several scores is {utility:.2f}",
    cost="that of its scores, and O(n_candidates · log n_candidates) for each",
    source="Borda (1781), as a way to add scores of unlike units",
)
def blend(
    parts: Parts,
    k: int,
    *,
    candidates: Rows,
    chosen: Rows,
    rng: np.random.Generator,
    scores: Sequence[Spec] = ("margin",),
    weights: Sequence[float] | None = None,
) -> Chosen:
    """Several scores added, each as the rank it gives a candidate.

    Ranks have no unit, so that nats and distances can be added. A candidate's utility is its weighted mean rank, 0 for
    the lowest of all and 1 for the highest; equal scores share their mean rank.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it.
    k, candidates, chosen, rng
        As for every selection.
    scores : sequence of str or map
        Names of scores, or `{"strategy": name, "params": {...}}`.
    weights : sequence of float, at least 0
        One per score; equal by default.

    Returns
    -------
    chosen : Chosen
        Propensities are those of `top_k`.

    Raises
    ------
    InvalidInput
        If a name is not of a score, or there is not one weight per score.
    """
    w = _weights(scores, weights)
    total = np.zeros(parts.signals.n_items)
    for share, spec in zip(w, scores, strict=True):
        total[candidates] += share * _ranks(parts.utilities(spec)[candidates])
    picks = parts.best(total, k, candidates=candidates, rng=rng)
    names = " and ".join(_name(spec) for spec in scores)
    return Chosen(picks, tuple(f"blend: its mean rank by {names} is {u:.2f} of 1" for u in picks.utilities))


@strategy(
    needs=(),
    kind="composite",
    family="combined",
    parts=("scores",),
    reason="the product of several scores is {utility:.3g}",
    cost="that of its scores",
    source="Settles and Craven (2008), whose information density is such a product",
)
def product(
    parts: Parts,
    k: int,
    *,
    candidates: Rows,
    chosen: Rows,
    rng: np.random.Generator,
    scores: Sequence[Spec] = ("margin", {"strategy": "information_density", "params": {"kernel": "rbf"}}),
    exponents: Sequence[float] | None = None,
) -> Chosen:
    """Several scores multiplied: high only where all of them are.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it.
    k, candidates, chosen, rng
        As for every selection.
    scores : sequence of str or map
        Names of scores that are nowhere negative, or `{"strategy": name, "params": {...}}`.
    exponents : sequence of float, at least 0
        One per score; 1 by default.

    Returns
    -------
    chosen : Chosen
        Propensities are those of `top_k`.

    Raises
    ------
    InvalidInput
        If a name is not of a score, a score is negative, or there is not one exponent per score.
    """
    powers = [1.0] * len(scores) if exponents is None else _listed(exponents)
    _check_numbers("exponents", powers, len(scores))
    total = np.ones(parts.signals.n_items)
    for power, spec in zip(powers, scores, strict=True):
        u = parts.utilities(spec)[candidates]
        if len(u) and u.min() < 0:
            raise InvalidInput(
                f"scores: must be at least 0 to be multiplied; {_name(spec)} gives {u.min():.3g}. Use `blend`."
            )
        total[candidates] *= u**power
    picks = parts.best(total, k, candidates=candidates, rng=rng)
    names = " times ".join(_name(spec) for spec in scores)
    return Chosen(picks, tuple(f"product: {names} is {u:.3g}" for u in picks.utilities))


@strategy(
    needs=(),
    kind="composite",
    family="combined",
    parts=("score",),
    reason="drawn with a chance that grows with its score, {utility:.3g}",
    cost="that of the score, and O(n_candidates) for the draw",
    source="Kirsch et al. (2023), Stochastic batch acquisition for deep active learning, arXiv:2106.12059",
)
def stochastic_batch(
    parts: Parts,
    k: int,
    *,
    candidates: Rows,
    chosen: Rows,
    rng: np.random.Generator,
    score: Spec = "margin",
    beta: float = 4.0,
    kind: str = "power",
) -> Chosen:
    """Any score, drawn from instead of maximized: every pick has a chance that is known exactly.

    Spreads a batch that the plain best would fill with look-alikes, and makes its labels fit for unbiased estimates.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it.
    k, candidates, chosen, rng
        As for every selection.
    score : str or map
        A score, or `{"strategy": name, "params": {...}}`.
    beta : float, above 0
        How strongly the score counts: toward 0 the draw is uniform; as it grows it nears the plain best.
    kind : {"power", "softmax", "softrank"}
        The weight: score^beta, exp(beta · score), or rank^-beta.

    Returns
    -------
    chosen : Chosen
        A propensity is the probability with which the row was drawn at its turn, given the picks before it.
    """
    picks = gumbel_top_k(parts.priced(parts.utilities(score)), k, candidates=candidates, rng=rng, beta=beta, kind=kind)
    name = _name(score)
    pairs = zip(picks.utilities, picks.propensities, strict=True)
    return Chosen(
        picks, tuple(f"stochastic_batch: drawn by {name} {u:.3g}, with probability {q:.3g}" for u, q in pairs)
    )


@strategy(
    needs=(),
    kind="composite",
    family="combined",
    parts=("first", "then"),
    turn=_turn,
    reason="chosen by the strategy whose turn it is",
    cost="that of the strategy whose turn it is",
    source="Doucet, Hacohen and Weinshall (2024), Bridging diversity and uncertainty, arXiv:2403.03728",
)
def switch(
    parts: Parts,
    k: int,
    *,
    candidates: Rows,
    chosen: Rows,
    rng: np.random.Generator,
    first: Spec = "k_means",
    then: Spec = "margin",
    at: int = AT,
) -> Chosen:
    """One strategy until so many items are labeled or pending, another from then on.

    Diversity finds the classes while labels are few, uncertainty their borders once there are some. A model is waited
    for only where the strategy whose turn it is needs one.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it.
    k, candidates, chosen, rng
        As for every selection.
    first, then : str or map
        A name, or `{"strategy": name, "params": {...}}`.
    at : int
        Items labeled or pending from which on `then` chooses.

    Returns
    -------
    chosen : Chosen
        As the strategy whose turn it is gives it.
    """
    turn = first if _turn(len(chosen), at=at) == "first" else then
    return parts.pick(turn, k, candidates=candidates, chosen=chosen, rng=rng)


@strategy(
    needs=(),
    kind="composite",
    family="combined",
    parts=("score", "then"),
    reason="chosen among the best by another score",
    cost="that of the score on all candidates, and of the strategy on the best of them",
    source="Wei, Iyer and Bilmes (2015), Submodularity in data subset selection and active learning",
)
def filtered(
    parts: Parts,
    k: int,
    *,
    candidates: Rows,
    chosen: Rows,
    rng: np.random.Generator,
    score: Spec = "margin",
    then: Spec = "facility_location",
    keep: float = 10.0,
    at_random: float = 0.1,
) -> Chosen:
    """A dear strategy on the best candidates by a cheap score, and some drawn at random.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it.
    k, candidates, chosen, rng
        As for every selection.
    score, then : str or map
        The filter, and the strategy that chooses from what it lets through.
    keep : float, at least 1
        Candidates to let through for each pick, and at least 1,000 in all.
    at_random : float
        As many more, as a share of those, drawn from the rest: what the filter is blind to has a chance.

    Returns
    -------
    chosen : Chosen
        As the strategy that chooses gives it. Its propensities are given what the filter let through.
    """
    checks.share("at_random", at_random)
    number("keep", keep, least=1, hint="10 is usual.")
    size = max(int(keep * k), FILTERED_AT_LEAST)
    if size < len(candidates):
        best = top_k(parts.priced(parts.utilities(score)), size, candidates=candidates, rng=rng).rows
        rest = np.setdiff1d(candidates, best, assume_unique=True)
        drawn = rng.choice(rest, size=min(len(rest), round(at_random * size)), replace=False)
        candidates = np.sort(np.concatenate([best, drawn]))
    return parts.pick(then, k, candidates=candidates, chosen=chosen, rng=rng)


@strategy(
    needs=("embeddings",),
    kind="composite",
    family="combined",
    parts=("score",),
    reason="the best by a score that discounts what is far from all data",
    cost="that of the score, and O(n_items · n_dims) with a factor of about 1,000",
    source="Sun, Ming, Zhu and Li (2022), Out-of-distribution detection with deep nearest neighbors, arXiv:2204.06507",
)
def ood_guarded(
    parts: Parts,
    k: int,
    *,
    candidates: Rows,
    chosen: Rows,
    rng: np.random.Generator,
    score: Spec = "margin",
    quantile: float = 0.99,
) -> Chosen:
    """A score, lowered for items that are far from all data.

    Uncertainty is high for what is unlike anything the model was shown, which is where junk lies: broken texts, another
    language, an empty image.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it.
    k, candidates, chosen, rng
        As for every selection.
    score : str or map
        A score, or `{"strategy": name, "params": {...}}`.
    quantile : float
        The share of the pool that is left alone.

    Returns
    -------
    chosen : Chosen
        Propensities are those of `top_k`.
    """
    known = parts.signals
    labeled = known.get("labeled") if known.has("labeled") else np.zeros(known.n_items, dtype=bool)
    lowered = ood_discount(parts.utilities(score), known.get("embeddings"), labeled, quantile=quantile)
    picks = parts.best(lowered, k, candidates=candidates, rng=rng)
    return Chosen(picks, tuple(parts.because(score, float(u)) for u in picks.utilities))


def _ranks(u: Floats) -> Floats:
    if len(u) < 2:
        return np.ones(len(u))
    from scipy.stats import rankdata

    ranks: Floats = (rankdata(u) - 1) / (len(u) - 1)
    return ranks


def _weights(scores: Sequence[Spec], weights: Sequence[float] | None) -> Floats:
    given = [1.0] * len(scores) if weights is None else _listed(weights)
    _check_numbers("weights", given, len(scores))
    if not sum(given) > 0:
        raise InvalidInput(f"weights: must not all be 0; got {given}. Give each score its share.")
    return np.array(given) / sum(given)


def _listed(values: Any) -> Any:
    return list(values) if isinstance(values, tuple | np.ndarray) else values


def _check_numbers(name: str, values: Any, n: int) -> None:
    if not n:
        raise InvalidInput("scores: must name at least one score; got none. `querist strategies` lists them.")
    if not isinstance(values, list) or len(values) != n:
        raise InvalidInput(f"{name}: must be one per score, {n}; got {values!r}. Give each score one.")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not (isfinite(value) and value >= 0):
            raise InvalidInput(f"{name}: must be numbers of at least 0; got {value!r}.")


def _name(spec: Spec) -> str:
    return spec if isinstance(spec, str) else str(spec["strategy"])
