"""Whatever order answers come in, the loop's books balance."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from querist.catalogue import ask
from querist.core.errors import BudgetSpent, PoolExhausted
from querist.core.policy import Budget, Policy
from querist.core.signals import Signals
from querist.core.state import State
from querist.loop.budget import spending
from querist.loop.step import set_aside, tell, withdraw

N = 25


class Loop(RuleBasedStateMachine):
    """Asks, tells, withdraws and sets aside in any order, and keeps its own plain book of it."""

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(3)
        self.signals = Signals(N, probs=rng.dirichlet([1, 1], size=N), embeddings=rng.normal(size=(N, 2)))
        policy = Policy("margin", batch_size=4, exploration=0.25, budget=Budget(labels=20))
        self.state = State.start(N, policy, excluded=[0, 1])
        self.answers: dict[int, int] = {}
        self.out: set[int] = set()
        self.aside = {0, 1}

    @rule(k=st.integers(1, 6))
    def ask(self, k: int) -> None:
        try:
            self.state, batch = ask(self.state, self.signals, k=k)
        except (BudgetSpent, PoolExhausted):
            return
        rows = batch.ids.tolist()
        assert len(set(rows)) == len(rows) <= k
        assert not set(rows) & (self.out | set(self.answers) | self.aside)
        assert all(0 < q.propensity <= 1 for q in batch.queries)
        self.out |= set(rows)

    @rule(data=st.data())
    def tell(self, data: st.DataObject) -> None:
        free = [row for row in range(N) if row not in self.aside]
        given = data.draw(st.dictionaries(st.sampled_from(free), st.integers(0, 1), max_size=5))
        self.state = tell(self.state, given)
        self.answers |= given
        self.out -= set(given)

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        rows = data.draw(st.sets(st.sampled_from(sorted(self.out))))
        self.state = withdraw(self.state, rows)
        self.out -= rows

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def set_aside(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(sorted(self.out)))
        self.state = set_aside(self.state, [row])
        self.out.discard(row)
        self.aside.add(row)

    @rule()
    def restart(self) -> None:
        self.state = State.from_json(self.state.to_json())

    @invariant()
    def books_balance(self) -> None:
        assert dict(self.state.labels) == self.answers
        assert set(self.state.pending) == self.out
        assert self.state.excluded == self.aside
        free = set(range(N)) - self.out - set(self.answers) - self.aside
        assert set(self.state.candidates.tolist()) == free
        spent = spending(self.state)
        assert spent.labels + spent.pending <= 20


TestLoop = Loop.TestCase
TestLoop.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
