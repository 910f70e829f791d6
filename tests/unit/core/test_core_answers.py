"""Answers that are sets: read from whatever a person or a file writes, and back, without loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from querist.core.answers import beyond, classes_in
from querist.core.errors import InvalidInput
from querist.core.hashing import canonical
from querist.core.schema import Schema
from querist.core.state import State

NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=6).filter(str.strip)


def distinct(names: list[str]) -> bool:
    folded = [" ".join(name.split()).casefold() for name in names]
    return len(set(folded)) == len(names)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Schema, Any]:
    """A schema of any names, and a code of it."""
    task = draw(st.sampled_from(["labels", "spans", "boxes"]))
    names = draw(st.lists(NAMES, min_size=1, max_size=4))
    try:
        schema = Schema("what", tuple(names), task)
    except InvalidInput:
        schema = Schema("what", ("a; b", "[c", "d|e,f"), task)
    label = st.integers(0, schema.n_classes - 1)
    if task == "labels":
        return schema, tuple(sorted(draw(st.sets(label))))
    if task == "spans":
        span = st.tuples(st.integers(0, 50), st.integers(1, 50), label).map(lambda s: (s[0], s[0] + s[1], s[2]))
        return schema, tuple(sorted(draw(st.sets(span, max_size=4))))
    side = st.integers(1, 400).map(lambda n: n // 4 if n % 4 == 0 and n // 4 else n / 4)
    box = st.tuples(side, side, side, side, label)
    return schema, tuple(sorted(draw(st.sets(box, max_size=4))))


@given(asked())
def test_an_answer_survives_every_form_it_takes(case: tuple[Schema, Any]) -> None:
    schema, code = case
    stored = schema.decode(code)
    assert schema.encode(stored) == code
    assert schema.read(stored) == stored
    assert schema.read(schema.cell(stored)) == stored
    assert schema.read(canonical(stored)) == stored, "as JSON in a cell"
    assert sorted(schema.classes_of(stored)) == sorted(schema.classes[c if isinstance(c, int) else c[-1]] for c in code)
    state = State.start(3, labels={1: code})
    assert State.from_json(state.to_json()) == state


@given(asked())
def test_the_classes_of_a_column_are_found_without_a_schema(case: tuple[Schema, Any]) -> None:
    schema, code = case
    stored = schema.decode(code)
    assume(not {"-", "–"} & {name.strip() for name in schema.classes})  # as files write that there is none
    assert classes_in([canonical(stored)], schema.task) == sorted({name.strip() for name in schema.classes_of(stored)})


MOODS = Schema("mood", ("sad", "quiet", "loud, or so"), "labels")
NAMED = Schema("who", ("PER", "LOC"), "spans")
BOXED = Schema("where", ("car",), "boxes")


@pytest.mark.parametrize(
    ("schema", "raw", "stored"),
    [
        (MOODS, "quiet;sad", ["sad", "quiet"]),
        (MOODS, " Sad | QUIET ", ["sad", "quiet"]),
        (MOODS, "sad,quiet", ["sad", "quiet"]),
        (MOODS, "loud, or so", ["loud, or so"]),
        (MOODS, "sad; loud, or so", ["sad", "loud, or so"]),
        (MOODS, ("quiet", "quiet"), ["quiet"]),
        (MOODS, "(none)", []),
        (MOODS, " (None) ", []),
        (MOODS, "[]", []),
        (
            NAMED,
            "9-14 loc ; 0-4 PER",
            [{"start": 0, "end": 4, "label": "PER"}, {"start": 9, "end": 14, "label": "LOC"}],
        ),
        (NAMED, [[0, 4.0, "PER"]], [{"start": 0, "end": 4, "label": "PER"}]),
        (NAMED, '{"start": 0, "end": 4, "label": "PER", "by": "x"}', [{"start": 0, "end": 4, "label": "PER"}]),
        (NAMED, {"start": 0, "end": 4, "label": "PER"}, [{"start": 0, "end": 4, "label": "PER"}]),
        (Schema("sign", ("-", "+"), "labels"), "-; +", ["-", "+"]),
        (Schema("sign", ("-", "+"), "labels"), "-", ["-"]),
        (BOXED, "1, 2,3.50,4 car", [{"x": 1, "y": 2, "width": 3.5, "height": 4, "label": "car"}]),
    ],
)
def test_what_people_write_is_read(schema: Schema, raw: Any, stored: Any) -> None:
    assert schema.read(raw) == stored


@pytest.mark.parametrize(
    ("schema", "raw", "said"),
    [
        (MOODS, "sad; quite", "the label 'quite' is not in the schema; did you mean 'quiet'?"),
        (MOODS, None, "must be a list of labels"),
        (MOODS, "[sad", "it looks like JSON, and is none"),
        (MOODS, "-", "the label '-' is not in the schema"),
        (MOODS, " ; ; |", "must name labels; write '(none)' where none holds"),
        (MOODS, {"sad": True}, "must be a list of labels"),
        (MOODS, '{"sad": true}', "must be a list of labels"),
        (NAMED, "[" * 5000, "it looks like JSON, and is none"),
        (NAMED, [[0, 10**400, "PER"]], "must hold finite numbers"),
        (MOODS, "", "must name labels; write '(none)' where none holds"),
        (MOODS, " ; ", "must name labels; write '(none)' where none holds"),
        (NAMED, "", "must name spans; write '(none)' where none holds"),
        (BOXED, ";|", "must name boxes; write '(none)' where none holds"),
        (NAMED, "PER", "must be one of the spans as in '0-4 PER; 9-14 LOC'"),
        (NAMED, "4-4 PER", "must begin at 0 or later and end after its beginning"),
        (NAMED, [[-1, 2, "PER"]], "must begin at 0 or later"),
        (NAMED, [[0, 2.5, "PER"]], "must count whole characters; got 2.5"),
        (NAMED, [[0, True, "PER"]], "must hold finite numbers; got True"),
        (NAMED, [{"start": 0, "end": 3}], "label is missing"),
        (NAMED, [[0, 3]], "must give start, end, label for each; got [0, 3]"),
        (NAMED, 7, "must be a list of spans"),
        (NAMED, "0-4 ORG", "the label 'ORG' is not in the schema"),
        (BOXED, "0,0,0,4 car", "must lie in the image and have an area"),
        (BOXED, "0,0,nan,4 car", "must hold finite numbers"),
        (BOXED, "0 0 4 4 car", "must be one of the boxes as in '10,12,8,8 car'"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(schema: Schema, raw: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        schema.read(raw)
    assert said in str(refused.value)


WIDE = [[0.0] * 9 for _ in range(4)]  # 9 pixels wide and 4 high


@pytest.mark.parametrize(
    "image", [WIDE, np.array(WIDE), [np.array(row) for row in WIDE]], ids=["lists", "array", "rows"]
)
@pytest.mark.parametrize(
    ("box", "fits"),
    [
        ("0,0,9,4 car", True),
        ("5,1,4,3 car", True),
        ("8.5,3.5,0.5,0.5 car", True),
        ("6,0,3,1 car", True),  # beyond 4 to the right, which is the height
        ("0,3,1,2 car", False),  # beyond 4 down, though not beyond 9
        ("7,0,3,1 car", False),
        ("0,0,4,9 car", False),
    ],
)
def test_a_box_lies_within_the_width_and_height_of_its_image(image: Any, box: str, fits: bool) -> None:
    said = beyond(BOXED.read(box), "boxes", image)
    assert (said is None) == fits
    if said is not None:
        assert said.startswith(
            f"the box {box.split()[0]} must lie within the image, which is 9 pixels wide and 4 high. "
        )


def test_a_span_lies_within_its_text_and_no_text_holds_none() -> None:
    spans = NAMED.read("0-3 PER; 1-4 LOC")
    assert beyond(spans, "spans", "Zoë😀") is None
    assert "the span 1-4 must end within the text, which has 3 characters" in str(beyond(spans, "spans", "Zoë"))
    assert beyond([], "spans", None) is None
    assert beyond(spans, "spans", None) is not None


def test_a_schema_of_sets_needs_a_class_and_none_that_means_nothing() -> None:
    with pytest.raises(InvalidInput, match="classes: must be at least one for spans; got none"):
        Schema("who", (), "spans")
    with pytest.raises(InvalidInput, match="which says in a table that no label holds"):
        Schema("mood", ("sad", "(None)"), "labels")


@pytest.mark.parametrize("cell", ["-", "–", ["(none)"], [None], [["sad"]], {"sad": True}])
def test_what_is_no_name_becomes_no_class(cell: Any) -> None:
    assert classes_in(["sad; quiet", cell], "labels") == ["quiet", "sad"]


def test_two_labels_are_not_written_as_a_third_that_looks_like_both() -> None:
    schema = Schema("mood", ("sad", "quiet", "sad; quiet"), "labels")
    for stored in (["sad", "quiet"], ["sad; quiet"], ["sad", "sad; quiet"]):
        assert schema.read(schema.cell(stored)) == stored
