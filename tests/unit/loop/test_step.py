"""Ask and tell on bare states: nothing lost, nothing asked twice, every number explained."""

from __future__ import annotations

import numpy as np
import pytest

from querist.catalogue import ask
from querist.core.errors import BudgetSpent, InvalidInput, PoolExhausted
from querist.core.policy import Budget, Costs, Policy
from querist.core.signals import Signals
from querist.core.state import State
from querist.loop.budget import spending
from querist.loop.coldstart import Trust
from querist.loop.step import explain, set_aside, tell, withdraw

RNG = np.random.default_rng(0)
PROBS = RNG.dirichlet([1, 1, 1], size=60)
UNSURE_FIRST = np.argsort(-(1 - np.diff(np.sort(PROBS, axis=1)[:, -2:], axis=1)[:, 0]), kind="stable")


def signals(**more: object) -> Signals:
    return Signals(60, probs=PROBS, classes=("a", "b", "c"), **more)  # type: ignore[arg-type]


def plain(**changes: object) -> Policy:
    return Policy("margin", batch_size=10, exploration=0.0, near_duplicates=None).with_(**changes)


def test_ask_takes_the_best_and_says_why() -> None:
    state, batch = ask(State.start(60, plain()), signals())
    assert batch.ids.tolist() == UNSURE_FIRST[:10].tolist()
    assert [q.rank for q in batch.queries] == list(range(10))
    assert batch.propensities.tolist() == [1.0] * 10
    assert all(q.reason.startswith("margin: ") for q in batch.queries)
    assert sorted(state.pending) == sorted(batch.ids.tolist())


def test_what_is_pending_is_not_asked_again() -> None:
    state, first = ask(State.start(60, plain()), signals())
    state, second = ask(state, signals())
    assert not set(first.ids) & set(second.ids)
    assert second.round == 2


def test_answers_may_come_late_in_part_out_of_order_and_twice() -> None:
    state, first = ask(State.start(60, plain()), signals())
    state, second = ask(state, signals())
    a, b = int(first.ids[7]), int(second.ids[0])
    state = tell(state, {b: 2})
    state = tell(state, {a: 1})
    assert [t.outcome for t in state.told] == ["labeled"]
    state = tell(state, {a: 1})
    assert [t.outcome for t in state.told] == ["repeated"]
    state = tell(state, {a: 0})
    assert [(t.outcome, t.before) for t in state.told] == [("revised", 1)]
    never = int(state.candidates[0])
    state = tell(state, {never: 1})
    assert [t.outcome for t in state.told] == ["volunteered"]
    assert state.labels == {b: 2, a: 0, never: 1}
    assert len(state.pending) == 18


def test_a_bad_answer_changes_nothing() -> None:
    state, batch = ask(State.start(60, plain(), excluded=[0, 1]), signals())
    for bad in (60, -1, 0):
        with pytest.raises(InvalidInput, match="answers:"):
            tell(state, {int(batch.ids[0]): 1, bad: 1})
    assert state.labels == {}


def test_excluded_rows_are_never_asked() -> None:
    state = State.start(60, plain(batch_size=60), excluded=UNSURE_FIRST[:5])
    _, batch = ask(state, signals())
    assert len(batch) == 55
    assert not set(batch.ids) & set(UNSURE_FIRST[:5])


def test_the_random_share_has_its_exact_inclusion_probability() -> None:
    _, batch = ask(State.start(60, plain(exploration=0.2)), signals())
    drawn = [q for q in batch.queries if q.purpose == "exploration"]
    assert len(drawn) == 2
    assert {q.propensity for q in drawn} == {2 / (60 - 8)}
    assert set(UNSURE_FIRST[:8]) <= set(batch.ids)


def test_the_random_share_is_drawn_uniformly() -> None:
    counts = np.zeros(60)
    runs = 4000
    for seed in range(runs):
        _, batch = ask(State.start(60, plain(exploration=0.2, seed=seed)), signals())
        counts[[q.row for q in batch.queries if q.purpose == "exploration"]] += 1
    rest = np.setdiff1d(np.arange(60), UNSURE_FIRST[:8])
    p = 2 / 52
    # Largest of 52 binomial deviations: under 5 standard errors but once in 30,000.
    assert np.abs(counts[rest] / runs - p).max() < 5 * np.sqrt(p * (1 - p) / runs)
    assert counts[UNSURE_FIRST[:8]].sum() == 0


def test_a_share_smaller_than_one_item_adds_up_over_the_rounds() -> None:
    state, explored = State.start(60, plain(batch_size=5, exploration=0.1)), []
    for _ in range(8):
        state, batch = ask(state, signals())
        explored.append(sum(q.purpose == "exploration" for q in batch.queries))
    assert explored == [0, 1, 0, 1, 0, 1, 0, 1]


def test_the_same_state_gives_the_same_batch() -> None:
    state = State.start(60, plain(exploration=0.3, seed=5))
    assert ask(state, signals()) == ask(state, signals())
    assert ask(State.from_json(state.to_json()), signals())[1] == ask(state, signals())[1]


def test_the_label_budget_is_kept_and_labels_that_came_along_are_free() -> None:
    state = State.start(60, plain(budget=Budget(labels=12)), labels={0: 1, 1: 2})
    state, first = ask(state, signals())
    state, second = ask(state, signals())
    assert (len(first), len(second)) == (10, 2)
    with pytest.raises(BudgetSpent):
        ask(state, signals())
    back = withdraw(state, second.ids)
    assert (spending(back).labels, spending(back).pending) == (0, 10)
    paid = spending(tell(back, {int(first.ids[0]): 1}))
    assert (paid.labels, paid.pending, paid.labels_left) == (1, 9, 2), "an answer moves from on order to bought"


def test_the_money_budget_is_never_overspent() -> None:
    costs = RNG.uniform(0.5, 2.0, 60)
    state = State.start(60, plain(budget=Budget(usd=20.0), costs=Costs(per_label=1.0)))
    with_costs = signals(costs=costs)
    try:
        while True:
            state, _ = ask(state, with_costs)
    except BudgetSpent:
        assert spending(state).pending_usd <= 20.0
        assert spending(state).pending >= 8
        return


def test_utility_per_dollar_prefers_the_cheap() -> None:
    costs = np.where(np.arange(60) == UNSURE_FIRST[20], 0.01, 1.0)
    policy = plain(costs=Costs(per_label=1.0, per_utility=True))
    _, batch = ask(State.start(60, policy), signals(costs=costs))
    assert batch.ids[0] == UNSURE_FIRST[20]


def test_quotas_hold_a_place_for_each_class() -> None:
    predicted = PROBS.argmax(axis=1)
    rare = np.flatnonzero(predicted == 2)
    policy = plain(quotas={"c": 0.5})
    _, batch = ask(State.start(60, policy), signals())
    assert np.isin(batch.ids, rare).sum() >= 5
    assert sum(q.purpose == "quota" for q in batch.queries) == 5
    with pytest.raises(InvalidInput, match=r"quotas: .*'z'"):
        ask(State.start(60, plain(quotas={"z": 0.5})), signals())


def test_two_near_duplicates_are_not_asked_together() -> None:
    duplicates = np.arange(60)
    duplicates[UNSURE_FIRST[:6]] = 99
    _, batch = ask(State.start(60, plain(near_duplicates=0.99)), signals(duplicates=duplicates))
    assert len(batch) == 10
    assert np.isin(batch.ids, UNSURE_FIRST[:6]).sum() == 1


def test_without_a_model_the_start_chooses_and_says_so() -> None:
    embeddings = RNG.normal(size=(60, 3))
    state = State.start(60, plain())
    _, batch = ask(state, Signals(60, embeddings=embeddings))
    assert batch.strategy == "k_means"
    assert batch.held_back == "margin needs a model, and nothing is labeled yet; k_means chose"
    assert {q.purpose for q in batch.queries} == {"start"}
    _, blind = ask(state, Signals(60))
    assert blind.strategy == "random"
    assert "embeddings, which are not known" in str(blind.held_back)
    assert blind.propensities.tolist() == [10 / 60] * 10


def test_a_model_not_to_be_trusted_is_held_back() -> None:
    doubt = Trust(False, 0.5, 0.4, 0.5, "it guesses")
    state = State.start(60, plain(start="random"), labels={0: 1})
    _, batch = ask(state, signals(), trust=doubt)
    assert batch.strategy == "random"
    assert batch.held_back == "margin is held back: it guesses; random chose"
    _, bold = ask(State.start(60, plain(trust=False), labels={0: 1}), signals(), trust=doubt)
    assert bold.strategy == "margin"


def test_an_empty_pool_is_said_to_be_empty() -> None:
    state = State.start(2, plain(), labels={0: 1, 1: 0})
    with pytest.raises(PoolExhausted, match="nothing left to ask"):
        ask(state, Signals(2, probs=PROBS[:2]))


def test_signals_of_another_pool_are_refused() -> None:
    with pytest.raises(InvalidInput, match="must be of the state's 50 items; got 60"):
        ask(State.start(50, plain()), signals())


def test_every_row_can_be_explained() -> None:
    state, batch = ask(State.start(60, plain(), labels={UNSURE_FIRST[30]: 1}, excluded=[UNSURE_FIRST[31]]), signals())
    row = int(batch.ids[0])
    assert explain(state, row).startswith(f"row {row} is pending; it was asked in round 1 at rank 0 with probability 1")
    assert explain(state, int(UNSURE_FIRST[30])).endswith("is labeled 1; it was never asked.")
    assert "set aside" in explain(state, int(UNSURE_FIRST[31]))
    assert "is a candidate" in explain(withdraw(state, [row]), row)
    assert "was asked in round 1" in explain(withdraw(state, [row]), row)
    assert row in set_aside(state, [row]).excluded
