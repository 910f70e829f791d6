"""Times by turns in one process, and the memory that a call takes beyond what was there before it."""

from __future__ import annotations

import ctypes
import gc
import os
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed.contest import Case, Contest, Work

FEW, ONCE = 2.0, 10.0  # seconds of a first call above which two more are enough, and above which it is the only one
MB = 1e6


@dataclass
class Runner:
    """One contender: its times so far, its memory, and what it returned last."""

    work: Work
    first_s: float = 0.0
    times: list[float] = field(default_factory=list)
    processor_times: list[float] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    result: Any = None

    def begin(self) -> None:
        """The first call, which loads and warms up; the only one where it is long."""
        self.first_s = self._run(watched=True)
        if self.first_s < ONCE:
            self.times.clear()
            self.processor_times.clear()

    def turns(self, repeats: int) -> int:
        """How many calls count, beside the first."""
        return repeats if self.first_s < FEW else min(2, repeats) if self.first_s < ONCE else 0

    def turn(self) -> None:
        """A call that counts."""
        self._run(watched=self.first_s >= FEW)

    def weigh(self) -> None:
        """A call for its memory alone, of a contender so fast that memory given back before would show in its time."""
        if self.first_s < FEW:
            self._run(watched=True)
            self.times.pop()
            self.processor_times.pop()

    def figures(self) -> dict[str, Any]:
        """Median seconds on the clock and on the processors, of how many calls, and megabytes."""
        processor_s = statistics.median(self.processor_times)
        return {"s": statistics.median(self.times), "processor_s": processor_s, "n": len(self.times), **self.memory}

    def _run(self, *, watched: bool) -> float:
        self.result = None
        if watched:
            gc.collect()
            give_back()
            before = resident()
            forget_peak()
        began, used = time.perf_counter(), time.process_time()
        self.result = self.work()
        took = time.perf_counter() - began
        self.times.append(took)
        self.processor_times.append(time.process_time() - used)
        if watched and (highest := peak()):
            self.memory = {"extra_mb": round(max(0, highest - before) / MB, 1), "peak_mb": round(highest / MB, 1)}
        return took


def measured(case: Case, contest: Contest, repeats: int, *, quick: bool = False) -> dict[str, Any]:
    """The row of an operation: ours, each other, and checks."""
    ours = Runner(contest.ours)
    ours.begin()
    ours.weigh()  # before any other has loaded what it needs
    runners, absent, failed = {"ours": ours}, [], {}
    for name, other in contest.others.items():
        if quick and other.minutes:
            continue
        try:
            runner = Runner(other.make())
            runner.begin()
            runners[name] = runner
        except ImportError:
            absent.append(name)
        except Exception as problem:  # another library's; the rest is measured all the same
            failed[name] = f"{type(problem).__name__}: {problem}"[:300]
    for turn in range(repeats):
        for runner in runners.values():
            if turn < runner.turns(repeats):
                runner.turn()
    for name, runner in runners.items():
        if name != "ours":
            runner.weigh()
    mine = ours.figures()
    others = {name: _other(contest, name, runners[name], mine["s"]) for name in contest.others if name in runners}
    results = {name: runner.result for name, runner in runners.items()}
    return {
        "name": case.name,
        "size": contest.size,
        "ours": mine,
        "others": others,
        "absent": absent,
        "failed": failed,
        "checks": {name: test(results) for name, test in contest.checks.items()},
    }


def _other(contest: Contest, name: str, runner: Runner, ours_s: float) -> dict[str, Any]:
    other = contest.others[name]
    figures = {"kind": other.kind, **runner.figures()}
    if other.size:
        return {**figures, "size": other.size}
    return {**figures, "times_ours": figures["s"] / ours_s}


def give_back() -> None:
    """Let the allocator return what it keeps for later, so that a call's memory is its own."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def forget_peak() -> None:
    """Start the system's record of this process's highest memory anew."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """The most bytes this process held since `forget_peak`; 0 where the system does not say."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return 0
