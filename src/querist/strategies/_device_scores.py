"""The scores of class probabilities on arrays of other libraries, by the Array API standard alone.

The same figures as their namesakes on NumPy, up to rounding; the utilities stay on the device of the probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from querist.core import checks
from querist.strategies._elsewhere import blocks, floats, host

TOLERANCE = checks.ROW_SUM_TOLERANCE


def least_confidence(xp: Any, probs: Any) -> Any:
    """1 - p₁."""
    return _rated(xp, probs, lambda p: xp.clip(1 - xp.max(p, axis=-1), 0, 1))


def margin(xp: Any, probs: Any) -> Any:
    """1 - (p₁ - p₂)."""

    def closeness(p: Any) -> Any:
        first = xp.max(p, axis=-1)
        ranks = xp.arange(p.shape[1], device=p.device)
        is_first = ranks[None, :] == xp.argmax(p, axis=-1)[:, None]
        second = xp.max(xp.where(is_first, -xp.ones_like(p), p), axis=-1)
        return xp.clip(1 - first + second, 0, 1)

    return _rated(xp, probs, closeness)


def entropy(xp: Any, probs: Any) -> Any:
    """-Σ p log p."""
    return _rated(xp, probs, lambda p: _entropies(xp, p))


def consensus_entropy(xp: Any, members: Any) -> Any:
    """The entropy of the members' mean."""
    return _rated_members(xp, members, lambda p: _entropies(xp, xp.mean(p, axis=0)))


def disagreement(xp: Any, members: Any) -> Any:
    """The entropy of the members' mean less their mean entropy: BALD, and the mean divergence from the mean."""

    def gap(p: Any) -> Any:
        return xp.clip(_entropies(xp, xp.mean(p, axis=0)) - xp.mean(_entropies(xp, p), axis=0), 0, None)

    return _rated_members(xp, members, gap)


def vote_entropy(xp: Any, members: Any) -> Any:
    """The entropy of the classes that the members vote for."""

    def votes(p: Any) -> Any:
        of = xp.argmax(p, axis=-1)
        shares = [xp.mean(xp.astype(of == c, p.dtype), axis=0) for c in range(p.shape[2])]
        return _entropies(xp, xp.stack(shares, axis=-1))

    return _rated_members(xp, members, votes)


def _rated(xp: Any, probs: Any, rate: Callable[[Any], Any]) -> Any:
    p = floats(xp, "probs", probs, n_dims=2)
    found = []
    for block in blocks(*p.shape):
        if not _are_distributions(xp, p[block, :]):
            checks.probabilities("probs", host(p))  # says which row
        found.append(rate(p[block, :]))
    return xp.concat(found) if found else xp.sum(p, axis=-1)


def _rated_members(xp: Any, members: Any, rate: Callable[[Any], Any]) -> Any:
    p = floats(xp, "members", members, n_dims=3)
    found = []
    for block in blocks(p.shape[1], p.shape[0] * p.shape[2]):
        if not _are_distributions(xp, p[:, block, :]):
            checks.member_probabilities("members", host(p))  # says which row
        found.append(rate(p[:, block, :]))
    return xp.concat(found) if found else xp.sum(p[0, ...], axis=-1)


def _are_distributions(xp: Any, p: Any) -> bool:
    """Written so that NaN is none."""
    sound = xp.all(xp.abs(xp.sum(p, axis=-1) - 1) <= TOLERANCE) & xp.all(p >= 0)
    return bool(sound)


def _entropies(xp: Any, p: Any) -> Any:
    logs = xp.log(xp.where(p > 0, p, xp.ones_like(p)))
    return xp.clip(-xp.sum(p * logs, axis=-1), 0, None)
