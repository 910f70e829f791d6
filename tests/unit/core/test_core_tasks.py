"""Pairs, ratings, rankings, texts, polygons and reviews: what their schemas and answers must be."""

from __future__ import annotations

import time
from typing import Any

import pytest

from querist.core.answers import beyond
from querist.core.errors import InvalidInput
from querist.core.rankings import options_of, ordered
from querist.core.schema import Schema

PAIR = Schema("better", ("a", "b", "tie"), "pair", sides=("first", "second"))
STARS = Schema("stars", task="rating", low=1, high=5)
ORDER = Schema("order", ("red", "green", "blue"), "ranking")
OWN = Schema("order", task="ranking", sides=("options",))
TEXT = Schema("better", task="text", sides=("draft",))
SHAPES = Schema("where", ("car", "road"), "polygons")
REVIEW = Schema("verdict", ("correct", "wrong"), "review")
BOX = {"x": 1, "y": 2, "width": 3, "height": 4, "label": "car"}
TRIANGLE = {"points": [[0, 0], [4, 0], [0, 3]], "label": "road"}


@pytest.mark.parametrize(
    ("schema", "digest"),
    [
        (Schema("kind", ("spam", "ham")), "857578ce3ea42758"),
        (Schema("who", ("PER",), "spans", 3), "21ccbc5e33ca1ae0"),
        (Schema("price", task="number"), "409eef5477a84995"),
    ],
)
def test_schemas_of_earlier_versions_keep_their_json_and_so_their_digest(schema: Schema, digest: str) -> None:
    assert set(schema.to_json()) == {"target", "classes", "task", "version"}
    assert schema.digest.startswith(digest)


def test_a_schema_tells_its_ends_and_sides_only_where_it_has_some() -> None:
    assert STARS.to_json() == {"target": "stars", "classes": [], "task": "rating", "version": 1, "low": 1, "high": 5}
    assert PAIR.to_json()["sides"] == ["first", "second"]
    assert "sides" not in REVIEW.to_json()
    assert Schema("zero", task="rating", low=0, high=1).to_json()["low"] == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"task": "pair"}, "sides: must be the two fields that are compared, a first; got []"),
        ({"task": "pair", "sides": ("x", "x")}, "sides: must be the two fields"),
        ({"task": "pair", "sides": ("x", "y", "z")}, "sides: must be the two fields"),
        ({"task": "pair", "sides": ("x", "y"), "classes": ("a", "tie")}, "classes: must be a and b, and maybe tie"),
        ({"task": "pair", "sides": ("x", "y"), "classes": ("a", "b", "same")}, "classes: must be a and b"),
        ({"task": "rating"}, "low: must be a whole number for a rating; got None"),
        ({"task": "rating", "low": 1, "high": 5.0}, "high: must be a whole number for a rating; got 5.0"),
        ({"task": "rating", "low": True, "high": 5}, "low: must be a whole number for a rating; got True"),
        ({"task": "rating", "low": 5, "high": 5}, "high: must be above low, and at most 100 above it; got 5 to 5"),
        ({"task": "rating", "low": 0, "high": 101}, "Ask for a number where there are more steps"),
        ({"task": "rating", "low": 1, "high": 5, "classes": ("1",)}, "classes: must be empty for a rating"),
        ({"task": "choice", "classes": ("x", "y"), "low": 1}, "low, high: must be left out for choice"),
        ({"task": "choice", "classes": ("x", "y"), "sides": ("z",)}, "sides: must be left out for choice"),
        ({"task": "ranking"}, "must name the field that holds each item's options, or else classes"),
        ({"task": "ranking", "classes": ("x", "y"), "sides": ("z",)}, "got both. Give one of them."),
        ({"task": "ranking", "classes": ("x",)}, "classes: must be at least two; got ['x']"),
        ({"task": "text", "classes": ("x",)}, "classes: must be empty for a text"),
        ({"task": "text", "sides": ("x", "y")}, "sides: must be at most 1 field for text"),
        ({"task": "review", "classes": ("x", "y"), "sides": (" ",)}, "sides: must be names of fields; got ' '"),
        ({"task": "review", "classes": ("x",)}, "classes: must be at least two"),
        ({"task": "polygons"}, "classes: must be at least one for polygons; got none"),
    ],
)
def test_a_schema_has_what_its_task_needs_and_nothing_else(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Schema("what", **settings)
    assert said in str(refused.value)


def test_a_pair_is_asked_with_a_tie_where_nobody_says_otherwise() -> None:
    assert Schema("better", task="pair", sides=("x", "y")).classes == ("a", "b", "tie")


@pytest.mark.parametrize(
    ("schema", "raw", "stored"),
    [
        (PAIR, " A ", "a"),
        (STARS, " 4 ", 4),
        (STARS, "4.0", 4),
        (STARS, 4.0, 4),
        (ORDER, "Blue > red > green", ["blue", "red", "green"]),
        (ORDER, "blue, red; green".replace(",", ";"), ["blue", "red", "green"]),
        (ORDER, ("blue", "RED", "green"), ["blue", "red", "green"]),
        (ORDER, '["blue", "red", "green"]', ["blue", "red", "green"]),
        (OWN, "Paris, France > Rome", ["Paris, France", "Rome"]),
        (OWN, [2, 1], ["2", "1"]),
        (TEXT, "  Said better.\n", "Said better."),
        (TEXT, "[1, 2]", "[1, 2]"),
        (SHAPES, "0,0 4,0 0,3 road; 1,2,3,4 car", [BOX, TRIANGLE]),
        (SHAPES, [TRIANGLE, BOX, TRIANGLE], [BOX, TRIANGLE]),
        (SHAPES, [[[[0, 0], [4, 0], [0, 3], [0, 0]], "road"], [1, 2, 3, 4, "car"]], [BOX, TRIANGLE]),
        (SHAPES, "(none)", []),
        (SHAPES, BOX, [BOX]),
        (REVIEW, "Correct", {"verdict": "correct", "steps": []}),
        (
            REVIEW,
            "wrong; 4 good; 2 BAD: a tool: the wrong one",
            {
                "verdict": "wrong",
                "steps": [
                    {"step": 2, "verdict": "bad", "note": "a tool: the wrong one"},
                    {"step": 4, "verdict": "good", "note": ""},
                ],
            },
        ),
        (
            REVIEW,
            {"verdict": "wrong", "steps": [{"step": 0.0, "verdict": "bad", "note": None, "by": "x"}]},
            {"verdict": "wrong", "steps": [{"step": 0, "verdict": "bad", "note": ""}]},
        ),
        (REVIEW, '{"verdict": "wrong"}', {"verdict": "wrong", "steps": []}),
    ],
)
def test_what_people_write_is_read(schema: Schema, raw: Any, stored: Any) -> None:
    assert schema.read(raw) == stored


@pytest.mark.parametrize(
    ("schema", "raw", "said"),
    [
        (PAIR, "neither", "the label 'neither' is not in the schema; it has 'a', 'b', 'tie'."),
        (STARS, 6, "the rating 6 must be a whole number from 1 to 5."),
        (STARS, "0", "the rating '0' must be a whole number from 1 to 5."),
        (STARS, 3.5, "the rating 3.5 must be a whole number"),
        (STARS, True, "the rating True must be a whole number"),
        (STARS, "nan", "is not finite"),
        (STARS, "four", "is not a number"),
        (STARS, [4], "is not a number"),
        (ORDER, "blue > red", "must rank all 3 options; 'green' is missing"),
        (ORDER, "blue > red > blue", "must name each option once; 'blue' comes twice"),
        (ORDER, "blue > gren > red", "the label 'gren' is not in the schema; did you mean 'green'?"),
        (ORDER, {"blue": 1}, "must be a list of options, best first"),
        (ORDER, "", "must name the options, best first"),
        (ORDER, [], "must name the options, best first"),
        (ORDER, ["blue", ["red"]], "the option ['red'] must be a name; got a list"),
        (ORDER, "[blue", "it looks like JSON, and is none"),
        (OWN, ["x", " "], "must be a name; it is blank"),
        (OWN, ["x", True], "the option True must be a name; got a bool"),
        (TEXT, "  ", "must hold text; leave the cell empty where there is no answer"),
        (TEXT, 7, "the answer 7 must be text; got a int"),
        (TEXT, "a\x00b", "must be text that can be stored; it holds '\\x00'"),
        (TEXT, "a\ud800b", "must be text that can be stored"),
        (SHAPES, "0,0 4,0 road", "must have at least 3 corners; it has 2"),
        (SHAPES, [{"points": [[0, 0], [4, 0], [0, 0]], "label": "road"}], "at least 3 corners; it has 2"),
        (SHAPES, [{"points": [[0, 0], [1, 1], [2, 2]], "label": "road"}], "must have an area; it encloses none"),
        (
            SHAPES,
            [{"points": [[0, 0], [4, float("nan")], [0, 3]], "label": "road"}],
            "must hold finite numbers; got nan",
        ),
        (SHAPES, [{"points": [[0, 0], [4, -1], [0, 3]], "label": "road"}], "must lie in the image; x and y count"),
        (SHAPES, [{"points": [[0, 0, 1], [4, 0], [0, 3]], "label": "road"}], "points as pairs of x and y"),
        (SHAPES, [{"points": 7, "label": "road"}], "points as pairs of x and y; got 7"),
        (SHAPES, [{"points": [[0, 0], [4, 0], [0, 3]]}], "label is missing"),
        (SHAPES, [{"points": [[0, 0], [4, 0], [0, 3]], "label": "lane"}], "the label 'lane' is not in the schema"),
        (SHAPES, [{"label": "road"}], "must give points and label for each polygon"),
        (SHAPES, [{**BOX, "width": 0}], "the box 1,2,0,4 must lie in the image and have an area"),
        (SHAPES, "somewhere", "must be one of the polygons as in"),
        (SHAPES, 7, "must be a list of polygons"),
        (REVIEW, "fine", "the label 'fine' is not in the schema"),
        (REVIEW, {"steps": []}, "must give a verdict on the whole; it has none"),
        (REVIEW, {"verdict": "wrong", "steps": 3}, "must give its steps as a list; got 3"),
        (REVIEW, {"verdict": "wrong", "steps": [{"step": 1}]}, "must give step and verdict for each step"),
        (REVIEW, {"verdict": "wrong", "steps": [{"step": -1, "verdict": "bad"}]}, "must count steps from 0; got -1"),
        (REVIEW, {"verdict": "wrong", "steps": [{"step": 1.5, "verdict": "bad"}]}, "must count whole steps; got 1.5"),
        (REVIEW, {"verdict": "wrong", "steps": [{"step": 1, "verdict": "ugly"}]}, "on step 1 must be good or bad"),
        (REVIEW, "wrong; 1 bad; 1 good", "must judge each step once; step 1 comes twice"),
        (REVIEW, "wrong; second bad", "the answer 'second bad' must be a step's number and its verdict"),
        (REVIEW, {"verdict": "wrong", "steps": [{"step": 1, "verdict": "bad", "note": 3}]}, "the note 3 must be text"),
        (REVIEW, ["wrong"], "must be a verdict, and maybe verdicts on steps"),
        (REVIEW, None, "must be a verdict"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(schema: Schema, raw: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        schema.read(raw)
    assert said in str(refused.value)


def test_a_polygon_lies_within_its_image_and_a_step_within_its_chat() -> None:
    image = [[0.0] * 9 for _ in range(4)]
    assert beyond([TRIANGLE], "polygons", image) is None
    assert beyond([TRIANGLE], "polygons", "scans/1.png") is None, "nobody knows how large that is"
    said = beyond([{"points": [[0, 0], [4, 0], [0, 5]], "label": "road"}], "polygons", image)
    assert str(said).startswith("the polygon 0,0 4,0 0,5 must lie within the image, which is 9 pixels wide and 4 high")
    chat = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    review = REVIEW.read("wrong; 1 bad")
    assert beyond(review, "review", chat) is None
    assert beyond(review, "review", "a text") is None
    assert str(beyond(review, "review", chat[:1])).startswith("the step 1 must be one of the 1 that there are")


def test_an_item_brings_its_own_options_and_an_answer_orders_all_of_them() -> None:
    assert options_of('["Rome", 3]') == ["Rome", "3"]
    for content in (None, "Rome; Oslo", ["Rome"], ["Rome", "Rome"], {"Rome": 1}):
        with pytest.raises(InvalidInput, match="the options must be a list of at least two texts that differ"):
            options_of(content)
    assert ordered(["Oslo", "Rome"], ["Rome", "Oslo"]) == ["Oslo", "Rome"]
    with pytest.raises(InvalidInput, match="the option 'Osla' is not among the item's; did you mean 'Oslo'"):
        ordered(["Osla", "Rome"], ["Rome", "Oslo"])
    with pytest.raises(InvalidInput, match="must rank all 2 options; 'Rome' is missing"):
        ordered(["Oslo"], ["Rome", "Oslo"])


def test_what_is_asked_is_said_in_words() -> None:
    assert [schema.asked for schema in (PAIR, STARS, ORDER, OWN, TEXT, SHAPES, REVIEW)] == [
        "which is better, first (a) or second (b)",
        "a rating from 1 to 5",
        "an order of 3 classes",
        "an order of the options in options",
        "draft written anew",
        "polygons of 2 classes",
        "a review, its verdict one of 2 classes",
    ]


SLOW = {
    "polygon": (SHAPES, "0,0 4,0 0,3 " * 7_000 + "ro\nad"),
    "polygon of blanks": (SHAPES, "0,0 4,0 0,3" + " " * 40_000 + "ro\nad"),
    "box": (Schema("where", ("car",), "boxes"), "1,1,1,1" + " " * 40_000 + "c\nar"),
    "span": (Schema("who", ("PER",), "spans"), "1-2" + " " * 40_000 + "P\nER"),
}


@pytest.mark.parametrize(("schema", "raw"), SLOW.values(), ids=SLOW.keys())
def test_an_answer_made_to_take_long_is_refused_quickly(schema: Schema, raw: str) -> None:
    began = time.perf_counter()
    with pytest.raises(InvalidInput, match="is not in the schema"):
        schema.read(raw)
    assert time.perf_counter() - began < 1


def test_a_long_ranking_is_read_and_put_in_order_quickly() -> None:
    names = [f"option {i}" for i in range(20_000)]
    began = time.perf_counter()
    assert OWN.read(names) == names
    assert ordered(names, list(reversed(names))) == names
    with pytest.raises(InvalidInput, match="'option 0' comes twice"):
        OWN.read([*names, "option 0", "option 1"])
    assert time.perf_counter() - began < 1
