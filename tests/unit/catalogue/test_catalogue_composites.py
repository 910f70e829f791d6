"""Composites find their parts by name, hand on guards and reasons, and are refused where they make no sense."""

from __future__ import annotations

import numpy as np
import pytest

import querist as q
from querist.catalogue import resolve, suited
from querist.core.errors import InvalidInput
from querist.strategies.automatic import Known, decide

PROBS = np.array([[0.9, 0.1], [0.5, 0.5], [0.6, 0.4], [0.55, 0.45]])


def asked(strategy: str, params: dict, *, k: int = 2, **signals) -> list[tuple[int, str]]:
    policy = q.Policy(strategy, params=params, batch_size=k, exploration=0.0, trust=False)
    state = q.State.start(4, policy, labels={0: 0})
    _, batch = q.ask(state, q.Signals(4, probs=PROBS, **signals))
    return [(query.row, query.reason) for query in batch.queries]


def test_a_composite_needs_what_its_parts_need() -> None:
    declared, _ = resolve("blend", {"scores": ["margin", "bald", {"strategy": "density_weighted"}]})
    assert declared.needs == ("probs", "members", "embeddings")
    assert declared.trusts_model
    assert not resolve("switch", {"first": "random", "then": "k_center"})[0].trusts_model


def test_weights_decide_between_scores_that_disagree() -> None:
    members = np.stack([PROBS, PROBS])
    members[:, 2] = [[1, 0], [0, 1]]  # where bald is highest
    by_margin = asked("blend", {"scores": ["margin", "bald"], "weights": [1, 0]}, k=1, members=members)
    by_bald = asked("blend", {"scores": ["margin", "bald"], "weights": [0, 1]}, k=1, members=members)
    assert (by_margin[0][0], by_bald[0][0]) == (1, 2)


def test_the_near_duplicate_guard_holds_within_a_composite() -> None:
    duplicates = np.array([-1, 7, -1, 7])
    rows = [row for row, _ in asked("product", {"scores": ["margin"]}, duplicates=duplicates)]
    assert rows == [1, 2]


def test_a_switch_changes_hands_at_its_number() -> None:
    said = {"first": "random", "then": "margin"}
    assert asked("switch", {**said, "at": 2})[0][1].startswith("random")
    assert asked("switch", {**said, "at": 1})[0][1].startswith("margin")


def test_a_filter_lets_through_the_best_and_some_at_random() -> None:
    n = 5000
    rng = np.random.default_rng(0)
    p = rng.random(n)
    policy = q.Policy("filtered", params={"then": "random", "keep": 10}, batch_size=800, exploration=0.0, trust=False)
    _, batch = q.ask(q.State.start(n, policy), q.Signals(n, probs=np.stack([p, 1 - p], axis=1)))
    kept = np.abs(p - 0.5).argsort().argsort()[batch.ids]
    n_filtered = 8000  # keep * k is more than there are: nothing is filtered
    assert n_filtered > n
    assert kept.max() > 4000
    policy = policy.with_(batch_size=100)
    _, batch = q.ask(q.State.start(n, policy), q.Signals(n, probs=np.stack([p, 1 - p], axis=1)))
    rank = np.abs(p - 0.5).argsort().argsort()[batch.ids]
    assert (rank < 1000).sum() > 75  # of 1,100 let through, 1,000 are the best
    assert (rank >= 1000).any()


@pytest.mark.parametrize(
    ("strategy", "params", "message"),
    [
        ("blend", {"scores": ["k_center"]}, "must give every item a utility; k_center"),
        ("blend", {"scores": []}, "must name at least one score"),
        ("blend", {"scores": ["margin"], "weights": [1, 2]}, r"must be one per score, 1; got \[1, 2\]"),
        ("blend", {"scores": ["margin"], "weights": [0]}, "must not all be 0"),
        ("blend", {"scores": ["margn"]}, "Did you mean 'margin'"),
        ("blend", {"scores": [{"name": "margin"}]}, "must be a name, or"),
        ("switch", {"at": 0}, "at: must be a whole number of at least 1"),
        ("filtered", {"keep": 0.5, "then": "random"}, "keep: must be a number of at least 1"),
        ("product", {"scores": ["margin"], "exponents": [-1]}, "must be numbers of at least 0"),
        ("switch", {"first": "random", "then": "margin", "when": 3}, "params: must be arguments of switch"),
    ],
)
def test_a_composite_that_makes_no_sense_is_refused(strategy: str, params: dict, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        asked(strategy, params, embeddings=np.eye(4))


def test_a_composite_of_itself_without_end_is_refused() -> None:
    spec: dict = {"strategy": "switch", "params": {"first": "random"}}
    spec["params"]["then"] = spec
    with pytest.raises(InvalidInput, match="at most 5 deep"):
        resolve(spec)


def test_a_composite_of_class_scores_does_not_suit_a_number() -> None:
    with pytest.raises(InvalidInput, match="must suit a number; 'blend' needs probs"):
        suited("blend", "number", {"scores": ["margin"]})
    assert suited("auto", "number").name == suited("auto", "choice").name == "auto"


@pytest.mark.parametrize(
    ("known", "chosen"),
    [
        (Known(100, 3, "linear", has_embeddings=True), "divided"),
        (Known(100, 77, "linear", has_embeddings=True), "uncertainty_herding"),
        (Known(100, 0, "", has_embeddings=True, sets_of="labels"), "variance_reduction"),
        (Known(100, 0, "", has_embeddings=False, sets_of="labels"), "mmc"),
        (Known(100, 0, "", has_embeddings=True, by_price=True, sets_of="labels"), "mmc"),
        (Known(100, 0, "", has_embeddings=True, sets_of="spans"), "mnlp"),
        (Known(100, 0, "", has_embeddings=True, sets_of="boxes"), "box_uncertainty"),
        (Known(100, 2, "trees", has_embeddings=True), "margin"),
        (Known(100, 4, "trees", has_embeddings=True), "weighted_k_means"),
        (Known(100, 2, "", has_embeddings=False), "margin"),
        (Known(100, 4, "", has_embeddings=False), "falcun"),
        (Known(100, 0, "", has_embeddings=True), "lcmd"),
        (Known(100, 0, "", has_embeddings=False), "variance"),
        (Known(100, 3, "linear", has_embeddings=True, by_price=True), "margin"),
        (Known(100, 0, "", has_embeddings=True, by_price=True), "variance"),
        (Known(50_001, 3, "linear", has_embeddings=True), "filtered"),
        (Known(1000, 0, "none", has_embeddings=True), "max_herding"),
        (Known(1000, 0, "none", has_embeddings=False, by_price=True), "random"),
    ],
)
def test_the_default_goes_by_its_rules(known: Known, chosen: str) -> None:
    decision = decide(known)
    spec = decision.spec
    assert (spec if isinstance(spec, str) else spec["strategy"]) == chosen
    assert decision.why


def drawn(strategy: str, params: dict, probs: np.ndarray, policy: dict, **signals) -> list[int]:
    chosen = q.Policy(strategy, params=params, batch_size=2, exploration=0.0, trust=False, **policy)
    known = q.Signals(len(probs), classes=("a", "b"), probs=probs, embeddings=np.eye(len(probs)), **signals)
    return q.ask(q.State.start(len(probs), chosen), known)[1].ids.tolist()


INSIDE = [
    ("switch", {"first": "margin", "then": "margin"}),
    ("blend", {"scores": ["margin"]}),
    ("product", {"scores": ["margin"]}),
    ("ood_guarded", {"quantile": 1.0}),
    ("filtered", {"then": "margin"}),
]


@pytest.mark.parametrize(("strategy", "params"), INSIDE)
def test_twins_are_not_asked_together_though_a_quota_calls_for_one(strategy: str, params: dict) -> None:
    probs = np.array([[0.49, 0.51], [0.505, 0.495], *[[0.9, 0.1]] * 6])
    groups = np.array([7, 7, -1, -1, -1, -1, -1, -1])
    rows = drawn(strategy, params, probs, {"quotas": {"b": 0.5}}, duplicates=groups)
    assert 0 in rows
    assert 1 not in rows


@pytest.mark.parametrize(("strategy", "params"), [*INSIDE, ("auto", {}), ("margin", {})])
def test_a_dear_item_waits_where_utility_is_ranked_per_dollar(strategy: str, params: dict) -> None:
    probs = np.array([[0.5, 0.5], *[[0.51, 0.49]] * 5])
    prices = np.array([100.0, 1, 1, 1, 1, 1])
    assert 0 in drawn(strategy, params, probs, {}, costs=prices)
    per_dollar = {"costs": q.Costs(per_label=1, per_utility=True)}
    assert 0 not in drawn(strategy, params, probs, per_dollar, costs=prices)


def test_a_random_part_draws_every_item_alike_whatever_resembles_it() -> None:
    duplicates = np.array([3, 3, 3, -1])
    policy = q.Policy("switch", params={"first": "random", "then": "margin"}, batch_size=1, exploration=0.0)
    known = q.Signals(4, probs=PROBS, duplicates=duplicates)
    rows = [q.ask(q.State.start(4, policy.with_(seed=seed, trust=False)), known)[1].ids[0] for seed in range(800)]
    # Each of four items 200 times of 800, with a standard deviation of 12.2: five of them either way.
    assert np.abs(np.bincount(rows, minlength=4) - 200).max() < 61


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"strategy": "blend", "params": {"scores": 5}}, "scores: must be a strategy, or a list of them; got 5"),
        ({"strategy": "blend", "params": 5}, "must be a name, or"),
        ({"strategy": "margin", "params": {"probs": 3}}, "must be arguments of margin; got 'probs', and it takes none"),
        ({"strategy": "weighted_k_means", "params": {"k": 3}}, "got 'k', and it takes beta, max_iter"),
        ({"strategy": "weighted_k_means", "params": {"bta": 3}}, "Did you mean 'beta'"),
        ({"strategy": "switch", "params": {"then": {"strategy": "margin", "params": {"zz": 1}}}}, "got 'zz'"),
    ],
)
def test_a_parameter_that_nobody_takes_is_refused_before_anything_is_asked(spec: dict, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        resolve(spec)


@pytest.mark.parametrize("said", [{"trust": "no"}, {"start": None}, {"costs": {"per_utility": "no"}}])
def test_a_setting_of_the_wrong_type_is_refused(said: dict) -> None:
    with pytest.raises(InvalidInput):
        q.Policy.from_json(said)


def test_a_switch_lets_its_first_strategy_choose_before_there_is_a_model() -> None:
    said = {"first": "k_means", "then": "margin", "at": 3}
    policy = q.Policy("switch", params=said, start="random", batch_size=2, exploration=0.0)
    state, batch = q.ask(q.State.start(9, policy), q.Signals(9, embeddings=np.eye(9)))
    assert (batch.strategy, batch.held_back) == ("switch", None)
    assert all(query.reason.startswith("k_means: ") for query in batch.queries)
    state = q.tell(state, {int(row): 0 for row in batch.ids})
    state, batch = q.ask(state, q.Signals(9, embeddings=np.eye(9)))  # two are labeled: it is still the first one's turn
    assert batch.held_back is None
    _, batch = q.ask(state, q.Signals(9, embeddings=np.eye(9)))  # four are labeled or pending
    assert batch.held_back == "switch needs a model, and all labels are of one class; random chose"


def test_a_switch_within_a_composite_has_its_turn_too() -> None:
    inner = {"strategy": "switch", "params": {"first": "k_means", "then": "margin", "at": 3}}
    spec = {"strategy": "switch", "params": {"first": inner, "then": "entropy", "at": 5}}
    assert [resolve(spec, n_chosen=n)[0].needs for n in (0, 3, 5)] == [("embeddings",), ("probs",), ("probs",)]
    assert [resolve(spec, n_chosen=n)[0].trusts_model for n in (0, 3, 5)] == [False, True, True]
    assert resolve(spec)[0].needs == ("embeddings", "probs")


def test_a_switch_that_draws_at_random_has_no_random_share_on_top() -> None:
    said = {"first": "random", "then": "margin", "at": 50}
    policy = q.Policy("switch", params=said, batch_size=10, exploration=0.5)
    _, batch = q.ask(q.State.start(40, policy), q.Signals(40))
    assert batch.propensities.tolist() == [10 / 40] * 10


def told_remaining(policy: q.Policy, **signals) -> list[int]:
    """The rows that `active_search` asks first: one by itself with one answer left, the middle of others with more."""
    X = np.array([[0.0], [5.0], [5.1], [5.2], [90.0]])
    probs = np.array([[0.55, 0.45], [0.6, 0.4], [0.6, 0.4], [0.6, 0.4], [0.99, 0.01]])
    labeled = np.arange(5) == 4
    known = q.Signals(5, probs=probs, embeddings=X, labels=np.zeros(5), labeled=labeled, **signals)
    return q.ask(q.State.start(5, policy, labels={4: 0}), known)[1].ids.tolist()


def test_a_search_plans_by_what_the_budget_leaves() -> None:
    look = {"target": 1, "neighbors": 1}
    policy = q.Policy("active_search", params=look, batch_size=1, exploration=0.0, trust=False)
    assert told_remaining(policy.with_(budget=q.Budget(labels=1))) == [0]
    assert told_remaining(policy.with_(budget=q.Budget(labels=2))) == [2]
    assert told_remaining(policy) == [2]
    assert told_remaining(policy.with_(budget=q.Budget(labels=2), params={**look, "remaining": 1})) == [0]
    prices = {"costs": np.full(5, 0.3)}
    assert told_remaining(policy.with_(budget=q.Budget(usd=0.5)), **prices) == [0]
    assert told_remaining(policy.with_(budget=q.Budget(usd=0.6)), **prices) == [2]
    within = {"first": {"strategy": "active_search", "params": look}, "then": "margin"}
    policy = policy.with_(strategy="switch", params=within)
    assert told_remaining(policy.with_(budget=q.Budget(labels=1))) == [0]
