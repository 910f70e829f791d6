"""Dataset versions and models, on every database."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.errors import Conflict, NotFound
from querist.core.hashing import content_hash
from querist.core.schema import Schema
from querist.store import answers, items, models, projects, versions


def freeze(shop: Any, note: str = "") -> versions.DatasetVersion:
    with shop.db.transaction() as conn:
        return versions.freeze(conn, shop.id, note=note)


def entries(shop: Any, number: int) -> list[versions.Entry]:
    with shop.db.reading() as conn:
        return list(versions.entries(conn, shop.id, number, chunk=2))


def test_a_version_holds_the_labels_of_its_moment(shop: Any) -> None:
    shop.tell((3, "spam", {}), (1, "ham", {}), (5, "spam", {}))
    shop.act(5, action="undo")
    version = freeze(shop, "first look")
    shop.act(3, "ham", action="revise")
    assert (version.number, version.n_items, version.counts) == (1, 2, {"spam": 1, "ham": 1})
    assert (version.note, version.parent, version.schema_version, version.chain_seq) == ("first look", None, 1, 4)
    assert version.software.startswith("querist ")
    assert [(e.item_id, e.value, e.split, e.content_hash) for e in entries(shop, 1)] == [
        ("item-1", "ham", "pool", content_hash({"text": "text 1"})),
        ("item-3", "spam", "pool", content_hash({"text": "text 3"})),
    ]


def test_the_digest_is_of_the_sorted_lines(shop: Any) -> None:
    """Recomputed here with nothing but hashlib, from what an export would hold."""
    shop.tell((3, "spam", {}), (1, "hä", {}))
    version = freeze(shop)
    lines = [Schema("kind", ("spam", "ham")).digest] + [
        f'["{e.item_id}","{e.content_hash}","pool","{e.value}","{e.event_hash}"]' for e in entries(shop, 1)
    ]
    assert version.digest == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def test_entries_are_sorted_by_code_point_everywhere(shop: Any) -> None:
    ids = ["ä", "Z", "a", "_", "🙂", "\uffff", "B", "10", "9"]
    with shop.db.transaction() as conn:
        items.insert(conn, shop.id, [items.pack({"id": id}, id=id) for id in ids])
        seqs = [found.seq for found in items.existing(conn, shop.id, ids).values()]
        answers.append(conn, shop.id, [answers.AnswerDraft(seq, "ham", "ann") for seq in seqs])
    freeze(shop)
    assert [e.item_id for e in entries(shop, 1)] == sorted(ids)


def test_the_same_labels_are_the_same_version(shop: Any) -> None:
    shop.act(3, "spam")
    first = freeze(shop)
    shop.act(4, "spam", annotator="bea")
    shop.act(4, annotator="bea", action="undo")
    shop.act(5, annotator="bea", action="skip")
    assert freeze(shop, "again") == first
    shop.act(4, "ham")
    second = freeze(shop)
    assert (second.number, second.parent) == (2, 1)
    with shop.db.reading() as conn:
        assert versions.listed(conn, shop.id) == [first, second]
        assert versions.latest(conn, shop.id) == second
        assert versions.get(conn, shop.id, 1) == first
        assert versions.digest_now(conn, shop.id) == second.digest
        chunks = list(versions.entry_chunks(conn, shop.id, 2, chunk=1))
    assert [[e.item_id for e in chunk] for chunk in chunks] == [["item-3"], ["item-4"]]


def test_another_schema_or_split_is_another_version(shop: Any) -> None:
    shop.act(3, "spam")
    digests = [freeze(shop).digest]
    with shop.db.transaction() as conn:
        projects.add_schema(conn, shop.id, Schema("kind", ("spam", "ham", "other")))
    digests.append(freeze(shop).digest)
    with shop.db.transaction() as conn:
        items.set_splits(conn, shop.id, {shop.seq(3): "test"})
    digests.append(freeze(shop).digest)
    assert len(set(digests)) == 3


def test_a_version_of_nothing_can_be_frozen(shop: Any) -> None:
    assert (freeze(shop).n_items, freeze(shop).number) == (0, 1)
    assert entries(shop, 1) == []


def test_numbers_are_not_counted_as_classes(shop: Any) -> None:
    with shop.db.transaction() as conn:
        projects.add_schema(conn, shop.id, Schema("price", (), "number"))
    shop.act(3, 2.5)
    assert freeze(shop).counts == {}


def test_a_diff_says_what_came_went_and_changed(shop: Any) -> None:
    shop.tell((1, "ham", {}), (2, "spam", {}), (3, "spam", {}), (5, "ham", {}), (6, "ham", {}))
    freeze(shop)
    shop.act(2, "ham", action="revise")
    shop.act(3, action="undo")
    shop.act(4, "spam")
    shop.act(6, "ham", annotator="bea")
    with shop.db.transaction() as conn:
        items.set_splits(conn, shop.id, {shop.seq(5): "excluded"})
    freeze(shop)
    with shop.db.reading() as conn:
        forth, back = versions.diff(conn, shop.id, 1, 2), versions.diff(conn, shop.id, 2, 1)
        assert versions.diff(conn, shop.id, 2, 2) == versions.Diff((), (), ())
        with pytest.raises(NotFound, match="no dataset version 3"):
            versions.diff(conn, shop.id, 2, 3)
    assert [(c.item_id, c.before, c.after) for c in forth.added] == [("item-4", None, "spam")]
    assert [(c.item_id, c.before, c.after) for c in forth.removed] == [("item-3", "spam", None)]
    assert [(c.item_id, c.before, c.after, c.what) for c in forth.changed] == [
        ("item-2", "spam", "ham", ("value",)),
        ("item-5", "ham", "ham", ("split",)),
    ]
    assert (len(back.added), len(back.removed), len(back.changed)) == (1, 1, 2)


@pytest.mark.parametrize("table", ["dataset_entry", "dataset_version", "schema_version", "policy_version"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_what_is_frozen_cannot_be_changed(shop: Any, table: str, change: str) -> None:
    shop.act(3, "spam")
    freeze(shop)
    column = "version_id" if table == "dataset_entry" else "project_id"
    with pytest.raises(sa.exc.DBAPIError, match=f"{table} is only ever added to"):
        shop.sql(change.format(table, column, column))


def save(shop: Any, **changes: Any) -> models.ModelRecord:
    made = {"number": 1, "recipe": {"learner": "logistic"}, "dataset": 1, "seed": 7, "seconds": 0.5, **changes}
    with shop.db.transaction() as conn:
        return models.save(conn, shop.id, **made)


def test_a_model_is_on_record_with_what_fits_it_again(shop: Any) -> None:
    freeze(shop)
    first = save(shop, probe_digest="ab")
    second = save(shop, number=2, warm_from=1)
    with shop.db.reading() as conn:
        assert models.get(conn, shop.id, 1) == first
        assert models.latest(conn, shop.id) == second
        assert models.listed(conn, shop.id) == [first, second]
        with pytest.raises(NotFound, match="no model 3"):
            models.get(conn, shop.id, 3)
    assert (first.recipe, first.dataset, first.seed, first.warm_from) == ({"learner": "logistic"}, 1, 7, None)
    assert (second.warm_from, second.probe_digest) == (1, None)


def test_two_trainings_at_once_do_not_make_one_model(shop: Any) -> None:
    freeze(shop)
    save(shop)
    with pytest.raises(Conflict, match="got 1, and the next is 2"):
        save(shop)


def test_a_model_is_current_until_the_labels_change(shop: Any) -> None:
    def current() -> bool:
        with shop.db.reading() as conn:
            return models.is_current(conn, shop.id)

    assert not current()
    freeze(shop)
    save(shop)
    assert current()
    shop.act(3, "spam")
    assert not current()
    shop.act(3, action="undo")
    assert current()


def test_measurements_make_a_learning_curve(shop: Any) -> None:
    shop.act(3, "spam")
    freeze(shop)
    for number, score in ((1, 0.5), (2, 0.7)):
        made = save(shop, number=number)
        with shop.db.transaction() as conn:
            for split in ("test", "cross_validation"):
                models.record_evaluation(
                    conn,
                    made.id,
                    split=split,
                    n_items=100,
                    n_labels=10 * number,
                    cost_usd=2.5 * number,
                    metrics={"accuracy": score, "auc": math.nan},
                    detail={"ok": number == 2, "bins": [[math.inf, 1.0]]},
                )
    with shop.db.reading() as conn:
        curve = models.evaluations(conn, shop.id, split="test")
        assert len(models.evaluations(conn, shop.id)) == 4
        assert [e.split for e in models.evaluations(conn, shop.id, number=2)] == ["test", "cross_validation"]
        trust = models.last_trust(conn, shop.id)
        assert models.last_trust(conn, shop.id, 1) == {"ok": False, "bins": [[None, 1.0]]}
        assert models.was_trusted(conn, shop.id)
    assert trust == {"ok": True, "bins": [[None, 1.0]]}
    assert [(e.model, e.dataset, e.n_labels, e.cost_usd, e.metrics) for e in curve] == [
        (1, 1, 10, 2.5, {"accuracy": 0.5, "auc": None}),
        (2, 1, 20, 5.0, {"accuracy": 0.7, "auc": None}),
    ]


def test_nothing_is_trusted_before_it_was_measured(shop: Any) -> None:
    with shop.db.reading() as conn:
        assert models.last_trust(conn, shop.id) is None
        assert not models.was_trusted(conn, shop.id)
        assert models.latest(conn, shop.id) is None


def test_a_digest_is_of_these_very_answers(shop: Any) -> None:
    """The same labels given by others, in another project, are another dataset: its events are part of it."""
    shop.act(3, "spam")
    other = type(shop)(shop.db, name="other")
    other.act(3, "spam")
    assert freeze(shop).digest != freeze(other).digest
    ours, theirs = ([replace(e, item_seq=0, event_id="", event_hash="") for e in entries(s, 1)] for s in (shop, other))
    assert ours == theirs
