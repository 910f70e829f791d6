"""Oracles: how often each errs, and how.

Rates are held to five standard errors of a binomial share, sqrt(p (1 - p) / n): a right oracle misses that once in two
million draws, and the seeds are fixed besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt

import numpy as np
import numpy.typing as npt
import pytest

from querist.core.answers import as_objects
from querist.core.errors import InvalidInput
from querist.core.ports import Oracle, Questions
from querist.core.schema import Task
from querist.simulation import (
    Abstaining,
    Biased,
    ByClass,
    Crowd,
    Drifting,
    Function,
    HardCases,
    Late,
    Perfect,
    Tired,
    Uniform,
    parse,
)
from querist.simulation.crowds import n_annotators

N = 4000


def asked(
    truth: npt.ArrayLike, *, n_classes: int = 4, difficulty: npt.ArrayLike | None = None, n_before: int = 0
) -> Questions:
    truth = np.asarray(truth)
    n = len(truth)
    hard = np.full(n, 0.5) if difficulty is None else np.asarray(difficulty, dtype=float)
    return Questions(np.arange(n) + 100, truth, hard, n_classes, n_before)


def answers(oracle: Oracle, questions: Questions, seed: int = 0) -> npt.NDArray[np.float64]:
    replies = oracle.answer(questions, rng=np.random.default_rng(seed))
    assert [reply.row for reply in replies] == questions.rows.tolist(), "a reply for each question, in order"
    return np.array([np.nan if reply.value is None else reply.value for reply in replies], dtype=float)


def near(share: float, p: float, n: int) -> bool:
    return abs(share - p) <= 5 * sqrt(p * (1 - p) / n)


TRUTH = np.arange(N) % 4


def test_a_perfect_oracle_tells_the_truth_at_once() -> None:
    replies = Perfect().answer(asked(TRUTH), rng=np.random.default_rng(0))
    assert [reply.value for reply in replies] == TRUTH.tolist()
    assert {reply.delay for reply in replies} == {0}
    assert {type(reply.value) for reply in replies} == {int}


@pytest.mark.parametrize("error", [0.0, 0.1, 0.5, 1.0])
def test_a_uniform_oracle_errs_at_its_rate_and_any_other_class_alike(error: float) -> None:
    said = answers(Uniform(error), asked(TRUTH))
    wrong = said != TRUTH
    assert near(wrong.mean(), error, N)
    if error:
        shift = (said[wrong] - TRUTH[wrong]) % 4
        n = int(wrong.sum())
        assert all(near((shift == by).mean(), 1 / 3, n) for by in (1, 2, 3))


def test_a_uniform_oracle_of_a_number_is_off_by_a_normal_error() -> None:
    truth = np.linspace(-5, 5, N)
    off = answers(Uniform(0.25, scale=2.0), asked(truth, n_classes=0)) - truth
    assert near((off != 0).mean(), 0.25, N)
    errors = off[off != 0]
    # A normal sample's mean has standard error s / sqrt(n), its deviation about s / sqrt(2 n).
    assert abs(errors.mean()) < 5 * 2.0 / sqrt(len(errors))
    assert abs(errors.std() - 2.0) < 5 * 2.0 / sqrt(2 * len(errors))


def test_a_confusion_matrix_is_followed_row_by_row() -> None:
    confusion = ((0.7, 0.3, 0.0), (0.0, 1.0, 0.0), (0.25, 0.25, 0.5))
    truth = np.arange(6000) % 3
    said = answers(ByClass(confusion), asked(truth, n_classes=3))
    for true, row in enumerate(confusion):
        shares = np.bincount(said[truth == true].astype(int), minlength=3) / 2000
        assert all(near(share, p, 2000) for share, p in zip(shares, row, strict=True))


def test_a_confusion_matrix_must_fit_the_classes() -> None:
    with pytest.raises(InvalidInput, match="confusion: must be square"):
        ByClass(((0.5, 0.5),))
    with pytest.raises(InvalidInput, match="confusion: each row must sum to 1"):
        ByClass(((0.5, 0.6), (0.0, 1.0)))
    with pytest.raises(InvalidInput, match="must have a row for each of the 4 classes; got 2"):
        ByClass(((1.0, 0.0), (0.0, 1.0))).answer(asked(TRUTH), rng=np.random.default_rng(0))


def test_hard_cases_are_missed_in_proportion_to_their_difficulty() -> None:
    difficulty = np.where(np.arange(N) % 2, 0.9, 0.1)
    wrong = answers(HardCases(0.4), asked(TRUTH, difficulty=difficulty)) != TRUTH
    assert near(wrong[difficulty == 0.9].mean(), 2 * 0.4 * 0.9, N // 2)
    assert near(wrong[difficulty == 0.1].mean(), 2 * 0.4 * 0.1, N // 2)


def test_a_biased_oracle_says_its_class_in_a_share_of_cases() -> None:
    said = answers(Biased(2, 0.3), asked(TRUTH))
    moved = said != TRUTH
    assert set(said[moved]) == {2.0}
    assert near(moved[TRUTH != 2].mean(), 0.3, N * 3 // 4)
    assert not moved[TRUTH == 2].any()


def test_a_tired_oracle_errs_more_with_every_answer_up_to_its_worst() -> None:
    def rate(n_before: int) -> float:
        questions = [asked(TRUTH[:50], n_before=n_before) for _ in range(80)]
        return float(np.mean([answers(oracle, q, seed) != TRUTH[:50] for seed, q in enumerate(questions)]))

    oracle = Tired(error=0.05, per_hundred=0.1, most=0.4)
    # Over fifty answers in a row the mean rate is that of the twenty-fifth.
    assert near(rate(0), 0.05 + 0.1 * 24.5 / 100, N)
    assert near(rate(200), 0.05 + 0.1 * 224.5 / 100, N)
    assert near(rate(10_000), 0.4, N)


def test_a_drifting_oracle_changes_its_mind_at_its_answer_and_not_before() -> None:
    said = answers(Drifting(after=60, mapping={0: 3}), asked(TRUTH[:100], n_before=20))
    assert (said[:40] == TRUTH[:40]).all()
    assert (said[40:] == np.where(TRUTH[40:100] == 0, 3, TRUTH[40:100])).all()


def test_an_abstaining_oracle_is_silent_in_a_share_and_else_itself() -> None:
    said = answers(Abstaining(0.3, Uniform(0.2)), asked(TRUTH))
    silent = np.isnan(said)
    assert near(silent.mean(), 0.3, N)
    assert near((said[~silent] != TRUTH[~silent]).mean(), 0.2, int((~silent).sum()))
    assert np.isnan(answers(Abstaining(1.0), asked(TRUTH))).all()
    assert not np.isnan(answers(Abstaining(0.0), asked(TRUTH))).any()


@pytest.mark.parametrize("mean", [0.0, 0.5, 3.0])
def test_a_late_oracle_is_late_by_its_mean_and_says_the_same(mean: float) -> None:
    replies = Late(mean).answer(asked(TRUTH), rng=np.random.default_rng(1))
    delays = np.array([reply.delay for reply in replies])
    # Failures before a success of chance 1 / (1 + m) have the mean m and the variance m (1 + m).
    assert abs(delays.mean() - mean) <= 5 * sqrt(mean * (1 + mean) / N)
    assert delays.min() >= 0
    assert [reply.value for reply in replies] == TRUTH.tolist()


def test_a_function_is_asked_row_by_row() -> None:
    replies = Function(lambda row: None if row == 101 else row * 2).answer(
        asked([0, 0, 0]), rng=np.random.default_rng(0)
    )
    assert [(reply.row, reply.value) for reply in replies] == [(100, 200), (101, None), (102, 204)]


@pytest.mark.parametrize(
    "oracle", [Uniform(0.3), Biased(1, 0.5), Tired(0.2), Abstaining(0.3), Late(2.0), HardCases(0.5)]
)
def test_one_seed_gives_one_answer(oracle: Oracle) -> None:
    first = oracle.answer(asked(TRUTH), rng=np.random.default_rng(7))
    assert oracle.answer(asked(TRUTH), rng=np.random.default_rng(7)) == first
    assert oracle.answer(asked(TRUTH), rng=np.random.default_rng(8)) != first


def test_oracles_are_read_from_words() -> None:
    assert parse("perfect") == Perfect()
    assert parse("uniform:0.1") == Uniform(0.1)
    assert parse("hard:0.2") == HardCases(0.2)
    assert parse("biased:ham:0.3", classes=("spam", "ham")) == Biased(1, 0.3)
    assert parse("tired:0.05") == Tired(per_hundred=0.05)
    assert parse("late:2") == Late(2.0)
    assert parse("abstaining:0.1") == Abstaining(0.1)
    assert parse("uniform:0.1 + late:2 + abstaining:0.5") == Abstaining(0.5, Late(2.0, Uniform(0.1)))
    assert parse("late:2+uniform:0.1") == Late(2.0, Uniform(0.1)), "who answers may be named last"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("oracle", "oracle: must be one of 'perfect'"),
        ("unifrom:0.1", r"got 'unifrom'\. Did you mean 'uniform'\?"),
        ("uniform", r"oracle 'uniform': must have its numbers behind colons, as in uniform:0\.1"),
        ("late:soon", "oracle 'late:soon': must have its numbers"),
        ("uniform:2", "error: must be a share between 0 and 1; got 2.0"),
        ("abstaining:-1", "share: must be a share between 0 and 1"),
        ("late:-1", r"rounds: must be a mean delay of at least 0; got -1\.0"),
        ("late:nan", "rounds: must be a mean delay of at least 0"),
        ("biased:eggs:0.1", "class: must be one of 'spam', 'ham'; got 'eggs'"),
    ],
)
def test_words_that_are_no_oracle_are_refused(words: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse(words, classes=("spam", "ham"))


CONFUSED = ((0.6, 0.4, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))


def test_a_crowd_answers_each_by_one_of_its_members_and_says_who() -> None:
    crowd = Crowd((Perfect(), Uniform(0.5), ByClass(CONFUSED)))
    replies = crowd.answer(asked(TRUTH), rng=np.random.default_rng(0))
    assert [reply.row for reply in replies] == (np.arange(N) + 100).tolist()
    right = np.array([reply.value for reply in replies]) == TRUTH
    who = np.array([reply.annotator for reply in replies])
    for number, share in ((1, 1.0), (2, 0.5), (3, 0.9)):
        theirs = who == f"annotator {number}"
        assert near(theirs.mean(), 1 / 3, N), "all are asked alike"
        assert near(right[theirs].mean(), share, int(theirs.sum()))
    assert right[(who == "annotator 3") & (TRUTH > 0)].all()


def test_nobody_of_a_crowd_is_asked_the_same_twice() -> None:
    crowd = Crowd((Perfect(), Perfect(), Perfect()))
    questions = asked(np.zeros(4, dtype=int))
    had = ("annotator 1", "annotator 2", "annotator 3")
    answered = tuple(frozenset(had[:n]) for n in range(4))
    seen = set()
    for seed in range(60):
        replies = crowd.answer(replace(questions, answered=answered), rng=np.random.default_rng(seed))
        assert not any(reply.annotator in done for reply, done in zip(replies[:3], answered, strict=False))
        assert (replies[2].annotator, replies[3].value) == ("annotator 3", None)
        seen.add((replies[0].annotator, replies[1].annotator))
    assert len(seen) == 6


def test_a_crowds_skills_are_drawn_around_the_mean_and_alike_each_time() -> None:
    crowd = Crowd.drawn(400, 0.7, strength=20, seed=3)
    right = np.array([1 - member.error for member in crowd.members if isinstance(member, Uniform)])
    deviation = sqrt(0.7 * 0.3 / 21)  # of a beta distribution whose two parameters come to 20
    assert abs(right.mean() - 0.7) < 5 * deviation / sqrt(400)
    assert abs(right.std() - deviation) < 5 * deviation / sqrt(2 * 400)
    assert crowd == Crowd.drawn(400, 0.7, strength=20, seed=3) != Crowd.drawn(400, 0.7, strength=20)


def test_a_crowd_may_be_late_and_silent() -> None:
    crowd = parse("crowd:5:0.7+abstaining:0.5+late:2")
    assert n_annotators(crowd) == 5
    replies = crowd.answer(asked(TRUTH), rng=np.random.default_rng(0))
    assert near(np.mean([reply.value is None for reply in replies]), 0.5, N)
    assert {reply.annotator for reply in replies} == {f"annotator {number}" for number in range(1, 6)}
    assert max(reply.delay for reply in replies) > 0


@pytest.mark.parametrize("oracle", [Perfect(), Uniform(0.1), Late(1.0, Abstaining(0.1)), Function(lambda row: row)])
def test_any_other_oracle_is_one_annotator(oracle: Oracle) -> None:
    assert n_annotators(oracle) == 1
    assert {reply.annotator for reply in oracle.answer(asked(TRUTH[:9]), rng=np.random.default_rng(0))} == {"anonymous"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Crowd(()), "members: must be at least one"),
        (lambda: Crowd.drawn(0), "n: must be a whole number"),
        (lambda: Crowd.drawn(3, 1.0), "accuracy: must lie between"),
        (lambda: Crowd.drawn(3, 0.7, strength=0), "strength: must be a number above 0"),
        (lambda: parse("crowd"), "must have its numbers behind colons"),
        (lambda: parse("crowd:5"), "must have its numbers behind colons"),
    ],
)
def test_a_crowd_that_cannot_be_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()


@pytest.mark.parametrize("task", ["labels", "spans", "boxes"])
def test_an_erring_oracle_makes_one_mistake_in_a_set(task: Task) -> None:
    parts = {"labels": (0, 2), "spans": ((0, 3, 1), (4, 9, 0)), "boxes": ((0, 0, 3, 3, 2), (4, 4, 2, 2, 0))}
    truth = as_objects([parts[task]] * 600 + [()] * 300)
    rows = np.arange(900)
    questions = Questions(rows, truth, np.full(900, 0.5), 3, 0, task)
    said = [reply.value for reply in Uniform(0.3).answer(questions, rng=np.random.default_rng(0))]
    wrong = [value != true for value, true in zip(said, truth, strict=True)]
    n_erring = 900 if task == "labels" else 600  # there is nothing to leave out of an empty one
    assert sum(wrong) / n_erring == pytest.approx(0.3, abs=5 * sqrt(0.3 * 0.7 / n_erring))
    for value, true in zip(said, truth, strict=True):
        assert value == tuple(sorted(value))
        if task == "labels":
            assert len(set(value) ^ set(true)) <= 1
        else:
            assert len(set(true) - set(value)) <= 1
            assert {part[:-1] for part in value} <= {part[:-1] for part in true}


@pytest.mark.parametrize("n_classes", [1, 2, 3])
@pytest.mark.parametrize(("task", "place"), [("spans", (0, 3)), ("boxes", (1, 1, 4, 4))])
def test_an_erring_oracle_says_nothing_twice(task: Task, place: tuple[int, ...], n_classes: int) -> None:
    true = tuple((*place, c) for c in range(min(n_classes, 2)))  # two classes in one place
    truth = as_objects([true] * 200)
    questions = Questions(np.arange(200), truth, np.full(200, 0.5), n_classes, 0, task)
    said = [reply.value for reply in Uniform(1.0).answer(questions, rng=np.random.default_rng(0))]
    assert all(len(set(value)) == len(value) for value in said)
    assert all(value != true for value in said), "each is wrong"
    assert {len(value) for value in said} == ({len(true) - 1, len(true)} if n_classes == 3 else {len(true) - 1})


@pytest.mark.parametrize(
    "oracle", [ByClass(((0.9, 0.1), (0.1, 0.9))), Biased(0, 0.1), Drifting(1, {0: 1}), HardCases(0.1)]
)
def test_an_oracle_that_mistakes_classes_says_that_sets_are_none(oracle: Oracle) -> None:
    questions = Questions(np.arange(2), as_objects([(0,), ()]), np.full(2, 0.5), 2, 0, "labels")
    with pytest.raises(InvalidInput, match="must answer with one class each; the answers here are sets"):
        oracle.answer(questions, rng=np.random.default_rng(0))
