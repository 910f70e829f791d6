"""The nouns keep their word: JSON both ways, laziness, and errors that say what to do."""

from __future__ import annotations

import numpy as np
import pytest

from querist.core import checks
from querist.core.errors import BudgetSpent, InvalidInput
from querist.core.items import Columns, take
from querist.core.policy import Budget, Costs, Policy
from querist.core.schema import Schema
from querist.core.signals import Signals
from querist.core.strategy import of, strategy


def test_a_policy_survives_json_with_all_its_settings() -> None:
    policy = Policy(
        "density_weighted",
        params={"beta": 2.0},
        start="random",
        batch_size=7,
        exploration=0.2,
        quotas={"spam": 0.3},
        near_duplicates=None,
        trust=False,
        costs=Costs(0.1, 0.001, per_utility=True),
        budget=Budget(100, 20.0),
        seed=9,
    )
    assert Policy.from_json(policy.to_json()) == policy
    assert Policy.from_json(policy.to_json()).digest == policy.digest
    assert policy.with_(seed=10).digest != policy.digest


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"exploration": 1.5}, "exploration: must be a share between 0 and 1; got 1.5"),
        ({"batch_size": 0}, "batch_size: must be a whole number of at least 1; got 0"),
        ({"batch_size": True}, "batch_size: must be a whole number"),
        ({"start": "k_mean"}, "Did you mean 'k_means'"),
        ({"quotas": {"a": 0.95}}, "quotas: must leave room for the random share"),
        ({"seed": -1}, "seed: must be a whole number of at least 0"),
        ({"explorationn": 0.1}, "got 'explorationn'. Did you mean 'exploration'"),
        ({"costs": {"per_lable": 1}}, "costs: must hold known settings only; got 'per_lable'"),
        ({"costs": {"per_label": -1}}, "costs.per_label: must be a price"),
        ({"budget": {"labels": 10**30}}, "budget.labels: must be at most 9,007,199,254,740,991"),
        ({"budget": {"usd": 0}}, "budget.usd: must be a sum above 0"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message.replace("(", r"\(")):
        Policy.from_json(settings)


def test_a_schema_forgives_case_and_blanks_and_nothing_else() -> None:
    schema = Schema("kind", ("Spam", "not spam", "1"))
    assert [schema.read(raw) for raw in (" sPAM", "Not  Spam", 1, "1.0", 1.0)] == ["Spam", "not spam", "1", "1", "1"]
    with pytest.raises(InvalidInput, match="did you mean 'Spam'"):
        schema.read("spma")
    with pytest.raises(InvalidInput, match=r"the label 'eggs' is not in the schema; it has 'Spam', 'not spam', '1'\."):
        schema.read("eggs")
    assert schema.encode("not spam") == 1
    assert schema.decode(1) == "not spam"
    assert Schema.from_json(schema.to_json()) == schema


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ((), "at least two"),
        (("a",), "at least two"),
        (("a", "A "), "differ by more than case"),
        (("a", " "), "non-empty"),
    ],
)
def test_classes_must_be_told_apart(classes: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Schema("kind", classes)


def test_a_number_is_read_as_people_write_it() -> None:
    schema = Schema("price", task="number")
    assert schema.read(" 3.5 ") == 3.5
    for bad in ("3,5", "1_000", "nan", "inf", "", "about 3"):
        with pytest.raises(InvalidInput, match=r"not a number|not finite"):
            schema.read(bad)
    with pytest.raises(InvalidInput, match="must be empty for a number"):
        Schema("price", ("1", "2"), task="number")


def test_signals_are_computed_once_and_only_at_need() -> None:
    calls: list[str] = []

    def probs() -> np.ndarray:
        calls.append("probs")
        return np.full((2, 2), 0.5)

    def never() -> np.ndarray:
        raise AssertionError("nobody asked for it")

    signals = Signals(2, probs=probs, embeddings=never)
    assert calls == []
    assert signals.get("probs") is signals.get("probs")
    assert calls == ["probs"]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"probs": np.array([[0.5, 0.6], [0.5, 0.5]])}, "each row must sum to 1"),
        ({"probs": np.array([[1.5, -0.5], [0.5, 0.5]])}, "must not be negative"),
        ({"probs": np.full((3, 2), 0.5)}, "for 2 items; got shape"),
        ({"embeddings": np.ones((3, 2))}, "for 2 items"),
        ({"costs": np.ones(3)}, "for 2 items"),
        ({"prob": np.ones(2)}, "Did you mean 'probs'"),
    ],
)
def test_a_wrong_signal_is_refused_at_the_door(sources: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Signals(2, **sources)  # type: ignore[arg-type]


def test_embeddings_are_checked_when_they_are_read_whole_and_not_before() -> None:
    signals = Signals(2, embeddings=np.array([[np.nan], [1.0]]))
    assert signals.peek("embeddings").shape == (2, 1)
    with pytest.raises(InvalidInput, match="must be finite; row 0, column 0 is nan"):
        signals.get("embeddings")


def test_a_missing_signal_says_what_it_is() -> None:
    with pytest.raises(InvalidInput, match=r"must provide 'members' \(class probabilities of each committee member"):
        Signals(2, probs=np.full((2, 2), 0.5)).get("members")


def test_an_infinite_feature_is_found_even_where_the_sum_hides_it() -> None:
    X = np.zeros((3, 2))
    X[1] = np.inf, -np.inf
    with pytest.raises(InvalidInput, match="row 1, column 0 is inf"):
        checks.features("X", X)
    assert checks.features("X", np.full((2, 2), 1e308)).shape == (2, 2)


def test_columns_take_and_say_what_they_have() -> None:
    table = Columns({"age": [1, 2, 3], "name": ["x", None, "z"], "v": [[1, 2], [3, 4], [5, 6]]})
    assert take(table, [2, 0])["name"].tolist() == ["z", "x"]
    assert table["v"].shape == (3, 2)
    with pytest.raises(InvalidInput, match="Did you mean 'name'"):
        table["nme"]
    with pytest.raises(InvalidInput, match="of one length"):
        Columns({"a": [1], "b": [1, 2]})


def test_a_strategy_must_be_declared_and_may_need_only_signals() -> None:
    with pytest.raises(InvalidInput, match=r"must be declared with @querist\.strategy"):
        of(len)
    with pytest.raises(InvalidInput, match="needs: must be one of"):
        strategy(needs=["prob"])


def test_an_error_without_words_speaks_its_docstring() -> None:
    assert str(BudgetSpent()) == "The labeling budget is spent. Raise `budget`, or stop the loop."


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (Schema("y", ("spam", "ham")), "x" * 100_000),
        (Schema("y", (), "number"), "x" * 100_000),
        (Schema("y", (), "rating", low=1, high=5), "9" * 300),
    ],
)
def test_a_long_answer_that_is_none_is_not_repeated_whole(schema: Schema, value: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        schema.read(value)
    assert len(str(raised.value)) < 400
