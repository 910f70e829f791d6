"""Every shipped oracle keeps the contract."""

from __future__ import annotations

import numpy as np
import pytest

from querist.core.ports import Questions
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
    Priced,
    Tired,
    Uniform,
    oracle_from_json,
    oracle_to_json,
    parse,
)
from querist.simulation.oracle_words import ANSWERS, HABITS
from querist.testing.oracles import N_ITEMS, OracleContract

CONFUSED = ByClass.between(4, {(0, 1): 0.4, (2, 3): 0.2})


def mean_of(crowd: Crowd) -> float:
    """The share of wrong answers of a crowd whose members are asked alike, of classes asked alike."""
    errors = []
    for member in crowd.members:
        one = member.of if isinstance(member, Priced) else member
        right = np.diag(one.confusion).mean() if isinstance(one, ByClass) else 1 - one.error  # type: ignore[attr-defined]
        errors.append(1 - float(right))
    return float(np.mean(errors))


class TestPerfect(OracleContract):
    oracle, rate, exact = Perfect(), 0.0, True


class TestUniform(OracleContract):
    oracle, rate = Uniform(0.2), 0.2


class TestUniformNumbers(OracleContract):
    oracle, rate, n_classes = Uniform(0.2, scale=2.0), 0.2, 0


class TestByClass(OracleContract):
    oracle, rate = CONFUSED, (0.4 + 0.2) / 4


class TestHardCases(OracleContract):
    oracle, rate = HardCases(0.3), 0.3


class TestHardNumbers(OracleContract):
    oracle, rate, n_classes = HardCases(0.3), 0.3, 0


class TestBiased(OracleContract):
    oracle, rate = Biased(1, 0.4), 0.4 * 3 / 4


class TestTired(OracleContract):
    # From 0 by 0.2 a hundred, up to 0.5 after 250 of the 2,000 answers: 250 of 0.25 on the mean, 1,750 of 0.5.
    oracle, rate = Tired(per_hundred=0.2), (250 * 0.249 + 1750 * 0.5) / 2000


class TestTiredWithBreaks(OracleContract):
    # Sittings of 100, from 0 to 0.198: 0.099 on the mean, whatever came before.
    oracle, rate = Tired(per_hundred=0.2, session=100), 0.099


class TestDrifting(OracleContract):
    # One class of four by another name, in the last 1,500 of 2,000 answers.
    oracle, rate, exact = Drifting(500, {0: 3}), 0.25 * 0.75, True


class TestFunction(OracleContract):
    oracle, exact = Function(lambda row: row % 3), True


class TestCrowd(OracleContract):
    oracle = Crowd.drawn(5, 0.7)
    rate = mean_of(oracle)


class TestConfusedCrowd(OracleContract):
    oracle = Crowd.confused(5, 0.7, 4)
    rate = mean_of(oracle)


class TestTiers(OracleContract):
    oracle = Crowd.tiers([(3, 0.7, 0.05), (1, 0.95, 1.0)])
    rate = mean_of(oracle)


class TestAbstaining(OracleContract):
    oracle, rate, silent = Abstaining(0.3, Uniform(0.2)), 0.2, 0.3


class TestLate(OracleContract):
    oracle, rate = Late(2.0, HardCases(0.1)), 0.1


class TestPriced(OracleContract):
    oracle, rate = Priced(0.1, 0.4, Uniform(0.2)), 0.2


WORDS = {
    "perfect": "perfect",
    "uniform": "uniform:0.1",
    "confused": "confused:a:b:0.3:b:a:0.1",
    "hard": "hard:0.1",
    "biased": "biased:b:0.2",
    "tired": "tired:0.1:40",
    "drifting": "drifting:30:a:b",
    "crowd": "crowd:3:0.7",
    "confused_crowd": "confused_crowd:3:0.7",
    "tiers": "tiers:2:0.7:0.05:1:0.95:1",
    "abstaining": "uniform:0.1+abstaining:0.2",
    "late": "late:1.5",
    "priced": "hard:0.1+priced:0.05:0.2",
}


@pytest.mark.parametrize("word", sorted({*ANSWERS, *HABITS}))
def test_every_oracle_is_the_same_from_words_and_from_json(word: str) -> None:
    made = parse(WORDS[word], classes=("a", "b"))
    again = oracle_from_json(oracle_to_json(made))
    assert again == made
    asked = Questions(np.arange(200), np.arange(200) % 2, np.full(200, 0.5), 2, 0)
    said = [oracle.answer(asked, rng=np.random.default_rng(0)) for oracle in (made, again)]
    assert said[0] == said[1]


def test_the_contract_finds_an_oracle_that_remembers() -> None:
    class Counting:
        n = 0

        def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[object]:
            self.n += 1
            return Uniform(0.5 if self.n > 1 else 0.0).answer(asked, rng=rng)  # type: ignore[return-value]

    class Forgetful(OracleContract):
        oracle = Counting()  # type: ignore[assignment]

    with pytest.raises(AssertionError):
        Forgetful().test_one_seed_is_one_answer()


def test_the_contract_finds_a_rate_that_is_off_by_a_tenth() -> None:
    class Off(OracleContract):
        oracle, rate = Uniform(0.3), 0.2

    assert 5 * np.sqrt(N_ITEMS * 0.2 * 0.8) < N_ITEMS * 0.1, "a tenth lies beyond the tolerance"
    with pytest.raises(AssertionError):
        Off().test_it_errs_and_is_silent_as_often_as_it_says()
