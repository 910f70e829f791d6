from __future__ import annotations

import numpy as np
import pytest

from querist.catalogue import ask, find, plain_strategy, register, strategy_names, suited
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.signals import Signals
from querist.core.state import State
from querist.core.strategy import strategy


def test_a_misspelt_strategy_is_told_the_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"got 'margn'\. Did you mean 'margin'"):
        find("margn")


@pytest.mark.parametrize(("name", "task"), [("margin", "number"), ("vote_entropy", "number"), ("variance", "choice")])
def test_a_strategy_of_the_wrong_kind_of_answer_is_refused(name: str, task: str) -> None:
    with pytest.raises(InvalidInput, match="strategy: must suit"):
        suited(name, task)  # type: ignore[arg-type]
    assert suited(plain_strategy(task), task)  # type: ignore[arg-type]


def test_a_strategy_of_ones_own_chooses_by_its_name() -> None:
    @strategy(needs=["embeddings"], reason="lies {utility:.1f} to the right")
    def rightmost_of_test(embeddings: np.ndarray) -> np.ndarray:
        return embeddings[:, 0]

    register(rightmost_of_test)
    assert "rightmost_of_test" in strategy_names()
    state = State.start(3, Policy("rightmost_of_test", batch_size=1, exploration=0.0))
    _, batch = ask(state, Signals(3, embeddings=np.array([[1.0], [5.0], [2.0]])))
    assert batch.ids.tolist() == [1]
    assert batch.queries[0].reason == "rightmost_of_test: lies 5.0 to the right"


def test_a_name_of_ours_cannot_be_taken() -> None:
    @strategy(needs=["probs"], name="margin")
    def other(probs: np.ndarray) -> np.ndarray:
        return probs[:, 0]

    with pytest.raises(InvalidInput, match="'margin' is taken"):
        register(other)


def test_a_wrong_parameter_of_a_strategy_is_named() -> None:
    policy = Policy("density_weighted", params={"bta": 2.0}, batch_size=1, exploration=0.0)
    signals = Signals(3, probs=np.full((3, 2), 0.5), embeddings=np.eye(3))
    with pytest.raises(InvalidInput, match=r"params: must be arguments of density_weighted; .*'bta'"):
        ask(State.start(3, policy), signals)


def test_near_duplicates_are_thinned_for_selections_too() -> None:
    embeddings = np.repeat(np.eye(4), 3, axis=0)
    groups = np.repeat(np.arange(4), 3)
    policy = Policy("k_center", batch_size=4, exploration=0.0)
    _, batch = ask(State.start(12, policy), Signals(12, embeddings=embeddings, duplicates=groups))
    assert sorted(groups[batch.ids].tolist()) == [0, 1, 2, 3]
