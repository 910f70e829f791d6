"""Strategies for rare classes against numbers worked out by hand and against slow, plain versions of themselves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import active_search, class_balanced, galaxy, margin, positive_first
from querist.strategies._active_search import Search, neighbors_of

RNG = np.random.default_rng


def two_classes(*positive: float) -> np.ndarray:
    p = np.array(positive)
    return np.c_[1 - p, p]


def search(probs, X, k, *, labels=None, labeled=None, candidates=None, chosen=(), **params):
    n = len(probs)
    labels = np.zeros(n, dtype=int) if labels is None else labels
    labeled = np.zeros(n, dtype=bool) if labeled is None else labeled
    free = np.arange(n) if candidates is None else candidates
    return active_search(probs, X, labels, labeled, k, candidates=free, chosen=chosen, rng=RNG(0), **params)


def test_positive_first_takes_the_class_the_model_expects_least() -> None:
    # Column sums 1.2, 0.7, 1.1: class 1 is rarest.
    probs = np.array([[0.5, 0.4, 0.1], [0.7, 0.3, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_array_equal(positive_first(probs), [0.4, 0.3, 0.0])
    np.testing.assert_array_equal(positive_first(probs, target=2), [0.1, 0.0, 1.0])


@pytest.mark.parametrize("target", [2, -1, 1.0, True, "spam"])
def test_a_target_must_be_a_column(target) -> None:
    with pytest.raises(InvalidInput, match="target: must be a class number, 0 to 1"):
        positive_first(two_classes(0.2), target=target)


def test_with_nothing_ahead_the_search_is_greedy() -> None:
    picks = search(two_classes(0.2, 0.9, 0.5), np.eye(3), 1, target=1, remaining=1)
    assert picks.rows.tolist() == [1]
    np.testing.assert_allclose(picks.utilities, [0.9])


def test_answered_neighbors_move_the_chance() -> None:
    # Row 2 listens to rows 0 (a find) and 1 (none): (0.5 + 1) / (1 + 2) = 0.5. Row 3 listens to rows 2 and 0 only,
    # of which row 0 is answered: (0.1 + 1) / 2 = 0.55.
    X = np.array([[0.0], [1.0], [0.6], [0.5]])
    X[3] = -0.4
    known = np.array([True, True, False, False])
    picks = search(
        two_classes(0.5, 0.5, 0.5, 0.1),
        X,
        2,
        labels=np.array([1, 0, 0, 0]),
        labeled=known,
        candidates=[2, 3],
        chosen=[0, 1],
        target=1,
        remaining=1,
        neighbors=2,
    )
    # With two picks the first looks one ahead. Nobody open listens to row 3, so its value is 0.55 + 0.5. Row 3 listens
    # to row 2 and to row 0: after row 2 is a find its chance is 2.1 / 3, after none 1.1 / 3; 0.5 + (2.1 + 1.1) / 6.
    assert picks.rows.tolist() == [3, 2]
    np.testing.assert_allclose(picks.utilities[0], 1.05)
    np.testing.assert_allclose(picks.utilities[1], 0.5)


def test_pending_rows_and_picks_count_as_none_until_they_are_answered() -> None:
    X = np.array([[0.0], [0.1], [9.0], [9.1]])
    probs = two_classes(0.5, 0.4, 0.3, 0.3)
    greedy = search(probs, X, 2, target=1, remaining=1, neighbors=1)
    # Row 0 looks best for its neighbor too; as a miss it takes row 1 from 0.4 to 0.2, below row 2 on 0.3.
    assert greedy.rows.tolist() == [0, 2]
    pending = search(probs, X, 1, candidates=[1, 2, 3], chosen=[0], target=1, remaining=1, neighbors=1)
    assert pending.rows.tolist() == [2]
    np.testing.assert_allclose(pending.utilities, [0.3])


def naive_value(search: Search, place: int, ahead: int) -> float:
    """The sum over both answers of the largest chances after it, everything computed anew."""
    p = search.mass / search.weight
    listens = (search.neighbors == place).any(axis=1)
    rest = search.open.copy()
    rest[place] = False
    total = p[place]
    for answer, chance in ((1, p[place]), (0, 1 - p[place])):
        after = (search.mass + answer * listens) / (search.weight + listens)
        total += chance * np.sort(after[rest])[::-1][:ahead].sum()
    return total


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 12), st.integers(1, 50))
def test_the_pruned_search_finds_what_the_full_one_does(seed: int, n: int, width: int, ahead: int) -> None:
    rng = RNG(seed)
    X = rng.normal(size=(n, 2))
    pool = Search(neighbors_of(X, np.arange(n), width), rng.beta(0.5, 2, size=n))
    told = np.flatnonzero(rng.random(n) < 0.3)[: n - 1]
    pool.answer(told, rng.random(len(told)) < 0.3)
    while pool.open.any():
        place, value = pool.best(ahead)
        free = np.flatnonzero(pool.open)
        values = [naive_value(pool, i, min(ahead, len(free) - 1)) for i in free]
        np.testing.assert_allclose(value, max(values), rtol=1e-12)
        np.testing.assert_allclose(naive_value(pool, place, min(ahead, len(free) - 1)), max(values), rtol=1e-12)
        pool.answer(np.array([place]), np.array([False]))


def test_the_bounds_hold_and_spare_most_of_the_work(monkeypatch) -> None:
    rng = RNG(0)
    n = 3000
    X = rng.normal(size=(n, 4))
    pool = Search(neighbors_of(X, np.arange(n), 20), rng.beta(0.3, 6, size=n))
    from querist.strategies._active_search import _Look

    look = _Look(pool, np.arange(n), pool.chances, 30)
    values = look.values(np.arange(n))
    assert (look.bounds() >= values - 1e-12).all()
    looked: list[int] = []
    inner = _Look.values

    def counted(self, places):
        looked.append(len(places))
        return inner(self, places)

    monkeypatch.setattr(_Look, "values", counted)
    assert pool.best(30)[1] == pytest.approx(values.max())
    assert sum(looked) < n / 4


def test_neighbors_are_the_nearest_in_many_blocks(monkeypatch) -> None:
    monkeypatch.setattr("querist.strategies._active_search.BLOCK_DISTANCES", 1000)
    X = RNG(0).normal(size=(150, 3))
    rows = np.sort(RNG(1).permutation(150)[:120])
    distances = np.linalg.norm(X[rows][:, None] - X[rows], axis=2)
    np.fill_diagonal(distances, np.inf)
    expected = np.sort(np.argsort(distances, axis=1)[:, :7], axis=1)
    np.testing.assert_array_equal(np.sort(neighbors_of(X, rows, 7), axis=1), expected)


def test_beyond_its_limit_the_search_fills_up_by_probability() -> None:
    picks = search(two_classes(0.1, 0.2, 0.3, 0.4), np.eye(4), 4, target=1, limit=2)
    assert set(picks.rows[:2]) == {2, 3}
    assert picks.rows[2:].tolist() == [1, 0]
    np.testing.assert_allclose(picks.utilities[2:], [0.2, 0.1])


def test_the_search_refuses_what_it_cannot_use() -> None:
    probs, X = two_classes(0.1, 0.2), np.eye(2)
    with pytest.raises(InvalidInput, match="embeddings: must have one row per row of probs, 2; got 3"):
        search(probs, np.eye(3), 1)
    with pytest.raises(InvalidInput, match="labeled: must be true or false, one per item"):
        search(probs, X, 1, labeled=np.array([0, 1]))
    with pytest.raises(InvalidInput, match="labels: must be one per item"):
        search(probs, X, 1, labels=np.array([0]))
    with pytest.raises(InvalidInput, match="labels: must be class numbers"):
        search(probs, X, 1, labels=np.array([0, 0.5]), labeled=np.array([False, True]), candidates=[0])
    with pytest.raises(InvalidInput, match="remaining: must be a whole number"):
        search(probs, X, 1, remaining=0)


def test_every_predicted_class_gets_the_same_share() -> None:
    # Five candidates of class 0, three of class 1, one of class 2; six picks: one, then three and two.
    probs = np.array(
        [
            [0.9, 0.1, 0],
            [0.8, 0.2, 0],
            [0.7, 0.3, 0],
            [0.6, 0.4, 0],
            [0.5, 0.5, 0],
            [0.1, 0.9, 0],
            [0.2, 0.8, 0],
            [0.3, 0.7, 0],
            [0, 0, 1],
        ]
    )
    picks = class_balanced(probs, 6, candidates=np.arange(9), chosen=[], rng=RNG(0))
    assert picks.rows.tolist() == [8, 7, 4, 6, 3, 5]
    np.testing.assert_allclose(picks.utilities, margin(probs)[picks.rows])
    np.testing.assert_array_equal(picks.propensities, np.ones(6))


def test_ties_within_a_class_are_drawn_with_their_probability() -> None:
    probs = np.array([[0.6, 0.4]] * 4 + [[0.1, 0.9]])
    seen = np.zeros(5)
    for seed in range(400):
        picks = class_balanced(probs, 2, candidates=np.arange(5), chosen=[], rng=RNG(seed))
        assert picks.rows[0] == 4
        np.testing.assert_array_equal(picks.propensities, [1, 0.25])
        seen[picks.rows] += 1
    np.testing.assert_allclose(seen[:4] / 400, 0.25, atol=0.08)


def test_galaxy_bisects_the_shortest_stretch_then_goes_outward() -> None:
    # On the line by p1: rows 8 7 ... 0. Row 8 is of class 1, row 0 of class 0. Rows 5 to 7 are predicted 1.
    p = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 1.0])
    probs = two_classes(*p)
    known = np.zeros(9, dtype=bool)
    known[[0, 8]] = True
    labels = np.where(np.arange(9) == 8, 1, 0)
    rows = np.arange(1, 8)
    picks = galaxy(probs, labels, known, 7, candidates=rows, chosen=[0, 8], rng=RNG(0))
    # Middle of 0..8 is row 4 (predicted 0), of 4..8 row 6 (predicted 1), of 4..6 row 5 (predicted 1): rows 4 and 5
    # are neighbors, and no stretch is left. Rows 3 and 7 lie 1.5 and 2.5 from that end, 2 and 1 farther still.
    assert picks.rows.tolist() == [4, 6, 5, 3, 7, 2, 1]
    np.testing.assert_allclose(picks.utilities, margin(probs)[picks.rows])


def test_galaxy_without_labels_starts_where_the_margin_changes_its_sign() -> None:
    probs = two_classes(0.1, 0.45, 0.6, 0.9)
    nothing = np.zeros(4, dtype=bool)
    picks = galaxy(probs, np.zeros(4), nothing, 2, candidates=np.arange(4), chosen=[], rng=RNG(0))
    assert sorted(picks.rows) == [1, 2]


def test_galaxy_searches_deep_among_the_common_class() -> None:
    # Everything is predicted 0, but row 0 was found to be of class 1 and row 9 of class 0: plain margin would ask row 1
    # first, bisection asks the middle.
    probs = two_classes(*np.linspace(0.45, 0.0, 10))
    known = np.zeros(10, dtype=bool)
    known[[0, 9]] = True
    labels = np.where(np.arange(10) == 0, 1, 0)
    picks = galaxy(probs, labels, known, 1, candidates=np.arange(1, 9), chosen=[0, 9], rng=RNG(0))
    assert picks.rows.tolist() == [5]


def naive_galaxy(probs, classes, k):
    """Every stretch and every distance looked at anew for each pick."""
    n, n_classes = probs.shape
    known, picked = classes.copy(), []
    lines = []
    for c in range(n_classes):
        others = np.delete(probs, c, axis=1)
        margins = probs[:, c] - (others.max(axis=1) if n_classes > 1 else -np.inf)
        lines.append((np.argsort(-margins, kind="stable"), (margins > 0).sum()))
    while len(picked) < k:
        best = None
        for c, (line, _) in enumerate(lines):
            walls = [i for i in range(n) if known[line[i]] >= 0]
            for a, b in pairwise(walls):
                split = (known[line[a]] == c) != (known[line[b]] == c)
                if b - a > 1 and split and (best is None or (b - a, c, a) < best[:3]):
                    best = (b - a, c, a, line[(a + b) // 2])
        if best is None:
            break
        picked.append(best[3])
        known[best[3]] = probs[best[3]].argmax()
    turns = []
    for c, (line, crossing) in enumerate(lines):
        cuts = [
            i + 0.5
            for i in range(n - 1)
            if known[line[i]] >= 0 and known[line[i + 1]] >= 0 and (known[line[i]] == c) != (known[line[i + 1]] == c)
        ] or [crossing - 0.5]
        free = [i for i in range(n) if known[line[i]] < 0]
        turns.append([line[i] for i in sorted(free, key=lambda i: (min(abs(i - cut) for cut in cuts), i))])
    left = sum(known < 0)
    while len(picked) < k and left:
        for turn in turns:
            turn[:] = [row for row in turn if row not in picked]
            if turn and len(picked) < k:
                picked.append(turn.pop(0))
                left -= 1
    return picked


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 5), st.integers(1, 40), st.booleans())
def test_galaxy_equals_its_plain_version(seed: int, n: int, n_classes: int, k: int, coarse: bool) -> None:
    rng = RNG(seed)
    probs = rng.dirichlet(np.ones(n_classes), size=n)
    if coarse:  # many equal margins
        probs = np.eye(n_classes)[rng.integers(n_classes, size=n)]
    labeled = rng.random(n) < 0.3
    labeled[0] = False
    labels = rng.integers(n_classes, size=n)
    free = np.flatnonzero(~labeled)
    k = min(k, len(free))
    picks = galaxy(probs, labels, labeled, k, candidates=free, chosen=np.flatnonzero(labeled), rng=RNG(0))
    assert picks.rows.tolist() == naive_galaxy(probs, np.where(labeled, labels, -1), k)


def test_a_pending_row_counts_as_of_its_predicted_class() -> None:
    probs = two_classes(0.0, 0.2, 0.3, 0.4, 1.0)
    known = np.array([True, False, False, False, False])
    # Row 4 is pending and predicted 1: without it, no stretch would be there to bisect.
    picks = galaxy(probs, np.zeros(5), known, 1, candidates=[1, 2, 3], chosen=[0, 4], rng=RNG(0))
    assert picks.rows.tolist() == [2]
