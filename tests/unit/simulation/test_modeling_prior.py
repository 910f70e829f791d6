"""Before any label, a text is guessed by how near it lies to the names of the classes."""

from __future__ import annotations

import numpy as np
import pytest

import querist as q
from querist.core.items import Columns
from querist.learners import FunctionEncoder
from querist.modeling import pool_of, zero_shot_prior
from querist.simulation import simulate

WORDS = ("cat", "dog", "bird")


def counts(texts: list[str]) -> np.ndarray:
    """A vector per text: how often each word is in it."""
    return np.array([[text.count(word) for word in WORDS] for text in texts], dtype=np.float32)


@pytest.mark.parametrize(
    "X", [["a cat", "a dog and a cat", "nothing"], Columns({"text": ["a cat", "a dog and a cat", "nothing"]})]
)
def test_a_text_that_names_a_class_is_guessed_to_be_of_it(X) -> None:
    pool = pool_of(FunctionEncoder(counts, "counts", "1").fit(X), X)
    prior = zero_shot_prior(pool, ("cat", "dog"))
    assert prior[0, 0] > 0.99
    np.testing.assert_allclose(prior[1:], 0.5)


def test_items_of_numbers_have_no_prior() -> None:
    X = np.eye(3)
    assert pool_of(q.learners.IdentityEncoder().fit(X), X).embed is None


def test_a_zero_shot_start_runs_through_a_simulation() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=200)
    texts = [f"{WORDS[c]} {rng.integers(50)} {WORDS[rng.integers(3)]}" for c in y]
    study = simulate(
        texts,
        np.array(WORDS)[y],
        strategies={"start": q.Policy(start="zero_shot", batch_size=10)},
        encoder=FunctionEncoder(counts, "counts", "1"),
        seeds=1,
        budget=40,
        batch_size=10,
        n_jobs=1,
    )
    assert {run.strategy for run in study.runs} == {"random", "start"}
