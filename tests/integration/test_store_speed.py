"""Speed, with bounds wide enough for a busy machine: what they catch is a tenfold loss."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from querist.store import answers, imports, items, projects

N_ITEMS = 200_000


def new(n: int) -> Iterator[items.NewItem]:
    for i in range(n):
        text = f'{{"text":"a line of some forty characters, number {i}"}}'
        yield items.NewItem(f"new-{i}", hashlib.sha256(text.encode()).hexdigest(), text, "pool", None, b"12345678" * 4)


@pytest.mark.benchmark
def test_items_go_in_and_are_found_at_speed(database: Any) -> None:
    made = list(new(N_ITEMS))
    with database.transaction() as conn:
        project = projects.create(conn, "large").id
        began = time.perf_counter()
        with imports.first(conn):
            items.insert(conn, project, made)
        rate = N_ITEMS / (time.perf_counter() - began)
    print(f"{rate:,.0f} items/s in")
    assert rate > 15_000
    with database.reading() as conn:
        began = time.perf_counter()
        assert len(items.existing(conn, project, [f"new-{i * 7}" for i in range(20_000)])) == 20_000
        looked_up = time.perf_counter() - began
        began = time.perf_counter()
        assert sum(len(chunk) for chunk in items.keys(conn, project)) == N_ITEMS
        streamed = N_ITEMS / (time.perf_counter() - began)
        began = time.perf_counter()
        assert items.counts(conn, project)["pool"] == N_ITEMS
        counted = time.perf_counter() - began
    print(f"20,000 ids in {looked_up:.2f} s; {streamed:,.0f} keys/s out; counted in {counted:.3f} s")
    assert looked_up < 5
    assert streamed > 30_000
    assert counted < 2


@pytest.mark.benchmark
def test_answers_are_recorded_at_speed(shop: Any) -> None:
    with shop.db.transaction() as conn:
        items.insert(conn, shop.id, new(5000))
    with shop.db.reading() as conn:
        seqs = [key.seq for chunk in items.keys(conn, shop.id) for key in chunk]
    drafts = [answers.AnswerDraft(seq, "spam", "ann", idempotency_key=f"{seq}") for seq in seqs]
    began = time.perf_counter()
    with shop.db.transaction() as conn:
        answers.append(conn, shop.id, drafts)
    rate = len(drafts) / (time.perf_counter() - began)
    began = time.perf_counter()
    for place in range(10):
        shop.act(place, "ham")
    print(f"{rate:,.0f} answers/s in a batch, {10 / (time.perf_counter() - began):,.0f} one by one")
    assert rate > 500
