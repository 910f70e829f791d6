"""Several strategies of which one is drawn at each batch, more often the more its batches have helped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import Chosen, Parts, Spec, strategy
from querist.strategies._doors import above_zero, nothing

MEMORY = "bandit"
UNIFORM = "random"
CONFIDENCE = 0.1  # EXP4.P's delta: how probable its bound on the regret may be to fail


@strategy(
    needs=("probs", "labels", "labeled"),
    kind="composite",
    family="combined",
    parts=("strategies",),
    reason="chosen by the strategy that was drawn for this batch",
    cost="that of all its strategies",
    source="Hsu and Lin (2015), Active learning by learning; EXP4.P, Beygelzimer et al. (2011), arXiv:1002.4058",
)
def bandit(
    parts: Parts,
    k: int,
    *,
    candidates: Rows,
    chosen: Rows,
    rng: np.random.Generator,
    strategies: Sequence[Spec] = ("margin", "k_means"),
    horizon: int = 50,
    gain: float = 0.05,
    rate: float | None = None,
) -> Chosen:
    """One of several strategies, drawn anew for each batch, more often the more its batches have raised the accuracy.

    For a project that cannot say which strategy suits it. A uniform draw is always among them, so that every candidate
    has a chance, and the labels stay fit for unbiased estimates. It learns slowly: of two good strategies, take one.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it.
    k, candidates, chosen, rng
        As for every selection.
    strategies : sequence of str or map
        Names other than `random`, or `{"strategy": name, "params": {...}}`.
    horizon : int
        About how many batches there will be. Fewer make it learn faster, and less surely.
    gain : float, above 0
        By how much accuracy a batch changes at the most: a larger change counts as this.
    rate : float, above 0, optional
        How fast weights move. By default as EXP4.P prescribes, which is slow: 0.04 with the other defaults.

    Returns
    -------
    chosen : Chosen
        As the strategy drawn gives it. A propensity is the probability of the row's being in this batch, over which
        strategy is drawn: exact where what the strategies choose is fixed, and given their draws where it is not. What
        it keeps for the next batch is each strategy's weight, and which batches wait for their answers.

    Raises
    ------
    InvalidInput
        If a name is unknown, comes twice, or is `random`; a part keeps a memory itself; or a parameter is out of its
        range.

    Notes
    -----
    EXP4.P over strategies (Hsu and Lin, 2015) with N = len(strategies) + 1 and T = `horizon`. A strategy of weight w is
    drawn with p = (1 - N p_min) w / sum(w) + p_min, where p_min = sqrt(log N / (N T)), at most 1 / 2N. Once a batch is
    answered, each weight is multiplied by exp(rate · (r + sqrt(log(N / 0.1) / (N T)) / 4p)), the rate being p_min / 2.
    Here r = 1/2 + a (s - 1/2) is an estimate of the reward s: a is the mean over the batch of pi / q, where pi is the
    probability with which the strategy alone would have had the row in its batch, and q that of all of them together.
    s = 1/2 + change / (2 · gain), kept within 0 and 1, where the change is that in importance-weighted accuracy since
    the batch was asked: the share of labels, weighted by 1 / q, that the model predicts. To estimate the reward from
    1/2, as Hsu and Lin do not, leaves its expectation as it is, takes away most of its noise, and bounds its variance
    by 1 / 4p where theirs is bounded by 1 / p; the confidence term shrinks likewise.
    Labels that nobody asked for have no say.
    """
    names = _names(strategies)
    checks.positive("horizon", horizon)
    above_zero("gain", gain)
    if rate is not None:
        above_zero("rate", rate)
    least = min(1 / (2 * len(names)), sqrt(log(len(names)) / (len(names) * horizon)))
    kept = _settled(parts, chosen, names, _Pace(float(gain), least / 2 if rate is None else float(rate), horizon))
    if not len(candidates):
        return Chosen(nothing(), ())
    k = min(k, len(candidates))
    shares = np.array([exp(kept["log_weights"][name]) for name in names])
    p = (1 - len(names) * least) * shares / shares.sum() + least
    found = [
        parts.pick(spec, k, candidates=candidates, chosen=chosen, rng=child)
        for spec, child in zip(strategies, rng.spawn(len(strategies)), strict=True)
    ]
    if any(part.memory is not None for part in found):
        raise InvalidInput("strategies: must not keep a memory themselves; got one that does. Name its parts instead.")
    alone = k / len(candidates)
    q = np.zeros(parts.signals.n_items)
    q[candidates] = p[-1] * alone
    for share, part in zip(p, found, strict=False):
        q[part.picks.rows] += share
    drawn = int(rng.choice(len(names), p=p))
    if names[drawn] == UNIFORM:
        rows, u = rng.choice(candidates, size=k, replace=False), np.full(k, np.nan)
        reasons: Sequence[str] = [f"one of {k} drawn from {len(candidates)}"] * k
    else:
        rows, u, reasons = found[drawn].picks.rows, found[drawn].picks.utilities, found[drawn].reasons
    picks = Picks(rows, u, np.minimum(q[rows], 1))
    of_each = [np.isin(rows, part.picks.rows) / q[rows] for part in found] + [alone / q[rows]]
    batch = {
        "round": parts.past.round,
        "accuracy": _accuracy(parts),
        "chances": dict(zip(names, p.tolist(), strict=True)),
        "credits": dict(zip(names, [float(one.mean()) for one in of_each], strict=True)),
    }
    memory = {**parts.past.memory, MEMORY: {**kept, "open": [*kept["open"], batch]}}
    who = f"bandit drew {names[drawn]}, of weight {p[drawn]:.2f}"
    return Chosen(picks, tuple(f"{who}: {reason}" for reason in reasons), memory)


@dataclass(frozen=True, slots=True)
class _Pace:
    """How much a change in accuracy says, and how fast weights move."""

    gain: float
    rate: float
    horizon: int

    def reward(self, change: float) -> float:
        """From 0 to 1; one half for no change."""
        return min(max(0.5 + change / (2 * self.gain), 0.0), 1.0)


def _settled(parts: Parts, chosen: Rows, names: Sequence[str], pace: _Pace) -> dict[str, Any]:
    """The weights with what answered batches have taught, and the batches that still wait for answers."""
    past, kept = parts.past, parts.past.memory.get(MEMORY, {})
    before: Mapping[str, float] = kept.get("log_weights", {})
    weights = {name: before.get(name, 0.0) for name in names}
    accuracy = _accuracy(parts)
    labeled = parts.signals.get("labeled")
    pending = set(chosen[~labeled[chosen]].tolist())
    waiting = []
    for batch in kept.get("open", []):
        rows = [row for row, query in past.asked.items() if query.round == batch["round"]]
        if batch["round"] == past.round or pending.intersection(rows):
            waiting.append(batch)
        elif accuracy is not None and batch["accuracy"] is not None and labeled[rows].any():
            _learn(weights, batch, accuracy - batch["accuracy"], pace)
    highest = max(weights.values())
    return {"log_weights": {name: weight - highest for name, weight in weights.items()}, "open": waiting}


def _learn(weights: dict[str, float], batch: Mapping[str, Any], change: float, pace: _Pace) -> None:
    """EXP4.P's step, in place, for strategies that took part in the batch."""
    n = len(batch["chances"])
    for name in weights.keys() & batch["chances"].keys():
        estimate = 0.5 + batch["credits"][name] * (pace.reward(change) - 0.5)
        unsure = sqrt(log(n / CONFIDENCE) / (n * pace.horizon)) / (4 * batch["chances"][name])
        weights[name] += pace.rate * (estimate + unsure)


def _accuracy(parts: Parts) -> float | None:
    """The share of labels, weighted by how improbable it was to ask for them, that the model predicts."""
    known, past = parts.signals, parts.past
    if not past.asked or not all(known.has(name) for name in ("probs", "labels", "labeled")):
        return None
    asked = np.array(sorted(past.asked), dtype=np.int64)
    rows = asked[known.get("labeled")[asked]]
    if not len(rows):
        return None
    hits = known.get("probs")[rows].argmax(axis=1) == known.get("labels")[rows]
    weights: Floats = np.array([1 / past.asked[row].propensity for row in rows.tolist()])
    return float(np.average(hits, weights=weights))


def _names(strategies: Sequence[Spec]) -> list[str]:
    """What each strategy is called, the uniform draw last."""
    if isinstance(strategies, str | Mapping) or not len(strategies):
        raise InvalidInput(f"strategies: must be a list of at least one; got {strategies!r}. Name some.")
    names = [spec if isinstance(spec, str) else json.dumps(spec, sort_keys=True) for spec in strategies]
    if UNIFORM in names:
        raise InvalidInput("strategies: must be others than 'random', which is always among them. Leave it out.")
    if len(set(names)) < len(names):
        raise InvalidInput(f"strategies: must be unlike one another; got {', '.join(names)}. Drop the repeats.")
    return [*names, UNIFORM]
