"""How to go on: how many labels a round, how many answers an item, and what each round leaves behind."""

from __future__ import annotations

import numpy as np

from querist.core.advice import Outlook, Spend, SpendingPlan, Verdict
from querist.simulation.outlook import Wants

HOUR_S, DAY_S = 3600.0, 86400.0
CHECKED = 200  # labels at random on which a model that is prompted shows what it can: a standard error of three points
SEED_LEAST, SEED_MOST = 20, 100
EXPLORATION, EXPLORATION_DRIFT = 0.1, 0.2
RESERVE_DRIFT = 0.2
DOUBLE = 0.1
FEW_ERRORS, MANY_ERRORS, VERY_MANY_ERRORS = 0.02, 0.2, 0.35


def rounds_for(latency_s: float | None) -> int:
    """In how many rounds to spend a budget, by the seconds it takes until a round's answers are there.

    More rounds choose better, and each is waited for: a month at most, where a round takes days.

    Examples
    --------
    >>> rounds_for(None), rounds_for(7200), rounds_for(200_000)
    (20, 10, 5)
    """
    if latency_s is None or latency_s < HOUR_S:
        return 20
    return 10 if latency_s < DAY_S else 5


def overlap_for(noise: float | None) -> tuple[int, float]:
    """Answers for each item, and the share of items for a second answer where that is one.

    Notes
    -----
    As long as four of five answers are right, another item teaches more than another answer to the same; below, a
    majority of three does (Sheng, Provost and Ipeirotis, 2008, Get Another Label?, KDD).

    Examples
    --------
    >>> overlap_for(None), overlap_for(0.01), overlap_for(0.25), overlap_for(0.4)
    ((1, 0.1), (1, 0.0), (3, 0.0), (5, 0.0))
    """
    if noise is not None and noise >= VERY_MANY_ERRORS:
        return 5, 0.0
    if noise is not None and noise >= MANY_ERRORS:
        return 3, 0.0
    return 1, 0.0 if noise is not None and noise < FEW_ERRORS else DOUBLE


def exploration_for(drift: bool) -> float:
    """The share of each batch to draw at random: more where the world changes, since blind spots then grow anew."""
    return EXPLORATION_DRIFT if drift else EXPLORATION


def plan(
    verdict: Verdict,
    strategy: str,
    wants: Wants,
    outlooks: tuple[Outlook, ...],
    *,
    n_labeled: int,
    n_classes: int,
    n_rounds: int,
    double: float,
    drift: bool,
) -> SpendingPlan:
    """The budget, round by round; none where nothing is to be labeled."""
    seed = max(SEED_LEAST, min(2 * n_classes, SEED_MOST))
    budget = {"label nothing more": 0, "prompt a model": min(CHECKED, wants.n_pool)}.get(verdict, wants.budget)
    reserve = round(RESERVE_DRIFT * budget) if drift and verdict in ("worth it", "label at random") else 0
    chosen = verdict == "worth it"
    many = n_rounds if chosen else 1
    batch = -(-(budget - reserve) // many) if budget else 0
    rounds: list[Spend] = []
    done = 0
    while done < budget - reserve:
        done = min(done + batch, budget - reserve)
        at = n_labeled + done
        rounds.append(
            Spend(
                round=len(rounds) + 1,
                n_labels=at,
                usd=None if wants.label_usd is None else done * wants.label_usd,
                random=_at(outlooks[0], at),
                strategy=_at(outlooks[1], at) if chosen else _at(outlooks[0], at),
            )
        )
    return SpendingPlan(
        strategy=strategy if chosen else "random",
        seed_size=seed,
        seed_missing=max(0, seed - n_labeled),
        batch_size=batch,
        n_rounds=len(rounds),
        overlap=wants.overlap,
        double=double,
        exploration=wants.exploration if chosen else 1.0,
        reserve=reserve,
        rounds=tuple(rounds),
    )


def _at(outlook: Outlook, n_labels: float) -> float:
    return float(np.interp(n_labels, outlook.n_labels, outlook.mean))
