"""What a worksheet's reader says of ids and labels that were taken for numbers."""

from __future__ import annotations

import pytest

from querist.core.errors import InvalidInput
from querist.core.schema import Schema
from querist.formats.worksheet_cells import probable_ids, read_label


@pytest.mark.parametrize("changed", ["1E+05", "1.00E+05", "100000"])
def test_an_id_that_reads_as_a_power_of_ten_is_guessed(changed: str) -> None:
    assert {"1e5", "1E5"} <= set(probable_ids(changed))


def test_powers_of_ten_are_not_guessed_for_other_numbers() -> None:
    assert not any("e" in guess.lower() for guess in probable_ids("12345"))
    assert "12e3" in probable_ids("12000")
    assert "12000e0" not in probable_ids("12000")


def test_a_whole_number_written_as_a_fraction_is_that_class() -> None:
    assert read_label(Schema("kind", ("0", "1")), "1.0", decimal_comma=False) == "1"
    with pytest.raises(InvalidInput, match="not in the schema"):
        read_label(Schema("kind", ("0", "1")), "1.5", decimal_comma=False)
