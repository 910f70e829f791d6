"""The gate opens where nothing is lost anywhere, and stays closed wherever that was not shown."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.gate import GateDecision, GatePart, GateRules
from querist.metrics import Around, gate, paired_metric


def scores(n: int, better: int, worse: int) -> tuple[Any, Any]:
    """The new and the old model's: right but where the other one alone is."""
    new, old = np.ones(n), np.ones(n)
    old[:better] = 0
    new[n - worse :] = 0
    return new, old


def part(decision: GateDecision, name: str) -> GatePart:
    return next(each for each in decision.parts if each.name == name)


def test_it_opens_where_nothing_is_lost_overall_nor_in_any_part() -> None:
    new, old = scores(400, 30, 2)
    classes = ["a"] * 200 + ["b"] * 200
    found = gate(new, old, classes=classes, cohorts={"shop": ["x", "y"] * 200})
    assert found.opens
    assert found.sentence == "Open: no loss overall, nor in any of 2 classes, nor in any of 2 cohorts."
    assert [each.kind for each in found.parts] == ["overall", "class", "class", "cohort", "cohort"]
    assert gate(new, old, classes=["a"] * 400).sentence == "Open: no loss overall, nor in the one class."
    assert part(found, "shop = x").difference == pytest.approx((15 - 1) / 200)
    assert set(found.lifts) == {"shop = x", "shop = y"}


def test_one_class_that_lost_closes_it_although_the_whole_became_better() -> None:
    new, old = scores(600, 60, 20)
    classes = ["a"] * 500 + ["rare"] * 100  # all that is worse is of the rare class
    found = gate(new, old, classes=classes)
    assert found.parts[0].verdict == "no_loss"
    assert new.mean() > old.mean() + 0.05, "by the accuracy alone it would have been let through"
    assert not found.opens
    assert part(found, "rare").verdict == "loss"
    assert found.sentence == "Closed: a loss in 'rare'."
    assert "20 worse of 100" in part(found, "rare").sentence


def test_what_is_not_shown_closes_it_and_says_how_many_items_would_show_it() -> None:
    new, old = scores(300, 15, 15)
    found = gate(new, old)
    assert not found.opens
    assert found.parts[0].verdict == "not_shown"
    assert found.parts[0].n_wanted == 1546, "a tenth of the items differ: (1.645 + 0.842)^2 * 0.1 / 0.02^2"
    assert "about 1,546 items would, if nothing is lost" in found.parts[0].sentence


@pytest.mark.parametrize(
    ("small", "opens", "names"),
    [
        ("closed", False, ["common", "fair", "rare", "rarer"]),
        ("together", True, ["rare, rarer, fair", "common"]),
        ("reported", True, ["common", "fair", "rare", "rarer"]),
    ],
)
def test_the_rules_say_what_a_class_with_too_few_items_does(small: Any, opens: bool, names: list[str]) -> None:
    classes = ["common"] * 300 + ["fair"] * 60 + ["rare"] * 20 + ["rarer"] * 5
    ones = np.ones(385)
    found = gate(ones, ones, classes=classes, rules=GateRules(small=small))
    assert found.opens == opens
    assert sorted(part.name for part in found.parts[1:]) == sorted(
        ", ".join(sorted(name.split(", "))) for name in names
    )
    if small == "closed":
        assert "that nothing is lost could not be shown in 'rare', 'rarer'" in found.sentence
        assert part(found, "rare").sentence.endswith("too few items to rule out a loss of 5 points; 59 are the least.")
    if small == "reported":
        assert found.sentence.endswith("2 with too few items were reported, not judged.")


def test_a_loss_that_shows_closes_it_however_few_the_items() -> None:
    new, old = np.ones(400), np.ones(400)
    new[380:] = 0  # all twenty of the small class
    found = gate(new, old, classes=["big"] * 380 + ["small"] * 20, rules=GateRules(small="reported", margin=0.2))
    assert part(found, "small").verdict == "loss"
    assert not found.opens


def test_a_claim_of_loss_is_adjusted_for_the_number_of_parts() -> None:
    """Five worse and none better is 1/32 by itself, a finding at 0.95; among eleven parts it is none."""
    new, old = np.ones(1000), np.ones(1000)
    new[:5] = 0
    alone = gate(new[:100], old[:100], rules=GateRules(margin=0.02))
    assert alone.parts[0].verdict == "loss"
    many = gate(new, old, classes=[str(i // 100) for i in range(1000)])
    assert part(many, "0").p_loss == pytest.approx(11 / 32)
    assert part(many, "0").verdict != "loss"


def test_too_few_items_or_a_wish_for_more_certainty_keep_it_closed() -> None:
    ones = np.ones(149)
    assert gate(ones, ones).opens
    assert gate(ones[1:], ones[1:]).parts[0].verdict == "too_few"
    assert not gate(ones, ones, level=0.975).opens
    assert not gate([1.0], [1.0]).opens


def test_so_few_items_show_that_nothing_is_lost_only_by_being_better() -> None:
    new, old = scores(100, 40, 1)
    assert gate(new, old).opens
    part_of = gate(new, old, classes=["a"] * 100, rules=GateRules(least=150)).parts[1]
    assert part_of.verdict == "too_few", "unless the user has said how few are too few"


def test_the_whole_may_be_judged_by_a_metric_that_is_no_mean() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=500)
    new, old = (np.eye(2)[np.where(rng.random(500) < right, y, 1 - y)] for right in (0.9, 0.8))
    overall = paired_metric("macro_f1", y, new, old, margin=0.02, rng=rng)
    right = [probs.argmax(axis=1) == y for probs in (new, old)]
    found = gate(*right, metric="macro_f1", classes=[str(c) for c in y], overall=overall)
    assert found.parts[0].method == "paired bootstrap"
    assert found.parts[0].difference == pytest.approx(overall.difference)
    assert found.parts[1].method == "exact score test of paired shares"


def test_unlabeled_items_narrow_what_enough_differing_labels_say() -> None:
    rng = np.random.default_rng(1)
    differ = rng.random(3000) < 0.3
    chance = np.where(rng.random(3000) < 0.55, 0.98, 0.02)
    new = np.where(differ, rng.random(3000) < chance, 1.0).astype(float)
    old = np.where(differ, 1 - new, 1.0)
    rows = rng.choice(3000, 400, replace=False)
    shop = ["x" if i % 2 else "y" for i in range(3000)]
    here = {"shop": [shop[row] for row in rows]}
    around = Around(rows, np.where(differ, 2 * chance - 1, 0.0), {"shop": shop})
    alone, helped = gate(new[rows], old[rows], cohorts=here), gate(new[rows], old[rows], cohorts=here, around=around)
    for one, other in zip(alone.parts, helped.parts, strict=True):
        assert "PPI++" in other.method
        assert other.high - other.low < 0.7 * (one.high - one.low)  # type: ignore[operator]
    none = gate(np.ones(400), np.ones(400), around=around)
    assert "exact" in none.parts[0].method, "where nothing differs, a normal interval would be of no width"


def test_losses_open_it_where_they_do_not_grow() -> None:
    rng = np.random.default_rng(2)
    old = rng.exponential(size=400)
    better = gate(0.8 * old, old, losses=True, metric="mse", cohorts={"shop": ["x", "y"] * 200})
    assert better.opens
    assert better.parts[0].difference == pytest.approx(0.2)
    worse = gate(1.3 * old + rng.exponential(size=400) / 10, old, losses=True, metric="mse")
    assert worse.parts[0].verdict == "loss"
    few = gate(old[:10], old[:10], losses=True, metric="mse")
    assert few.parts[0].verdict == "too_few"
    assert gate([0.1], [0.2], losses=True).parts[0].low is None, "one loss has no spread"


def test_a_decision_is_plain_json_both_ways() -> None:
    new, old = scores(200, 3, 4)
    found = gate(new, old, classes=["a", "b"] * 100, rules=GateRules(small="together", least=20))
    assert GateDecision.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gate([], []), "new: must hold at least one item; got none"),
        (lambda: gate([1.0], [1.0, 0.0]), "new: must be of the same items as old"),
        (lambda: gate([0.5], [1.0]), "new: must say whether each answer is right, 0 or 1; got 0.5"),
        (lambda: gate([1.0], [1.0], classes=["a", "b"]), "classes: must be of the same items as new, 1; got 2"),
        (lambda: gate([1.0], [1.0], cohorts={"shop": []}), "shop: must be of the same items as new"),
        (lambda: GateRules(margin=0.0), "margin: must lie between 0 and 1; got 0. No sample shows"),
        (lambda: GateRules(part_margin=1.5), "part_margin: must be a share"),
        (lambda: GateRules(level=0.3), "level: must lie between 0.5"),
        (lambda: GateRules(small="open"), "small: must be one of 'closed', 'together', 'reported'"),
        (lambda: GateRules(least=0), "least: must be a whole number of at least 1"),
    ],
)
def test_what_says_nothing_is_refused(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
