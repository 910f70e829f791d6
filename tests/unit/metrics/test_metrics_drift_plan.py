"""What to do about drift."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from querist.core.drift import DriftCheck
from querist.core.errors import InvalidInput
from querist.metrics import local_rise, n_to_see, plan_drift


def check(name: str, about, drifted: bool = True, statistic: float = 0.5, **detail: float) -> DriftCheck:
    return DriftCheck(name, about, statistic, 0.5, None, drifted, "A sentence.", 100, 100, detail=detail)


INPUTS = check("classifier", "inputs", statistic=0.75)
SCORES = check("confidence", "scores")
LABELS = check("labels", "labels")
ERROR = check("error", "error", before=0.1, after=0.4)


@pytest.mark.parametrize(
    ("looks", "known", "rule", "action", "n_labels"),
    [
        ([], {}, 1, "watch", 0),
        ([check("classifier", "inputs", drifted=False)], {}, 1, "watch", 0),
        ([ERROR, INPUTS], {"n_unused": 20}, 2, "retrain", 0),
        ([LABELS], {"n_unused": 20}, 2, "retrain", 0),
        ([ERROR, INPUTS], {"n_unused": 19}, 3, "reopen", 200),  # half of 400: an AUC of 0.75 is half way to 1
        ([ERROR], {}, 4, "relabel", 120),  # 0.4 - 0.1 of 400
        ([LABELS], {"error": 0.1}, 5, "reopen", 223),
        ([INPUTS], {"n_measured": 396}, 6, "watch", 0),
        ([SCORES], {"n_measured": 395}, 7, "reopen", 396),
        ([INPUTS, SCORES], {}, 7, "reopen", 396),
    ],
)
def test_each_rule_speaks_in_its_turn(
    looks: list[DriftCheck], known: dict, rule: int, action: str, n_labels: int
) -> None:
    plan = plan_drift(looks, n_learned=400, **known)
    assert (plan.rule, plan.action, plan.n_labels) == (rule, action, n_labels)


def test_new_labels_are_learned_from_only_where_they_make_another_model() -> None:
    assert plan_drift([ERROR], n_learned=10_000, n_unused=499).action == "relabel"
    assert plan_drift([ERROR], n_learned=10_000, n_unused=500).action == "retrain"


def test_every_case_has_a_reason_and_buys_labels_only_where_it_says_so() -> None:
    for some in product([False, True], repeat=4):
        looks = [each for each, is_in in zip((INPUTS, SCORES, LABELS, ERROR), some, strict=True) if is_in]
        for n_unused, n_measured in product([0, 1000], repeat=2):
            plan = plan_drift(looks, n_learned=100, n_unused=n_unused, n_measured=n_measured)
            assert plan.why.endswith(".")
            assert (plan.n_labels > 0) == (plan.action in ("relabel", "reopen"))
            assert (plan.action == "watch") or any(some)


def test_labels_to_see_a_rise_show_it_four_times_in_five() -> None:
    rng = np.random.default_rng(0)
    for error in (0.1, 0.2):
        n = n_to_see(error)
        found = rng.binomial(n, error + 0.05, 4000) / n
        bound = error + 1.645 * np.sqrt(error * (1 - error) / n)
        assert np.mean(found > bound) == pytest.approx(0.8, abs=0.05)


def test_the_items_whose_surroundings_went_wrong_come_first() -> None:
    rng = np.random.default_rng(0)
    old, new = rng.uniform(-1, 1, (300, 2)), rng.uniform(-1, 1, (200, 2))
    errors = (new[:, 0] > 0.3).astype(float)
    rise = local_rise(old, new, errors, before=0.05)
    worst = np.argsort(-rise)[:40]
    assert (old[worst, 0] > 0.2).all()
    assert rise[old[:, 0] < -0.2].max() == pytest.approx(-0.05)


def test_items_encoded_in_another_way_are_refused() -> None:
    with pytest.raises(InvalidInput, match="X_measured: must hold items with the features of X, 2"):
        local_rise(np.ones((3, 2)), np.ones((3, 1)), [0, 1, 0], before=0.1)
