"""The detector of boxes: what it finds in scenes whose answer is known, and what it does where there is nothing."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.boxes import box_tables, iou_matrix
from querist.core.errors import InvalidInput, UnsuitableLearner
from querist.core.items import Columns
from querist.core.ports import Detects, Learner
from querist.learners import IdentityEncoder, PatchDetector, Recipe, recipe_for, recipe_from_json
from querist.learners.detector import PatchModel, _told_apart, strongest
from querist.learners.windows import N_FEATURES, averaged, windows_of
from querist.metrics import evaluate_boxes
from querist.simulation import digit_scenes
from querist.strategies import box_uncertainty

RNG = np.random.default_rng
DIGITS = [str(d) for d in range(10)]
SPLIT = RNG(1).permutation(1797)


def fitted(X: Any, y: Any, *, n_classes: int = 10, seed: int = 0, warm: Any = None, **settings: Any) -> PatchModel:
    return PatchDetector(**settings).fit(X, y, n_classes=n_classes, rng=RNG(seed), warm=warm)


def answers(*items: tuple[Any, ...]) -> np.ndarray:
    y = np.empty(len(items), dtype=object)
    y[:] = items
    return y


@pytest.fixture(scope="module")
def scenes() -> tuple[np.ndarray, np.ndarray]:
    return digit_scenes(60, rng=RNG(5), digits=SPLIT[:1200])


@pytest.fixture(scope="module")
def unseen() -> tuple[np.ndarray, np.ndarray]:
    return digit_scenes(60, rng=RNG(6), digits=SPLIT[1200:])


@pytest.fixture(scope="module")
def model(scenes: tuple[np.ndarray, np.ndarray]) -> PatchModel:
    return fitted(scenes[0][:30], scenes[1][:30])


def ap(model: PatchModel, data: tuple[np.ndarray, np.ndarray]) -> float:
    return evaluate_boxes(data[1], *model.scored_boxes(data[0]), classes=DIGITS)["box_ap"]


def test_more_scenes_make_a_better_detector_and_any_is_better_than_guessing(
    scenes: tuple[np.ndarray, np.ndarray], unseen: tuple[np.ndarray, np.ndarray], model: PatchModel
) -> None:
    X, y = scenes
    few, some, many = ap(fitted(X[:8], y[:8]), unseen), ap(model, unseen), ap(fitted(X, y), unseen)
    rng = RNG(0)
    # It knows how large digits are and how many there are, and neither where nor which.
    guessed = [tuple((*rng.integers(41, size=2), 8, 8, rng.integers(10)) for _ in boxes) for boxes in unseen[1]]
    by_chance = evaluate_boxes(unseen[1], guessed, [rng.random(len(b)) for b in guessed], classes=DIGITS)["box_ap"]
    assert by_chance < 0.1
    assert by_chance + 0.2 < few < some < many
    assert many > 0.8


def test_digits_of_several_sizes_are_found() -> None:
    words = {"side": 64, "scale": 2.0}
    found = fitted(*digit_scenes(40, rng=RNG(5), digits=SPLIT[:1200], **words))
    assert 1 < len(found.sizes) <= 3
    assert ap(found, digit_scenes(40, rng=RNG(6), digits=SPLIT[1200:], **words)) > 0.6


def test_scenes_chosen_by_box_uncertainty_can_be_learned_from(
    scenes: tuple[np.ndarray, np.ndarray], unseen: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = scenes
    first = fitted(X[:8], y[:8])
    signals = first.boxes(X[8:])
    utilities = box_uncertainty(signals)
    np.testing.assert_array_equal(utilities > 0, [len(part) > 0 for part in signals])
    asked = [*range(8), *(8 + np.argsort(-utilities)[:16])]
    assert ap(fitted(X[asked], y[asked], warm=first), unseen) > ap(first, unseen)


def test_all_that_it_gives_is_of_the_same_boxes(model: PatchModel, unseen: tuple[np.ndarray, np.ndarray]) -> None:
    X = unseen[0]
    probs, predicted, (scored, scores) = model.boxes(X), model.predict_boxes(X), model.scored_boxes(X)
    assert probs.shape == predicted.shape == scored.shape == scores.shape == (len(X),)
    for p, boxes, more, sure in zip(probs, predicted, scored, scores, strict=True):
        assert p.dtype == np.float32
        assert p.shape == (len(boxes), 10)
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
        assert p.argmax(axis=1).tolist() == [box[4] for box in boxes]
        assert more[: len(boxes)] == boxes
        assert (sure[: len(boxes)] >= 0.5).all()
        assert (sure[len(boxes) :] < 0.5).all()
        assert (np.diff(sure) <= 0).all()
        assert ((sure >= 0.05) & (sure <= 1)).all()
        overlaps = iou_matrix(np.array(more).reshape(-1, 5), np.array(more).reshape(-1, 5))
        assert (overlaps[~np.eye(len(more), dtype=bool)] <= 0.3).all()
    box_tables("predicted", predicted, n_classes=10)
    assert min(sure.min() for sure in scores if len(sure)) < 0.1


def test_where_an_object_lies_does_not_matter() -> None:
    stroke = np.eye(8)
    X = np.zeros((3, 20, 24))
    X[0, 4:12, 6:14] = X[1, 12:, :8] = X[2, 3:11, 15:23] = stroke
    found = fitted(X[:2], answers(((6, 4, 8, 8, 1),), ((0, 12, 8, 8, 1),)), n_classes=3)
    assert found.predict_boxes(X).tolist() == [((6, 4, 8, 8, 1),), ((0, 12, 8, 8, 1),), ((15, 3, 8, 8, 1),)]
    # Classes without a label have a column, of zeros.
    assert found.boxes(X)[2].tolist() == [[0, 1, 0]]


@settings(deadline=None, max_examples=10)
@given(st.floats(0.01, 500), st.floats(-1000, 1000))
def test_neither_gain_nor_offset_matters(gain: float, offset: float) -> None:
    X, y = digit_scenes(10, rng=RNG(5), digits=SPLIT[:1200])
    brighter = X.astype(np.float64) * gain + offset
    boxes, scores = fitted(X[:8], y[:8]).scored_boxes(X[8:])
    again, scores_again = fitted(brighter[:8], y[:8]).scored_boxes(brighter[8:])
    for one, two, a, b in zip(boxes, again, scores, scores_again, strict=True):
        found, scored = dict(zip(one, a, strict=True)), dict(zip(two, b, strict=True))
        for box in (box for box, score in found.items() if score > 0.6):
            assert scored[box] == pytest.approx(found[box], abs=0.02)


def test_images_of_different_sizes_and_of_whole_numbers_will_do(
    scenes: tuple[np.ndarray, np.ndarray], unseen: tuple[np.ndarray, np.ndarray]
) -> None:
    X = np.clip(scenes[0][:20] * 100 + 50, 0, 255).astype(np.uint8)
    ragged = answers(*(image[:, : 40 + i % 3] for i, image in enumerate(X)))
    y = answers(*(tuple(b for b in boxes if b[0] + b[2] <= 40) for boxes in scenes[1][:20]))
    found = fitted(ragged, y)
    assert ap(found, (np.clip(unseen[0] * 100 + 50, 0, 255).astype(np.uint8), unseen[1])) > 0.3
    assert found.predict_boxes(list(ragged)).tolist() == found.predict_boxes(ragged).tolist()
    assert found.predict_boxes(Columns({"image": ragged})).tolist() == found.predict_boxes(ragged).tolist()


def test_an_image_alone_is_seen_as_among_others(model: PatchModel, unseen: tuple[np.ndarray, np.ndarray]) -> None:
    X = unseen[0][:5]
    assert [model.predict_boxes(X[i : i + 1])[0] for i in range(5)] == model.predict_boxes(X).tolist()
    assert model.predict_boxes(X[:0]).shape == model.boxes(X[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.zeros((2, 16, 16)), answers((), ())),
        (np.zeros((0, 16, 16)), answers()),
        (np.zeros((2, 16, 16)), answers(((0, 0, 40, 40, 1),), ())),  # larger than the images
        (np.zeros((2, 16, 16)), answers(((90, 90, 8, 8, 1),), ())),  # beside them
    ],
    ids=["no boxes", "no items", "too large", "outside"],
)
def test_where_there_is_nothing_to_learn_it_finds_nothing(X: np.ndarray, y: np.ndarray) -> None:
    found = fitted(X, y)
    there = RNG(0).normal(size=(3, 16, 16))
    assert isinstance(found, Detects)
    assert found.predict_boxes(there).tolist() == [(), (), ()]
    assert [part.shape for part in found.boxes(there)] == [(0, 10)] * 3
    assert box_uncertainty(found.boxes(there)).tolist() == [0, 0, 0]
    assert [part.tolist() for part in found.scored_boxes(there)[1]] == [[], [], []]
    assert not found.warm_started


def test_boxes_that_fill_their_images_are_learned_against_what_is_flat() -> None:
    X = np.stack([np.eye(8), np.eye(8)[::-1]])
    found = fitted(X, answers(((0, 0, 8, 8, 0),), ((0, 0, 8, 8, 1),)), n_classes=2, threshold=0.3)
    assert found.predict_boxes(X).tolist() == [((0, 0, 8, 8, 0),), ((0, 0, 8, 8, 1),)]
    assert found.predict_boxes(np.zeros((1, 8, 8))).tolist() == [()]


def test_windows_are_told_apart_by_how_far_they_overlap_boxes() -> None:
    windows = np.array([[x, 0.0, 8, 8] for x in (0, 1, 2, 4, 6, 20, 30)])
    # Shares of the first box: 1, 7/9, 6/10, 4/12 and 2/14, then none. The second, narrow one is overlapped by 4/8 at
    # most, and shown by the window that does; the third lies with the first's window, which goes on showing the first.
    table = np.array([[0.0, 0, 8, 8, 5], [22, 0, 4, 8, 3], [0, 0, 8, 4, 7]])
    showing, classes, empty = _told_apart(windows, table)
    assert dict(zip(showing.tolist(), classes.tolist(), strict=True)) == {0: 5, 5: 3}
    assert empty.tolist() == [4, 6]
    # No window is nearer to the flat box than the one at 0, which overlaps the other box further, but not far enough.
    showing, classes, empty = _told_apart(windows[[0, 2]], np.array([[2.0, 0, 8, 8, 5], [0, 0, 8, 3, 7]]))
    assert (showing.tolist(), classes.tolist(), empty.tolist()) == ([1], [5], [])


def test_images_smaller_than_a_window_hold_no_box(model: PatchModel) -> None:
    assert model.predict_boxes(answers(np.ones((7, 48)), np.ones((0, 0)), np.ones((48, 48)))).tolist() == [(), (), ()]


def test_an_empty_scene_is_left_empty(model: PatchModel) -> None:
    noise = RNG(8).normal(scale=0.1, size=(20, 48, 48))
    assert sum(map(len, model.predict_boxes(noise))) <= 1


def test_the_same_seed_gives_the_same_boxes(scenes: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = scenes[0][:10], scenes[1][:10]
    first, second = fitted(X, y, seed=3), fitted(X, y, seed=3)
    np.testing.assert_array_equal(first.estimator.coef_, second.estimator.coef_)
    assert first.predict_boxes(X).tolist() == second.predict_boxes(X).tolist()


def test_it_goes_on_from_a_model_of_the_same_classes_and_leaves_it_alone(
    scenes: tuple[np.ndarray, np.ndarray], model: PatchModel
) -> None:
    X, y = scenes
    before = model.estimator.coef_.copy()
    assert not model.warm_started
    going_on = fitted(X, y, warm=model)
    assert going_on.warm_started
    np.testing.assert_array_equal(model.estimator.coef_, before)
    assert not fitted(X, y, warm=model, stride=2).warm_started
    assert not fitted(X, answers(*(tuple(b for b in boxes if b[4]) for boxes in y)), warm=model).warm_started
    assert not fitted(X, y, warm=fitted(X, answers(*[()] * len(X)))).warm_started


def test_it_writes_into_nothing(scenes: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = scenes[0][:6].copy(), scenes[1][:6].copy()
    X.flags.writeable = y.flags.writeable = False
    fitted(X, y).boxes(X)


def test_recipe_and_model_come_back_from_record_and_pickle(model: PatchModel, unseen: tuple[Any, Any]) -> None:
    learner: Learner = PatchDetector(threshold=0.4, stride=2)
    assert learner.name == "PatchDetector"
    body = json.loads(json.dumps(Recipe(IdentityEncoder(), learner).describe()))
    assert recipe_from_json(body).learner == learner
    again = pickle.loads(pickle.dumps(model))
    assert again.predict_boxes(unseen[0][:5]).tolist() == model.predict_boxes(unseen[0][:5]).tolist()


def test_its_recipe_hands_it_the_images_themselves(unseen: tuple[Any, Any]) -> None:
    recipe = recipe_for(PatchDetector(), unseen[0])
    assert recipe.encoder.fit(unseen[0]).features(unseen[0]) is unseen[0]


@pytest.mark.parametrize(
    ("X", "y", "n_classes", "error", "said"),
    [
        (np.zeros((2, 8, 8, 3)), answers((), ()), 2, InvalidInput, "X: must be grayscale"),
        (np.full((2, 8, 8), np.nan), answers((), ()), 2, InvalidInput, "X: must be finite; item 0 is nan in row 0"),
        (np.zeros((2, 8, 8)), answers(()), 2, InvalidInput, "y: must have one answer per item, 2; got 1"),
        (np.zeros((2, 8, 8)), np.array([0, 1]), 2, InvalidInput, "y: must hold for each item its boxes"),
        (np.zeros((1, 8, 8)), answers(((0, 0, 8, 8, 2),)), 2, InvalidInput, r"class in 0\.\.1"),
        (np.zeros((1, 8, 8)), answers(()), 0, UnsuitableLearner, "must model a number"),
        (Columns({"a": ["x"], "b": ["y"]}), answers(()), 2, InvalidInput, "X: must be images alone"),
        (["cat"], answers(()), 2, InvalidInput, "X: must be grayscale"),
    ],
)
def test_what_it_cannot_learn_from_is_refused(X: Any, y: Any, n_classes: int, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        fitted(X, y, n_classes=n_classes)


@pytest.mark.parametrize("words", [{"threshold": 2}, {"overlap": -1}, {"n_sizes": 0}, {"stride": 0}, {"stride": 9}])
def test_settings_out_of_range_are_refused(words: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(words))):
        PatchDetector(**words)


@settings(deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 15)] * 2), max_size=25),
    st.floats(0, 1),
    st.integers(0, 9),
)
def test_suppression_keeps_what_a_loop_keeps(boxes: list[tuple[int, ...]], overlap: float, seed: int) -> None:
    scores = RNG(seed).integers(5, size=len(boxes)) / 4  # some alike
    expected: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        if all(iou_matrix([boxes[i]], [boxes[j]])[0, 0] <= overlap for j in expected):
            expected.append(i)
    assert strongest(np.array(boxes, dtype=float).reshape(-1, 4), scores, overlap).tolist() == expected


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 8), st.floats(0.3, 4), st.integers(0, 9))
def test_averaging_counts_each_pixel_by_how_much_of_it_lies_in_a_cell(
    n: int, cells: int, size: float, seed: int
) -> None:
    cells = min(cells, int(n / size))
    if cells:
        line = RNG(seed).normal(size=n)
        ends = np.interp(np.arange(cells + 1) * size, np.arange(n + 1), np.r_[0, np.cumsum(line)])
        found = averaged(line[None], 1, size, 1, cells)
        np.testing.assert_allclose(found[0], np.diff(ends) / size, atol=1e-9)


def test_rounding_costs_no_window() -> None:
    assert int(14 * 8 / 4.48) == 24  # which is 25
    assert len(windows_of(np.zeros((14, 14)), np.array([[4.48, 4.48]]), stride=1, contrast=1.0).boxes) == 18**2


def test_a_gradient_votes_for_the_orientations_beside_it() -> None:
    y, x = np.mgrid[:8, :8]
    for eighths in np.arange(0, 8, 0.5):
        turn = eighths * np.pi / 4
        seen = windows_of(np.cos(turn) * x + np.sin(turn) * y, np.array([[8.0, 8.0]]), stride=1, contrast=1.0).features[
            0
        ]
        votes = np.zeros(8)
        votes[int(eighths)] += 1 - eighths % 1
        votes[(int(eighths) + 1) % 8] += eighths % 1
        quarters = seen[64:-2].reshape(4, 8)
        np.testing.assert_allclose(quarters / quarters.sum(axis=1, keepdims=True), [votes] * 4, atol=1e-5)


def test_each_quarter_counts_its_own_gradients() -> None:
    image = np.zeros((8, 8))
    image[1:3, 5:7] = 1  # top right
    quarters = windows_of(image, np.array([[8.0, 8.0]]), stride=1, contrast=0.3).features[0, 64:-2].reshape(4, 8)
    assert (quarters[1] > 0).any()
    assert not quarters[[2, 3]].any()
    assert quarters[1].sum() > 4 * quarters[0].sum()


def test_faint_noise_is_not_blown_up_to_full_contrast() -> None:
    noise = RNG(0).normal(size=(20, 20))
    faint, strong = (
        windows_of(noise * part, np.array([[8.0, 8.0]]), stride=1, contrast=1.0).features for part in (0.01, 10)
    )
    assert np.abs(faint).max() < 1
    assert np.abs(strong[:, :64]).mean() > 0.5


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 40), st.integers(0, 40), st.floats(4, 20), st.floats(4, 20), st.integers(1, 8), st.integers(0, 9))
def test_windows_lie_within_the_image_a_stride_apart(
    height: int, width: int, wide: float, high: float, stride: int, seed: int
) -> None:
    image = RNG(seed).normal(size=(height, width))
    windows = windows_of(image, np.array([[wide, high]]), stride=stride, contrast=1.0)
    assert windows.features.shape == (len(windows.boxes), N_FEATURES)
    assert np.isfinite(windows.features).all()
    assert (len(windows.boxes) > 0) == (width >= wide and height >= high)
    assert (windows.boxes[:, :2] >= 0).all()
    assert (windows.boxes[:, :2] + windows.boxes[:, 2:] <= np.array([width, height]) + 1e-6).all()
    for axis, size in ((0, wide), (1, high)):
        steps = np.diff(np.unique(windows.boxes[:, axis]))
        np.testing.assert_allclose(steps, stride * size / 8)
