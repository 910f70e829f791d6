"""Near copies never stand on two sides, whatever comes in which order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.hashing import content_hash
from querist.core.items import FieldSpec
from querist.splits import Placement, Sketches, Splitter, near_groups, sketch
from querist.splits.bands import ALIKE

SPEC = FieldSpec({"text": "text"})
SHARES = {"test": 0.3, "calibration": 0.2}
BASES = [
    "the quick brown fox jumps over a lazy dog",
    "how much does it cost to send money abroad by card",
    "zwolf boxkampfer jagen viktor quer durch sylt",
    "please explain why my last payment was declined in Lima",
]
VARIANTS = [BASES[i] + tail for i in range(4) for tail in ("", "!", " ok", " now", " indeed")] + [
    "short",
    "ok",
    f"{BASES[0]} {BASES[1]}",
]


def sketched(texts: list[str]) -> Sketches:
    return sketch({"text": texts}, SPEC, [content_hash({"text": t}) for t in texts])


def place(batches: list[list[str]], seed: int = 0) -> tuple[list[str], list[int], Splitter]:
    """Place batch after batch, applying what each says of earlier items."""
    splitter = Splitter(SHARES, seed)
    splits: list[str] = []
    groups: list[int] = []
    for batch in batches:
        placed = splitter.add(sketched(batch))
        splits += placed.splits
        groups += placed.groups.tolist()
        for member, group in placed.joined.items():
            groups[member] = group
        groups = [placed.merged.get(g, g) for g in groups]
    return splits, groups, splitter


def assert_no_straddle(texts: list[str], splits: list[str], groups: list[int]) -> None:
    found = sketched(texts)
    for i in range(len(texts)):
        for j in range(i):
            if "excluded" in (splits[i], splits[j]):
                continue
            if groups[i] >= 0 and groups[i] == groups[j]:
                assert splits[i] == splits[j]
            agree = int((found.minhash[i] == found.minhash[j]).sum())
            if texts[i] == texts[j] or (found.hashed[i] and found.hashed[j] and agree >= ALIKE):
                assert splits[i] == splits[j]
                assert groups[i] == groups[j] >= 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=8), min_size=1, max_size=5), st.integers(0, 5))
def test_no_group_is_on_two_sides(batches: list[list[str]], seed: int) -> None:
    splits, groups, _ = place(batches, seed)
    assert_no_straddle([t for b in batches for t in b], splits, groups)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(VARIANTS), min_size=2, max_size=20), st.integers(1, 19))
def test_a_splitter_restored_from_the_store_goes_on_as_if_it_had_never_stopped(texts: list[str], cut: int) -> None:
    cut = min(cut, len(texts) - 1)
    splits, groups, _ = place([texts[:cut]])
    restored = Splitter(SHARES, 0)
    restored.restore(sketched(texts[:cut]), splits, groups)  # type: ignore[arg-type]
    _, _, going = place([texts[:cut]])
    a, b = restored.add(sketched(texts[cut:])), going.add(sketched(texts[cut:]))
    assert a.splits == b.splits
    assert a.groups.tolist() == b.groups.tolist()
    assert (a.joined, a.merged) == (b.joined, b.merged)


def test_items_alone_go_where_their_content_says_in_any_order() -> None:
    texts = [" ".join(words) for words in np.random.default_rng(0).integers(10**6, size=(400, 8)).astype(str)]
    forward, _, _ = place([texts[:150], texts[150:]])
    backward, _, _ = place([texts[::-1]])
    assert forward == backward[::-1]


def test_the_shares_are_kept() -> None:
    exact = np.random.default_rng(0).integers(0, 2**64, size=20_000, dtype=np.uint64)
    flat = Sketches(exact, np.zeros((20_000, 16), dtype=np.uint16), np.zeros(20_000, dtype=bool))
    splits = Splitter(SHARES, 7).add(flat).splits
    for split, share in (("test", 0.3), ("calibration", 0.2), ("pool", 0.5)):
        # Binomial: 5 standard errors are passed once in 1.7 million.
        assert abs(splits.count(split) / 20_000 - share) < 5 * np.sqrt(share * (1 - share) / 20_000)
    assert splits != Splitter(SHARES, 8).add(flat).splits


def test_a_bridge_between_two_sides_is_set_aside_and_joins_nothing() -> None:
    a = np.arange(16, dtype=np.uint16)
    b = np.where(np.arange(16) < 10, a, a + 100).astype(np.uint16)  # agrees with a in 10 hashes: no copy of it
    both = np.where(np.arange(16) < 13, a, b).astype(np.uint16)  # agrees with each in 13
    assert (both == a).sum() == (both == b).sum() == ALIKE

    def one(number: int, minhash: npt.NDArray[np.uint16]) -> Sketches:
        return Sketches(np.array([number], dtype=np.uint64), minhash[None, :], np.ones(1, dtype=bool))

    splitter = Splitter({}, 0)
    assert splitter.add(one(1, a), forced="pool").splits == ["pool"]
    assert splitter.add(one(2, b), forced="test").splits == ["test"]
    third = splitter.add(one(3, both), forced="test")
    assert third.splits == ["excluded"]
    assert third.groups.tolist() == [-1]
    assert (third.joined, third.merged) == ({}, {})


def test_a_copy_forced_to_the_other_side_is_set_aside() -> None:
    splitter = Splitter(SHARES, 0)
    assert splitter.add(sketched([BASES[0]]), forced="pool").splits == ["pool"]
    placed = splitter.add(sketched([BASES[0] + "!", BASES[1]]), forced="test")
    assert placed.splits == ["excluded", "test"]


@pytest.mark.parametrize("batch", [1, 50, 600])
def test_no_two_near_copies_of_a_large_family_are_on_two_sides(batch: int) -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(10**5, size=4000).astype(str)
    texts = []
    for _ in range(20):
        base = rng.choice(words, 30)
        for _ in range(30):  # fewer than are kept under one key, so that every pair is compared
            copy = base.copy()
            copy[rng.integers(30, size=2)] = rng.choice(words, 2)
            texts.append(" ".join(copy))
    texts = [texts[i] for i in rng.permutation(len(texts))]
    splits, _, _ = place([texts[i : i + batch] for i in range(0, len(texts), batch)])
    found = sketched(texts)
    near = (found.minhash[:, None] == found.minhash[None]).sum(axis=2) >= ALIKE
    sides = np.array(splits)
    live = sides != "excluded"
    apart = near & live[:, None] & live[None] & (sides[:, None] != sides[None])
    assert near.sum() > 2 * len(texts)
    assert not apart.any()
    assert live.mean() > 0.8


def test_a_batch_of_one_template_is_placed_in_time_and_on_one_side() -> None:
    texts = [f"Dear customer, parcel {i:05d} is waiting for you at the depot until Friday evening" for i in range(3000)]
    splits, _, _ = place([texts[:1500], texts[1500:]])
    assert sum(split != "excluded" for split in splits) > 2900
    assert max(map(splits.count, ("pool", "test", "calibration"))) > 2800


def test_near_groups_join_copies_of_copies() -> None:
    groups = near_groups({"text": VARIANTS}, SPEC)
    assert len({int(g) for g in groups[:5]}) == 1
    assert groups[0] != groups[5]


@pytest.mark.parametrize(("similarity", "promised"), [(0.5, 0.01), (0.8, 0.60), (0.9, 0.93), (0.95, 0.99)])
def test_copies_are_found_as_often_as_promised(similarity: float, promised: float) -> None:
    rng = np.random.default_rng(0)
    n = 3000
    a = rng.integers(0, 2**16, size=(n, 16)).astype(np.uint16)
    b = np.where(rng.random((n, 16)) < similarity, a, rng.integers(0, 2**16, size=(n, 16))).astype(np.uint16)
    flags = np.ones(n, dtype=bool)
    exact = np.arange(2 * n, dtype=np.uint64)
    splitter = Splitter({}, 0)
    splitter.add(Sketches(exact[:n], a, flags))
    placed: Placement = splitter.add(Sketches(exact[n:], b, flags))
    found = float((placed.groups == np.arange(n)).mean())
    # Promised to two digits; 4 Monte-Carlo standard errors on top.
    assert abs(found - promised) < 0.006 + 4 * np.sqrt(promised * (1 - promised) / n)
