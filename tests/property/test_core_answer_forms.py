"""Every task's answers survive every form they take, whatever names and numbers they are made of."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.core.hashing import canonical
from querist.core.schema import Schema
from querist.core.state import State

NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=6).filter(str.strip)
NOTES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=12).map(str.strip)
SIDE = st.integers(0, 1600).map(lambda n: n // 4 if n % 4 == 0 else n / 4)
AREA = SIDE.filter(bool)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """A schema of any task and names."""
    task = draw(st.sampled_from(["pair", "rating", "ranking", "text", "polygons", "review"]))
    if task == "pair":
        more = draw(
            st.permutations([*draw(st.sampled_from([(), ("tie",), ("neither",), ("tie", "neither")])), "a", "b"])
        )
        return Schema("better", tuple(more), "pair", sides=("one", "two"))
    if task == "rating":
        low = draw(st.integers(-20, 20))
        return Schema("stars", task="rating", low=low, high=low + draw(st.integers(1, 100)))
    if task == "text":
        return Schema("better", task="text", sides=draw(st.sampled_from([(), ("draft",)])))
    if task == "ranking" and draw(st.booleans()):
        return Schema("order", task="ranking", sides=("options",))
    names = draw(st.lists(NAMES, min_size=2, max_size=4))
    try:
        return Schema("what", tuple(names), task)  # type: ignore[arg-type]
    except InvalidInput:
        return Schema("what", ("a > b", "a", "b", "[c", "ok; 2 bad"), task)  # type: ignore[arg-type]


@st.composite
def answered(draw: st.DrawFn) -> tuple[Schema, Any]:
    """A schema, and an answer as stored."""
    schema = draw(schemas())
    named = st.sampled_from(schema.classes) if schema.classes else st.nothing()
    match schema.task:
        case "pair":
            return schema, draw(named)
        case "rating":
            return schema, draw(st.integers(*schema._ends))
        case "text":
            return schema, draw(NOTES.filter(bool))
        case "ranking":
            options = st.permutations(schema.classes)
            return schema, draw(options if schema.classes else st.lists(NAMES.map(str.strip), min_size=1, unique=True))
        case "review":
            step = st.fixed_dictionaries(
                {"step": st.integers(0, 99), "verdict": st.sampled_from(["good", "bad"]), "note": NOTES}
            )
            steps = draw(st.lists(step, max_size=4, unique_by=lambda s: s["step"]))
            return schema, {"verdict": draw(named), "steps": sorted(steps, key=lambda s: s["step"])}
    box = st.tuples(SIDE, SIDE, AREA, AREA).map(lambda s: dict(zip(("x", "y", "width", "height"), s, strict=True)))
    corner = st.lists(SIDE, min_size=2, max_size=2)
    polygon = st.lists(corner, min_size=3, max_size=6, unique_by=tuple).map(lambda points: {"points": points})
    shapes = draw(st.lists(st.tuples(box | polygon, named), max_size=4))
    kept = []
    for shape, name in shapes:
        try:
            kept += schema.read([{**shape, "label": name}])
        except InvalidInput:
            assert "points" in shape, "only a polygon without an area is refused"
    return schema, schema.read(kept)


@given(answered())
def test_an_answer_survives_every_form_it_takes(case: tuple[Schema, Any]) -> None:
    schema, stored = case
    assert schema.read(stored) == stored
    assert schema.decode(schema.encode(stored)) == stored
    assert schema.read(schema.cell(stored)) == stored
    assert schema.read(json.loads(canonical(stored))) == stored
    if schema.task not in ("text", "pair"):
        assert schema.read(canonical(stored)) == stored, "as JSON in a cell"
    assert schema.shown(stored) == str(schema.cell(stored))
    assert set(schema.classes_of(stored)) <= set(schema.options)


@given(answered())
def test_a_code_can_be_compared_hashed_and_kept_in_the_state_of_a_loop(case: tuple[Schema, Any]) -> None:
    schema, stored = case
    code = schema.encode(stored)
    assert {code: 1}[schema.encode(schema.decode(code))] == 1
    state = State.start(3, labels={1: code})
    assert State.from_json(json.loads(json.dumps(state.to_json()))) == state


@given(schemas())
def test_a_schema_survives_json(schema: Schema) -> None:
    again = Schema.from_json(json.loads(canonical(schema.to_json())))
    assert again == schema
    assert again.digest == schema.digest


@given(
    schemas(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["points", "label", "x", "y", "width", "height", "verdict", "steps", "step", "note"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    ),
)
def test_whatever_comes_in_is_read_for_good_or_refused(schema: Schema, raw: Any) -> None:
    try:
        stored = schema.read(raw)
    except InvalidInput:
        return
    assert schema.read(stored) == stored
    assert schema.decode(schema.encode(stored)) == stored
