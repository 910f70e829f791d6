"""The strategies of coverage and density keep the contract."""

from __future__ import annotations

from querist.strategies import (
    facility_location,
    information_density,
    max_herding,
    probcover,
    similar,
    typiclust,
    uncertainty_herding,
)
from querist.testing.strategies import StrategyContract


class TestFacilityLocation(StrategyContract):
    strategy = facility_location


class TestFacilityLocationOnASample(StrategyContract):
    strategy = facility_location
    params = {"n_reference": 7}  # noqa: RUF012


class TestInformationDensity(StrategyContract):
    strategy = information_density

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return -1, 1


class TestInformationDensityByDistance(StrategyContract):
    strategy = information_density
    params = {"kernel": "rbf", "sigma": 2.0}  # noqa: RUF012

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, 1


class TestMaxHerding(StrategyContract):
    strategy = max_herding


class TestMaxHerdingByDistance(StrategyContract):
    strategy = max_herding
    params = {"sigma": 2.0, "normalize": False, "n_reference": None}  # noqa: RUF012


class TestProbCover(StrategyContract):
    strategy = probcover


class TestProbCoverOfARadius(StrategyContract):
    strategy = probcover
    params = {"delta": 1.5, "normalize": False, "n_reference": 30}  # noqa: RUF012


class TestSimilar(StrategyContract):
    strategy = similar


class TestSimilarByThePool(StrategyContract):
    strategy = similar
    params = {"target": 1, "objective": "flvmi", "eta": 0.5, "n_reference": 20}  # noqa: RUF012


class TestTypiclust(StrategyContract):
    strategy = typiclust


class TestTypiclustWithEveryParameter(StrategyContract):
    strategy = typiclust
    params = {"max_clusters": 3, "n_neighbors": 2, "normalize": False, "max_iter": 3}  # noqa: RUF012


class TestUncertaintyHerding(StrategyContract):
    strategy = uncertainty_herding


class TestUncertaintyHerdingAdaptive(StrategyContract):
    strategy = uncertainty_herding
    params = {"sigma": "adaptive", "temperature": 2.0, "normalize": False, "n_reference": 9}  # noqa: RUF012
