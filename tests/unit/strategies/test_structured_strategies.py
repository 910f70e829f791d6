"""Strategies for several labels, tokens and boxes against numbers worked out by hand and plain loops over items."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import (
    bald,
    box_uncertainty,
    cvirs,
    entropy,
    margin,
    mmc,
    mnlp,
    multi_label_uncertainty,
    sequence_bald,
    token_entropy,
)

RNG = np.random.default_rng


def h(p: float) -> float:
    return -sum(x * math.log(x) for x in (p, 1 - p) if x > 0)


def objects(*items: object) -> np.ndarray:
    made = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        made[i] = np.asarray(item)
    return made


def some(seed: int, n: int, n_classes: int, *, most: int = 12, members: int = 0) -> np.ndarray:
    rng = RNG(seed)
    lead = (members,) if members else ()
    return objects(*(rng.dirichlet(np.ones(n_classes), size=(*lead, rng.integers(0, most + 1))) for _ in range(n)))


def test_many_labels_by_hand() -> None:
    p = np.array([[0.5, 1.0, 0.9], [0.8, 0.7, 0.6]])
    mean = [(h(0.5) + h(0.9)) / 3, (h(0.8) + h(0.7) + h(0.6)) / 3]
    np.testing.assert_allclose(multi_label_uncertainty(p), mean)
    np.testing.assert_allclose(multi_label_uncertainty(p, aggregate="max"), [h(0.5), h(0.6)])
    np.testing.assert_allclose(multi_label_uncertainty(p, aggregate="min_margin"), [1, 0.8])


def test_cvirs_by_hand() -> None:
    p = np.array([[0.9, 0.2], [0.6, 0.1], [0.5, 0.4], [0.5, 0.4]])
    held = np.array([[1, 0], [1, 1], [0, 0], [0, 0]], dtype=bool)
    # Margins .8 .2 0 0 and .6 .8 .2 .2: ranks 4 3 1.5 1.5 and 3 4 1.5 1.5; Borda (4 - rank) / 3.
    borda = np.array([(0 + 1 / 3) / 2, (1 / 3 + 0) / 2, 2.5 / 3, 2.5 / 3])
    # Two labeled: label 0 holds always, label 1 for one half. Predicted (1 0) (1 0) (0 0) (0 0).
    unlike = np.array([(0 + 0.5) / 2, (0 + 0.5) / 2, (1 + 0.5) / 2, (1 + 0.5) / 2])
    np.testing.assert_allclose(cvirs(p, held, np.array([True, True, False, False])), borda * unlike)
    np.testing.assert_allclose(cvirs(p, held, np.zeros(4, dtype=bool)), borda)


def test_mmc_by_hand() -> None:
    # Labeled items have one label each, whatever their probabilities: one label is expected of all.
    p = np.array([[0.9, 0.3], [0.2, 0.6], [0.8, 0.7]])
    held = np.array([[1, 0], [0, 1], [0, 0]], dtype=bool)
    np.testing.assert_allclose(mmc(p, held, np.array([True, True, False])), [0.1 + 0.3, 0.2 + 0.4, 0.2 + 0.7])


def test_mmc_learns_how_many_labels_there_are() -> None:
    rng = RNG(0)
    n = rng.integers(0, 4, size=300)
    held = np.arange(3) < n[:, None]
    p = np.clip(0.5 * held + 0.05 + 0.02 * rng.random((300, 3)), 0, 1)  # held labels are given 0.55 only
    labeled = np.arange(300) < 200
    found = mmc(p, held, labeled)[200:]
    expected = np.where(held, 1 - p, p).sum(axis=1)[200:]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_tokens_by_hand() -> None:
    tokens = objects([[0.5, 0.5], [0.9, 0.1]], np.empty((0, 2)), [[1.0, 0.0]], [])
    np.testing.assert_allclose(mnlp(tokens), [(math.log(2) - math.log(0.9)) / 2, 0, 0, 0])
    np.testing.assert_allclose(token_entropy(tokens), [(h(0.5) + h(0.9)) / 2, 0, 0, 0])


def test_tokens_surely_outside_do_not_count() -> None:
    tokens = objects([[0.995, 0.005], [0.5, 0.5], [0.2, 0.8]], [[1.0, 0.0]])
    np.testing.assert_allclose(token_entropy(tokens, outside=0), [(h(0.5) + h(0.2)) / 2, 0])
    np.testing.assert_allclose(token_entropy(tokens, outside=0, sure=0.4), [h(0.2), 0])


@given(st.integers(0, 10**6), st.integers(0, 40), st.integers(1, 6))
def test_tokens_equal_a_loop_over_items(seed: int, n: int, n_tags: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("querist.strategies._ragged.BLOCK_VALUES", 30)
        tokens = some(seed, n, n_tags)
        expected = [entropy(t).mean() if len(t) else 0 for t in tokens]
        np.testing.assert_allclose(token_entropy(tokens), expected, atol=1e-12)
        expected = [-np.log(t.max(axis=1)).mean() if len(t) else 0 for t in tokens]
        np.testing.assert_allclose(mnlp(tokens), expected, atol=1e-12)


@given(st.integers(0, 10**6), st.integers(0, 20), st.integers(1, 4), st.integers(1, 4))
def test_sequence_bald_is_the_mean_bald_of_the_tokens(seed: int, n: int, n_tags: int, members: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("querist.strategies._ragged.BLOCK_VALUES", 30)
        tokens = some(seed, n, n_tags, members=members)
        expected = [bald(t).mean() if t.shape[1] else 0 for t in tokens]
        np.testing.assert_allclose(sequence_bald(tokens), expected, atol=1e-12)


@given(st.integers(0, 10**6), st.integers(0, 40), st.integers(1, 6))
def test_boxes_equal_a_loop_over_items(seed: int, n: int, n_classes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("querist.strategies._ragged.BLOCK_VALUES", 30)
        boxes = some(seed, n, n_classes)
        each = [np.sort(margin(b))[::-1] if len(b) else np.zeros(1) for b in boxes]
        np.testing.assert_allclose(box_uncertainty(boxes), [u[0] for u in each], atol=1e-12)
        found = box_uncertainty(boxes, aggregate="mean_top_5")
        np.testing.assert_allclose(found, [u[:5].mean() for u in each], atol=1e-12)
        np.testing.assert_allclose(box_uncertainty(boxes, aggregate="sum"), [u.sum() for u in each], atol=1e-12)


def test_boxes_by_hand() -> None:
    boxes = objects([[0.5, 0.5, 0], [0.7, 0.2, 0.1]], [[0.0, 0.0, 1.0]] * 6 + [[0.4, 0.4, 0.2]])
    np.testing.assert_allclose(box_uncertainty(boxes), [1, 1])
    np.testing.assert_allclose(box_uncertainty(boxes, aggregate="mean_top_5"), [0.75, 0.2])
    np.testing.assert_allclose(box_uncertainty(boxes, aggregate="sum"), [1.5, 1])


def test_arrays_of_one_length_need_no_object_array() -> None:
    p = RNG(0).dirichlet(np.ones(3), size=(4, 5))
    np.testing.assert_array_equal(token_entropy(p), token_entropy(objects(*p)))
    np.testing.assert_array_equal(token_entropy(list(p)), token_entropy(objects(*p)))


def test_what_has_no_such_parts_is_refused() -> None:
    with pytest.raises(InvalidInput, match="tokens: must hold for each item an array"):
        mnlp(objects([0.5, 0.5]))
    with pytest.raises(InvalidInput, match="tokens: must hold for each item an array"):
        mnlp(objects([[0.5, 0.5]], [[0.2, 0.3, 0.5]]))
    with pytest.raises(InvalidInput, match="tokens: each row must sum to 1"):
        mnlp(objects([[0.5, 0.6]]))
    with pytest.raises(InvalidInput, match="tokens: must be numbers"):
        mnlp(objects([["a", "b"]]))
    with pytest.raises(InvalidInput, match="outside: must be a tag, 0 to 1; got 2"):
        token_entropy(objects([[0.5, 0.5]]), outside=2)
    with pytest.raises(InvalidInput, match=r"aggregate: must be one of .* Did you mean 'sum'"):
        box_uncertainty(objects([[0.5, 0.5]]), aggregate="summ")
    with pytest.raises(InvalidInput, match=r"label_probs: must lie between 0 and 1; got 0.5 to 2"):
        multi_label_uncertainty(np.array([[0.5, 2.0]]))
    with pytest.raises(InvalidInput, match="label_matrix: must be true or false"):
        cvirs(np.array([[0.5, 0.5]]), np.array([[True]]), np.array([True]))
