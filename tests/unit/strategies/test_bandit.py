"""The bandit: its weights move toward what helps, its chances are true, and it can be drawn again."""

from __future__ import annotations

import json
import sys
from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest

import querist as q
from querist.catalogue.at_hand import AtHand
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.signals import Signals
from querist.core.state import Past, Query, State
from querist.core.strategy import strategy
from querist.strategies import bandit

RNG = np.random.default_rng
MODULE = sys.modules["querist.strategies.bandit"]  # the package has the function by this name
N_SEEDS, N_ROUNDS, N_ITEMS = 40, 25, 400


@strategy(needs=["embeddings"], name="far_left", reason="it lies at {utility}")
def far_left(embeddings: np.ndarray) -> np.ndarray:
    """Items that say nothing of where the classes part."""
    return -embeddings[:, 0]


q.register(far_left)


def two_sides(seed: int, **params: Any) -> dict[str, float]:
    """The weights' logarithms after a loop in which `margin` teaches the model, and `far_left` misleads it.

    Items lie evenly on a line and change class at 0.5; the model parts them midway between its labels' means.
    """
    rng = RNG(seed)
    X = rng.uniform(-1, 1, size=(N_ITEMS, 1))
    y = (X[:, 0] > 0.5).astype(int)
    start = rng.permutation(N_ITEMS)[:8].tolist() + [int(np.flatnonzero(y == c)[0]) for c in (0, 1)]
    said = {"strategies": ["margin", "far_left"], "gain": 0.1, "horizon": N_ROUNDS, **params}
    policy = Policy("bandit", params=said, batch_size=4, exploration=0.0, near_duplicates=None, seed=seed)
    state = State.start(N_ITEMS, policy, labels={row: int(y[row]) for row in start})
    for number in range(N_ROUNDS + 1):
        rows = np.array(sorted(state.labels))
        middle = np.mean([X[rows[y[rows] == c], 0].mean() for c in (0, 1)])
        p = 1 / (1 + np.exp(-10 * (X[:, 0] - middle)))
        labeled = np.isin(np.arange(N_ITEMS), rows)
        known = Signals(N_ITEMS, probs=np.c_[1 - p, p], embeddings=X, labels=y, labeled=labeled)
        state, batch = q.ask(state, known)
        if number < N_ROUNDS:
            state = q.tell(state, {int(row): int(y[row]) for row in batch.ids})
    return dict(state.memory["bandit"]["log_weights"])


def rises(**params: Any) -> bool:
    """Whether the good strategy's log-weight gains on the useless one's by more than chance allows.

    If neither gained on the other in expectation, a mean over independent seeds above 3.5 of its standard errors would
    have a probability of 0.0006 (Student's t with 39 degrees of freedom).
    """
    found = [two_sides(seed, **params) for seed in range(N_SEEDS)]
    ahead = np.array([weights["margin"] - weights["far_left"] for weights in found])
    return bool(ahead.mean() > 3.5 * ahead.std(ddof=1) / sqrt(N_SEEDS) and ahead.mean() > 0)


def test_a_useless_strategy_loses_ground() -> None:
    assert rises()


def test_no_strategy_gains_where_the_reward_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE._Pace, "reward", lambda self, change: 0.5)
    assert not rises(rate=1.0)


def test_credit_that_does_not_ask_who_chose_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    learn = MODULE._learn
    monkeypatch.setattr(
        MODULE,
        "_learn",
        lambda weights, batch, change, pace: learn(
            weights, {**batch, "credits": dict.fromkeys(batch["credits"], 1.0)}, change, pace
        ),
    )
    assert not rises(rate=1.0)


def test_a_faster_rate_carries_the_weights_farther() -> None:
    slow, fast = (
        np.mean([(w := two_sides(seed, rate=rate))["margin"] - w["far_left"] for seed in range(16)])
        for rate in (0.04, 0.4)
    )
    assert fast > 2 * slow > 0


def at_hand(past: Past, labeled: np.ndarray, probs: np.ndarray, y: np.ndarray) -> AtHand:
    X = np.arange(float(len(y)))[:, None]
    known = Signals(len(y), probs=probs, embeddings=X, labels=y, labeled=labeled)
    return AtHand(Policy(near_duplicates=None), known, past=past)


def choose(past: Past, chosen: np.ndarray, seed: int = 0, k: int = 3, **params: Any) -> Any:
    n = 12
    probs = np.linspace(0.5, 0.95, n)
    labeled = np.isin(np.arange(n), chosen)
    parts = at_hand(past, labeled, np.c_[probs, 1 - probs], np.zeros(n, dtype=int))
    candidates = np.setdiff1d(np.arange(n), chosen)
    said = {"strategies": ["margin", "far_left"], **params}
    return bandit(parts, k, candidates=candidates, chosen=chosen, rng=RNG(seed), **said)


def test_chances_are_those_of_being_in_the_batch() -> None:
    memory = {"bandit": {"log_weights": {"margin": 0.0, "far_left": log(0.5), "random": log(0.25)}, "open": []}}
    n, k, draws = 12, 3, 1500
    probs = np.linspace(0.95, 0.5, n)  # margin begins at the right end, far_left at the left one
    parts = at_hand(Past(memory=memory), np.zeros(n, dtype=bool), np.c_[probs, 1 - probs], np.zeros(n, dtype=int))
    counts, stated = np.zeros(n), np.full(n, np.nan)
    rows = {"candidates": np.arange(n), "chosen": np.empty(0, dtype=np.int64), "strategies": ["margin", "far_left"]}
    for seed in range(draws):
        picks = bandit(parts, k, rng=RNG(seed), **rows).picks
        counts[picks.rows] += 1
        stated[picks.rows] = picks.propensities
    least = sqrt(log(3) / (3 * 50))
    p = (1 - 3 * least) * np.array([4, 2, 1]) / 7 + least
    exact = np.full(n, p[2] * k / n) + np.repeat([p[1], 0, p[0]], [3, 6, 3])
    np.testing.assert_allclose(stated, exact, rtol=1e-12)
    # Each count is binomial; 12 of them beyond 4.5 standard deviations have a probability under 1e-4.
    assert (np.abs(counts - draws * exact) < 4.5 * np.sqrt(draws * exact * (1 - exact))).all()


def asked(row: int, number: int, propensity: float) -> Query:
    return Query(row, number, 0, None, propensity, "bandit", "strategy", "")


def test_one_step_by_hand() -> None:
    # Rows 0 and 1 were asked with chances 0.5 and 0.25; the model calls both class 0, and row 1 is of class 1.
    n = 5
    y = np.array([0, 1, 0, 0, 0])
    labeled = np.array([True, True, False, False, False])
    batch = {
        "round": 1,
        "accuracy": 0.3,
        "chances": {"margin": 0.5, "far_left": 0.2, "random": 0.3},
        "credits": {"margin": 2.0, "far_left": 0.0, "random": 0.1},
    }
    kept = {"log_weights": {"margin": 0.0, "far_left": 0.0, "random": 0.0}, "open": [batch]}
    past = Past(2, {0: asked(0, 1, 0.5), 1: asked(1, 1, 0.25)}, {"bandit": kept})
    parts = at_hand(past, labeled, np.tile([0.9, 0.1], (n, 1)), y)
    rows = {"candidates": np.array([2, 3, 4]), "chosen": np.array([0, 1]), "rng": RNG(0)}
    found = bandit(parts, 1, strategies=["margin", "far_left"], horizon=20, gain=0.1, rate=0.7, **rows)
    now = (1 / 0.5) / (1 / 0.5 + 1 / 0.25)  # one third: the right one weighs 2, the wrong one 4
    reward = 0.5 + (now - 0.3) / 0.2
    steps = {
        name: 0.7 * (0.5 + a * (reward - 0.5) + sqrt(log(3 / 0.1) / (3 * 20)) / (4 * p))
        for name, a, p in [("margin", 2.0, 0.5), ("far_left", 0.0, 0.2), ("random", 0.1, 0.3)]
    }
    weights = found.memory["bandit"]["log_weights"]
    assert max(weights.values()) == 0
    for name in ("far_left", "random"):
        assert weights[name] - weights["margin"] == pytest.approx(steps[name] - steps["margin"])
    assert [one["round"] for one in found.memory["bandit"]["open"]] == [2]
    assert found.memory["bandit"]["open"][0]["accuracy"] == pytest.approx(now)
    shares = {name: exp(weight) for name, weight in weights.items()}
    least = min(1 / 6, sqrt(log(3) / 60))
    p = {name: (1 - 3 * least) * share / sum(shares.values()) + least for name, share in shares.items()}
    assert found.memory["bandit"]["open"][0]["chances"] == pytest.approx(p)


def test_a_batch_waits_until_none_of_it_is_out() -> None:
    first = choose(Past(1), np.array([0]))
    rows = first.picks.rows
    after = {row: asked(row, 1, u) for row, u in zip(rows.tolist(), first.picks.propensities, strict=True)}
    past = Past(2, {0: asked(0, 0, 1.0), **after}, first.memory)
    n = 12
    chosen = np.union1d([0], rows)
    probs = np.linspace(0.5, 0.95, n)
    for answered, n_open in [(rows[:2], 2), (rows, 1)]:
        labeled = np.isin(np.arange(n), [0, *answered])
        parts = at_hand(past, labeled, np.c_[probs, 1 - probs], np.zeros(n, dtype=int))
        found = bandit(
            parts,
            3,
            candidates=np.setdiff1d(np.arange(n), chosen),
            chosen=chosen,
            rng=RNG(0),
            strategies=["margin", "far_left"],
        )
        assert len(found.memory["bandit"]["open"]) == n_open


def test_the_same_history_draws_the_same_batch_after_a_restart() -> None:
    y = (np.arange(60) % 3 == 0).astype(int)
    p = np.linspace(0.05, 0.95, 60)
    policy = Policy("bandit", params={"rate": 1.0}, batch_size=5, exploration=0.2, trust=False, seed=3)
    state = State.start(60, policy, labels={0: 1, 1: 0})
    for _ in range(5):
        labeled = np.isin(np.arange(60), list(state.labels))
        known = Signals(60, probs=np.c_[p, 1 - p], embeddings=p[:, None], labels=y, labeled=labeled)
        again = State.from_json(json.loads(json.dumps(state.to_json())))
        state, batch = q.ask(state, known)
        assert q.ask(again, known)[1] == batch
        state = q.tell(state, {int(row): int(y[row]) for row in batch.ids})
    assert len(set(state.memory["bandit"]["log_weights"].values())) > 1
    assert all("bandit drew" in query.reason for query in batch.queries if query.purpose == "strategy")


def test_a_quota_draws_twice_and_forgets_nothing() -> None:
    p = np.linspace(0.05, 0.95, 40)
    policy = Policy("bandit", batch_size=6, exploration=0.0, trust=False, quotas={"a": 0.5})
    labeled = np.isin(np.arange(40), [0, 39])
    known = Signals(
        40, classes=("a", "b"), probs=np.c_[p, 1 - p], embeddings=p[:, None], labels=labeled * 1, labeled=labeled
    )
    state, _ = q.ask(State.start(40, policy, labels={0: 0, 39: 1}), known)
    assert [one["round"] for one in state.memory["bandit"]["open"]] == [1, 1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"strategies": []}, "strategies: must be a list of at least one"),
        ({"strategies": "margin"}, "strategies: must be a list of at least one; got 'margin'"),
        ({"strategies": ["margin", "random"]}, "must be others than 'random'"),
        ({"strategies": ["margin", "margin"]}, "must be unlike one another; got margin, margin"),
        ({"strategies": [{"strategy": "bandit"}]}, "must not keep a memory themselves"),
        ({"horizon": 0}, "horizon: must be a whole number of at least 1"),
        ({"gain": 0}, "gain: must be a number above 0"),
        ({"rate": -1}, "rate: must be a number above 0"),
    ],
)
def test_a_bandit_that_makes_no_sense_is_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        choose(Past(1), np.array([0]), **params)
