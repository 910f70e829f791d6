"""A stream for users: what is asked, what is learned, and that it survives delay, disorder and restarts."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

import querist
from querist.core.errors import InvalidInput
from querist.core.rng import generator
from querist.loop.managers import MANAGERS, manager
from querist.metrics import Adwin
from querist.streaming import Stream

CLASSES = ["in", "out"]


def world(n: int, seed: int = 0, turn: int | None = None) -> tuple[Any, Any]:
    """Points, and which side of a line they lie on; from `turn` on the sides are exchanged."""
    X = generator(seed, "streaming").normal(size=(n, 3))
    side = X[:, 0] + 0.3 * X[:, 1] > 0
    if turn is not None:
        side[turn:] = ~side[turn:]
    return X, np.where(side, "in", "out")


def new(**how: Any) -> Stream:
    return Stream(LogisticRegression(), classes=CLASSES, **({"budget": 0.1, "seed": 5} | how))


def go(stream: Stream, X: Any, y: Any, size: int = 50, first: int = 0) -> list[bool]:
    """Whether each prediction was right; answers come at once."""
    right: list[bool] = []
    for at in range(0, len(X), size):
        said = stream.decide(X[at : at + size])
        right += [a == b for a, b in zip(said.predictions, y[at : at + len(said)], strict=True)]
        stream.tell({id: y[id - first] for id in said.asked if isinstance(id, int)})
    return right


@pytest.mark.parametrize("name", sorted(MANAGERS))
def test_every_manager_learns_a_line_within_its_budget(name: str) -> None:
    X, y = world(3000)
    stream = new(manager=name, start=10)
    right = go(stream, X, y)
    assert np.mean(right[1000:]) > 0.95
    assert stream.n_asked <= 0.1 * 3000 * 1.01 + 1
    assert stream.n_seen == 3000


def test_a_stream_starts_from_nothing_and_asks_what_is_lent_to_it_at_once() -> None:
    X, y = world(200)
    stream = new(start=15)
    said = stream.decide(X[:20])
    assert said.ask[:15].all()
    assert said.predictions == [None] * 20
    assert said.probs is None
    assert next(iter(said)).reason == "there is no model yet"
    told = stream.tell({id: y[id] for id in said.asked if isinstance(id, int)})
    assert told.refitted
    assert set(stream.decide(X[20:40]).predictions) == {"in", "out"}


def test_labels_there_are_already_cost_nothing() -> None:
    X, y = world(100)
    stream = new(start=0)
    told = stream.teach(X, y)
    assert told.refitted
    assert (stream.n_asked, stream.n_labels) == (0, 100)


def test_what_is_taught_beyond_the_memory_pushes_out_what_came_first() -> None:
    X, y = world(300)
    stream = new(start=0, spans=(50, 100))
    stream.teach(X[:150], y[:150])
    stream = Stream.from_json(json.loads(json.dumps(stream.to_json())))
    stream.teach(X[150:250], y[150:250])
    assert (stream.pending, stream.n_labels) == ([], 100)
    kept = [row[1] for row in stream.to_json()["memory"]["labels"]]
    np.testing.assert_array_equal(kept, X[150:250])


def test_a_file_that_does_not_number_what_was_taught_is_read() -> None:
    X, y = world(60)
    stream = new(start=0)
    stream.teach(X[:20], y[:20])
    body = {name: value for name, value in stream.to_json().items() if name != "taught"}
    again = Stream.from_json(body)
    again.teach(X[20:60], y[20:60])
    assert (again.pending, again.n_labels) == ([], 60)


def test_an_id_that_was_answered_may_be_asked_again() -> None:
    X, _ = world(2)
    stream = new(refit_every=1)
    stream.decide(X[:1], ids=["a"])
    stream.tell({"a": "in"})
    stream.decide(X[1:], ids=["a"])
    assert stream.tell({"a": "out"}).n_labels == 1
    assert stream.pending == []
    assert stream.to_json()["memory"]["labels"][0][1] == X[1].tolist()


@given(delays=st.lists(st.integers(0, 9), min_size=20, max_size=20), seed=st.integers(0, 5))
@settings(deadline=None, max_examples=10)
def test_nothing_is_lost_however_late_and_in_whatever_order_answers_come(delays: list[int], seed: int) -> None:
    X, y = world(600, seed)
    stream, out, asked = new(budget=0.3, refit_every=5), [], set()
    for step, at in enumerate(range(0, 600, 30)):
        said = stream.decide(X[at : at + 30])
        asked |= set(said.asked)
        out += [(step + delays[(step * 7 + k) % 20], id) for k, id in enumerate(said.asked)]
        due = [id for when, id in out if when <= step]
        out = [(when, id) for when, id in out if when > step]
        stream.tell({id: y[id] for id in reversed(due)})
        assert set(stream.pending) == {id for _, id in out}
    stream.tell({id: y[id] for _, id in out})
    assert stream.pending == []
    assert stream.n_labels == len(asked) == stream.n_asked


def test_batches_make_no_difference_while_the_model_stays() -> None:
    X, y = world(900)
    for name in sorted(MANAGERS):
        one, other = new(manager=name, start=0), new(manager=name, start=0)
        one.teach(X[:100], y[:100])
        other.teach(X[:100], y[:100])
        whole = one.decide(X[100:])
        parts = [other.decide(X[at : at + 37]) for at in range(100, 900, 37)]
        np.testing.assert_array_equal(whole.ask, np.concatenate([each.ask for each in parts]))
        np.testing.assert_allclose(whole.propensities, np.concatenate([each.propensities for each in parts]))


@pytest.mark.parametrize("at", [0, 30, 400, 1000])
def test_a_stream_that_was_saved_goes_on_as_if_nothing_had_been(tmp_path: Path, at: int) -> None:
    X, y = world(1600)
    stream = new(spans=(40, 100), drift=Adwin(clock=4), watch="asked")
    go(stream, X[:at], y)
    late = stream.decide(X[at : at + 100])
    stream.save(tmp_path / "stream.json")
    again = Stream.load(tmp_path / "stream.json")
    assert again.pending == stream.pending == late.asked
    for each in (stream, again):
        each.tell({id: y[id] for id in late.asked if isinstance(id, int)})
    rest = [go(each, X[at + 100 :], y[at + 100 :], first=at + 100) for each in (stream, again)]
    assert rest[0] == rest[1]
    assert json.dumps(stream.to_json()) == json.dumps(again.to_json())


def test_the_model_follows_a_change_and_an_all_time_model_does_not() -> None:
    X, y = world(4000, turn=2000)
    follows = go(new(spans=(100,)), X, y)
    remembers = go(new(spans=(10_000,)), X, y)
    assert np.mean(follows[3000:]) > 0.9
    assert np.mean(remembers[3000:]) < 0.8


def test_a_change_that_is_heard_is_learned_sooner_and_reopens_spending_within_the_budget() -> None:
    X, y = world(6000, turn=3000)
    deaf, hears = new(spans=(2000,)), new(spans=(2000,), watch="asked", drift=Adwin(clock=8), after_drift=30)
    slow, quick = go(deaf, X, y), go(hears, X, y)
    assert hears.alarms
    assert 3000 < hears.alarms[0] < 3400
    assert np.mean(quick[3400:]) > np.mean(slow[3400:]) + 0.1
    assert abs(hears.n_asked / 600 - 1) <= 0.015
    assert json.loads(json.dumps(hears.to_json()))["alarms"] == hears.alarms


def test_only_blind_draws_are_heard_where_nothing_else_is_said() -> None:
    heard: list[float] = []

    class Ear:
        def update(self, error: float, /) -> bool:
            heard.append(error)
            return False

        def to_json(self) -> dict[str, Any]:
            return {}

    X, y = world(3000)
    stream, n_random = new(drift=Ear(), start=0), 0
    stream.teach(X[:50], y[:50])
    for at in range(50, 3000, 50):
        said = stream.decide(X[at : at + 50])
        n_random += int(said.random.sum())
        stream.tell({id: y[id + 50] for id in said.asked if isinstance(id, int)})
    assert len(heard) == n_random > 10


def test_the_blind_draws_tell_the_accuracy_and_all_that_was_asked_does_not() -> None:
    X, y = world(8000)
    fuzzy = np.abs(X[:, 0] + 0.3 * X[:, 1]) < 0.5
    y[fuzzy] = generator(1, "fuzzy").choice(CLASSES, size=int(fuzzy.sum()))  # a third is a toss
    stream = new(manager=manager(budget=0.3, random_share=0.3))
    right = float(np.mean(go(stream, X, y)[1000:]))
    kept = [row for row in stream.to_json()["memory"]["labels"] if row[2] >= 1000]
    ok = np.array([predicted == code for *_, predicted, code in kept], dtype=float)
    blind = ok[[row[4] for row in kept]]
    assert abs(blind.mean() - right) <= 4 * math.sqrt(right * (1 - right) / len(blind))
    assert ok.mean() < right - 0.1


def test_another_answer_takes_the_place_of_the_first() -> None:
    X, _ = world(100)
    stream = new()
    id = stream.decide(X).asked[0]
    stream.tell({id: "in"})
    assert stream.tell({id: "out"}).n_labels == 1
    assert stream.to_json()["memory"]["labels"][0][-1] == 1


def test_what_is_wrong_is_said_and_changes_nothing() -> None:
    X, _ = world(100)
    stream = new()
    id, *others = stream.decide(X).asked
    before = json.dumps(stream.to_json())
    with pytest.raises(InvalidInput, match="Did you mean 'in'"):
        stream.tell({id: "in", others[0]: "inn"})
    with pytest.raises(InvalidInput, match="'elsewhere' was not"):
        stream.tell({id: "in", "elsewhere": "in"})
    with pytest.raises(InvalidInput, match="comes twice"):
        stream.decide(X[:2], ids=["a", "a"])
    with pytest.raises(InvalidInput, match="comes twice"):
        stream.decide(X[:1], ids=[id])
    with pytest.raises(InvalidInput, match="ids: must be one per item, 2"):
        stream.decide(X[:2], ids=["a"])
    with pytest.raises(InvalidInput, match="labels: must be one per item"):
        stream.teach(X[:2], ["in"])
    assert json.dumps(stream.to_json()) == before


def test_an_items_number_does_not_take_the_place_of_a_question_of_that_name() -> None:
    X, _ = world(20)
    stream = new(manager=manager(budget=1.0, random_share=1.0))
    asked = stream.decide(X[:10], ids=list(range(10, 20))).asked
    with pytest.raises(InvalidInput, match="number in the stream is taken; 10 is awaited"):
        stream.decide(X[10:])
    assert (stream.pending, stream.n_asked) == (asked, 10)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"classes": ["a"]}, "classes: must be two or more"),
        ({"classes": ["a", "a"]}, "classes: must be two or more"),
        ({"spans": ()}, "spans: must be numbers of labels"),
        ({"spans": (0, 9)}, "spans: must be numbers of labels"),
        ({"after_drift": 0}, "after_drift: must be 1 or more"),
        ({"start": -1}, "start: must not be negative"),
        ({"watch": "all"}, "watch: must be one of"),
        ({"spanns": (5,)}, "Did you mean 'spans'"),
        ({"utility": "margn"}, "utility: must be one of"),
        ({"budget": 2.0}, "budget: must be over 0"),
        ({"budget": "0.1"}, "budget: must be a number; got '0.1'"),
        ({"window": "9"}, "window: must be a number; got '9'"),
        ({"manager": "variabel"}, "Did you mean 'variable'"),
    ],
)
def test_a_wrong_setting_says_what_is_right(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        Stream(LogisticRegression(), **({"classes": CLASSES} | wrong))


def test_texts_are_learned_by_a_pipeline_that_reads_them() -> None:
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.pipeline import make_pipeline

    rng = generator(0, "texts")
    y = rng.integers(2, size=400)
    texts = [f"{'prize money' if label else 'see you'} number {rng.integers(50)}" for label in y]
    stream = Stream(make_pipeline(HashingVectorizer(n_features=256), LogisticRegression()), classes=[0, 1], budget=0.2)
    right = []
    for at in range(0, 400, 20):
        said = stream.decide(texts[at : at + 20])
        right += [a == b for a, b in zip(said.predictions, y[at : at + 20].tolist(), strict=True)]
        stream.tell({id: y[id] for id in said.asked if isinstance(id, int)})
    assert np.mean(right[100:]) > 0.95
    again = Stream.from_json(json.loads(json.dumps(stream.to_json())))
    np.testing.assert_allclose(again.predict_proba(texts[:5]), stream.predict_proba(texts[:5]))


def test_the_mean_of_a_short_and_a_long_span_predicts() -> None:
    X, y = world(400)
    stream = new(start=0, spans=(50, 400))
    stream.teach(X, y)
    alone = [LogisticRegression().fit(X[-n:], y[-n:]).predict_proba(X) for n in (50, 400)]
    np.testing.assert_allclose(stream.predict_proba(X), np.mean(alone, axis=0), atol=1e-6)


def test_the_stream_is_a_public_name() -> None:
    assert querist.Stream is Stream
