"""Curves drawn on, and the rate at which one moves along another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.core.evidence import Point, Run
from querist.metrics import Law, forecast, learning_law
from querist.metrics.forecast import POWERS, fit_law

AT = np.arange(20, 301, 20)


def runs(name, heights, noise=0.0, n_seeds=6, at=AT, seed=0):
    rng = np.random.default_rng(seed)
    return [
        Run(
            name,
            s,
            tuple(
                Point(int(n), 0.0, {"accuracy": float(h + noise * rng.normal())})
                for n, h in zip(at, heights, strict=True)
            ),
        )
        for s in range(n_seeds)
    ]


def height(n, ceiling=0.95, drop=1.5, power=0.6):
    return ceiling - drop * np.asarray(n, dtype=float) ** -power


@given(
    ceiling=st.floats(0.6, 1.0),
    drop=st.floats(0.05, 2.0),
    power=st.sampled_from(POWERS.tolist()),
)
def test_a_law_of_the_grid_is_found_again(ceiling, drop, power):
    curve = height(AT, ceiling, drop, power)
    found = fit_law(AT.astype(float), curve[None, :])
    np.testing.assert_allclose(found.at(AT)[0], curve, atol=2e-3 * drop)


@given(ceiling=st.floats(0.6, 1.0), drop=st.floats(0.05, 2.0), power=st.floats(0.2, 1.8), share=st.floats(0.05, 0.9))
def test_labels_to_a_level_are_those_at_which_the_law_is_there(ceiling, drop, power, share):
    law = Law(np.array([ceiling]), np.array([drop]), np.array([power]))
    level = ceiling - share * drop
    n = law.labels_to(level)
    assert law.at(n)[0, 0] == pytest.approx(level, abs=1e-9)
    assert np.isinf(law.labels_to(ceiling + 0.01)[0])


@settings(deadline=None, max_examples=20)
@given(rate=st.floats(0.5, 4.0))
def test_the_rate_is_that_by_which_the_curve_was_stretched(rate):
    ours = runs("auto", height(AT[0] + rate * (AT - AT[0])))
    found = forecast(ours, runs("random", height(AT)), "accuracy", rng=np.random.default_rng(0), n_boot=5)
    assert found.rates[0] == pytest.approx(rate, rel=0.06)  # the power is taken from a grid


def test_the_rate_s_standard_error_tells_how_far_it_strays_over_repetitions():
    rates, errors = [], []
    for seed in range(40):
        ours = runs("auto", height(AT[0] + 2 * (AT - AT[0])), noise=0.02, seed=seed)
        base = runs("random", height(AT), noise=0.02, seed=1000 + seed)
        found = forecast(ours, base, "accuracy", rng=np.random.default_rng(seed), n_boot=100)
        rates.append(found.log_rate[0])
        errors.append(found.log_rate[1])
    spread = np.std(rates, ddof=1)
    # With six seeds a bootstrap is short by sqrt(5/6); forty repetitions know their spread to 11 %, twice over.
    assert 0.6 * spread < np.mean(errors) < 1.35 * spread
    assert abs(np.mean(rates) - np.log(2)) < 3 * spread / np.sqrt(40) + 0.03


def test_nothing_is_faster_on_a_level_curve():
    flat = np.full(len(AT), 0.5)
    found = forecast(runs("auto", flat), runs("random", flat), "accuracy", rng=np.random.default_rng(0), n_boot=10)
    assert found.rates.tolist() == [1.0] * 11
    assert found.gains.tolist() == [0.0] * 11


def test_no_curve_is_drawn_on_above_what_a_metric_can_be():
    steep = np.linspace(0.5, 0.99, len(AT))
    law, _ = learning_law([runs("random", steep)], "accuracy", rng=np.random.default_rng(0), n_boot=5)
    assert (law.at([10**6]) <= 1.0).all()


def test_runs_at_several_numbers_of_labels_make_one_curve():
    far = np.array([100, 300, 500, 700, 900])
    groups = [runs("random", height(AT)), runs("random", height(far), at=far)]
    law, measured = learning_law(groups, "accuracy", rng=np.random.default_rng(0), n_boot=5)
    assert measured[0].tolist() == sorted({*AT.tolist(), *far.tolist()})
    np.testing.assert_allclose(law.at([500])[0], height(500), atol=0.003)


def test_too_few_points_and_seeds_that_differ_are_refused():
    few = AT[:3]
    with pytest.raises(InvalidInput, match="at least 4 points"):
        forecast(
            runs("auto", height(few), at=few),
            runs("random", height(few), at=few),
            "accuracy",
            rng=np.random.default_rng(0),
        )
    with pytest.raises(InvalidInput, match="same seeds"):
        learning_law(
            [runs("random", height(AT)), runs("random", height(AT), n_seeds=3)],
            "accuracy",
            rng=np.random.default_rng(0),
        )
