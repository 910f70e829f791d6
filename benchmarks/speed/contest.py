"""What one operation is: ours, others' calls for the same, what it cannot do without, and what it should reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Work = Callable[[], Any]
Results = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Other:
    """A call beside ours, made only when its turn has come: an import that fails leaves it out."""

    make: Callable[[], Work]
    kind: str  # "peer", "plain" for code as one would write it, "limit" for what the machine needs at least
    minutes: bool = False  # too long for a quick run
    size: str = ""  # where it is not the operation's: it is shown, and no ratio is made of it


def peer(make: Callable[[], Work], *, minutes: bool = False, size: str = "") -> Other:
    """A released library's call for the same."""
    return Other(make, "peer", minutes, size)


def plain(make: Callable[[], Work], *, minutes: bool = False) -> Other:
    """The same as one would write it oneself."""
    return Other(make, "plain", minutes)


def limit(work: Work) -> Other:
    """What the operation cannot do without."""
    return Other(lambda: work, "limit")


@dataclass(frozen=True, slots=True)
class Contest:
    """An operation with its data made."""

    size: str
    ours: Work
    others: Mapping[str, Other] = field(default_factory=dict)
    checks: Mapping[str, Callable[[Results], float | None]] = field(default_factory=dict)
    close: Work | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A figure to reach: `found(row)` at least or at most `bound`."""

    kind: str
    bound: float
    of: str = ""

    def found(self, row: Mapping[str, Any]) -> float | None:
        """The figure that was measured; None where what it compares with is not there."""
        if self.kind == "extra":
            return row["ours"].get("extra_mb")
        if self.kind == "peak":
            return row["ours"].get("peak_mb")
        if self.kind == "check":
            return row["checks"].get(self.of)
        if self.kind == "limit":
            other = row["others"].get(self.of, {})
            return row["ours"]["s"] / other["s"] if "s" in other else None
        ratios = [
            other["times_ours"]
            for other in row["others"].values()
            if other["kind"] == self.kind and "times_ours" in other
        ]
        return min(ratios, default=None)

    @property
    def at_most(self) -> bool:
        """Whether less is better."""
        return self.kind in ("extra", "peak", "limit")

    def text(self) -> str:
        """For the table."""
        bound = f"{self.bound:g}"
        return {
            "peer": f"{bound}× the fastest peer" if self.bound > 1 else "no slower than any peer",
            "plain": f"{bound}× plain code",
            "limit": f"within {self.bound:.3g}× of {self.of}",
            "extra": f"under {bound} MB more",
            "peak": f"under {bound} MB in all",
            "check": f"{self.of} at least {bound}",
        }[self.kind]

    def judged(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The target, what was found, and whether that is enough; `met` is None where it could not be found."""
        found = self.found(row)
        met = None if found is None else bool(found <= self.bound if self.at_most else found >= self.bound)
        said = {"text": self.text(), "kind": self.kind, "bound": self.bound, "at_most": self.at_most}
        return {**said, "found": None if found is None else round(found, 6), "met": met}


def faster(times: float, than: str = "peer") -> Target:
    """So many times faster than the fastest peer, or than plain code."""
    return Target(than, times)


def near(times: float, of: str) -> Target:
    """Within so many times the limit of that name."""
    return Target("limit", times, of)


def extra(megabytes: float) -> Target:
    """No more memory than that beyond the input."""
    return Target("extra", megabytes)


def peak(megabytes: float) -> Target:
    """No more memory than that for the whole process."""
    return Target("peak", megabytes)


def check(of: str, least: float) -> Target:
    """A check's figure, at least so high."""
    return Target("check", least, of)


@dataclass(frozen=True, slots=True)
class Case:
    """An operation: `make(quick)` makes its data. `minutes` keeps it out of a quick run, `large` is a big file."""

    name: str
    make: Callable[[bool], Contest]
    targets: tuple[Target, ...] = ()
    minutes: bool = False
    large: bool = False
    cores: int | None = None
    if_missed: str = ""
