"""The arithmetic of answers, by hand."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.store import chain
from querist.store.chain import Step


def event(**changes: object) -> dict[str, object]:
    return {name: None for name in chain.HASHED} | {"id": "e1", "seq": 1, "prev_hash": chain.GENESIS} | changes


def test_a_hash_is_that_of_the_sorted_json() -> None:
    made = event(annotator="änn", item_seq=5, query_id=6, project_id=7, hash="ignored")
    hashed = {name: made[name] for name in chain.HASHED}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert chain.event_hash(made) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("name", chain.HASHED)
def test_every_hashed_value_counts(name: str) -> None:
    assert chain.event_hash(event(**{name: "other"})) != chain.event_hash(event())


@pytest.mark.parametrize("name", ["project_id", "item_seq", "query_id"])
def test_row_numbers_of_one_database_do_not_count(name: str) -> None:
    assert chain.event_hash(event(**{name: 5})) == chain.event_hash(event())


def test_words_are_hashed_with_their_salt() -> None:
    expected = hashlib.sha256(b'ab{"note":"sure","value":"spam"}').hexdigest()
    assert chain.content_digest("ab", "spam", "sure") == expected
    assert chain.content_digest("ac", "spam", "sure") != expected
    assert chain.content_digest("ab", 1, "") != chain.content_digest("ab", 1.0, ""), "JSON tells them apart"


def test_ids_sort_by_time() -> None:
    def at(second: int, filler: int) -> str:
        return chain.event_id(datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC), lambda n: bytes([filler]) * n)

    assert at(1, 255) < at(2, 0)
    assert at(1, 255).split("-")[2:4] == ["7fff", "bfff"]


def submit(id: str, value: str, who: str = "ann", query: int | None = None) -> Step:
    return Step(id, "submit", who, None, query, value)


def test_nobody_said_anything() -> None:
    nothing = chain.standing([])
    assert (nothing.label, nothing.n_answers, nothing.answered(), nothing.of("ann")) == (None, 0, {}, None)


def test_the_first_standing_answer_to_a_query_answered_it() -> None:
    steps = [submit("a", "x", query=1), submit("b", "y", query=1), submit("c", "z", query=2)]
    assert chain.standing(steps).answered() == {1: "a", 2: "c"}
    assert chain.standing([*steps, Step("d", "undo", "ann", "a", 1, None)]).answered() == {1: "b", 2: "c"}


def test_a_withdrawal_takes_back_one_annotators_answers_until_it_is_undone() -> None:
    steps = [submit("a", "x"), submit("b", "y", "bea"), submit("c", "z"), Step("d", "withdraw", "ann", "c", None, None)]
    after = chain.standing(steps)
    assert ([s.event_id for s in after.answers], after.n_answers) == (["b"], 1)
    restored = chain.standing([*steps, Step("e", "undo", "ann", "d", None, None)])
    assert ([s.event_id for s in restored.answers], restored.n_answers) == (["a", "b", "c"], 2)


def test_erased_words_are_nobodys_label() -> None:
    erased = Step("b", "revise", "ann", "a", None, None, erased=True)
    assert chain.standing([submit("a", "x"), erased]).label == submit("a", "x")


def test_a_skip_says_nothing() -> None:
    assert chain.standing([submit("a", "x"), Step("b", "skip", "ann", None, None, None)]).label == submit("a", "x")


@given(st.lists(st.tuples(st.sampled_from(["submit", "undo"]), st.sampled_from("ab")), max_size=12))
def test_submit_and_undo_are_a_stack_for_each_annotator(moves: list[tuple[str, str]]) -> None:
    """A stack per annotator, and the label the newest of their tops: another way to say the same."""
    steps: list[Step] = []
    stacks: dict[str, list[str]] = {"a": [], "b": []}
    for n, (move, who) in enumerate(moves):
        id = f"{n:02}"
        if move == "submit":
            steps.append(submit(id, f"value {id}", who))
            stacks[who].append(id)
        elif stacks[who]:
            steps.append(Step(id, "undo", who, stacks[who].pop(), None, None))
    found = chain.standing(steps)
    assert sorted(step.event_id for step in found.answers) == sorted(stacks["a"] + stacks["b"])
    tops = [stack[-1] for stack in stacks.values() if stack]
    assert (found.label.event_id if found.label else None) == max(tops, default=None)
    assert found.n_answers == len(tops)
