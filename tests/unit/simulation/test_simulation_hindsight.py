"""What random would have done, from labels that were chosen: the sample is uniform, and the ranges hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from querist.core.answered import Answered
from querist.core.errors import InvalidInput
from querist.learners import recipe_for
from querist.simulation import Hindsight, hindsight, hindsight_reading, hindsight_rows, labeled
from querist.simulation.hindsight import MONOTONE, Known, representative

Chooser = Callable[[np.ndarray[Any, Any], list[int]], np.ndarray[Any, Any]]


def grown(
    rng: np.random.Generator, n_items: int, choose: Chooser, *, rounds: int, size: int, n_random: int
) -> tuple[list[int], np.ndarray[Any, Any], np.ndarray[Any, Any], dict[int, float]]:
    """Rounds of a loop: all of the first drawn, then `choose` ranks the candidates and some of the rest are drawn."""
    rows: list[int] = []
    numbers, drawn, chances = [], [], {}
    for number in range(1, rounds + 1):
        free = np.setdiff1d(np.arange(n_items), rows)
        k = size if number == 1 else n_random
        best = choose(free, rows)[: size - k] if number > 1 else free[:0]
        rest = np.setdiff1d(free, best)
        chances[number] = k / len(rest)
        blind = rng.choice(rest, k, replace=False)
        rows += [*best.tolist(), *blind.tolist()]
        numbers += [number] * size
        drawn += [False] * len(best) + [True] * k
    return rows, np.array(numbers), np.array(drawn), chances


def asked_only(rounds: Any, drawn: Any, chances: dict[int, float]) -> Answered:
    """What a sample is drawn from; the rest is not looked at."""
    nothing: Any = None
    return Answered(nothing, nothing, rounds, drawn, chances, 0, 0, nothing, None, nothing, nothing, 1, "accuracy")


def test_the_sample_is_uniform_whatever_the_strategy_took() -> None:
    """The strategy takes the largest numbers first: of what is drawn besides, the mean is far too low.

    Over 600 projects the mean of the samples lies within four of its standard errors of the pool's, that of the random
    draws alone does not; and every tenth of the pool is in the sample as often as any other.
    """
    rng = np.random.default_rng(0)
    x = rng.gamma(1.0, size=200)
    means, naive, hits, sizes = [], [], np.zeros(200), []
    for _ in range(600):
        rows, numbers, drawn, chances = grown(
            rng, 200, lambda free, _: free[np.argsort(-x[free])], rounds=6, size=20, n_random=4
        )
        sample = np.array(rows)[representative(asked_only(numbers, drawn, chances), rng)]
        means.append(x[sample].mean())
        naive.append(x[np.array(rows)[drawn]].mean())
        hits[sample] += 1
        sizes.append(len(sample))
    for found, right in ((means, True), (naive, False)):
        error = np.std(found, ddof=1) / np.sqrt(600)
        assert bool(abs(np.mean(found) - x.mean()) < 4 * error) is right
    expected = 1 - np.prod([1 - chance for chance in chances.values()])
    assert np.mean(sizes) / 200 == pytest.approx(expected, rel=0.02), "chances of the last project; they hardly differ"
    tenths = hits[np.argsort(x)].reshape(10, 20).sum(axis=1) / (600 * 20)
    assert np.abs(tenths - expected).max() < 5 * np.sqrt(expected * (1 - expected) / (600 * 20))


def pool_of_points(rng: np.random.Generator, n: int) -> tuple[Any, Any]:
    corner = rng.integers(0, 4, size=n)
    X = np.array([[0, 0], [2.2, 2.2], [0, 2.2], [2.2, 0]])[corner] + rng.normal(size=(n, 2))
    return np.c_[X, X[:, :1] * X[:, 1:], rng.normal(size=(n, 3))], (corner >= 2).astype(int)


def project(
    seed: int, *, n_test: int = 300, rounds: int = 8, n_random: int = 5, draw: Any = pool_of_points
) -> tuple[Any, Any, Answered]:
    """A pool and what a loop by margin has bought of it: 20 a round."""
    rng = np.random.default_rng(seed)
    X, y = draw(rng, 1500)

    def by_margin(free: Any, rows: list[int]) -> Any:
        if len(set(y[rows])) < 2:
            return free
        model = LogisticRegression(C=20).fit(X[rows], y[rows])
        return free[np.argsort(np.abs(model.decision_function(X[free])))]

    rows, numbers, drawn, chances = grown(rng, 1500, by_margin, rounds=rounds, size=20, n_random=n_random)
    X_test, y_test = draw(rng, n_test) if n_test else (X[:0], y[:0])
    recipe = recipe_for(LogisticRegression(C=20), X)
    past = Answered(
        X=np.r_[X[rows], X_test],
        y=np.r_[y[rows], y_test],
        rounds=numbers,
        drawn=drawn,
        chances=chances,
        n_pool=1500,
        n_lost=0,
        schema=labeled(X, y).schema,
        spec=None,
        encoder=recipe.encoder,
        learner=recipe.learner,
        batch_size=20,
        metric="accuracy",
    )
    return X, y, past


@pytest.fixture(scope="module")
def found() -> Hindsight:
    _, _, past = project(0)
    return hindsight(past, ["margin", "entropy"], seeds=4)


def test_random_is_known_as_far_as_its_sample_goes_and_bounded_beyond(found: Hindsight) -> None:
    known = [k for k in found.random if not k.assumed]
    beyond = [k for k in found.random if k.assumed]
    assert 40 < found.n_representative < 90, "20 and 7 times 5 drawn, and some of what was chosen"
    assert known[-1].n_labels == found.n_representative < beyond[0].n_labels
    assert all(k.low < k.value < k.high for k in known)  # type: ignore[operator]
    assert {k.low for k in beyond} == {known[-1].low}
    assert all(k.value is None for k in beyond)
    assert found.assumes[0] == MONOTONE
    highs = [k.high for k in beyond]
    assert highs == [None] * len(highs) or highs == sorted(highs, key=lambda high: high or 0.0)


def test_another_strategy_is_bounded_from_below_alone(found: Hindsight) -> None:
    assert [other.strategy for other in found.others] == ["margin", "entropy"]
    for other in found.others:
        assert all(k.high is None and k.low is not None for k in other.at_least)
        assert other.at_least[-1].n_labels <= found.n_representative
        assert other.among_labeled[-1].n_labels == found.n_labels
    # Of two classes both rank alike: they would have bought the same.
    assert found.others[0].at_least == found.others[1].at_least


def test_the_projects_own_curve_is_that_of_its_labels_in_their_order(found: Hindsight) -> None:
    _, _, past = project(0)
    X, y, n = past.X, past.y, past.n_asked
    by_hand = {
        k: recipe_for(LogisticRegression(C=20), X).learner.fit(X[:k], y[:k], n_classes=2, rng=np.random.default_rng(0))
        for k in (40, n)
    }
    for k, model in by_hand.items():
        right = float(np.mean(np.argmax(model.predict_proba(X[n:]), axis=1) == y[n:]))  # type: ignore[attr-defined]
        at = next(known for known in found.own if known.n_labels >= k)
        if at.n_labels == k:
            assert at.value == pytest.approx(right)
            assert at.low == at.value == at.high, "measured on one test set: there is no range"
    assert found.own[-1].n_labels == n


def test_it_is_told_in_a_table_and_in_sentences(found: Hindsight) -> None:
    header, *rows = hindsight_rows(found)
    assert header == ["labels", "the project", "random", "margin | of the labeled", "entropy | of the labeled"]
    assert str(found.n_representative) in [row[0] for row in rows]
    assert all(len(row) == len(header) for row in rows)
    said = " ".join(hindsight_reading(found))
    assert f"Of 160 labels of the pool's 1,500 items, {found.n_representative} are as good as a random draw" in said
    assert "300 labeled items of the test set" in said
    assert said.count("Assumed:") == 3


def test_without_a_test_set_part_of_the_random_draws_is_held_out() -> None:
    _, _, past = project(1, n_test=0)
    found = hindsight(past, seeds=3)
    assert "of the random draws, others in each seed, for the test set has 0 labels" in found.measured_on
    assert found.n_representative < past.drawn.sum()
    assert found.own[0].low < found.own[0].high  # type: ignore[operator]
    told = [*found.own, *found.random, *(known for other in found.others for known in other.among_labeled)]
    ends = [end for known in told for end in (known.low, known.high) if end is not None]
    assert min(ends) >= 0, "no accuracy is below 0"
    assert max(ends) <= 1, "nor above 1"


def test_one_seed_is_one_look_back() -> None:
    _, _, past = project(2)
    assert hindsight(past, ["margin"], seeds=3) == hindsight(past, ["margin"], seeds=3)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"seeds": 2}, "seeds: must be a whole number of at least 3"),
        ({"level": 1.0}, "level: must be a confidence above 0 and below 1"),
        ({"metric": "log_loss"}, "metric: must be one of"),
        ({"strategies": ["margn"]}, "margn"),
        ({"strategies": ["greedy_y"]}, "greedy_y"),
    ],
)
def test_what_cannot_be_looked_back_on_is_refused(how: dict[str, Any], message: str) -> None:
    _, _, past = project(0, rounds=2)
    with pytest.raises(InvalidInput, match=message):
        hindsight(past, **how)


def test_without_random_draws_nothing_is_known_of_random() -> None:
    _, _, past = project(0, rounds=2)
    none = replace(past, drawn=np.zeros(past.n_asked, dtype=bool), chances={})
    with pytest.raises(InvalidInput, match="exploration: must have drawn at least 20 labeled items at random"):
        hindsight(none)


def value_at(curve: tuple[Known, ...], n: int) -> float:
    return float(np.interp(n, [k.n_labels for k in curve], [k.value or 0.0 for k in curve]))


def rare_points(rng: np.random.Generator, n: int) -> tuple[Any, Any]:
    """One in eight is positive: who asks about what is unsure buys many more of these than there are."""
    y = (rng.random(n) < 0.12).astype(int)
    return rng.normal(size=(n, 5)) + 1.2 * y[:, None] * np.array([1, 1, 0, 0, 0]), y


@pytest.mark.slow
def test_the_ranges_hold_what_random_did_and_blind_draws_of_the_labels_do_not() -> None:
    """60 projects with a rare class, and the macro-F1 of random in each one's pool, on the project's own test set.

    A range of 90 % holds it in at least 0.9 - 0.116 (3 standard errors of 60) at a third, two thirds and all of the
    sample, and so do the bounds beyond; its middle is not biased against the mean of 20 draws. Blind draws from all
    that was labeled, which is what one would do who forgets that labels were chosen, are biased by more than 3
    standard errors in the same projects.
    """
    inside: dict[str, list[bool]] = {"third": [], "two thirds": [], "all": [], "beyond": []}
    errors: dict[str, list[float]] = {"ours": [], "blind": []}
    for seed in range(60):
        X, y, past = project(100 + seed, draw=rare_points)
        told = hindsight(past, seeds=5, metric="macro_f1")
        blind = hindsight(replace(past, drawn=np.ones(past.n_asked, dtype=bool)), seeds=5, metric="macro_f1")
        order = np.random.default_rng(seed).permutation(len(X))

        def did(n: int, X: Any = X, y: Any = y, past: Answered = past, order: Any = order) -> float:
            rows, test, truth = order[:n], past.X[past.n_asked :], past.y[past.n_asked :]
            if len(set(y[rows])) < 2:
                return float(f1_score(truth, np.full(len(truth), y[rows[0]]), average="macro"))
            return float(f1_score(truth, LogisticRegression(C=20).fit(X[rows], y[rows]).predict(test), average="macro"))

        known = [k for k in told.random if not k.assumed]
        for name, at in (("third", len(known) // 3), ("two thirds", 2 * len(known) // 3), ("all", -1)):
            inside[name].append(known[at].low <= did(known[at].n_labels) <= known[at].high)  # type: ignore[operator]
        last = told.random[-1]
        inside["beyond"].append((last.low or 0.0) <= did(last.n_labels) <= (last.high or 1.0))
        n = known[2 * len(known) // 3].n_labels
        others = [np.random.default_rng([seed, i]).permutation(len(X)) for i in range(20)]
        expected = float(np.mean([did(n, order=each) for each in others]))
        errors["ours"].append(value_at(tuple(known), n) - expected)
        errors["blind"].append(value_at(blind.random, n) - expected)
    for name, held in inside.items():
        assert np.mean(held) > 0.9 - 0.116, (name, np.mean(held))
    bias = {name: np.mean(found) / (np.std(found, ddof=1) / np.sqrt(60)) for name, found in errors.items()}
    assert abs(bias["ours"]) < 3, bias
    assert abs(bias["blind"]) > 3, bias
