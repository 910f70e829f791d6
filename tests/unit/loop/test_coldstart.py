from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.schema import Schema
from querist.loop.coldstart import (
    SeedRule,
    rule_report,
    rules,
    stratified,
    trust_classes,
    trust_labels,
    trust_numbers,
    trust_scattered,
    trust_sets,
    votes,
)

SCHEMA = Schema("kind", ("spam", "ham"))
ITEMS = [{"text": t} for t in ("win a prize", "Prize for mom", "see you at home", "call mom", "lunch?")]
RULES = [SeedRule("prize", "spam", pattern="prize"), SeedRule("family", "ham", pattern=r"\bmom\b|home")]


def test_rules_vote_and_their_disagreements_are_counted() -> None:
    given = votes(RULES, ITEMS, SCHEMA)
    assert given.tolist() == [[0, -1], [0, 1], [-1, 1], [-1, 1], [-1, -1]]
    prize, family = rule_report(RULES, given)
    assert (prize.n_items, prize.n_disagreements) == (2, 1)
    assert (family.n_items, family.n_disagreements) == (3, 1)


def test_each_rule_each_disagreement_and_the_rest_get_their_turn() -> None:
    picks = rules(
        votes(RULES, ITEMS, SCHEMA), 4, candidates=np.arange(5), chosen=np.empty(0, int), rng=np.random.default_rng(0)
    )
    # Strata: {0} prize, {2, 3} family, {4} no rule, {1} disagreement: one each.
    assert len({0, 1, 4} & set(picks.rows.tolist())) == 3
    by_row = dict(zip(picks.rows.tolist(), picks.propensities.tolist(), strict=True))
    assert by_row[0] == 1.0
    assert next(p for row, p in by_row.items() if row in (2, 3)) == 0.5


def test_a_rule_may_be_a_function_and_must_be_one_thing() -> None:
    rule = SeedRule("short", "ham", function=lambda item: len(item["text"]) < 8)
    assert [rule.speaks(item) for item in ITEMS] == [False, False, False, False, True]
    with pytest.raises(InvalidInput, match="exactly one"):
        SeedRule("nothing", "ham")
    with pytest.raises(InvalidInput, match="regular expression"):
        SeedRule("broken", "ham", pattern="(")
    with pytest.raises(InvalidInput, match="not in the schema"):
        votes([SeedRule("odd", "eggs", pattern="x")], ITEMS, SCHEMA)


def test_stratified_draws_keep_the_proportions_exactly() -> None:
    strata = np.repeat([0, 1, 2], [60, 30, 10])
    picks = stratified(strata, 20, candidates=np.arange(100), chosen=np.empty(0, int), rng=np.random.default_rng(1))
    assert np.bincount(strata[picks.rows]).tolist() == [12, 6, 2]
    assert set(picks.propensities.tolist()) == {0.2}
    assert len(set(picks.rows.tolist())) == 20


def test_stratified_inclusion_probabilities_are_true() -> None:
    strata = np.array([0, 0, 0, 1, 1])
    seen = np.zeros(5)
    runs = 4000
    promised = np.zeros(5)
    for seed in range(runs):
        picks = stratified(strata, 2, candidates=np.arange(5), chosen=np.empty(0, int), rng=np.random.default_rng(seed))
        seen[picks.rows] += 1
        promised[picks.rows] = picks.propensities
    assert promised == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1 / 2, 1 / 2])
    assert np.abs(seen / runs - promised).max() < 5 * np.sqrt(0.25 / runs)


def test_trust_begins_when_cross_validation_surely_beats_guessing() -> None:
    y = np.repeat([0, 1], 10)
    right, wrong = np.eye(2)[y], np.eye(2)[1 - y]
    assert trust_classes(right, y).ok
    assert not trust_classes(wrong, y).ok
    half = np.eye(2)[np.where(np.arange(20) % 2, y, 1 - y)]
    verdict = trust_classes(half, y)
    assert not verdict.ok
    assert verdict.value == 0.5
    assert "does not surely beat guessing (0.50)" in verdict.reason


def test_labels_that_hardly_meet_hold_no_model_back() -> None:
    verdict = trust_scattered(np.r_[np.arange(11), np.repeat([20, 21, 22], 3)])
    assert verdict is not None
    assert (verdict.ok, verdict.lasting, verdict.chance) == (True, False, 1 / 14)
    assert trust_scattered(np.arange(19)) is None, "19 labels are too few"
    assert trust_scattered(np.r_[np.arange(10), np.repeat([20, 21], 5)]) is None, "ten of the twenty meet: they decide"
    assert trust_scattered(np.zeros(40, dtype=np.int64)) is None


def test_predicting_the_majority_earns_no_trust() -> None:
    y = np.repeat([0, 1], [95, 5])
    assert not trust_classes(np.tile([0.99, 0.01], (100, 1)), y).ok


def test_a_model_that_ranks_a_rare_class_first_is_trusted_although_it_never_predicts_it() -> None:
    y = np.repeat([0, 1], [36, 4])
    spam = np.where(y == 1, 0.3, 0.02)
    assert (spam < 0.5).all(), "the highest probability is never the rare class's"
    verdict = trust_classes(np.column_stack([1 - spam, spam]), y)
    # 0.3 and 0.02 over a share of 0.1 stand against 0.7 and 0.98 over 0.9: all forty are told apart.
    assert verdict.value == 1.0
    assert verdict.ok


def test_a_model_of_noise_is_seldom_trusted_however_rare_a_class() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [36, 4])
    spam = rng.normal(0.1, 0.03, size=(3000, 40)).clip(0.001, 0.999)
    trusted = np.mean([trust_classes(np.column_stack([1 - p, p]), y).ok for p in spam])
    # A sum of two binomials is lumpy with four items in a class, so the one-sided 10 % is held with some slack.
    assert trusted < 0.13


def test_a_guessing_model_is_trusted_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 20)
    trusted = np.mean([trust_classes(np.eye(2)[rng.integers(2, size=40)], y).ok for _ in range(3000)])
    # The bound is one-sided at 90 %: guessing passes in at most 10 % of cases, plus 4 Monte-Carlo standard errors.
    assert trusted < 0.1 + 4 * np.sqrt(0.1 * 0.9 / 3000)


def test_trust_in_numbers_is_a_test_against_their_mean() -> None:
    y = np.arange(20.0)
    assert trust_numbers(y + 0.1, y).ok
    assert not trust_numbers(np.full(20, y.mean()), y).ok
    assert not trust_numbers(y[:5], y[:5]).ok


def test_trust_in_labels_is_a_test_against_each_labels_share() -> None:
    held = np.tile([[True, False], [False, True], [True, True], [False, False]], (5, 1))
    assert trust_labels(np.where(held, 0.8, 0.2), held).ok
    assert trust_labels(np.tile(held.mean(axis=0), (20, 1)), held).value == 0
    assert not trust_labels(np.tile(held.mean(axis=0), (20, 1)), held).ok
    assert "only 9 labeled items" in trust_labels(np.where(held, 0.8, 0.2)[:9], held[:9]).reason
    assert trust_labels(np.full((20, 2), 0.5), np.ones((20, 2), dtype=bool)).reason == (
        "all labeled items have the same labels"
    )


def test_trust_in_labels_is_given_to_noise_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(0)
    given = 0
    for _ in range(1000):
        held = rng.random((40, 3)) < 0.3
        probs = np.clip(held.mean(axis=0) + rng.normal(scale=0.05, size=held.shape), 0, 1)
        given += trust_labels(probs, held).ok
    # A look trusts noise in 10 % at most; noise in the probabilities only adds error. 4 standard errors above.
    assert given <= 1000 * 0.1 + 4 * (1000 * 0.1 * 0.9) ** 0.5


def test_trust_in_sets_is_a_test_of_what_is_found_against_another_items() -> None:
    hits = np.array([1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0])
    found = trust_sets(hits, np.zeros(12, dtype=int), n_true=14, n_predicted=10)
    assert found.ok
    assert found.value == pytest.approx(2 * 9 / 24)
    # The bound by hand: mean 3/4, s = sqrt(9/12 * 3/12 * 12/11), t of 11 degrees at 90 % 1.3634
    assert found.low == pytest.approx(12 * 2 / 24 * (0.75 - 1.3634 * (0.1875 * 12 / 11) ** 0.5 / 12**0.5), abs=1e-4)
    assert not trust_sets(hits, hits, n_true=14, n_predicted=10).ok
    assert trust_sets(hits * 0, hits * 0, n_true=0, n_predicted=4).reason == "no labeled item has anything marked"
    assert "only 9 labeled items" in trust_sets(hits[:9], hits[:9], n_true=3, n_predicted=3).reason
