"""Strategies about people against numbers worked out by hand and against plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import active_label, estimate_confusion, ie_thresh, relabel_value, which_annotator
from querist.strategies._answers import answers_of, crowd_posterior, majority, tempered, weights_of

RNG = np.random.default_rng


def h(*p: float) -> float:
    return -sum(x * math.log(x) for x in p if x > 0)


def test_one_answer_each_weighs_as_much_as_the_model() -> None:
    probs = np.array([[0.8, 0.2]] * 3)
    # Weight 1 for the model, 1 for an answer, 1 for guessing: (.8 + .5)/2, (2 · .8 + .5)/3, (2 · .2 + .5)/3.
    found = active_label(probs, np.array([[-1, -1], [0, -1], [-1, 1]]))
    np.testing.assert_allclose(found, [0.35, 0.3, 0.7])


def test_nobody_has_answered_yet() -> None:
    np.testing.assert_allclose(active_label(np.array([[0.8, 0.2], [0.5, 0.5]]), np.full((2, 3), -1)), [0.35, 0.5])


# Three people, four items, all answered by all. Consensus 0, 0, 1, 1; person 2 errs on items 1 and 3.
PROBS = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
ANSWERS = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 1, 0]])


def test_weights_by_hand() -> None:
    given = answers_of(ANSWERS, 4, 2)
    consensus = majority(given, PROBS)
    np.testing.assert_array_equal(consensus, [0, 0, 1, 1])
    weights = weights_of(given, PROBS, consensus)
    # Guessing errs on 1/2. Persons 0 and 1 agree with others 2 + 1 + 2 + 1 of 8 times, person 2 2 + 0 + 2 + 0 of 8:
    # 1 - (1/4)/(1/2) and 1 - (1/2)/(1/2), which is raised to the floor.
    np.testing.assert_allclose(weights.people, [0.5, 0.5, 1e-6])
    # The model errs on item 3: (1 - (1/4)/(1/2)) · √3. Answers are the consensus in 3, 2, 3, 2 of 3 cases.
    np.testing.assert_allclose(weights.model, 0.5 * math.sqrt(3))
    np.testing.assert_allclose(weights.agreement, 10 / 12)
    posterior = crowd_posterior(given, PROBS, weights)
    m = 0.5 * math.sqrt(3)
    np.testing.assert_allclose(posterior[3, 1], (m * 0.3 + 10 / 12) / (m + 1), atol=1e-6)
    np.testing.assert_allclose(posterior.sum(axis=1), 1)


def test_ties_of_votes_go_to_the_model_then_to_the_rarer_class() -> None:
    given = answers_of(np.array([[0, 1], [0, 1], [0, 0]]), 3, 2)
    np.testing.assert_array_equal(majority(given, np.array([[0.4, 0.6], [0.5, 0.5], [0.1, 0.9]])), [1, 1, 0])


def test_the_temperature_fits_the_answers() -> None:
    rng = RNG(0)
    truth = rng.dirichlet(np.ones(3), size=3000)
    answers = np.stack([[rng.choice(3, p=p) for p in truth] for _ in range(2)], axis=1)
    sharp = truth**3 / (truth**3).sum(axis=1, keepdims=True)  # three times too sure
    np.testing.assert_allclose(tempered(sharp, answers_of(answers, 3000, 3)), truth, atol=0.05)


def test_items_contested_by_good_people_come_first() -> None:
    rng = RNG(0)
    truth = rng.integers(3, size=200)
    answers = np.where(rng.random((200, 4)) < 0.9, truth[:, None], rng.integers(3, size=(200, 4)))
    answers[:50, 1:] = -1
    answers[0] = [0, 1, 2, 0]
    answers[1] = -1
    answers[3] = truth[3]
    probs = np.full((200, 3), 0.1)
    probs[np.arange(200), truth] = 0.8
    found = active_label(probs, answers)
    assert found[0] > found[3]  # contested beats agreed upon
    assert found[1] > found[3]  # unanswered beats agreed upon
    assert found[[1, 0]].min() > np.median(found)


def test_mutual_information_of_an_answer_by_hand() -> None:
    expert, novice = [[0.99, 0.01], [0.01, 0.99]], [[0.7, 0.3], [0.3, 0.7]]
    posterior = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    who, told = which_annotator(posterior, np.array([novice, expert]))
    np.testing.assert_array_equal(who, [1, 1, 0])  # nothing to be told about the last: the lowest among equals
    np.testing.assert_allclose(told[0], math.log(2) - h(0.99, 0.01))
    np.testing.assert_allclose(told[1], h(0.9 * 0.99 + 0.1 * 0.01, 0.9 * 0.01 + 0.1 * 0.99) - h(0.99, 0.01))
    np.testing.assert_allclose(told[2], 0, atol=1e-15)


def test_a_cheap_annotator_wins_per_dollar_and_nobody_is_asked_twice() -> None:
    expert, novice = [[0.99, 0.01], [0.01, 0.99]], [[0.7, 0.3], [0.3, 0.7]]
    even = np.array([[0.5, 0.5]] * 3)
    answered = np.array([[False, False], [True, False], [True, True]])
    who, told = which_annotator(even, np.array([novice, expert]), cost=[1, 10], answered=answered)
    np.testing.assert_array_equal(who, [0, 1, -1])
    np.testing.assert_allclose(told, [math.log(2) - h(0.7, 0.3), (math.log(2) - h(0.99, 0.01)) / 10, 0])


def test_relabeling_is_worth_the_mean_over_those_who_have_not_answered() -> None:
    rng = RNG(0)
    truth = rng.integers(3, size=400)
    good = np.where(rng.random((400, 2)) < 0.95, truth[:, None], rng.integers(3, size=(400, 2)))
    guesses = rng.integers(3, size=(400, 1))
    answers = np.concatenate([good, guesses], axis=1)
    answers[:300][rng.random((300, 3)) < 0.5] = -1
    probs = np.full((400, 3), 1 / 3)
    posterior, confusion = estimate_confusion(probs, answers)
    assert confusion[:2, range(3), range(3)].min() > 0.85
    assert confusion[2].max() < 0.6
    found = relabel_value(probs, answers)
    for i in (0, 1, 2, 350):
        free = [j for j in range(3) if answers[i, j] < 0] or [0, 1, 2]
        each = [
            h(*(posterior[i] @ confusion[j])) - sum(posterior[i, c] * h(*confusion[j, c]) for c in range(3))
            for j in free
        ]
        np.testing.assert_allclose(found[i], np.mean(each), rtol=1e-9)


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 5), st.integers(1, 4))
def test_the_posterior_is_bayes_rule(seed: int, n: int, n_people: int, n_classes: int) -> None:
    rng = RNG(seed)
    probs = rng.dirichlet(np.ones(n_classes), size=n)
    answers = rng.integers(-1, n_classes, size=(n, n_people))
    posterior, confusion = estimate_confusion(probs, answers)
    np.testing.assert_allclose(confusion.sum(axis=2), 1)
    for i in range(n):
        q = np.maximum(probs[i], 1e-6)
        for j in range(n_people):
            if answers[i, j] >= 0:
                q = q * confusion[j][:, answers[i, j]]
        np.testing.assert_allclose(posterior[i], q / q.sum(), atol=1e-3)


def test_confusion_by_hand_where_the_model_is_sure() -> None:
    # Eight sure items of class 0 of which the one annotator gets six right. Pooled: (6 + 4, 2 + 1) / 13; then his own:
    # (6 + 5 · 10/13, 2 + 5 · 3/13) / 13. Of class 1 nothing was heard: 0.2 and 0.8.
    probs = np.array([[1.0, 0.0]] * 8)
    _, confusion = estimate_confusion(probs, np.array([[0]] * 6 + [[1]] * 2))
    np.testing.assert_allclose(confusion[0, 0], [(6 + 50 / 13) / 13, (2 + 15 / 13) / 13], rtol=1e-4)
    np.testing.assert_allclose(confusion[0, 1], [0.2, 0.8], atol=1e-3)


def test_ie_thresh_by_hand() -> None:
    # 6 of 10 right, then one reward of either kind: 7/12. Deviation √(35/144 · 12/11), t of 11 degrees 2.20099.
    answers = np.zeros((10, 2), dtype=int)
    answers[:4, 0] = 1
    answers[:9, 1] = 1
    trusted, upper = ie_thresh(answers, np.zeros(10, dtype=int))
    np.testing.assert_allclose(upper[0], 7 / 12 + 2.20098516 * math.sqrt(35 / 144 * 12 / 11 / 12))
    np.testing.assert_allclose(upper[1], 2 / 12 + 2.20098516 * math.sqrt(20 / 144 * 12 / 11 / 12))
    np.testing.assert_array_equal(trusted, [True, False])
    np.testing.assert_array_equal(ie_thresh(answers, np.zeros(10, dtype=int), share=0.4)[0], [True, True])


def test_of_whom_nothing_is_known_is_asked() -> None:
    answers = np.array([[0, -1]] * 20)
    trusted, upper = ie_thresh(answers, np.zeros(20, dtype=int))
    np.testing.assert_array_equal(upper, [1, 1])  # no accuracy is above 1
    assert trusted.all()


def test_answers_that_are_none_are_refused() -> None:
    probs = np.array([[0.5, 0.5]])
    with pytest.raises(InvalidInput, match=r"answers: must lie in 0..1, or be -1 for none; got 2 to 2"):
        active_label(probs, np.array([[2]]))
    with pytest.raises(InvalidInput, match="answers: must be class numbers"):
        active_label(probs, np.array([[0.0]]))
    with pytest.raises(InvalidInput, match="answers: must be class numbers"):
        relabel_value(probs, np.array([[0], [1]]))
    with pytest.raises(InvalidInput, match="answers: must have a column for each annotator"):
        relabel_value(probs, np.empty((1, 0), dtype=int))
    for bad in (0, 1, "x", True):
        with pytest.raises(InvalidInput, match="accuracy: must be a number above 0 and below 1"):
            relabel_value(probs, np.array([[0]]), accuracy=bad)
    with pytest.raises(InvalidInput, match="strength: must be a number above 0, and finite"):
        relabel_value(probs, np.array([[0]]), strength=0)
    with pytest.raises(InvalidInput, match="cost: must be above 0"):
        which_annotator(probs, np.array([np.eye(2)]), cost=[0])
    with pytest.raises(InvalidInput, match="confusion: must be"):
        which_annotator(probs, np.array([np.eye(3)]))
    with pytest.raises(InvalidInput, match="labels: must be one per row of answers"):
        ie_thresh(np.array([[0]]), np.array([0, 1]))
