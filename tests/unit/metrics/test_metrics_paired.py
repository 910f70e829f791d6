"""Paired tests of two models: exact where tables can be counted out, and never letting a loss through too often."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.metrics import macro_f1, roc_auc
from querist.metrics.exact import lowest_difference, p_at_most
from querist.metrics.paired import mcnemar, n_least, n_wanted, paired_in_pool, paired_losses, paired_shares
from querist.metrics.resampled import paired_metric

counts = st.tuples(st.integers(0, 25), st.integers(0, 25), st.integers(0, 60)).map(
    lambda found: (found[0], found[1], max(1, sum(found)))
)


def test_mcnemar_is_the_binomial_test() -> None:
    for better, worse in [(1, 5), (0, 4), (7, 7), (30, 12), (0, 0)]:
        n = better + worse
        wanted = scipy.stats.binomtest(better, n).pvalue if n else 1.0
        assert mcnemar(better, worse) == pytest.approx(wanted)
    assert mcnemar(0, 5, against="not_worse") == pytest.approx(1 / 32)
    assert mcnemar(5, 0, against="not_better") == pytest.approx(1 / 32)
    assert mcnemar(0, 0, against="not_worse") == 1.0


def test_items_on_which_they_never_differ_rule_out_a_loss_from_a_number_on() -> None:
    """0.95^58 = 0.0510 and 0.95^59 = 0.0485: a loss of five points shows itself in 59 items but for one case in 20."""
    assert n_least(0.05) == 59
    assert paired_shares(0, 0, 58, margin=0.05).p_no_loss > 0.05
    assert paired_shares(0, 0, 59, margin=0.05).p_no_loss == pytest.approx(0.95**59, abs=1e-5)


@pytest.mark.parametrize(("n", "margin", "level"), [(40, 0.1, 0.95), (60, 0.05, 0.95), (60, 0.08, 0.975)])
def test_no_loss_is_said_of_a_losing_model_no_more_often_than_promised(n: int, margin: float, level: float) -> None:
    """Counted out over every table there can be, at each share of differing items. The normal test does more often."""
    tables = np.array(
        [(b, c) for b in range(n + 1) for c in range(n + 1 - b) if b - c >= -n * margin and b + c < 0.7 * n]
    )
    exact = np.array([p_at_most(int(b), int(c), n, -margin) <= 1 - level for b, c in tables])
    d = (tables[:, 0] - tables[:, 1]) / n
    spread = np.sqrt(np.maximum(tables.sum(axis=1) / n - d * d, 0) / n)
    normal = d + margin >= scipy.special.ndtri(level) * spread
    rows = np.column_stack([tables, n - tables.sum(axis=1)])
    said = {"exact": 0.0, "normal": 0.0}
    for share in np.linspace(margin, 0.45, 36):
        chances = [(share - margin) / 2, (share + margin) / 2, 1 - share]
        mass = scipy.stats.multinomial.pmf(rows, n, chances)
        said["exact"] = max(said["exact"], float(mass[exact].sum()))
        said["normal"] = max(said["normal"], float(mass[normal].sum()))
    assert said["exact"] <= 1 - level
    assert said["exact"] > 0.6 * (1 - level), "a test that never speaks would keep its level, too"
    assert said["normal"] > 1.5 * (1 - level)


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    """Either end at 0.95, over all tables of 30 items: the difference is beyond it in at most 5 %."""
    n, chances = 30, (0.12, 0.07)
    for end, side in (("low", 1), ("high", -1)):
        missed = 0.0
        for b in range(12):
            for c in range(12):
                mass = float(scipy.stats.multinomial.pmf([b, c, n - b - c], n, [*chances, 1 - sum(chances)]))
                if mass > 1e-5:
                    found = paired_shares(b, c, n, margin=0.1)
                    missed += mass * (side * (getattr(found, end) - (chances[0] - chances[1])) > 0)
        assert 0.02 < missed <= 0.05


@given(counts, st.sampled_from([0.02, 0.05, 0.2]))
@settings(max_examples=40, deadline=None)
def test_the_interval_and_the_test_agree_and_turn_over_with_the_models(
    found: tuple[int, int, int], margin: float
) -> None:
    better, worse, n = found
    one = paired_shares(better, worse, n, margin=margin)
    other = paired_shares(worse, better, n, margin=margin)
    assert (one.p_no_loss <= 0.05) == (one.low >= -margin)
    assert one.low <= one.difference <= one.high
    assert one.difference == -other.difference
    assert one.high == -lowest_difference(worse, better, n, 1 - 0.95)


@given(counts)
@settings(max_examples=40, deadline=None)
def test_a_better_item_more_never_speaks_against_the_new_model(found: tuple[int, int, int]) -> None:
    better, worse, n = found
    assert p_at_most(better + 1, worse, n + 1, -0.05) <= p_at_most(better, worse, n, -0.05) + 1e-6
    assert mcnemar(better + 1, worse, against="not_worse") >= mcnemar(better, worse, against="not_worse")


def test_losses_are_judged_as_shares_of_the_old_ones_whatever_their_unit() -> None:
    rng = np.random.default_rng(0)
    old = rng.exponential(size=100)
    new = old * rng.uniform(0.7, 1.2, size=100)
    found = paired_losses(new, old, margin=0.02)
    assert found.difference == pytest.approx(1 - new.mean() / old.mean())
    d = 1.02 * old - new
    assert found.p_no_loss == pytest.approx(scipy.stats.ttest_1samp(d, 0, alternative="greater").pvalue)
    assert found.p_loss == pytest.approx(scipy.stats.ttest_rel(new, old, alternative="greater").pvalue)
    in_cents = paired_losses(100 * new, 100 * old, margin=0.02)
    assert (in_cents.low, in_cents.high) == pytest.approx((found.low, found.high))


def test_the_ends_for_losses_are_fiellers() -> None:
    """Where the mean of r * old - new is 1.66 of its standard errors from 0, by the quadratic's roots."""
    rng = np.random.default_rng(1)
    old = rng.exponential(size=60) + 0.1
    new = 0.9 * old + rng.normal(0, 0.2, 60) ** 2
    found = paired_losses(new, old, margin=0.1)
    t = float(scipy.special.stdtrit(59, 0.95))
    (vn, cov), (_, vo) = np.cov(np.vstack([new, old])) / 60
    a, b, c = old.mean() ** 2 - t * t * vo, -2 * (old.mean() * new.mean() - t * t * cov), new.mean() ** 2 - t * t * vn
    roots = sorted(np.roots([a, b, c]).real)
    assert (1 - found.high, 1 - found.low) == pytest.approx((roots[0], roots[1]), abs=1e-6)


def test_models_without_any_loss_have_nothing_to_compare() -> None:
    found = paired_losses([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], margin=0.1)
    assert (found.p_no_loss, found.p_loss, found.low) == (0.5, 1.0, -math.inf)


@pytest.mark.parametrize("metric", ["macro_f1", "auc"])
def test_a_metric_that_is_no_mean_is_drawn_again_and_again(metric: str) -> None:
    rng = np.random.default_rng(2)
    y = rng.integers(3, size=150)
    new, old = (rng.dirichlet(np.ones(3), 150) + weight * np.eye(3)[y] for weight in (1.0, 0.4))
    new, old = new / new.sum(axis=1, keepdims=True), old / old.sum(axis=1, keepdims=True)
    found = paired_metric(metric, y, new, old, margin=0.02, rng=rng)  # type: ignore[arg-type]
    scores = [macro_f1(y, p.argmax(axis=1)) if metric == "macro_f1" else roc_auc(y, p) for p in (new, old)]
    assert (found.new, found.old) == pytest.approx(tuple(scores))
    drawn = []
    for _ in range(400):
        rows = rng.integers(150, size=150)
        one, two = (
            macro_f1(y[rows], p[rows].argmax(axis=1)) if metric == "macro_f1" else roc_auc(y[rows], p[rows])
            for p in (new, old)
        )
        drawn.append(float(one) - float(two))  # type: ignore[arg-type]
    # 400 draws know their 5 % quantile to about 2 standard deviations / sqrt(400).
    assert found.low == pytest.approx(np.quantile(drawn, 0.05), abs=6 * np.std(drawn) / math.sqrt(400))


def test_what_both_say_of_unlabeled_items_narrows_the_interval_and_never_biases_it() -> None:
    rng = np.random.default_rng(3)
    missed, widths = {"good": 0, "bad": 0}, {"good": 0.0, "bad": 0.0, "alone": 0.0}
    runs = 300
    for _ in range(runs):
        differ = rng.random(3000) < 0.3
        chance = rng.beta(0.5, 0.4, 3000)  # that the new one is the right one, where they differ
        d = np.where(differ, np.where(rng.random(3000) < chance, 1.0, -1.0), 0.0)
        rows = rng.choice(3000, 300, replace=False)
        guesses = {"good": np.where(differ, 2 * chance - 1, 0), "bad": np.where(differ, rng.uniform(-1, 1, 3000), 0)}
        for name, guess in guesses.items():
            found = paired_in_pool(d[rows], rows, guess, margin=0.02)
            missed[name] += found.low > 0.3 * (2 * 0.5 / 0.9 - 1)
            widths[name] += (found.high - found.low) / runs
        widths["alone"] += 2 * 1.65 * d[rows].std() / math.sqrt(300) / runs
    most = 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    assert missed["good"] / runs <= most
    assert missed["bad"] / runs <= most
    assert widths["good"] < 0.8 * widths["alone"]
    assert widths["bad"] < 1.02 * widths["alone"]


def test_labels_that_never_differ_bound_nothing_by_the_normal_way() -> None:
    found = paired_in_pool(np.zeros(50), np.arange(50), np.zeros(200), margin=0.05)
    assert (found.low, found.high, found.p_no_loss) == (-math.inf, math.inf, 1.0)


def test_so_many_items_would_show_it() -> None:
    """(1.645 + 0.842)^2 * 0.1 / 0.02^2; at that number, four of five draws of equal models show no loss."""
    n = n_wanted(0.1, 0.02)
    assert n == pytest.approx((1.6449 + 0.8416) ** 2 * 0.1 / 0.0004, abs=1)
    rng = np.random.default_rng(4)
    shown = [p_at_most(int(b), int(c), n, -0.02) <= 0.05 for b, c, _ in rng.multinomial(n, [0.05, 0.05, 0.9], size=200)]
    assert np.mean(shown) == pytest.approx(0.8, abs=3 * math.sqrt(0.8 * 0.2 / 200))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paired_shares(3, 3, 5, margin=0.02), "n: must be all items, at least 6; got 5"),
        (lambda: paired_shares(-1, 3, 5, margin=0.02), "n_better: must be a count"),
        (lambda: paired_shares(1, 1, 5, margin=0.0), "margin: must lie between 0 and 1"),
        (lambda: paired_shares(1, 1, 5, margin=0.02, level=0.4), "level: must lie between 0.5"),
        (lambda: paired_losses([1.0], [1.0], margin=0.1), "new: must be of the same two or more items"),
        (lambda: paired_losses([-1.0, 1.0], [1.0, 1.0], margin=0.1), "new: must be losses of 0 or more; got -1"),
        (lambda: mcnemar(1, 1, against="better"), "against: must be one of"),
    ],
)
def test_what_cannot_be_compared_is_refused(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()  # type: ignore[operator]


@pytest.mark.parametrize("differing", [2.0, -1.0, float("nan")])
def test_items_wanted_are_told_for_a_share_alone(differing: float) -> None:
    with pytest.raises(InvalidInput, match="differing: must be a share"):
        n_wanted(differing, 0.02)
