"""The contract of a table format, as a test suite to subclass."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from querist.core.errors import QueristError
from querist.formats import open_table, write_table

TEXTS = (
    "plain",
    "",
    " blanks around ",
    'he said "hi", twice; and | then\tleft',
    "two\nlines",
    "two\r\nlines of Windows",
    "lone\rreturn",
    "😀 👩‍👩‍👧 and é (e\u0301)",
    "שלום עולם",
    "\u2028line separator",
    "=1+1",
    "'=1+1",
    "''@x",
    "-3.5",
    "@home",
    "'tis",
    "[1, 2]",
    "0012",
)
NUMBERS = (0, -1, 2**53 + 1, -(2**63), 2**63 - 1)
FRACTIONS = (0.1, -1e-300, 1.7976931348623157e308, 5e-324, 1 / 3, -0.0, 2.0)
LISTS: tuple[list[float], ...] = ([1.5, -2.0], [], [0.1])


class FormatContract:
    """What Querist takes for granted of every format. Subclass it, name yours, and run pytest.

    Attributes
    ----------
    format, suffix : str
        The format's name, and a file name's ending.
    typed : bool
        Whether a number reads back as a number; else it reads back as its text.
    keeps_none : bool
        Whether None and the empty string are told apart.

    Examples
    --------
    >>> class TestJsonl(FormatContract):
    ...     format, suffix = "jsonl", ".jsonl"
    >>> TestJsonl().test_text_comes_back_as_it_was()
    """

    format: ClassVar[str]
    suffix: ClassVar[str]
    typed: ClassVar[bool] = True
    keeps_none: ClassVar[bool] = True

    def round_trip(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, size: int = 3) -> list[list[Any]]:
        """The rows, written and read again in small batches."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"table{self.suffix}")
            write_table(path, columns, iter(rows), format=self.format)
            reader = open_table(path, format=self.format)
            assert reader.columns == tuple(columns)
            back: list[list[Any]] = []
            for batch in reader.batches(size):
                assert tuple(batch.columns) == tuple(columns)
                assert len(batch.lines) <= size
                back += map(list, zip(*batch.columns.values(), strict=True))
            return back

    def test_text_comes_back_as_it_was(self) -> None:
        rows = [[text, text[::-1]] for text in TEXTS]
        assert self.round_trip(["a", "b"], rows) == rows

    def test_a_single_column_of_text_comes_back_as_it_was(self) -> None:
        rows = [[text] for text in TEXTS]
        assert self.round_trip(["only"], rows) == rows

    def test_names_of_columns_come_back_as_they_were(self) -> None:
        names = ["a,b", "c;d;e", 'q"q', "two\nlines", "=x", "שם", "sep=;"]
        assert self.round_trip(names, [list("1234567")]) == [list("1234567")]

    def test_whole_numbers_come_back_exactly(self) -> None:
        back = [row[0] for row in self.round_trip(["n", "x"], [[n, "x"] for n in NUMBERS])]
        assert [int(n) for n in back] == list(NUMBERS)
        assert not self.typed or all(isinstance(n, int) for n in back)

    def test_fractions_come_back_exactly(self) -> None:
        back = [row[0] for row in self.round_trip(["f", "x"], [[f, "x"] for f in FRACTIONS])]
        assert [repr(float(f)) for f in back] == [repr(f) for f in FRACTIONS]
        assert not self.typed or all(isinstance(f, float) for f in back)

    def test_a_list_comes_back(self) -> None:
        back = [row[0] for row in self.round_trip(["v", "x"], [[v, "x"] for v in LISTS])]
        assert back == (list(LISTS) if self.typed else ["[1.5, -2.0]", "[]", "[0.1]"])

    def test_none_comes_back_as_none_or_as_an_empty_cell(self) -> None:
        empty = None if self.keeps_none else ""
        assert self.round_trip(["a", "b"], [[None, ""], ["", None], ["x", "y"]]) == [
            [empty, ""],
            ["", empty],
            ["x", "y"],
        ]

    def test_a_column_may_turn_out_wider_than_its_first_rows_tell(self) -> None:
        rows = [[None, 1]] * 10_001 + [["late", 0.5]]
        back = self.round_trip(["a", "n"], rows, size=20_000)
        assert back[-1][0] == "late"
        assert float(back[-1][1]) == 0.5
        assert len(back) == len(rows)

    def test_a_failed_write_leaves_the_file_as_it_was_and_nothing_beside_it(self) -> None:
        def failing() -> Iterator[list[str]]:
            yield ["x"]
            raise KeyboardInterrupt

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"table{self.suffix}")
            path.write_bytes(b"before")
            for rows, expected in ((failing(), KeyboardInterrupt), (iter([["x", "y"]]), QueristError)):
                try:
                    write_table(path, ["a"], rows, format=self.format)
                except expected:
                    pass
                else:
                    raise AssertionError("the write must fail")
                assert path.read_bytes() == b"before"
                assert [p.name for p in Path(folder).iterdir()] == [path.name]

    def test_the_reader_tells_how_far_it_is_and_what_it_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"table{self.suffix}")
            write_table(path, ["a"], ([f"row {i}"] for i in range(500)), format=self.format)
            reader = open_table(path, format=self.format)
            assert reader.position == 0
            seen = [reader.position for _ in reader.batches(100)]
            assert seen == sorted(seen)
            assert reader.position == reader.size_bytes == path.stat().st_size
            assert reader.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_a_table_without_rows_is_refused_on_reading(self) -> None:
        try:
            self.round_trip(["a"], [])
        except QueristError as error:
            message = str(error)
        else:
            raise AssertionError("a table without rows must be refused")
        assert "holds no rows" in message
