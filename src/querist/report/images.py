"""Small gray pictures inside the page, so that a report needs no file beside it."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

from querist.core.checks import as_float
from querist.core.errors import InvalidInput


def png(pixels: npt.ArrayLike) -> bytes:
    """Rows of numbers in [0, 1] as a PNG file of 8 gray bits; 0 is black, and what lies outside is cut to the range.

    A pixel a number: let the page enlarge it.

    Raises
    ------
    InvalidInput
        If it is not a table of numbers with at least one in it.

    Notes
    -----
    W3C, Portable Network Graphics (third edition): signature, IHDR, one IDAT with filter 0 before each row, IEND.

    Examples
    --------
    >>> png([[0.0, 1.0]])[:8]
    b'\\x89PNG\\r\\n\\x1a\\n'
    """
    a = as_float("pixels", pixels)
    if a.ndim != 2 or a.size == 0:
        raise InvalidInput(f"pixels: must be rows of numbers; got shape {a.shape}. Pass one image, (height, width).")
    gray = np.rint(np.clip(np.nan_to_num(a), 0, 1) * 255).astype(np.uint8)
    height, width = gray.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), gray], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def data_uri(pixels: npt.ArrayLike) -> str:
    """The PNG as an address that carries its own bytes."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
