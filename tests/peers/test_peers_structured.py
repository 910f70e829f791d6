"""Several labels at once, tokens and boxes: what other libraries rate, we rate alike."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from querist.strategies import box_uncertainty, cvirs, mmc, multi_label_uncertainty, sequence_bald, token_entropy

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
RNG = np.random.default_rng


def as_items(table: np.ndarray) -> np.ndarray:
    """An object array with one item for each entry of the first axis."""
    items = np.empty(len(table), dtype=object)
    for i, one in enumerate(table):
        items[i] = one
    return items


def test_token_entropy_is_baals_mean_entropy() -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    p = RNG(0).dirichlet(np.ones(5), size=(200, 7))  # items, tokens, tags
    theirs = heuristics.Entropy(reduction="mean").get_uncertainties(np.swapaxes(p, 1, 2)[..., None])
    np.testing.assert_allclose(token_entropy(as_items(p)), theirs, rtol=1e-9)


def test_sequence_bald_is_baals_mean_bald() -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    p = RNG(1).dirichlet(np.ones(4), size=(150, 6, 9))  # items, members, tokens, tags
    theirs = heuristics.BALD(reduction="mean").get_uncertainties(np.transpose(p, (0, 3, 2, 1)))
    np.testing.assert_allclose(sequence_bald(as_items(p)), theirs, rtol=1e-9)


@pytest.mark.parametrize(("ours", "theirs"), [("max", "min"), ("sum", "sum")])
def test_box_uncertainty_is_what_baals_margin_lacks_to_one(ours: str, theirs: str) -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    n_boxes = 4
    p = RNG(2).dirichlet(np.ones(3), size=(100, n_boxes))  # items, boxes, classes
    margins = heuristics.Margin(reduction=theirs).get_uncertainties(np.swapaxes(p, 1, 2)[..., None])
    whole = n_boxes if ours == "sum" else 1
    np.testing.assert_allclose(box_uncertainty(as_items(p), aggregate=ours), whole - margins, rtol=1e-9)


def test_multi_label_uncertainty_is_baals_entropy_of_each_label() -> None:
    heuristics = pytest.importorskip("baal.active.heuristics")
    p = RNG(3).uniform(size=(300, 6))
    both = np.stack([1 - p, p], axis=1)[..., None]  # items, held or not, labels
    for ours, theirs in (("mean", "mean"), ("max", "max")):
        found = multi_label_uncertainty(p, aggregate=ours)
        np.testing.assert_allclose(found, heuristics.Entropy(reduction=theirs).get_uncertainties(both), rtol=1e-9)
    least = 1 - heuristics.Margin(reduction="min").get_uncertainties(both)
    np.testing.assert_allclose(multi_label_uncertainty(p, aggregate="min_margin"), least, rtol=1e-9)


def test_cvirs_is_small_texts_with_the_papers_margin(monkeypatch) -> None:
    small_text = pytest.importorskip("small_text.query_strategies.multi_label")
    sparse = pytest.importorskip("scipy.sparse")
    rng = RNG(4)
    p, held, n_known = rng.uniform(size=(240, 5)), rng.random((240, 5)) < 0.3, 40
    known = np.arange(240) < n_known
    theirs = small_text.CategoryVectorInconsistencyAndRanking(batch_size=1000, pbar=None)
    # It takes the sum of the other labels for the margin, and places in the order for ranks.
    ranks = np.stack([rankdata(np.abs(2 * column - 1)) for column in p.T])
    monkeypatch.setattr(theirs, "_rank_by_margin", lambda proba: ranks)
    scores = theirs._compute_scores(np.arange(240), sparse.csr_matrix(held[known].astype(int)), p)
    # It divides the distances to the labeled by the number of the others, which scales all scores alike.
    np.testing.assert_allclose(cvirs(p, held, known), scores * 240 / n_known, rtol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_mmc_asks_what_alipy_asks_where_every_item_has_as_many_labels(monkeypatch, seed: int) -> None:
    for name, kind in (("bool", bool), ("float", float), ("int", int)):
        monkeypatch.setattr(np, name, kind, raising=False)  # it was written for NumPy 1
    multi_label = pytest.importorskip("alipy.query_strategy.multi_label")
    linear = pytest.importorskip("sklearn.linear_model")
    rng = RNG(seed)
    X = rng.normal(size=(120, 4))
    scores = X @ rng.normal(size=(4, 5)) + 0.5 * rng.normal(size=(120, 5))
    y = (np.argsort(np.argsort(-scores, axis=1), axis=1) < 2).astype(int)  # two labels each
    known = np.arange(120) < 50
    p = np.column_stack(
        [linear.LogisticRegression().fit(X[known], y[known, label]).predict_proba(X)[:, 1] for label in range(5)]
    )
    theirs = multi_label.QueryMultiLabelMMC(X, y, logreg_param={})  # its own are of an older scikit-learn
    monkeypatch.setattr(
        multi_label._BinaryRelevance,
        "predict_proba",
        lambda self, some: p[[int(np.argmin(((X - x) ** 2).sum(1))) for x in some]],
    )
    asked = theirs.select(np.flatnonzero(known), np.flatnonzero(~known), batch_size=1)
    ours = np.where(known, -np.inf, mmc(p, y.astype(bool), known))
    assert int(np.ravel(asked)[0]) == int(ours.argmax())
