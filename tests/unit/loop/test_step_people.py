"""Several people's answers in the loop: kept side by side, resolved, bought again, and paid for once each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.catalogue import ask
from querist.core.crowd import answer_table
from querist.core.errors import BudgetSpent, PoolExhausted
from querist.core.policy import Budget, Costs, Policy
from querist.core.signals import Signals
from querist.core.state import State
from querist.loop.budget import spending
from querist.loop.coldstart import Trust
from querist.loop.step import explain, set_aside, tell, withdraw

N = 6
PROBS = np.array([[0.5, 0.5], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])


def policy(**changes: Any) -> Policy:
    base = Policy("active_label", batch_size=2, exploration=0.0, near_duplicates=None, trust=False)
    return base.with_(**changes)


def signals(state: State, **more: Any) -> Signals:
    table = answer_table(N, {row: state.said(row) for row in state.labels})
    return Signals(N, probs=PROBS, answers=table, classes=("a", "b"), **more)


def outcomes(state: State) -> list[str]:
    return [told.outcome for told in state.told]


def test_what_several_people_say_is_kept_and_what_most_say_is_the_label() -> None:
    state = tell(State.start(N), {0: 1}, annotator="ann")
    state = tell(state, {0: 1}, annotator="bea")
    assert (outcomes(state), state.told[0].before) == (["confirmed"], 1)
    state = tell(state, {0: 0}, annotator="cy")
    assert (outcomes(state), state.labels) == (["outvoted"], {0: 1})
    state = tell(state, {0: 0}, annotator="ann")
    assert (outcomes(state), state.labels) == (["revised"], {0: 0})
    assert state.answers == {0: (("bea", 1), ("cy", 0), ("ann", 0))}
    state = tell(state, {0: 0}, annotator="ann")
    assert outcomes(state) == ["repeated"]
    assert explain(state, 0) == "row 0 is labeled 0 by 3 annotators' answers; it was never asked."
    assert State.from_json(state.to_json()).answers == state.answers


def test_of_two_who_differ_the_newest_word_stands_also_where_it_was_said_before() -> None:
    state = tell(State.start(N), {0: 1}, annotator="ann")
    state = tell(state, {0: 0}, annotator="bea")
    assert (outcomes(state), state.labels) == (["revised"], {0: 0})
    state = tell(state, {0: 1}, annotator="ann")
    assert (outcomes(state), state.labels) == (["revised"], {0: 1})


def test_a_label_without_a_name_is_one_answer_by_nobody_in_particular() -> None:
    state = State.start(N, labels={0: 1, 1: 0})
    assert state.said(0) == (("anonymous", 1),)
    assert state.said(5) == ()
    assert outcomes(tell(state, {0: 1})) == ["repeated"]
    both = tell(state, {0: 1}, annotator="ann")
    assert both.answers == {0: (("anonymous", 1), ("ann", 1))}
    assert tell(state, {0: 0}).answers == {}, "one anonymous answer needs no book"


def test_an_older_state_has_no_answers_but_its_labels() -> None:
    body = State.start(N, labels={0: 1}).to_json()
    del body["answers"], body["earlier"], body["policy"]["max_answers"]
    assert State.from_json(body) == State.start(N, labels={0: 1})


def test_a_strategy_that_reads_answers_asks_again_up_to_the_most() -> None:
    state = State.start(N, policy(max_answers=2, batch_size=6))
    state, first = ask(state, signals(state))
    assert sorted(first.ids) == list(range(N))
    state = tell(state, {row: 1 for row in range(N)}, annotator="ann")  # against the model in all rows but the first
    assert state.candidates.tolist() == []
    assert state.candidates_again.tolist() == list(range(N))
    state, again = ask(state, signals(state), k=2)
    assert len(again) == 2
    assert 0 not in again.ids, "where the model is torn, one answer doubts it less"
    assert state.candidates_again.tolist() == sorted(set(range(N)) - set(again.ids.tolist()))
    state = tell(state, dict.fromkeys(again.ids.tolist(), 0), annotator="bea")
    assert outcomes(state) == ["revised", "revised"]
    assert state.candidates_again.tolist() == sorted(set(range(N)) - set(again.ids.tolist()))
    state, rest = ask(state, signals(state), k=6)
    assert len(rest) == 4
    state = tell(state, dict.fromkeys(rest.ids.tolist(), 1), annotator="bea")
    with pytest.raises(PoolExhausted):
        ask(state, signals(state))


def test_one_answer_at_most_is_like_any_other_strategy() -> None:
    state = tell(State.start(N, policy(max_answers=1)), {1: 1, 2: 1}, annotator="ann")
    assert state.candidates_again.tolist() == state.candidates.tolist() == [0, 3, 4, 5]


@pytest.mark.parametrize(
    ("strategy", "params"),
    [
        ("margin", {}),
        ("divided", {"strategies": ["active_label", "margin"]}),
        ("switch", {"first": "active_label", "then": "margin", "at": 3}),
        ("filtered", {"score": "active_label", "then": "margin"}),
    ],
)
def test_what_does_not_read_answers_never_asks_a_labeled_item_again(strategy: str, params: dict[str, Any]) -> None:
    state = State.start(N, policy(strategy=strategy, params=params, batch_size=4, exploration=0.5))
    state = tell(state, {0: 1, 1: 1, 2: 1, 3: 1}, annotator="ann")
    _, batch = ask(state, signals(state))
    own = [query for query in batch.queries if "active_label" not in query.reason]
    assert own
    assert not {query.row for query in own} & {0, 1, 2, 3}


@pytest.mark.parametrize("strategy", ["filtered", "divided"])
def test_a_composite_whose_turn_asks_about_new_items_only_ends_with_them(strategy: str) -> None:
    params = {
        "filtered": {"score": "active_label", "then": "k_center"},
        "divided": {"strategies": ["active_label", "margin"], "shares": [0.001, 0.999]},
    }[strategy]
    state = State.start(N, policy(strategy=strategy, params=params, batch_size=1))
    state = tell(state, dict.fromkeys(range(N), 1), annotator="ann")
    with pytest.raises(PoolExhausted):
        ask(state, signals(state, embeddings=np.eye(N)))


def test_the_random_share_asks_nobody_a_second_time() -> None:
    for seed in range(20):
        state = tell(State.start(N, policy(exploration=0.5, seed=seed)), {0: 1, 1: 1, 2: 1}, annotator="ann")
        _, batch = ask(state, signals(state))
        drawn = [query for query in batch.queries if query.purpose == "exploration"]
        assert [query.row > 2 for query in drawn] == [True]
        left = {3, 4, 5} - {query.row for query in batch.queries if query.purpose != "exploration"}
        assert drawn[0].propensity == 1 / len(left)
    everything = tell(State.start(N, policy(exploration=0.5)), dict.fromkeys(range(N), 1), annotator="ann")
    assert len(ask(everything, signals(everything))[1]) == 2, "with nothing left to explore, all is the strategy's"


def test_a_blend_of_scores_asks_again_as_its_part_does() -> None:
    state = State.start(N, policy(strategy="product", params={"scores": ["entropy", "active_label"]}, batch_size=1))
    state = tell(state, dict.fromkeys(range(N), 1), annotator="ann")
    assert len(ask(state, signals(state))[1]) == 1


def test_every_answer_bought_counts_against_the_budget() -> None:
    costs = np.full(N, 0.5)
    state = State.start(N, policy(budget=Budget(labels=7), costs=Costs(per_label=0.5), batch_size=6))
    state, _ = ask(state, signals(state, costs=costs))
    state = tell(state, dict.fromkeys(range(N), 1), annotator="ann")
    assert (spending(state).labels, spending(state).labels_left) == (6, 1)
    state, again = ask(state, signals(state, costs=costs))
    row = int(again.ids[0])
    assert len(again) == 1
    assert (spending(state).labels, spending(state).pending, spending(state).usd) == (6, 1, 3.0)
    taken_back = withdraw(state, [row])
    assert (spending(taken_back).labels, spending(taken_back).pending) == (6, 0)
    assert taken_back.asked[row].round == 1
    assert taken_back.earlier == ()
    assert spending(State.from_json(state.to_json())) == spending(state)
    state = tell(state, {row: 1}, annotator="bea")
    assert (spending(state).labels, spending(state).usd, spending(state).labels_left) == (7, 3.5, 0)
    with pytest.raises(BudgetSpent):
        ask(state, signals(state, costs=costs))


def test_a_question_about_a_labeled_item_waits_for_somebody_else() -> None:
    state = tell(State.start(N, policy(batch_size=6)), dict.fromkeys(range(N), 1), annotator="ann")
    state, batch = ask(state, signals(state), k=1)
    row = int(batch.ids[0])
    state = tell(state, {row: 1}, annotator="ann")
    assert outcomes(state) == ["repeated"]
    state = tell(state, {row: 0}, annotator="ann")
    assert outcomes(state) == ["revised"]
    assert list(state.pending) == [row]
    assert explain(state, row).startswith(f"row {row} is labeled 0 and pending again; it was asked in round 1")
    state = tell(state, {row: 0}, annotator="bea")
    assert (outcomes(state), dict(state.pending)) == (["confirmed"], {})


def test_a_row_nobody_can_answer_again_keeps_its_label() -> None:
    state = tell(State.start(N, policy()), dict.fromkeys(range(N), 1), annotator="ann")
    state, batch = ask(state, signals(state), k=1)
    row = int(batch.ids[0])
    state = set_aside(state, [row])
    assert state.labels[row] == 1
    assert row not in state.candidates_again


def test_once_everything_is_labeled_an_untrusted_model_does_not_end_the_asking() -> None:
    doubt = Trust(False, 0.5, 0.5, 0.5, "no better than guessing")
    state = tell(State.start(N, policy(trust=True, start="random")), {0: 1, 1: 0}, annotator="ann")
    assert ask(state, signals(state), trust=doubt)[1].strategy == "random"
    state = tell(state, dict.fromkeys(range(N), 1), annotator="bea")
    assert ask(state, signals(state), trust=doubt)[1].strategy == "active_label"
