"""Whether an import went to the pool and to the slices that are held out in other shares than were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

FAR = 0.2  # off by less, a split does what it is for
SURPRISING = 4.0  # standard errors of a share that is drawn


def note_on_shares(shares: Mapping[str, float], counts: Mapping[str, int]) -> str | None:
    """What to say where near copies, which stay together, made the splits other than was asked, if they did.

    Parameters
    ----------
    shares : mapping of {"test", "calibration"} to float
        As asked; the rest is the pool.
    counts : mapping of split to int
        Items of the import. Those set aside do not count.

    Examples
    --------
    >>> note_on_shares({"test": 0.2}, {"pool": 83, "test": 17}) is None
    True
    >>> note_on_shares({"test": 0.2, "calibration": 0.05}, {"pool": 9, "test": 291})[:67]
    'Of 300 items 9 are in the pool, where 225 were to be expected: near'
    """
    wanted = {"pool": 1 - sum(shares.values()), **shares}
    n = sum(counts.get(split, 0) for split in wanted)
    if n == 0:
        return None
    off = {split: abs(counts.get(split, 0) / n - share) for split, share in wanted.items()}
    if not any(off[split] > max(FAR, SURPRISING * sqrt(share * (1 - share) / n)) for split, share in wanted.items()):
        return None
    return (
        f"Of {n:,} items {counts.get('pool', 0):,} are in the pool, where {round(wanted['pool'] * n):,} were to be "
        "expected: near copies stay on one side of the test set, and most of these items read alike. Give items that "
        "differ more, or hold nothing out."
    )
