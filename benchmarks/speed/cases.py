"""Every operation, in the order of the table."""

from __future__ import annotations

from benchmarks.speed import coverage, files, hybrid, lookahead, scores

CASES = (*scores.CASES, *hybrid.CASES, *coverage.CASES, *lookahead.CASES, *files.CASES, *hybrid.BESIDE)
