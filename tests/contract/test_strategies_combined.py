"""Strategies made of strategies keep the contract."""

from __future__ import annotations

from querist.strategies import auto, bandit, blend, divided, filtered, ood_guarded, product, stochastic_batch, switch
from querist.testing.strategies import StrategyContract


class TestBlend(StrategyContract):
    strategy = blend
    params = {"scores": ["margin", "bald"], "weights": [2, 1]}  # noqa: RUF012


class TestBandit(StrategyContract):
    strategy = bandit


class TestBanditOfASelectionAndAComposite(StrategyContract):
    strategy = bandit
    params = {  # noqa: RUF012
        "strategies": ["k_center", {"strategy": "blend", "params": {"scores": ["margin", "entropy"]}}, "entropy"],
        "rate": 1.0,
    }


class TestProduct(StrategyContract):
    strategy = product
    params = {"scores": ["margin", "density_weighted"], "exponents": [1, 0.5]}  # noqa: RUF012


class TestSwitchBefore(StrategyContract):
    strategy = switch
    params = {"first": "k_means", "then": "margin", "at": 1000}  # noqa: RUF012


class TestSwitchAfter(StrategyContract):
    strategy = switch
    params = {"first": "k_means", "then": "margin", "at": 1}  # noqa: RUF012


class TestFiltered(StrategyContract):
    strategy = filtered
    params = {"score": "entropy", "then": "k_center"}  # noqa: RUF012


class TestDivided(StrategyContract):
    strategy = divided


class TestDividedUnevenly(StrategyContract):
    strategy = divided
    params = {"strategies": ["margin", "k_center", "random"], "shares": [3, 1, 0.5]}  # noqa: RUF012


class TestOodGuarded(StrategyContract):
    strategy = ood_guarded


class TestStochasticBatch(StrategyContract):
    strategy = stochastic_batch


class TestStochasticBatchBySoftmax(StrategyContract):
    strategy = stochastic_batch
    params = {"score": "entropy", "kind": "softmax", "beta": 2.0}  # noqa: RUF012


class TestAComposedComposite(StrategyContract):
    strategy = switch
    params = {  # noqa: RUF012
        "first": {"strategy": "blend", "params": {"scores": ["margin", "entropy"]}},
        "then": {"strategy": "filtered", "params": {"then": "weighted_k_means"}},
        "at": 3,
    }


class TestAuto(StrategyContract):
    strategy = auto
    needs = ("probs", "embeddings")


class TestAutoWithoutEmbeddings(StrategyContract):
    strategy = auto
    needs = ("probs",)


class TestAutoOfANumber(StrategyContract):
    strategy = auto
    needs = ("predictions", "embeddings", "member_predictions")
