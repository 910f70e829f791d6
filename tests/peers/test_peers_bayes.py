"""The Bayesian scores beside other libraries' own."""

from __future__ import annotations

import numpy as np
import pytest

from querist.strategies import bald, batch_bald, entropy, epig_scores

pytestmark = pytest.mark.peers


def committee(n_members, n_items, n_classes, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.5), size=(n_members, n_items))


def test_entropy_is_modals() -> None:
    uncertainty = pytest.importorskip("modAL.uncertainty")

    class Model:
        def predict_proba(self, X):
            return X

    probs = committee(1, 200, 5)[0]
    np.testing.assert_allclose(entropy(probs), uncertainty.classifier_entropy(Model(), probs), atol=1e-9)


def test_bald_and_batch_bald_are_batchbald_reduxs() -> None:
    redux = pytest.importorskip("batchbald_redux.batchbald")
    torch = pytest.importorskip("torch")
    members = committee(8, 40, 3)
    logs = torch.tensor(np.log(np.maximum(members, 1e-12)).transpose(1, 0, 2).copy())
    whole, inside = redux.compute_entropy(logs), redux.compute_conditional_entropy(logs)
    np.testing.assert_allclose(bald(members), (whole - inside).numpy(), atol=1e-6)
    theirs = redux.get_batchbald_batch(logs, 4, 10_000, dtype=torch.double)
    ours = batch_bald(members, 4, candidates=np.arange(40), chosen=[], rng=np.random.default_rng(0))
    assert ours.rows.tolist() == list(theirs.indices)


def test_epig_is_baals() -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    members, targets = committee(6, 50, 3), committee(6, 9, 3, seed=1)
    theirs = heuristics.EPIG().compute_score(members.transpose(1, 2, 0).copy(), targets.transpose(1, 2, 0).copy())
    np.testing.assert_allclose(epig_scores(members, targets), theirs, atol=1e-5)
