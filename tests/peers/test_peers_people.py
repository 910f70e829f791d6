"""Strategies about people beside cleanlab's."""

from __future__ import annotations

import numpy as np
import pytest

from querist.strategies import active_label

RNG = np.random.default_rng


@pytest.mark.peers
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n_people", [1, 5])
def test_active_label_is_one_minus_the_score_of_cleanlab(monkeypatch, seed: int, n_people: int) -> None:
    multiannotator = pytest.importorskip("cleanlab.multiannotator")
    # In cleanlab 2.9.0 the search for a temperature counts an item's labels, which are floats there, into the first
    # classes whatever they are. Counted as whole numbers they land in their own, and the scores are ours.
    utils = pytest.importorskip("cleanlab.internal.multiannotator_utils")
    counted = utils.value_counts
    monkeypatch.setattr(utils, "value_counts", lambda x, **kwargs: counted(x.astype(int), **kwargs))
    rng = RNG(seed)
    n, n_classes = 300, 4
    truth = rng.integers(n_classes, size=n)
    probs = rng.dirichlet(np.ones(n_classes), size=n)
    probs[np.arange(n), truth] += rng.random(n)
    probs /= probs.sum(axis=1, keepdims=True)
    wrong = rng.random((n, n_people)) < rng.uniform(0.05, 0.5, size=n_people)
    answers = np.where(wrong, rng.integers(n_classes, size=(n, n_people)), truth[:, None])
    answers[rng.random((n, n_people)) < 0.4] = -1
    answers[:60] = -1
    asked = (answers >= 0).any(axis=1)
    table = np.where(answers >= 0, answers, np.nan)[asked]
    labeled, unlabeled = multiannotator.get_active_learning_scores(table, probs[asked], probs[~asked])
    ours = active_label(probs, answers)
    np.testing.assert_allclose(ours[asked], 1 - labeled, atol=1e-10)
    np.testing.assert_allclose(ours[~asked], 1 - unlabeled, atol=1e-10)
