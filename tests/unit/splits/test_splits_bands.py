from __future__ import annotations

import numpy as np
import pytest

from querist.core.items import FieldSpec
from querist.splits import Seen, Sketches, Splitter, bands, sketch


def test_what_was_once_seen_is_never_said_to_be_new() -> None:
    seen, hashes = Seen(), np.random.default_rng(0).integers(0, 2**64, size=20_000, dtype=np.uint64)
    assert not seen.maybe(hashes).any()
    seen.note(hashes[:10_000])
    assert seen.maybe(hashes[:10_000]).all()
    assert seen.maybe(hashes[10_000:]).sum() < 20  # 10,000 of 2**26 bits: 2 by chance expected
    seen.note(hashes[:10_000])
    assert seen.maybe(hashes[:10_000]).all()


@pytest.mark.parametrize("merged", [1, 100, 1 << 20])
def test_a_copy_is_found_however_the_index_is_cut_into_runs(merged: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bands, "MERGED", merged)
    rng = np.random.default_rng(1)
    splitter = Splitter({"test": 0.2}, seed=0)
    texts = ["".join(chr(97 + c) for c in rng.integers(0, 26, 40)) for _ in range(300)]
    for at in range(0, 300, 30):
        assert (splitter.add(sketched(texts[at : at + 30])).groups == -1).all()
    again = splitter.add(sketched([text.upper() + "!" for text in texts]))
    assert again.groups.tolist() == list(range(300))


def sketched(texts: list[str]) -> Sketches:
    hashes = [f"{hash(text) & 0xFFFFFFFFFFFFFFFF:016x}" for text in texts]
    return sketch({"text": texts}, FieldSpec({"text": "text"}), hashes)
