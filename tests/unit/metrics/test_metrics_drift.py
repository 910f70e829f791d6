"""The checks of one look, and the level that they keep together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.drift import DriftCheck
from querist.core.errors import InvalidInput
from querist.metrics import (
    Adwin,
    confidence_check,
    error_check,
    field_check,
    input_checks,
    judge,
    numeric_shift,
    share_check,
    watched_check,
)

LEVEL = 0.05
N_LOOKS = 200
N = 100
N_DIMS = 5


def look(seed: int, *, shift: float = 0, prior: float = 0, concept: float = 0) -> tuple[DriftCheck, ...]:
    """All checks of two classes of items of which the second sample has, perhaps, another source.

    `shift` moves the first feature, `prior` adds to the share of a class, `concept` turns so many answers round.
    """
    rng = np.random.default_rng(seed)
    sides = []
    for drifts in (0.0, 1.0):
        y = (rng.random(N) < 0.4 + drifts * prior).astype(int)
        X = rng.normal(size=(N, N_DIMS)) + 0.8 * y[:, None]
        X[:, 0] += drifts * shift
        p = 1 / (1 + np.exp(-0.8 * (X.sum(axis=1) - 0.4 * N_DIMS)))
        y = np.where(rng.random(N) < drifts * concept, 1 - y, y)
        sides.append((X, p, y, ((p > 0.5) != y).astype(float)))
    (X, p, y, e), (X_new, p_new, y_new, e_new) = sides
    fields = [
        {str(j): rows[:, j] for j in range(N_DIMS)} | {"kind": rng.integers(0, 4, N).tolist()} for rows in (X, X_new)
    ]
    errors, classes = np.concatenate([e, e_new]), ["no", "yes"]
    return judge(
        [
            *input_checks(X, X_new, rng=rng, n_permutations=199),
            field_check(*fields),
            confidence_check(np.maximum(p, 1 - p), np.maximum(p_new, 1 - p_new)),
            share_check(p > 0.5, p_new > 0.5, classes, name="predicted_classes"),
            share_check(y, y_new, classes),
            error_check(errors, rng=rng, n_permutations=199),
            watched_check("adwin", Adwin(), errors),
        ],
        level=LEVEL,
    )


def alarms(n_looks: int, **drift: float) -> list[set[str]]:
    return [{each.name for each in look(seed, **drift) if each.drifted} for seed in range(n_looks)]


def test_a_whole_look_gives_a_false_alarm_no_more_often_than_its_level() -> None:
    found = alarms(N_LOOKS)
    slack = 3 * math.sqrt(LEVEL * (1 - LEVEL) / N_LOOKS)
    assert np.mean([bool(names) for names in found]) <= LEVEL + slack


def test_fifty_features_without_a_correction_nearly_always_give_one_and_together_they_do_not() -> None:
    naive = together = 0
    n_looks = 80
    for seed in range(n_looks):
        rng = np.random.default_rng(seed)
        old, new = rng.normal(size=(2, N, 50))
        found = field_check(*({str(j): rows[:, j] for j in range(50)} for rows in (old, new)), level=LEVEL)
        together += found.drifted
        naive += any(field["p_value"] <= LEVEL for field in found.detail["fields"])
    slack = 3 * math.sqrt(LEVEL * (1 - LEVEL) / n_looks)
    assert naive / n_looks > 0.8
    assert together / n_looks <= LEVEL + slack


@pytest.mark.parametrize(
    ("drift", "seen_by", "power"),
    [
        ({"shift": 1.0}, {"classifier", "mmd", "fields"}, 0.9),
        ({"prior": 0.35}, {"labels"}, 0.9),
        ({"concept": 0.6}, {"error"}, 0.9),
    ],
    ids=["covariates", "shares", "concept"],
)
def test_a_planted_drift_is_found_by_the_checks_that_are_about_it(
    drift: dict[str, float], seen_by: set[str], power: float
) -> None:
    found = alarms(40, **drift)
    assert np.mean([bool(names & seen_by) for names in found]) >= power


def test_answers_that_turned_leave_the_inputs_as_they_were() -> None:
    inputs = {"classifier", "mmd", "fields", "confidence", "predicted_classes"}
    assert np.mean([bool(names & inputs) for names in alarms(40, concept=0.4)]) <= 0.15


def test_the_errors_check_is_the_permutation_test_of_its_definition() -> None:
    # Of all orders of 20 right and 20 wrong answers, none has a larger rise at the one cut that there is.
    found = error_check([0.0] * 20 + [1.0] * 20, rng=np.random.default_rng(0))
    assert (found.p_value, found.detail["cut"], found.detail["before"], found.detail["after"]) == (0.001, 20, 0.0, 1.0)
    assert found.statistic == pytest.approx(2 * math.sqrt(10))


def test_an_error_that_fell_or_never_varied_is_no_drift() -> None:
    rng = np.random.default_rng(0)
    assert not error_check([1.0] * 50 + [0.0] * 50, rng=rng).drifted
    assert error_check([0.0] * 50, rng=rng).p_value == 1.0


def test_the_change_is_found_where_it_was_made() -> None:
    cuts = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        errors = rng.random(400) < np.repeat([0.1, 0.45], [250, 150])
        cuts.append(error_check(errors.astype(float), rng=rng, n_permutations=99).detail["cut"])
    assert abs(np.median(cuts) - 250) <= 10


def test_the_fields_that_differ_are_named_and_the_others_are_not() -> None:
    rng = np.random.default_rng(0)
    old = {"age": rng.normal(size=200), "city": ["Bonn"] * 150 + ["Lima"] * 50, "size": rng.normal(size=200)}
    new = {"age": rng.normal(1, 1, 200), "city": ["Bonn"] * 50 + ["Lima"] * 150, "size": rng.normal(size=200)}
    found = field_check(old, new)
    assert found.sentence.startswith("Different by themselves: ")
    assert "'age'" in found.sentence
    assert "'city'" in found.sentence
    assert "'size'" not in found.sentence
    assert [field["test"] for field in found.detail["fields"] if field["field"] == "city"] == ["chi2"]
    assert found.detail["fields"][0]["p_value"] == min(
        numeric_shift(old["age"], new["age"]).p_value, *(field["p_value"] for field in found.detail["fields"])
    )


def test_a_look_at_nothing_is_no_drift() -> None:
    assert judge([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.integers(0, 3))
def test_a_family_is_stricter_with_each_check_and_never_alarms_where_none_alone_would(
    p_values: list[float], n_detectors: int
) -> None:
    silent = watched_check("adwin", Adwin(), [0.0])
    one = share_check([0, 1], [0, 1], ["a", "b"])
    alone = [replace(one, p_value=p, drifted=p <= LEVEL) for p in p_values]
    together = judge([*alone, *[silent] * n_detectors], level=LEVEL)
    for before, after in zip(alone, together, strict=False):
        assert after.drifted <= before.drifted
        assert after.p_adjusted is not None
        assert after.p_adjusted >= before.p_value
    if min(p_values) <= LEVEL / (len(p_values) + n_detectors):
        assert any(each.drifted for each in together)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InvalidInput, match="recent: must have the fields of the reference, 'a'; got 'b'"):
        field_check({"a": [1]}, {"b": [1]})
    with pytest.raises(InvalidInput, match="errors: must be of at least 40 items; got 39"):
        error_check([0.0] * 39, rng=np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="row 0 is 2"):
        share_check([2], [0], ["a", "b"])


def test_infinite_errors_are_no_drift() -> None:
    with pytest.raises(InvalidInput, match="errors: must be finite; row 0 is inf"):
        error_check([np.inf] * 50, rng=np.random.default_rng(0))
