"""Estimates from chosen labels: exact where they can be counted out, covering where they cannot, and never naive."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
)

from benchmarks.evidence.worlds import DESIGNS, WORLDS, world
from querist.core.errors import InvalidInput
from querist.metrics import brier
from querist.metrics.designs import Beside, Independent, Round, Rounds, Sequential, Uniform
from querist.metrics.estimate import estimate
from querist.metrics.parts import ESTIMATED
from querist.metrics.quantiles import estimate_quantile

RUNS = 500
# 90 % intervals, 500 runs: three standard errors of their coverage are 0.04.
COVERAGE = (0.9 - 3 * math.sqrt(0.9 * 0.1 / RUNS), 0.9 + 3 * math.sqrt(0.9 * 0.1 / RUNS))


def test_a_uniform_draw_is_the_textbooks_proportion() -> None:
    """Cochran (1977), section 3.2: (1 - n/N) p q / (n - 1)."""
    found = estimate("accuracy", [0] * 60 + [1] * 40, Uniform(1000, np.arange(100)), predicted=np.zeros(1000, int))
    assert found.value == pytest.approx(0.6)
    assert found.std_error == pytest.approx(math.sqrt(0.9 * 0.6 * 0.4 / 99))
    assert found.n_uniform == pytest.approx(100)
    assert found.n_effective == pytest.approx(100)
    assert found.naive == pytest.approx(found.value)


def test_independent_labels_are_weighted_by_their_propensities() -> None:
    """Two labels that stand for 1 / 0.5 and 1 / 0.1 items of 12, one right and one wrong."""
    p = np.array([0.5, 0.1, *([0.3] * 10)])
    found = estimate("mean", [1.0, 0.0], Independent(p, [0, 1]))
    assert found.value == pytest.approx(2 / 12)
    assert found.n_effective == pytest.approx(12**2 / (2**2 + 10**2))
    off = np.array([1 - 1 / 6, -1 / 6])
    variance = np.sum((1 - p[:2]) * (off / p[:2]) ** 2) / 12**2
    assert found.std_error == pytest.approx(math.sqrt(variance))
    assert found.naive == 0.5


def test_lure_has_the_weights_of_its_paper() -> None:
    """Farquhar et al. (2021), equation 5: v_m = 1 + (N - M)/(N - m) (1/((N - m + 1) q_m) - 1)."""
    design = Sequential(5, [2, 0], [0.5, 0.4])
    assert design.weights() * 2 == pytest.approx([1 + 3 / 4 * (1 / (5 * 0.5) - 1), 1 + 3 / 3 * (1 / (4 * 0.4) - 1)])
    blind = Sequential(5, [2, 0, 1], [1 / 5, 1 / 4, 1 / 3])
    assert blind.weights() == pytest.approx([1 / 3] * 3)


VALUES = np.array([3.0, -1.0, 4.0, 1.5, 0.0])
GUESSES = np.array([2.0, 0.0, 4.5, 1.0, -1.0])


@pytest.mark.parametrize("trust", [0.0, 0.6, 1.0])
def test_over_all_ways_to_draw_in_turn_the_mean_is_exact_and_the_naive_one_is_not(trust: float) -> None:
    q = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    total = naive = spread = seen = 0.0
    for order in itertools.permutations(range(5), 3):
        left = 1 - np.r_[0, np.cumsum(q[list(order)])[:-1]]
        turn = q[list(order)] / left
        found = estimate("mean", VALUES[list(order)], Sequential(5, order, turn), guess=GUESSES, trust=trust)
        chance = float(np.prod(turn))
        total += chance * found.value
        naive += chance * found.naive
        spread += chance * (found.value - VALUES.mean()) ** 2
        seen += chance * found.std_error**2
    assert total == pytest.approx(VALUES.mean(), abs=1e-12)
    assert abs(naive - VALUES.mean()) > 0.1
    assert seen > 0.3 * spread, "with three labels the spread can be told but roughly"


@pytest.mark.parametrize("trust", [0.0, 0.6, 1.0])
def test_over_all_draws_of_a_loop_the_mean_is_exact_whatever_its_strategy_makes_of_what_it_saw(trust: float) -> None:
    """Two rounds: the strategy's pick hangs on what was drawn before, as a model's would."""
    total = chance_of_all = naive = 0.0
    for first in range(1, 5):  # 0 is known from the start
        pick = max((i for i in range(1, 5) if i != first), key=lambda i: -VALUES[i] if VALUES[first] > 1 else VALUES[i])
        rest = [i for i in range(5) if i not in (0, first, pick)]
        for second in rest:
            chance = 1 / 4 / len(rest)
            design = Rounds(5, [Round([0], [first]), Round([0, first, pick], [second])])
            found = estimate("mean", VALUES[design.rows], design, guess=GUESSES, trust=trust)
            total += chance * found.value
            naive += chance * found.naive
            chance_of_all += chance
    assert chance_of_all == pytest.approx(1)
    assert total == pytest.approx(VALUES.mean(), abs=1e-12)
    assert abs(naive - VALUES.mean()) > 0.05


@pytest.mark.parametrize("trust", [0.0, 0.5, 1.0])
def test_over_all_uniform_draws_the_mean_is_exact_and_so_is_its_variance(trust: float) -> None:
    found = [
        estimate("mean", VALUES[list(rows)], Uniform(5, rows), guess=GUESSES, trust=trust)
        for rows in itertools.combinations(range(5), 3)
    ]
    values = np.array([each.value for each in found])
    assert values.mean() == pytest.approx(VALUES.mean(), abs=1e-12)
    assert np.mean([each.std_error**2 for each in found]) == pytest.approx(np.var(values), rel=1e-9)


@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_cover_without_bias_and_the_naive_mean_does_not(kind: str, name: str) -> None:
    g, y = world(kind)
    predicted, probs = np.ones(len(y), dtype=np.int64), np.column_stack([1 - g, g])
    truth = float(y.mean())
    found = []
    for seed in range(RUNS):
        design = DESIGNS[name](np.sqrt(g * (1 - g)), np.random.default_rng(seed))
        found.append(estimate("accuracy", y[design.rows], design, predicted=predicted, probs=probs))
    values = np.array([each.value for each in found])
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert COVERAGE[0] <= covered <= COVERAGE[1], covered
    assert abs(values.mean() - truth) < 3 * values.std(ddof=1) / math.sqrt(RUNS)
    naive = np.array([each.naive for each in found])
    if name != "uniform":
        half = np.mean([each.high - each.low for each in found]) / 2
        assert abs(naive.mean() - truth) > 3 * naive.std(ddof=1) / math.sqrt(RUNS)
        assert np.mean(np.abs(naive - truth) <= half) < COVERAGE[0], "as wide an interval about it does not cover"


@pytest.mark.parametrize("metric", ["precision", "recall", "f1", "macro_f1", "auc", "brier", "share"])
@pytest.mark.parametrize("name", ["uniform", "independent", "sequential"])
def test_what_is_no_mean_is_covered_too(metric: str, name: str) -> None:
    g, y = world("blind")
    probs, predicted = np.column_stack([1 - g, g]), (g > 0.75).astype(np.int64)
    truth = {
        "precision": precision_score(y, predicted),
        "recall": recall_score(y, predicted),
        "f1": f1_score(y, predicted),
        "macro_f1": f1_score(y, predicted, average="macro"),
        "auc": roc_auc_score(y, g),
        "brier": 2 * brier_score_loss(y, g),
        "share": y.mean(),
    }[metric]
    found = []
    for seed in range(RUNS):
        design = DESIGNS[name](np.sqrt(g * (1 - g)), np.random.default_rng(seed))
        found.append(estimate(metric, y[design.rows], design, probs=probs, predicted=predicted))
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert COVERAGE[0] <= covered <= COVERAGE[1], covered


@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize(("name", "of_class"), [("uniform", 0), ("uniform", 1), ("sequential", 0)])
def test_average_precision_is_covered_and_not_overrated(kind: str, name: str, of_class: int) -> None:
    g, y = world(kind)
    probs = np.column_stack([1 - g, g])
    truth = average_precision_score(y == of_class, probs[:, of_class])
    found = []
    for seed in range(RUNS):
        design = DESIGNS[name](np.sqrt(g * (1 - g)) + 1e-3, np.random.default_rng(seed))
        found.append(estimate("average_precision", y[design.rows], design, probs=probs, of_class=of_class))
    values = np.array([each.value for each in found])
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert COVERAGE[0] <= covered <= COVERAGE[1], covered
    # A ratio is unbiased but for a part that vanishes with more labels: of the frequent class a fifth of its spread.
    slack = 0.2 if of_class == 1 or kind == "sharp" else 0.0
    assert abs(values.mean() - truth) < (slack + 3 / math.sqrt(RUNS)) * values.std(ddof=1)
    if slack == 0:
        naive = np.array([each.naive for each in found])
        assert abs(naive.mean() - truth) > 3 / math.sqrt(RUNS) * naive.std(ddof=1), "an item vouches for itself"


@pytest.mark.parametrize("metric", ["brier", "log_loss"])
@pytest.mark.parametrize("name", ["independent", "sequential"])
def test_a_loss_of_which_few_labels_hold_much_is_covered_and_a_normal_interval_does_not(metric: str, name: str) -> None:
    g, y = world("sharp")
    probs = np.column_stack([1 - g, g])
    truth = estimate(metric, y, Uniform(len(y), np.arange(len(y))), probs=probs).value
    covered, by_normal = [], []
    for seed in range(RUNS):
        design = DESIGNS[name](np.sqrt(g * (1 - g)) + 1e-3, np.random.default_rng(seed))
        found = estimate(metric, y[design.rows], design, probs=probs)
        covered.append(found.low <= truth <= found.high)
        by_normal.append(abs(found.value - truth) <= 1.645 * found.std_error)
    assert COVERAGE[0] <= np.mean(covered) <= COVERAGE[1], np.mean(covered)
    assert np.mean(by_normal) < COVERAGE[0]


def test_an_interval_for_skewed_sums_is_halls() -> None:
    losses, design = np.array([0.0] * 7 + [1.0]), Uniform(100, np.arange(8))
    found = estimate("mae", losses, design, predicted=np.zeros(100))
    errors = losses - 1 / 8
    skewness = np.sum(errors**3) / np.sum(errors**2) ** 1.5
    z = scipy.stats.t.ppf(0.95, 7)
    low, high = (3 / skewness * (np.cbrt(1 + skewness * (q - skewness / 6)) - 1) for q in (z, -z))
    assert (found.low, found.high) == pytest.approx(
        (1 / 8 - low * found.std_error, 1 / 8 - high * found.std_error), abs=1e-12
    )
    assert found.high - found.value > found.value - found.low


def test_average_precision_is_not_told_from_a_loops_rounds() -> None:
    design = Rounds(5, [Round([0], [1]), Round([0, 1, 2], [3])])
    with pytest.raises(InvalidInput, match="another than a loop's rounds"):
        estimate("average_precision", [0, 1, 0, 1], design, probs=np.full((5, 2), 0.5))


def test_where_every_item_is_labeled_the_estimate_is_the_metric_and_has_no_width() -> None:
    rng = np.random.default_rng(3)
    probs = rng.dirichlet([1.0, 2.0, 0.5], 200)
    y = np.array([rng.choice(3, p=p) for p in probs])
    predicted = probs.argmax(axis=1)
    design = Uniform(200, np.arange(200))
    whole = {
        "accuracy": np.mean(predicted == y),
        "precision": precision_score(y, predicted, average=None)[1],
        "recall": recall_score(y, predicted, average=None)[1],
        "f1": f1_score(y, predicted, average=None)[1],
        "macro_f1": f1_score(y, predicted, average="macro"),
        "macro_precision": precision_score(y, predicted, average="macro"),
        "macro_recall": recall_score(y, predicted, average="macro"),
        "auc": roc_auc_score(y == 1, probs[:, 1]),
        "average_precision": average_precision_score(y == 1, probs[:, 1]),
        "log_loss": log_loss(y, probs),
        "brier": brier(y, probs),
        "share": np.mean(y == 1),
        "overconfidence": probs.max(axis=1).mean() - np.mean(predicted == y),
    }
    for metric, value in whole.items():
        found = estimate(metric, y, design, probs=probs)
        assert (found.value, found.low, found.high) == pytest.approx((value, value, value)), metric
        assert found.naive == pytest.approx(value), metric
    numbers, guessed = rng.normal(size=200), rng.normal(size=200)
    off = numbers - guessed
    for metric, value in {
        "mean": numbers.mean(),
        "mse": np.mean(off**2),
        "rmse": math.sqrt(np.mean(off**2)),
        "mae": np.mean(np.abs(off)),
        "r2": r2_score(numbers, guessed),
    }.items():
        found = estimate(metric, numbers, design, predicted=guessed)
        assert (found.value, found.low, found.high) == pytest.approx((value, value, value)), metric
    assert set(whole) | {"mean", "mse", "rmse", "mae", "r2"} == set(ESTIMATED)


@given(st.integers(0, 10_000), st.sampled_from(["accuracy", "f1", "auc", "brier", "share"]))
@settings(max_examples=30, deadline=None)
def test_the_order_of_labels_and_of_items_makes_no_difference(seed: int, metric: str) -> None:
    g, y = world("blind", 400, seed)
    probs, rng = np.column_stack([1 - g, g]), np.random.default_rng(seed)
    p = rng.uniform(0.1, 0.9, 400)
    rows = np.flatnonzero(rng.random(400) < p)
    one = estimate(metric, y[rows], Independent(p, rows), probs=probs)
    mixed = rng.permutation(rows)
    two = estimate(metric, y[mixed], Independent(p, mixed), probs=probs)
    order = rng.permutation(400)
    moved = np.argsort(order)[rows]
    three = estimate(metric, y[rows], Independent(p[order], moved), probs=probs[order])
    for other in (two, three):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_a_cohort_is_as_if_it_were_the_pool() -> None:
    g, y = world("blind")
    rng = np.random.default_rng(5)
    cohort = rng.random(len(y)) < 0.3
    p = np.clip(g, 0.05, 0.3)
    rows = np.flatnonzero(rng.random(len(y)) < p)
    part = estimate("accuracy", y[rows], Independent(p, rows), probs=np.column_stack([1 - g, g]), where=cohort)
    numbers = np.cumsum(cohort) - 1
    inside = rows[cohort[rows]]
    alone = estimate(
        "accuracy",
        y[inside],
        Independent(p[cohort], numbers[inside]),
        probs=np.column_stack([1 - g, g])[cohort],
    )
    assert part == pytest.approx(alone) if isinstance(part, float) else part.value == pytest.approx(alone.value)
    assert (part.low, part.high, part.n_labels, part.n_items) == (
        pytest.approx(alone.low),
        pytest.approx(alone.high),
        alone.n_labels,
        alone.n_items,
    )


def test_good_predictions_are_worth_labels_and_bad_ones_cost_none() -> None:
    g, y = world("sharp")
    rows = np.random.default_rng(0).choice(len(y), 300, replace=False)
    design, right = Uniform(len(y), rows), np.ones(len(y), dtype=np.int64)
    alone = estimate("accuracy", y[rows], design, predicted=right)
    helped = estimate("accuracy", y[rows], design, predicted=right, probs=np.column_stack([1 - g, g]))
    noise = np.random.default_rng(1).random(len(y))
    misled = estimate("accuracy", y[rows], design, predicted=right, probs=np.column_stack([1 - noise, noise]))
    assert alone.trust == 0
    assert helped.trust > 0.9
    assert helped.n_uniform > 2 * alone.n_uniform
    assert misled.std_error <= alone.std_error
    assert misled.trust < 0.15


def test_annotators_who_err_alike_are_no_more_than_themselves() -> None:
    rng = np.random.default_rng(2)
    who = np.repeat(np.arange(10), 30)
    y = (rng.random(300) < np.where(who < 5, 0.95, 0.5)).astype(int)
    design = Uniform(10_000, np.arange(300))
    plain = estimate("share", y, design)
    by = estimate("share", y, design, clusters=who)
    assert by.value == plain.value
    assert by.std_error > 2 * plain.std_error
    assert by.high - by.low > 2 * (plain.high - plain.low)


def test_what_could_not_have_been_asked_is_refused_with_what_to_do() -> None:
    p = np.full(10, 0.5)
    for value, words in ((0.0, "could never have been asked"), (np.nan, "is missing"), (1.5, "Pass probabilities")):
        wrong = p.copy()
        wrong[3] = value
        with pytest.raises(InvalidInput, match=words):
            Independent(wrong, [0, 1])
    with pytest.raises(InvalidInput, match="exploration above 0"):
        Rounds(10, [Round([0, 1], []), Round([2], [])])
    with pytest.raises(InvalidInput, match="known or drawn"):
        Rounds(10, [Round([0, 1], [1, 2])])
    with pytest.raises(InvalidInput, match="two labeled items"):
        estimate("accuracy", [1, 0], Uniform(4, [0, 1]), predicted=[0] * 4, where=np.array([True, False, True, True]))
    with pytest.raises(InvalidInput, match="probs: must be given"):
        estimate("brier", [1, 0], Uniform(4, [0, 1]))
    with pytest.raises(InvalidInput, match="all 2 are of one kind"):
        estimate("auc", [1, 1], Uniform(4, [0, 1]), scores=[0.1, 0.2, 0.3, 0.4])
    for class_ in (-1, 2):
        with pytest.raises(InvalidInput, match="of_class: must be a class number"):
            estimate("share", [1, 0], Uniform(4, [0, 1]), probs=np.full((4, 2), 0.5), of_class=class_)
    with pytest.raises(InvalidInput, match="one per label, 2"):
        estimate("share", [1, 0], Uniform(4, [0, 1]), clusters=["ann", "bea", "cy"])
    with pytest.raises(InvalidInput, match="trust: must lie"):
        estimate_quantile(0.5, [1.0, 2.0], Uniform(4, [0, 1]), trust=2.0)
    with pytest.raises(InvalidInput, match="clusters"):
        estimate("share", [1, 0], Uniform(4, [0, 1]), clusters=["ann", "ann"])


def test_where_all_labels_agree_the_interval_is_not_a_point() -> None:
    found = estimate("accuracy", [0] * 30, Uniform(10_000, np.arange(30)), predicted=np.zeros(10_000, int))
    assert found.value == pytest.approx(1)
    assert found.n_uniform == pytest.approx(30)
    assert found.low == pytest.approx(0.05 ** (1 / 30))  # Clopper and Pearson's: of 30, none off
    assert found.high == 1


def test_a_recall_without_a_miss_is_as_sure_as_the_labels_of_its_class_are_many() -> None:
    """Of 400 labels 20 are of the class, and all of them found: not 400 bear on its recall."""
    y = np.r_[np.ones(20, dtype=int), np.zeros(380, dtype=int)]
    predicted = np.r_[y, np.zeros(9600, dtype=int)]
    for metric, n in (("recall", 20), ("precision", 20), ("accuracy", 400)):
        found = estimate(metric, y, Uniform(10_000, np.arange(400)), predicted=predicted)
        assert found.value == pytest.approx(1)
        assert found.n_effective == pytest.approx(n), metric
        assert found.low == pytest.approx(0.05 ** (1 / n)), metric


def test_the_source_is_less_sure_than_the_pool() -> None:
    _, y = world("calibrated", 500)
    rows = np.random.default_rng(0).choice(500, 250, replace=False)
    pool = estimate("accuracy", y[rows], Uniform(500, rows), predicted=np.ones(500, int))
    source = estimate("accuracy", y[rows], Uniform(500, rows), predicted=np.ones(500, int), target="source")
    assert source.std_error**2 == pytest.approx(pool.std_error**2 * 2, rel=0.01)  # 1/n against (1 - n/N)/n
    assert source.value == pool.value


@pytest.mark.parametrize("name", ["uniform", "independent", "sequential"])
def test_quantiles_are_covered(name: str) -> None:
    rng = np.random.default_rng(4)
    g, _ = world("calibrated", 1000)
    values = 10 * g + rng.exponential(1.0, len(g))
    truth = float(np.sort(values)[int(np.ceil(0.8 * len(values))) - 1])
    covered = []
    for seed in range(200):
        design = DESIGNS[name](np.sqrt(g * (1 - g)), np.random.default_rng(seed))
        found = estimate_quantile(0.8, values[design.rows], design, guess=10 * g + 1)
        covered.append(found.low <= truth <= found.high)
    assert np.mean(covered) > 0.9 - 3 * math.sqrt(0.09 / 200), np.mean(covered)


def test_labels_beside_a_pool_speak_of_its_source() -> None:
    rng = np.random.default_rng(0)
    truth, covered = 0.7, []
    for _ in range(RUNS):
        g = rng.beta(7, 3, 1000)
        y = rng.random(1000) < g
        design = Beside(800, 200)
        found = estimate("mean", y[800:].astype(float), design, guess=g)
        covered.append(found.low <= truth <= found.high)
    assert COVERAGE[0] <= np.mean(covered) <= COVERAGE[1]


def coverage(metric: str, y: np.ndarray, n: int, runs: int = 300, **given: object) -> float:
    """How often 90 % intervals from n blind labels hold the truth of all."""
    whole = estimate(metric, y, Uniform(len(y), np.arange(len(y))), **given).value  # type: ignore[arg-type]
    covered = []
    for seed in range(runs):
        rows = np.random.default_rng(seed).choice(len(y), n, replace=False)
        found = estimate(metric, y[rows], Uniform(len(y), rows), **given)  # type: ignore[arg-type]
        covered.append(found.low <= whole <= found.high)
    return float(np.mean(covered))


AT_LEAST = 0.9 - 3 * math.sqrt(0.9 * 0.1 / 300)  # three standard errors of a coverage of 90 % over 300 draws


@pytest.mark.parametrize("metric", ["mae", "brier", "log_loss", "overconfidence"])
def test_rare_losses_that_no_label_shows_are_allowed_for(metric: str) -> None:
    """One item in fifty is off: of sixty labels, three draws in ten show none, and all labels agree."""
    off = (np.random.default_rng(0).random(2000) < 0.02).astype(int)
    given = {"predicted": np.zeros(2000)} if metric == "mae" else {"probs": np.tile([0.97, 0.03], (2000, 1))}
    assert coverage(metric, off == 1 if metric == "mae" else off, 60, **given) > AT_LEAST


def test_without_a_known_range_labels_that_agree_leave_an_end_open() -> None:
    design, predicted = Uniform(1000, np.arange(10)), np.full(1000, 2.0)
    for metric in ("mae", "mse", "rmse"):
        found = estimate(metric, np.full(10, 2.0), design, predicted=predicted)
        assert (found.value, found.low, found.high) == (0, 0, math.inf), metric
    found = estimate("mean", np.full(10, 2.0), design)
    assert (found.value, found.low, found.high) == (pytest.approx(2), -math.inf, math.inf)
    found = estimate("r2", np.arange(10.0), design, predicted=np.arange(1000.0))
    assert (found.value, found.low, found.high) == (1, -math.inf, 1)


def test_a_known_range_bounds_what_labels_that_agree_have_not_shown() -> None:
    """Of ten labels none is otherwise: of all at most 1 - 0.05^(1/10), each as far as the range."""
    design, predicted, most = Uniform(1000, np.arange(10)), np.full(1000, 2.0), 1 - 0.05**0.1
    found = estimate("mae", np.full(10, 2.0), design, predicted=predicted, bounds=(1, 5))
    assert (found.low, found.high) == pytest.approx((0, 3 * most))
    found = estimate("rmse", np.full(10, 2.0), design, predicted=predicted, bounds=(1, 5))
    assert (found.low, found.high) == pytest.approx((0, math.sqrt(9 * most)))
    found = estimate("mean", np.full(10, 2.0), design, bounds=(1, 5))
    assert (found.low, found.high) == pytest.approx((2 - most, 2 + 3 * most))
    found = estimate("mean", np.zeros(10, dtype=bool), design)
    share = estimate("share", np.zeros(10, dtype=int), design)
    assert (found.low, found.high) == pytest.approx((share.low, share.high))
    with pytest.raises(InvalidInput, match="bounds: must hold every label, 3 to 5; got a label of 2"):
        estimate("mean", np.full(10, 2.0), design, bounds=(3, 5))
    with pytest.raises(InvalidInput, match="bounds: must be the least and the most"):
        estimate("mean", np.full(10, 2.0), design, bounds=(5, 1))
    with pytest.raises(InvalidInput, match="bounds: must be left out for 'share'"):
        estimate("share", [0, 1], Uniform(4, [0, 1]), bounds=(0, 1))


@pytest.mark.parametrize("metric", ["macro_recall", "macro_precision"])
def test_a_rare_class_that_has_every_label_right_is_not_taken_for_sure(metric: str) -> None:
    """Of 150 labels four or five are of the rare class: all of them found says little of the others."""
    rng = np.random.default_rng(0)
    y = (rng.random(5000) < 0.03).astype(int)
    predicted = np.where(rng.random(5000) < np.where(y == 1, 0.9, 0.995), y, 1 - y)
    assert coverage(metric, y, 150, predicted=predicted) > AT_LEAST


def test_numbers_that_are_infinite_or_never_vary_are_refused() -> None:
    design = Uniform(10, [0, 1, 2])
    for metric, y, said in (
        ("mse", [0, np.inf, 0], {"predicted": np.zeros(10)}),
        ("mean", [0, -np.inf, 0], {}),
    ):
        with pytest.raises(InvalidInput, match="y: must be finite; row 1 is"):
            estimate(metric, y, design, **said)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="predicted: must be finite"):
        estimate("mae", [0, 1, 0], design, predicted=np.full(10, np.inf))
    with pytest.raises(InvalidInput, match="y: must be finite"):
        estimate_quantile(0.5, [0, np.inf, 0], design)
    with pytest.raises(InvalidInput, match=r"y: must vary for 'r2'.*all 3 labels are 0\.1"):
        estimate("r2", [0.1, 0.1, 0.1], design, predicted=np.zeros(10))
