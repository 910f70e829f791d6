"""Pictures are real PNG files."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.report.images import data_uri, png


def decoded(file: bytes) -> list[list[int]]:
    """The gray values of a PNG of one IDAT chunk without filters, its checksums verified."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(file):
        (size,) = struct.unpack(">I", file[at : at + 4])
        kind, body = file[at + 4 : at + 8], file[at + 8 : at + 8 + size]
        assert struct.unpack(">I", file[at + 8 + size : at + 12 + size]) == (zlib.crc32(kind + body),)
        chunks[kind] = body
        at += 12 + size
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, color, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, color, rest) == (8, 0, [0, 0, 0])
    raw = zlib.decompress(chunks[b"IDAT"])
    rows = [list(raw[i * (width + 1) : (i + 1) * (width + 1)]) for i in range(height)]
    assert {row[0] for row in rows} == {0}
    return [row[1:] for row in rows]


def test_a_picture_comes_back_pixel_by_pixel() -> None:
    assert decoded(png([[0.0, 0.5, 1.0], [1.0, 0.2, 0.0]])) == [[0, 128, 255], [255, 51, 0]]


def test_values_outside_are_cut_and_missing_ones_are_black() -> None:
    assert decoded(png([[-1.0, 2.0, np.nan]])) == [[0, 255, 0]]


def test_the_address_holds_the_file() -> None:
    head, _, body = data_uri([[0.5]]).partition(",")
    assert head == "data:image/png;base64"
    assert decoded(base64.b64decode(body)) == [[128]]


@pytest.mark.parametrize("pixels", [[0.5], [], [[]], [[["a"]]]])
def test_what_is_no_picture_is_refused(pixels: list[object]) -> None:
    with pytest.raises(InvalidInput, match="pixels: must be"):
        png(pixels)  # type: ignore[arg-type]
