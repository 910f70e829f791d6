"""Data sets on which the strategy was measured in full, each with what small labeled parts of it had said before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One data set, and one random part of it with labels.

    Parameters
    ----------
    name : str
    log_rate, std_error, final : float
        What was simulated on the part: see `querist.simulation.expected.belief`.
    log_ratio : float
        The logarithm of the efficiency measured on all of the set, at 95 % of what random gained.
    """

    name: str
    log_rate: float
    std_error: float
    final: float
    log_ratio: float


CASES: tuple[Case, ...] = (
    Case("breast_cancer", 0.6931, 0.2867, 0.9697, 0.8711),
    Case("diabetes", 1.0435, 0.7378, 0.7386, 0.8944),
    Case("credit_g", 0.8133, 0.7837, 0.7404, 0.4195),
    Case("phoneme_errors", 0.0, 1.3769, 0.5341, 0.5533),
    Case("digits", 0.8733, 0.0983, 0.9352, 1.0416),
    Case("segment", 0.7432, 0.104, 0.9191, 0.9434),
    Case("phoneme", 0.6431, 0.4643, 0.8066, 0.723),
    Case("mammography", 1.6042, 0.7976, 0.2991, 1.3633),
    Case("trec", 0.4529, 0.132, 0.7338, 0.449),
    Case("sms_spam", 1.7343, 0.1449, 0.9208, 1.9527),
    Case("subj", 0.6731, 0.2739, 0.9012, 0.5768),
    Case("cr", 0.0324, 0.3454, 0.8018, 0.6547),
    Case("sst2", 0.0024, 0.247, 0.7472, 0.6178),
    Case("adult", 0.7832, 0.768, 0.7193, 0.4515),
    Case("banking77", 0.7832, 0.0569, 0.8248, 0.8344),
)  # made by `python -m benchmarks.evidence.cases`
