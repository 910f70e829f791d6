"""Several annotators in any order: the loop's books balance, and the store's fold of the same acts agrees."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from querist.catalogue import ask
from querist.core.crowd import answer_table
from querist.core.errors import BudgetSpent, PoolExhausted
from querist.core.policy import Budget, Policy
from querist.core.signals import Signals
from querist.core.state import State
from querist.loop.budget import spending
from querist.loop.step import tell, withdraw
from querist.store import chain

N = 8
PEOPLE = ("ann", "bea", "cy", "di")
MOST = 3
BUDGET = 14


class People(RuleBasedStateMachine):
    """Keeps its own book: who was heard on which row, in order, and which rows are out."""

    def __init__(self) -> None:
        super().__init__()
        self.probs = np.random.default_rng(3).dirichlet([1, 1], size=N)
        policy = Policy("active_label", batch_size=3, exploration=0.25, trust=False, max_answers=MOST)
        self.state = State.start(N, policy.with_(budget=Budget(labels=BUDGET)))
        self.heard: dict[int, list[tuple[str, int]]] = {row: [] for row in range(N)}
        self.out: set[int] = set()

    def people_of(self, row: int) -> set[str]:
        return {who for who, _ in self.heard[row]}

    @rule(k=st.integers(1, 4))
    def ask(self, k: int) -> None:
        table = answer_table(N, {row: self.state.said(row) for row in self.state.labels})
        try:
            self.state, batch = ask(self.state, Signals(N, probs=self.probs, answers=table), k=k)
        except (BudgetSpent, PoolExhausted):
            return
        rows = set(batch.ids.tolist())
        assert len(rows) == len(batch) <= k
        assert not rows & self.out
        assert all(len(self.people_of(row)) < MOST for row in rows)
        assert not any(self.people_of(q.row) for q in batch.queries if q.strategy in ("random", "k_means"))
        self.out |= rows

    @rule(who=st.sampled_from(PEOPLE), given=st.dictionaries(st.integers(0, N - 1), st.integers(0, 1), max_size=4))
    def tell(self, who: str, given: dict[int, int]) -> None:
        answered = {row for row in given if who not in self.people_of(row)}
        self.state = tell(self.state, given, annotator=who)
        self.out -= answered
        for row, value in given.items():
            self.heard[row].append((who, value))

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        rows = data.draw(st.sets(st.sampled_from(sorted(self.out))))
        self.state = withdraw(self.state, rows)
        self.out -= rows

    @rule()
    def restart(self) -> None:
        self.state = State.from_json(self.state.to_json())

    @invariant()
    def books_balance(self) -> None:
        assert set(self.state.pending) == self.out
        assert set(self.state.labels) == {row for row, heard in self.heard.items() if heard}
        for row, heard in self.heard.items():
            if heard:
                assert Counter(dict(self.state.said(row))) == Counter(dict(heard))
        free = {row for row in range(N) if row not in self.out and len(self.people_of(row)) < MOST}
        assert set(self.state.candidates_again.tolist()) == free
        spent = spending(self.state)
        assert spent.pending == len(self.out)
        assert spent.labels + spent.pending <= BUDGET

    @invariant()
    def the_store_resolves_alike(self) -> None:
        for row, said in self.state.answers.items():
            steps = [chain.Step(f"{i}", "submit", who, None, None, value) for i, (who, value) in enumerate(said)]
            label = chain.standing(steps).label
            assert label is not None
            assert label.value == self.state.labels[row]


TestPeople = People.TestCase
TestPeople.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
