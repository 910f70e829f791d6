"""Arrays of other libraries: the same figures, by the standard alone, without leaving their device."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from querist import strategies
from querist.core.errors import InvalidInput
from querist.strategies import _elsewhere

LIBRARIES = ["array_api_strict", pytest.param("torch", marks=pytest.mark.peers)]
SCORES = ["least_confidence", "margin", "entropy"]
COMMITTEES = ["vote_entropy", "consensus_entropy", "kl_to_consensus", "bald"]


@pytest.fixture(params=LIBRARIES)
def xp(request: pytest.FixtureRequest) -> Any:
    """A library's functions: one that has no more than the standard asks, and one that people use."""
    return importlib.import_module(request.param)


def probabilities(*shape: int, dtype: str = "float64") -> np.ndarray:
    p = np.random.default_rng(7).dirichlet(np.ones(shape[-1]), size=shape[:-1])
    p[..., 0, :] = np.eye(shape[-1])[0]  # a certain one, so 0 log 0
    return p.astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SCORES + COMMITTEES)
def test_a_score_is_the_same_and_stays_where_its_input_is(
    xp: Any, name: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_elsewhere, "BLOCK_VALUES", 200)  # several blocks
    given = probabilities(*((4, 90, 5) if name in COMMITTEES else (90, 5)), dtype=dtype)
    found = getattr(strategies, name)(xp.asarray(given))
    assert type(found) is type(xp.asarray(given))
    assert found.dtype == xp.asarray(given).dtype
    wanted = getattr(strategies, name)(given)
    assert np.asarray(found) == pytest.approx(wanted, abs=1e-12 if dtype == "float64" else 2e-6)
    assert np.ptp(wanted) > 0.1


@pytest.mark.parametrize("name", SCORES)
def test_a_pool_of_nothing_has_no_scores(xp: Any, name: str) -> None:
    assert getattr(strategies, name)(xp.asarray(np.empty((0, 3)))).shape == (0,)


def test_what_is_no_distribution_is_refused_with_its_row(xp: Any) -> None:
    p = probabilities(6, 3)
    p[4] = 0.9
    with pytest.raises(InvalidInput, match=r"row 4 sums to 2\.7"):
        strategies.margin(xp.asarray(p))
    p[4] = np.nan
    with pytest.raises(InvalidInput, match="row 4"):
        strategies.entropy(xp.asarray(p))
    with pytest.raises(InvalidInput, match="must be 2-D"):
        strategies.margin(xp.asarray(p[0]))


@pytest.mark.parametrize("n_chosen", [0, 1, 40])
def test_k_center_picks_the_same(xp: Any, n_chosen: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from querist.strategies import _device_engines

    monkeypatch.setattr(_elsewhere, "BLOCK_VALUES", 500)
    monkeypatch.setattr(_device_engines, "CENTERS", 16)
    X = np.random.default_rng(3).normal(size=(300, 6))
    pool = {"candidates": np.arange(n_chosen, 290), "chosen": np.arange(n_chosen), "rng": np.random.default_rng(0)}
    ours, wanted = strategies.k_center(xp.asarray(X), 25, **pool), strategies.k_center(X, 25, **pool)
    assert ours.rows.tolist() == wanted.rows.tolist()
    assert ours.utilities == pytest.approx(wanted.utilities, nan_ok=True)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("weight", ["margin", "least_confidence", "entropy"])
def test_weighted_variance_reduction_picks_the_same(xp: Any, weight: str, normalize: bool) -> None:
    rng = np.random.default_rng(4)
    X, p = rng.normal(size=(250, 7)) * rng.uniform(0.5, 2, size=(250, 1)), probabilities(250, 4)
    X[17] = 0  # no direction
    pool = {"candidates": np.arange(10, 250), "chosen": np.arange(10), "rng": np.random.default_rng(0)}
    options = {"weight": weight, "normalize": normalize, "ridge": 0.2}
    ours = strategies.weighted_variance_reduction(xp.asarray(p), xp.asarray(X), 30, **pool, **options)
    wanted = strategies.weighted_variance_reduction(p, X, 30, **pool, **options)
    assert ours.rows.tolist() == wanted.rows.tolist()
    assert ours.utilities == pytest.approx(wanted.utilities, rel=1e-9)


def test_what_lies_in_ordinary_memory_is_brought_to_the_others_device(xp: Any) -> None:
    X, p = np.random.default_rng(5).normal(size=(40, 3)), probabilities(40, 3)
    pool = {"candidates": np.arange(40), "chosen": [], "rng": np.random.default_rng(0)}
    mixed = strategies.weighted_variance_reduction(p, xp.asarray(X), 5, **pool)
    assert mixed.rows.tolist() == strategies.weighted_variance_reduction(p, X, 5, **pool).rows.tolist()
    with pytest.raises(InvalidInput, match="the same 40 items"):
        strategies.weighted_variance_reduction(p, xp.asarray(X[:39]), 5, **{**pool, "candidates": np.arange(39)})


@pytest.mark.parametrize("ridge", [0, -1.0, float("nan"), True])
def test_a_penalty_that_is_none_is_refused(xp: Any, ridge: Any) -> None:
    X, p = xp.asarray(np.eye(4)), xp.asarray(probabilities(4, 2))
    pool = {"candidates": [0, 1], "chosen": [], "rng": np.random.default_rng(0)}
    with pytest.raises(InvalidInput, match="ridge: must be a number above 0"):
        strategies.weighted_variance_reduction(p, X, 1, **pool, ridge=ridge)


def test_utilities_from_elsewhere_can_be_picked_by(xp: Any) -> None:
    utilities = strategies.margin(xp.asarray(probabilities(50, 3)))
    picks = strategies.top_k(utilities, 5, candidates=xp.asarray(np.arange(50)), rng=np.random.default_rng(0))
    assert picks.rows.tolist() == np.argsort(-np.asarray(utilities))[:5].tolist()


def test_features_that_are_not_finite_are_refused(xp: Any) -> None:
    X = np.random.default_rng(6).normal(size=(9, 2))
    X[3, 1] = np.inf
    with pytest.raises(InvalidInput, match="row 3, column 1"):
        strategies.k_center(xp.asarray(X), 2, candidates=[1, 2], chosen=[], rng=np.random.default_rng(0))


@pytest.mark.peers
def test_arrays_of_two_libraries_are_refused() -> None:
    torch, strict = importlib.import_module("torch"), importlib.import_module("array_api_strict")
    p, X = torch.asarray(probabilities(8, 2)), strict.asarray(np.eye(8))
    with pytest.raises(InvalidInput, match="of one library; got array_api_strict"):
        strategies.weighted_variance_reduction(p, X, 1, candidates=[0], chosen=[], rng=np.random.default_rng(0))


@pytest.mark.peers
def test_half_precision_is_computed_in_single() -> None:
    torch = importlib.import_module("torch")
    p = torch.asarray([[0.5, 0.25, 0.25], [0.875, 0.125, 0.0]])
    for half in (p.half(), p.to(torch.bfloat16)):
        found = strategies.margin(half)
        assert found.dtype == torch.float32
        assert found.tolist() == [0.75, 0.25]


@pytest.mark.peers
def test_a_graph_of_gradients_does_not_grow_through_a_score() -> None:
    torch = importlib.import_module("torch")
    p = torch.asarray(probabilities(30, 3)).requires_grad_()
    assert not strategies.margin(p).requires_grad


@pytest.mark.peers
def test_on_the_best_device_at_hand_it_stays_there() -> None:
    torch = importlib.import_module("torch")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    p = torch.asarray(probabilities(300, 4), device=device)
    assert strategies.margin(p).device.type == device
    X = torch.asarray(np.random.default_rng(0).normal(size=(300, 5)), device=device)
    pool = {"candidates": np.arange(5, 300), "chosen": np.arange(5), "rng": np.random.default_rng(0)}
    found = strategies.weighted_variance_reduction(p, X, 10, **pool).rows.tolist()
    assert found == strategies.weighted_variance_reduction(p.cpu().numpy(), X.cpu().numpy(), 10, **pool).rows.tolist()


def test_numpys_own_arrays_are_none_of_another_library() -> None:
    assert _elsewhere.namespace(np.eye(2), [1, 2], np.float64(3), "text", None) is None
