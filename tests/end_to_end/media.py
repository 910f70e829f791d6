"""Pictures and sounds made of numbers, as files that browsers read."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Any

import numpy as np


def png(pixels: Any) -> bytes:
    """An array of (height, width, 3) bytes as a PNG, written here since no library of pictures is among what we need.

    Each line begins with the filter 0, "none"; compressed least, as what is random gets no smaller.
    """
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


def wav(seconds: float, *, pitch_hz: float = 440.0, rate_hz: int = 8000) -> bytes:
    """A tone as a WAV file of one channel."""
    tone = 8000 * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * rate_hz)) / rate_hz)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(tone.astype("<i2").tobytes())
    return file.getvalue()
