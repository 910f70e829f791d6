"""A batch in parts, each by a strategy of its own."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from querist.core.checks import Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import Chosen, Parts, Spec, strategy

BEGUN_ANEW = 1000  # chosen items after which turns are counted from the start, so that a long project costs no more


@strategy(
    needs=(),
    kind="composite",
    family="combined",
    parts=("strategies",),
    reason="chosen by the strategy whose share of the batch it is",
    cost="that of its strategies, each for its share of the batch",
    source="our measurements of label efficiency; the parts' own sources are on their pages",
)
def divided(
    parts: Parts,
    k: int,
    *,
    candidates: Rows,
    chosen: Rows,
    rng: np.random.Generator,
    strategies: Sequence[Spec] = ("uncertainty_herding", "weighted_variance_reduction"),
    shares: Sequence[float] | None = None,
) -> Chosen:
    """Several strategies share a batch: each picks its part, knowing what those before it picked.

    No strategy is best everywhere, and which is cannot be told beforehand. Two good ones that err in unlike ways are
    nearly as good together as the better of them alone.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it.
    k, candidates, chosen, rng
        As for every selection.
    strategies : sequence of str or map
        Names, or `{"strategy": name, "params": {...}}`, in the order in which they pick.
    shares : sequence of float, optional
        The weight of each; equal by default.

    Returns
    -------
    chosen : Chosen
        The picks of the first, then of the next. Propensities are given what the strategies before picked.

    Notes
    -----
    What does not divide is made good over the batches, by how many items are chosen already. With batches of one they
    take turns.
    """
    listed = [strategies] if isinstance(strategies, str) else list(strategies)
    sizes = _sizes(k, len(chosen), _weights(len(listed), shares))
    found: list[Chosen] = []
    taken = np.empty(0, dtype=np.int64)
    for spec, size in zip(listed, sizes, strict=True):
        if size and len(candidates) > len(taken):
            free = np.setdiff1d(candidates, taken, assume_unique=True)
            found.append(parts.pick(spec, size, candidates=free, chosen=chosen, rng=rng, taken=taken))
            taken = np.union1d(taken, found[-1].picks.rows)
    return _joined(found)


def _weights(n: int, shares: Sequence[float] | None) -> list[float]:
    if n < 1:
        raise InvalidInput("strategies: must be at least one; got none. Name them.")
    if shares is None:
        return [1.0] * n
    given = list(shares)
    numbers = all(isinstance(s, int | float) and not isinstance(s, bool) and isfinite(s) and s >= 0 for s in given)
    if len(given) != n or not numbers or not sum(given):
        raise InvalidInput(f"shares: must be a weight of at least 0 for each of the {n}; got {shares!r}. Give {n}.")
    return given


def _sizes(k: int, n_before: int, weights: Sequence[float]) -> list[int]:
    """How many each picks: pick after pick goes to the strategy that is furthest behind its share.

    Examples
    --------
    >>> _sizes(5, 0, [1, 1]), _sizes(5, 5, [1, 1]), [_sizes(1, n, [1, 2]) for n in range(3)]
    ([3, 2], [2, 3], [[0, 1], [1, 0], [0, 1]])
    """
    share = np.array(weights, dtype=np.float64) / sum(weights)
    behind, sizes = np.zeros(len(share)), [0] * len(share)
    first = n_before % BEGUN_ANEW
    for turn in range(first + k):
        behind += share
        at = int((behind - 1e-9 * np.arange(len(share))).argmax())  # of equals the first, whatever the rounding
        behind[at] -= 1
        sizes[at] += turn >= first
    return sizes


def _joined(found: Sequence[Chosen]) -> Chosen:
    rows = [part.picks.rows for part in found]
    if not rows:
        nothing = np.empty(0)
        return Chosen(Picks(nothing.astype(np.int64), nothing, nothing), ())
    utilities = np.concatenate([part.picks.utilities for part in found])
    propensities = np.concatenate([part.picks.propensities for part in found])
    reasons = tuple(reason for part in found for reason in part.reasons)
    return Chosen(Picks(np.concatenate(rows), utilities, propensities), reasons)
