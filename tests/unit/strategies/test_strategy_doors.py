"""What no strategy lets in: flags that are merely truthy, numbers out of range, vectors in which a penalty is lost."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest

import querist.strategies
from querist.catalogue import resolve
from querist.core.errors import InvalidInput
from querist.core.strategy import flags_of, is_strategy, of, strategy
from querist.strategies import bait, expected_error_reduction, pair_information, pair_optimal
from querist.strategies._doors import number, outweighed
from querist.strategies.reduce import Guarded
from querist.testing.strategies import N_ITEMS, StrategyContract

RNG = np.random.default_rng
STRATEGIES = [f for name in querist.strategies.__all__ if is_strategy(f := getattr(querist.strategies, name))]
FLAGS = [(f, name) for f in STRATEGIES for name in flags_of(f)]


def call(function: Any, *, scale: float = 1.0, dtype: type = np.float64, **params: Any) -> Any:
    """The strategy on made-up arrays, the embeddings times `scale`."""

    class Made(StrategyContract):
        strategy = function

    arrays = [
        (a * scale).astype(dtype) if need == "embeddings" else a
        for need, a in zip(of(function).needs, Made().signals(), strict=True)
    ]
    if of(function).kind == "score":
        return function(*arrays, **params)
    rows = {"candidates": np.arange(5, N_ITEMS), "chosen": np.arange(5), "rng": RNG(0)}
    return function(*arrays, 4, **rows, **params)


def test_there_are_flags_and_they_are_found() -> None:
    found = {(of(f).name, name) for f, name in FLAGS}
    assert {("probcover", "normalize"), ("badge", "exact_propensities"), ("dcom", "normalize")} <= found
    for function in STRATEGIES:
        truths = {p.name for p in inspect.signature(function).parameters.values() if isinstance(p.default, bool)}
        assert truths <= set(flags_of(function)), "a parameter that is true or false by default must be said to be bool"


@pytest.mark.parametrize(("function", "name"), FLAGS, ids=lambda v: v if isinstance(v, str) else of(v).name)
@pytest.mark.parametrize("wrong", ["no", 1, 0.0, None, [], np.array([True])], ids=repr)
def test_a_flag_must_be_true_or_false(function: Any, name: str, wrong: object) -> None:
    message = re.escape(f"{name}: must be true or false; got {wrong!r}")
    with pytest.raises(InvalidInput, match=message):
        call(function, **{name: wrong})
    with pytest.raises(InvalidInput, match=message):
        resolve(of(function).name, {name: wrong})


@pytest.mark.parametrize(("function", "name"), FLAGS, ids=lambda v: v if isinstance(v, str) else of(v).name)
def test_either_truth_will_do(function: Any, name: str) -> None:
    for value in (True, False, np.True_, np.False_):
        assert len(call(function, **{name: value})) == 4


def test_a_users_own_flag_is_looked_at_too() -> None:
    @strategy(needs=["probs"])
    def loud_of_test(probs: np.ndarray, *, loud: bool = False) -> np.ndarray:
        return 1 - probs.max(axis=1)

    assert loud_of_test(np.array([[0.9, 0.1]]), loud=True).round(2).tolist() == [0.1]
    with pytest.raises(InvalidInput, match="loud: must be true or false; got 'very'"):
        loud_of_test(np.array([[0.9, 0.1]]), loud="very")
    assert loud_of_test.__name__ == "loud_of_test"


def test_a_reducers_flag_must_be_true_or_false() -> None:
    with pytest.raises(InvalidInput, match="groups: must be true or false; got 'no'"):
        Guarded(2, groups="no")  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("function", [bait, expected_error_reduction, pair_information, pair_optimal])
def test_vectors_in_which_the_penalty_is_lost_are_refused(function: Any, dtype: type) -> None:
    for scale in (1e-30, 1e-3, 1.0, 1e4):
        call(function, scale=scale, dtype=dtype)
    for scale in (1e8, 1e15, 1e30):
        with pytest.raises(InvalidInput, match=r"must not be so long that a penalty of .* Scale the columns"):
            call(function, scale=scale, dtype=dtype)
    if dtype is np.float64:
        with pytest.raises(InvalidInput, match="got a row of length inf"):
            call(function, scale=1e200)


def test_least_squares_refuses_them_as_well() -> None:
    with pytest.raises(InvalidInput, match="must not be so long"):
        call(expected_error_reduction, scale=1e15, learner="least_squares")


def test_a_penalty_may_be_outweighed_so_far() -> None:
    X = np.array([[3.0, 4.0], [0.0, 0.0]])
    outweighed(X, 4, 1e-12)  # 25 · 4 / 1e-12 = 1e14
    with pytest.raises(InvalidInput, match="a penalty of 9e-13 is lost beside them; got a row of length 5"):
        outweighed(X, 4, 9e-13)
    outweighed(np.empty((0, 2)), 0, 1.0)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "2", True, None, np.float64("nan")], ids=repr)
def test_a_number_above_a_bound(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"beta: must be a number above 0; got {wrong!r}. 4 is usual.")):
        number("beta", wrong, above=0, hint="4 is usual.")
    assert number("beta", np.float32(0.5), above=0) == 0.5
    assert number("beta", 1, least=1) == 1
    with pytest.raises(InvalidInput, match=r"beta: must be a number of at least 1; got 0\.5\.$"):
        number("beta", 0.5, least=1)


def test_a_truth_is_no_number_of_picks_to_take_for_each() -> None:
    with pytest.raises(InvalidInput, match="oversample: must be a number of at least 1; got True"):
        call(bait, oversample=True)
