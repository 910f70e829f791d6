"""Numbers of a comma country in a table, and columns that are nearly numbers."""

from __future__ import annotations

import pytest

from querist.core.errors import RowsRejected
from querist.core.items import FieldSpec
from querist.formats import DecimalCommas, infer_kinds, nearly_numbers


@pytest.mark.parametrize(
    ("delimiter", "values", "read"),
    [
        (";", ["3,5", "-1", "", "NA", "2,5e-3"], ["3.5", "-1", "", "NA", "2.5e-3"]),
        (";", ["1,250", "2,500"], ["1.250", "2.500"]),
        ("\t", ["3,5", "1,250"], ["3.5", "1.250"]),
        ("\t", ["1,250", "2,500"], None),
        ("\t", ["0,250", "2,500"], ["0.250", "2.500"]),
        (",", ["3,5", "1"], None),
        ("", ["3,5", "1"], None),
        (";", ["3,5", "1.250"], None),
        (";", ["3,5", "tall"], None),
        (";", ["1,2,3", "4"], None),
        (";", ["1", "2"], None),
    ],
)
def test_a_comma_is_the_mark_where_the_whole_column_says_so(
    delimiter: str, values: list[str], read: list[str] | None
) -> None:
    assert DecimalCommas(delimiter).read({"n": values}) == {"n": values if read is None else read}


def test_what_the_first_rows_with_a_mark_told_holds_for_the_rest() -> None:
    commas = DecimalCommas(";")
    assert commas.read({"n": ["1", "2"]}) == {"n": ["1", "2"]}
    assert commas.read({"n": ["1,5", "2"]}) == {"n": ["1.5", "2"]}
    assert commas.read({"n": ["3", "4,5", "tall"]}) == {"n": ["3", "4.5", "tall"]}
    with pytest.raises(RowsRejected) as caught:
        commas.read({"n": ["3,5", "1.234"]}, lines=[7, 9])
    assert [str(row) for row in caught.value.rows] == [
        "line 9: the field 'n' has commas in its numbers elsewhere in the file; got '1.234', which may be read in two "
        "ways. Write it like 3,5"
    ]
    points = DecimalCommas(";")
    points.read({"n": ["1.5"]})
    assert points.read({"n": ["3,5"]}) == {"n": ["3,5"]}


def test_a_column_that_is_nearly_numbers_is_noted_with_what_is_odd() -> None:
    most = [str(i) for i in range(90)]
    columns = {
        "mixed": most + ["inf", "tall", "wide", "deep", "inf"] * 2,
        "whole": [str(i) for i in range(100)],
        "few": ["1", "2"] * 20 + [f"no{i}" for i in range(60)],
        "comma": [f"{i},5" for i in range(99)] + ["3.5"],
        "said": most + ["tall"] * 10,
    }
    spec = infer_kinds(columns, overrides={"said": "category"})
    notes = nearly_numbers(columns, spec, said={"said"})
    assert [note.partition(":")[0] for note in notes] == [
        "the column 'mixed' is taken as ignored",
        "the column 'comma' is taken as ignored",
    ]
    assert "90 % of its values are numbers, and 95 % must be; 'inf', 'tall', 'wide' and 1 more are not." in notes[0]
    assert nearly_numbers({"n": ["3.0", "3.0"]}, FieldSpec({"n": "ignored"})) == []
