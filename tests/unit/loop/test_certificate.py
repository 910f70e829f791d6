from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.loop.certificate import Draws, best_share, chances_by_doubt, draw, recalibrated

BROKEN = 0.1


def pool(n_items: int, rng: np.random.Generator, *, blind: float = 0.0) -> tuple[Any, Any]:
    """What is doubted of each item, and whether the model is wrong; a blind part is wrong where nothing is doubted."""
    hard = rng.random(n_items) < 0.15
    doubt = np.where(hard, 0.45, 0.02)
    chance = np.where(~hard & (rng.random(n_items) < blind), 0.6, doubt)
    return doubt, (rng.random(n_items) < chance).astype(float)


def drawn(doubt: Any, losses: Any, n: int, rng: np.random.Generator, share: float = 0.5, looks: int = 1) -> Draws:
    picked = draw(chances_by_doubt(doubt, share), n, rng)
    at = picked.places
    rest = doubt.sum() - np.cumsum(doubt[at]) + doubt[at]
    return Draws(len(doubt), losses[at], doubt[at], rest, picked.chances, picked.least, looks)


def first_proof(draws: Draws, target: float) -> int:
    proven = np.flatnonzero(draws.wealth(target) >= -math.log(draws.share(BROKEN)))
    return int(proven[0]) + 1 if len(proven) else len(draws) + 1


def test_the_wealth_of_a_blind_draw_is_the_product_of_its_bets() -> None:
    # Two draws of 10, both right: figures 0, and the most that they could be is 1 and 9/10. A fraction f of the largest
    # bet gains 0.1 f, then 0.1 f / 0.9. The adaptive bet goes by a mean of 0.06 and a spread of 0.05 at first.
    draws = Draws.uniform(10, [0.0, 0.0])
    fractions = np.array([0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0])
    mean, spread = 1.8 / 31, (1.5 + 0.06**2) / 31
    bets = [0.04 / 0.0516, (0.1 - mean) / (spread + (0.1 - mean) ** 2)]
    by_hand = 0.6 * (1 + 0.1 * bets[0]) * (1 + 0.1 * bets[1]) + 0.4 * np.mean(
        (1 + 0.1 * fractions) * (1 + fractions / 9)
    )
    assert draws.wealth(0.1)[-1] == pytest.approx(math.log(by_hand))


def test_each_figure_is_unbiased_given_what_was_drawn_before() -> None:
    rng = np.random.default_rng(0)
    doubt, losses = pool(400, rng)
    found = np.array([drawn(doubt, losses, 40, rng)._figures()[0] for _ in range(4000)])
    errors = found.std(axis=0, ddof=1) / math.sqrt(len(found))
    # forty draws of which each may stray: 4.5 standard errors are passed by one of forty in 3,600 such tests
    assert (np.abs(found.mean(axis=0) - losses.mean()) < 4.5 * errors).all()


def test_the_bound_holds_at_every_look_where_an_interval_that_is_looked_at_again_does_not() -> None:
    rng, n_runs, n = np.random.default_rng(1), 400, 300
    passed = naive = 0
    for _ in range(n_runs):
        doubt, losses = pool(1500, rng, blind=0.05)
        truth = float(losses.mean())
        # At the very truth the promise is hardest to keep: any proof of less is a lie.
        passed += bool((drawn(doubt, losses, n, rng).wealth(truth) >= -math.log(BROKEN * 6 / math.pi**2)).any())
        blindly = losses[rng.permutation(len(losses))[:n]]
        k, m = np.cumsum(blindly), np.arange(1, n + 1)
        naive += bool(
            (scipy.special.betaincinv(k + 1, np.maximum(m - k, 1e-9), 1 - BROKEN * 6 / math.pi**2) < truth).any()
        )
    # 400 runs at 6.1 %: 24 expected at most, and with three standard errors 39
    assert passed <= 39
    assert naive > 39


def test_drawing_by_doubt_proves_with_fewer_labels_than_drawing_blindly() -> None:
    rng = np.random.default_rng(2)
    needed = {"doubt": 0, "blind": 0}
    for _ in range(30):
        doubt, losses = pool(3000, rng)
        target = 1.5 * float(losses.mean())
        share = best_share(doubt, target)
        needed["doubt"] += first_proof(drawn(doubt, losses, 2500, rng, share), target)
        blindly = losses[rng.permutation(len(losses))[:2500]]
        needed["blind"] += first_proof(Draws.uniform(len(losses), blindly), target)
    assert needed["doubt"] < 0.75 * needed["blind"]


@given(st.lists(st.integers(0, 1), min_size=1, max_size=60), st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_more_confidence_gives_a_higher_bound_and_more_draws_never_a_higher_one(
    losses: list[int], broken: float, target: float
) -> None:
    draws = Draws.uniform(100, losses)
    bound = draws.bound(broken, target=target)
    assert 0 <= bound <= 1
    assert draws.bound(broken / 2, target=target) >= bound
    assert Draws.uniform(100, losses[:-1]).bound(broken, target=target) >= bound - 1e-6
    assert Draws.uniform(100, losses, looks=2).bound(broken, target=target) >= bound


@given(st.lists(st.integers(0, 1), min_size=1, max_size=40), st.floats(0.01, 0.5))
def test_wealth_grows_with_the_rate_that_is_bet_against(losses: list[int], target: float) -> None:
    draws = Draws.uniform(60, losses)
    low, high = draws.wealth(0.1, target=target), draws.wealth(0.2, target=target)
    assert (low <= high + 1e-9).all()


def test_the_promises_of_all_certificates_add_up_to_one() -> None:
    shares = [Draws.uniform(10, [], looks=k).share(0.05) for k in range(1, 2000)]
    assert sum(shares) == pytest.approx(0.05, rel=1e-3)
    assert sum(shares) <= 0.05


def test_the_labels_ahead_are_about_those_it_takes() -> None:
    draws = Draws.uniform(5000, np.zeros(50))
    ahead = draws.ahead(0.05, 0.05)
    proven = np.flatnonzero(Draws.uniform(5000, np.zeros(200)).wealth(0.05) >= -math.log(draws.share(0.05)))[0] + 1
    assert ahead == pytest.approx(proven - 50, abs=4)
    assert Draws.uniform(5000, np.ones(50)).ahead(0.05, 0.05) is None
    assert Draws.uniform(5000, []).ahead(0.05, 0.05) is None


def test_chances_add_up_to_one_and_leave_nothing_out() -> None:
    chances = chances_by_doubt([0.0, 0.5, 0.9, 1.0])
    assert chances.sum() == pytest.approx(1)
    assert chances.min() >= 0.5 / 4
    assert chances_by_doubt([0.0, 0.0]).tolist() == [0.5, 0.5]


def test_the_chance_of_a_draw_is_that_among_what_is_left() -> None:
    picked = draw(np.array([0.5, 0.3, 0.2]), 3, np.random.default_rng(0))
    left = 1.0
    for place, chance, least in zip(picked.places, picked.chances, picked.least, strict=True):
        assert chance == pytest.approx(np.array([0.5, 0.3, 0.2])[place] / left)
        assert least <= chance
        left -= [0.5, 0.3, 0.2][place]


def test_draws_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidInput, match="losses: must lie in"):
        Draws.uniform(10, [2.0])
    with pytest.raises(InvalidInput, match="drawn once each"):
        Draws(1, [0, 0], [0, 0], [0, 0], [1, 1], [1, 1])  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="least: must lie above 0"):
        Draws(4, [0], [0], [0], [0.5], [0.0])  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="one per draw"):
        Draws(4, [0], [], [0], [0.5], [0.5])  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="doubt: must be probabilities"):
        chances_by_doubt([1.5])


def test_doubt_is_scaled_to_the_errors_met_in_its_quarter() -> None:
    doubt = np.repeat([0.0, 0.1, 0.2, 0.4], 10)
    drawn, losses = np.repeat([0.2, 0.4], 20), np.r_[np.zeros(20), np.ones(14), np.zeros(6)]
    # The third quarter expected 4 errors and met none: 2/6. The last expected 8 and met 14: 16/10.
    scaled = recalibrated(doubt, drawn, losses)
    assert scaled[[0, 10, 20, 30]] == pytest.approx([0.0, 0.1, 0.2 / 3, 0.64])
