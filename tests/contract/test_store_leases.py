"""Leases over both databases: who gets what, for how long, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.errors import Conflict
from querist.store import claims, desks, leases, rounds, slots


@pytest.fixture
def shop_at_work(shop: Any) -> Any:
    """A project with one round of four items, wanted in the order 3, 1, 0, 2."""
    shop.ask(3, 1, 0, 2)
    return shop


def claim(shop: Any, who: str = "ann", **more: Any) -> Any:
    with shop.db.transaction() as conn:
        return next(iter(claims.claim(conn, shop.id, who, **{"lease_s": 60, **more})), None)


def places(shop: Any, *taken: Any) -> list[int]:
    numbers = {shop.seq(place): place for place in range(10)}
    return [numbers[lease.item_seq] for lease in taken]


def let_lapse(shop: Any) -> None:
    shop.sql("UPDATE slot SET lease_until = lease_until - 100000 WHERE state = 'leased'")


def states(shop: Any) -> list[str]:
    with shop.db.reading() as conn:
        return list(conn.exec_driver_sql("SELECT state FROM slot ORDER BY id").scalars())


def test_items_come_in_the_order_of_their_rank_and_to_one_person_each(shop_at_work: Any) -> None:
    taken = [claim(shop_at_work, who) for who in ("ann", "bea", "ann", "cy")]
    assert places(shop_at_work, *taken) == [3, 1, 0, 2]
    assert claim(shop_at_work, "dan") is None
    assert shop_at_work.problems() == []


def test_a_second_round_comes_after_the_first(shop_at_work: Any) -> None:
    shop_at_work.ask(5, 4, number=2)
    assert places(shop_at_work, *(claim(shop_at_work) for _ in range(6))) == [3, 1, 0, 2, 5, 4]


def test_each_item_goes_to_as_many_people_as_are_wanted_and_never_twice_to_one(shop: Any) -> None:
    shop.ask(3, 1, wants=slots.Wants(2))
    assert places(shop, claim(shop, "ann"), claim(shop, "ann")) == [3, 1]
    assert claim(shop, "ann") is None
    assert places(shop, claim(shop, "bea"), claim(shop, "cy")) == [3, 1]
    assert claim(shop, "dan") is None


def test_a_lapsed_lease_returns_to_the_queue_in_its_place(shop_at_work: Any) -> None:
    first = claim(shop_at_work, "ann")
    claim(shop_at_work, "bea")
    shop_at_work.sql(f"UPDATE slot SET lease_until = 0 WHERE id = {first.slot_id}")
    again = claim(shop_at_work, "bea")
    assert again.slot_id == first.slot_id
    assert again.token != first.token
    assert shop_at_work.problems() == []


def test_a_lease_is_measured_by_the_clock_of_the_database(shop_at_work: Any) -> None:
    with shop_at_work.db.transaction() as conn:
        now = conn.scalar(sa.select(leases.clock(conn)))
        [lease] = claims.claim(conn, shop_at_work.id, "ann", lease_s=60)
    assert 59 < lease.until - now < 62


def test_a_heartbeat_holds_a_slot_and_only_by_its_token(shop_at_work: Any) -> None:
    lease = claim(shop_at_work, lease_s=60)
    with shop_at_work.db.transaction() as conn:
        held = leases.renew(conn, shop_at_work.id, "ann", {lease.slot_id: lease.token}, lease_s=600)
        assert held[lease.slot_id] > lease.until + 500
        assert leases.renew(conn, shop_at_work.id, "ann", {lease.slot_id: None}, lease_s=600)
        assert leases.renew(conn, shop_at_work.id, "ann", {lease.slot_id: "wrong"}, lease_s=600) == {}
        assert leases.renew(conn, shop_at_work.id, "bea", {lease.slot_id: lease.token}, lease_s=600) == {}


def test_a_lapsed_slot_that_nobody_took_can_still_be_held_longer(shop_at_work: Any) -> None:
    lease = claim(shop_at_work)
    let_lapse(shop_at_work)
    with shop_at_work.db.transaction() as conn:
        assert leases.renew(conn, shop_at_work.id, "ann", {lease.slot_id: lease.token}, lease_s=60)
        assert leases.sweep(conn, shop_at_work.id) == 0


def test_what_is_released_goes_to_the_next_one(shop_at_work: Any) -> None:
    lease = claim(shop_at_work)
    with shop_at_work.db.transaction() as conn:
        assert leases.release(conn, shop_at_work.id, "bea", {lease.slot_id: lease.token}) == []
        assert leases.release(conn, shop_at_work.id, "ann", {lease.slot_id: lease.token}) == [lease.slot_id]
    assert claim(shop_at_work, "bea").slot_id == lease.slot_id


def test_who_passes_an_item_over_is_not_given_it_again_and_others_are(shop: Any) -> None:
    shop.ask(3)
    lease = claim(shop)
    with shop.db.transaction() as conn:
        assert leases.pass_over(conn, shop.id, lease.slot_id, "ann", most=2)
    assert claim(shop) is None
    other = claim(shop, "bea")
    assert other.item_seq == lease.item_seq
    with shop.db.transaction() as conn:
        assert not leases.pass_over(conn, shop.id, other.slot_id, "bea", most=2), "two people are enough"
    assert claim(shop, "cy") is None
    assert states(shop) == ["skipped", "skipped"]
    assert shop.pending() == ["item-3"], "the manager sees that it is open still"
    assert shop.problems() == []


def test_nobody_passes_over_what_is_not_in_their_hands(shop_at_work: Any) -> None:
    lease = claim(shop_at_work)
    with pytest.raises(Conflict, match="must be in your hands"), shop_at_work.db.transaction() as conn:
        leases.pass_over(conn, shop_at_work.id, lease.slot_id, "bea", most=2)


def test_an_answer_fills_its_slot_and_an_undo_opens_it_again(shop_at_work: Any) -> None:
    lease = claim(shop_at_work)
    answer = shop_at_work.act(3, "spam")
    assert states(shop_at_work)[0] == "done"
    assert answer.fills
    shop_at_work.act(3, action="undo", supersedes=answer.event_id)
    assert states(shop_at_work)[0] == "open"
    assert claim(shop_at_work, "bea").slot_id == lease.slot_id
    assert shop_at_work.problems() == []


def test_an_undone_answer_is_handed_back_to_its_author_first(shop: Any) -> None:
    shop.ask(3, 1)
    claim(shop)
    event = shop.act(3, "spam").event_id
    shop.act(3, action="undo", supersedes=event)
    with shop.db.transaction() as conn:
        again = leases.take_again(conn, shop.id, "ann", shop.seq(3), lease_s=60)
        assert again is not None
        assert leases.take_again(conn, shop.id, "ann", shop.seq(3), lease_s=60) == again
    assert places(shop, again) == [3]
    assert places(shop, claim(shop, "bea")) == [1]


def test_an_answer_that_came_late_fills_the_place_if_it_is_free(shop: Any) -> None:
    shop.ask(3)
    claim(shop)
    let_lapse(shop)
    with shop.db.transaction() as conn:
        assert leases.sweep(conn, shop.id) == 1
    shop.act(3, "spam")
    assert states(shop) == ["done"]
    assert shop.problems() == []


def test_an_answer_that_came_too_late_is_kept_beside_the_one_that_counts(shop: Any) -> None:
    shop.ask(3)
    claim(shop)
    let_lapse(shop)
    claim(shop, "bea")
    shop.act(3, "ham", annotator="bea")
    assert not shop.act(3, "spam").fills
    with shop.db.transaction() as conn:
        assert leases.look(conn, shop.id, 1, "gone", "ann") is None
    assert shop.problems() == []


def test_what_a_worksheet_answers_is_not_handed_out_any_more(shop_at_work: Any) -> None:
    shop_at_work.tell((3, "spam", {}), (1, "ham", {}))
    assert places(shop_at_work, claim(shop_at_work, "bea")) == [0]


def test_an_answer_nobody_asked_for_fills_no_place(shop_at_work: Any) -> None:
    shop_at_work.act(7, "spam")
    assert set(states(shop_at_work)) == {"open"}
    assert shop_at_work.problems() == []


def test_a_round_that_is_taken_back_takes_its_slots_along_and_what_is_on_a_screen(shop: Any) -> None:
    shop.ask(3, 1, wants=slots.Wants(2))
    shop.act(3, "spam")
    lease = claim(shop, "bea")
    with shop.db.transaction() as conn:
        rounds.withdraw(conn, shop.id, 1)
    assert sorted(states(shop)) == ["done", "withdrawn", "withdrawn", "withdrawn"]
    with shop.db.transaction() as conn:
        there = leases.look(conn, shop.id, lease.slot_id, lease.token, "bea")
    assert (there.state, there.holds) == ("withdrawn", False)
    shop.act(1, "ham", annotator="bea")
    assert shop.labels() == {"item-3": "spam", "item-1": "ham"}, "the answer from the screen is kept"
    assert shop.problems() == []


def test_what_asks_for_a_skill_goes_to_those_who_have_it(shop: Any) -> None:
    shop.ask(3, 1, wants=slots.Wants(1, skills={shop.seq(3): "german"}))
    assert places(shop, claim(shop, "ann")) == [1]
    assert claim(shop, "ann") is None
    with shop.db.reading() as conn:
        supply = claims.supply(conn, shop.id, "ann")
    assert (supply.some_beyond_skill, supply.some_open) == (True, False)
    assert places(shop, claim(shop, "bea", skills=["french", "german"])) == [3]


def test_the_second_answer_may_be_for_experts_only(shop: Any) -> None:
    shop.ask(3, wants=slots.Wants(2, tiers=(0, 2)))
    assert claim(shop, "ann") is not None
    assert claim(shop, "bea", tier=1) is None
    assert claim(shop, "cy", tier=2) is not None


def test_what_is_unshown_can_be_put_into_another_order(shop_at_work: Any) -> None:
    on_screen = claim(shop_at_work)
    with shop_at_work.db.transaction() as conn:
        by_item = {seq: query for _, query, seq, _ in slots.unshown(conn, shop_at_work.id)}
        slots.rerank(conn, shop_at_work.id, [by_item[shop_at_work.seq(place)] for place in (2, 0, 1)])
    assert places(shop_at_work, on_screen) == [3]
    assert places(shop_at_work, *(claim(shop_at_work) for _ in range(3))) == [2, 0, 1]


def test_a_draft_is_there_again_until_the_answer_is_in(shop_at_work: Any) -> None:
    lease = claim(shop_at_work)
    with shop_at_work.db.transaction() as conn:

        def begun(who: str) -> Any:
            return desks.shown(conn, shop_at_work.id, who, [lease.slot_id])[lease.slot_id].draft

        assert begun("ann") is None
        desks.save_draft(conn, lease.slot_id, "ann", "spam", "hm")
        desks.save_draft(conn, lease.slot_id, "ann", "ham", "or so")
        assert begun("ann") == ("ham", "or so")
        assert begun("bea") is None
        desks.drop_draft(conn, lease.slot_id, "bea")
        assert begun("ann") is not None
        desks.drop_draft(conn, lease.slot_id, "ann")
        assert begun("ann") is None


def test_the_database_itself_gives_nobody_an_item_twice(shop: Any) -> None:
    shop.ask(3, wants=slots.Wants(2))
    claim(shop)
    with pytest.raises(sa.exc.IntegrityError):
        shop.sql("UPDATE slot SET state = 'leased', token = 'x', annotator = 'ann' WHERE state = 'open'")


def test_a_tampered_slot_or_count_is_found(shop_at_work: Any) -> None:
    shop_at_work.act(3, "spam")
    shop_at_work.sql("UPDATE slot SET answered_event = 'nonesuch' WHERE state = 'done'")
    shop_at_work.sql("UPDATE tally SET n = n + 1 WHERE name = 'labeled.pool'")
    shop_at_work.sql("UPDATE round SET n_pending = 7")
    found = {(problem.kind, problem.where) for problem in shop_at_work.problems()}
    assert found == {("slot", "slot 1"), ("count", "count labeled.pool"), ("count", "round 1")}
