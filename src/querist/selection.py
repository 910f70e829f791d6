"""A batch from a pool that outgrows memory: a policy becomes a score and a reducer, and one pass picks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.catalogue import find, least_picks, resolve
from querist.core import checks
from querist.core.blocks import Reducer
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import BudgetSpent, InvalidInput, PoolExhausted
from querist.core.policy import Policy
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.core.state import Batch, Picks, Purpose, Query
from querist.core.strategy import Strategy, of, strategy
from querist.formats import open_table, write_table
from querist.loop.step import random_share
from querist.scale import Pool, run
from querist.strategies.reduce import (
    BatchPicks,
    Candidates,
    Excluding,
    Guarded,
    Mixed,
    Payable,
    PerDollar,
    Quotas,
    Reservoir,
    TopK,
)

PER_PICK = 10  # rows that a selection picks each of its picks from
AT_LEAST = 1000
COLUMNS = ("rank", "row", "strategy", "purpose", "utility", "propensity", "cost_usd", "reason")


@strategy(needs=("costs",))
def _price(costs: Array) -> Array:
    return costs


@dataclass(frozen=True, slots=True)
class _Pass:
    """How a pool is gone through."""

    processes: int
    threads: int | None
    progress: Progress
    resume: str | Path | None

    def __call__(self, pool: Pool, score: Strategy | None, reducer: Reducer, params: Mapping[str, Any]) -> Picks:
        return run(
            pool,
            score,
            reducer,
            params=params,
            processes=self.processes,
            threads=self.threads,
            progress=self.progress,
            resume=self.resume,
        )


def select(
    pool: Pool | str | Path,
    policy: Policy | str = "margin",
    *,
    k: int | None = None,
    exclude: npt.ArrayLike = (),
    labels: Mapping[int, int | float] | None = None,
    classes: Sequence[str] = (),
    by: str | None = None,
    candidates: int | None = None,
    number: int = 1,
    n_asked: int = 0,
    processes: int = 1,
    threads: int | None = None,
    progress: Progress = silent,
    resume: str | Path | None = None,
) -> Batch:
    """The batch that a policy draws from a pool of any size, in one pass over its file and in little memory.

    Parameters
    ----------
    pool : Pool or path
        A path is one of Parquet files, read as `Pool.from_parquet` does by default.
    policy : Policy or str
        A name is that strategy with a policy's other settings as they are by default. `auto` stands here for
        `weighted_variance_reduction` where there are embeddings, and for `margin` where there are none.
    k : int, optional
        Items to ask; the policy's batch size by default, and no more than the budget allows.
    exclude : (n,) int
        Rows never to be picked: labeled, pending, kept for testing.
    labels : mapping of row to class number or number, optional
        Of labeled rows, which are excluded too; strategies that look at what is labeled see them.
    classes : sequence of str
        Names of the probabilities' columns, where quotas speak of them.
    by : str, optional
        The score that puts the candidates of a selection first: `margin` where it reads `probs`; otherwise they are a
        random sample. A score needs none.
    candidates : int, optional
        Rows that a selection picks from, by default ten per pick and at least 1000.
    number, n_asked : int
        The batch's number, and items asked before it, so that random draws differ from batch to batch and the random
        share holds over them.
    processes, threads, progress, resume
        As for `querist.scale.run`.

    Returns
    -------
    batch : Batch
        Rows to ask, each with utility, propensity and reason, random ones mixed in. The same on any number of
        processes.

    Raises
    ------
    InvalidInput
        If the pool lacks what the strategy reads, or the policy asks for what no single pass can do.
    PoolExhausted, BudgetSpent
        If there is nothing left to ask, or nothing left to pay with.

    Notes
    -----
    Near-duplicates are told apart by the pool's `duplicates`, and by its `embeddings` if it has them; reading those for
    the guard alone costs their share of the file, so leave them out or set `near_duplicates` to None where that is too
    much. Trust, and the start that a policy falls back to, are the loop's: a pool file has no learner.

    Examples
    --------
    >>> pool = Pool.from_arrays(probs=np.array([[0.9, 0.1], [0.5, 0.5], [0.6, 0.4]]))
    >>> batch = select(pool, Policy("margin", batch_size=2, exploration=0.0))
    >>> batch.ids.tolist(), batch.queries[0].reason
    ([1, 2], 'margin: its two best classes are only 0.00 apart')
    """
    held = pool if isinstance(pool, Pool) else Pool.from_parquet(pool)
    chosen = _in_one_pass(policy if isinstance(policy, Policy) else Policy(policy), held)
    declared, _ = resolve(chosen.strategy, chosen.params)
    if declared.kind == "composite":
        raise InvalidInput(
            f"strategy: must be a score or a selection on a large pool, where parts cannot see all of it; "
            f"{declared.name} is made of others. Take one of them."
        )
    known = labels or {}
    out = np.union1d(checks.rows("exclude", exclude, n_items=held.n_items), np.array(sorted(known), dtype=np.int64))
    out = checks.rows("labels", out, n_items=held.n_items)
    n_left = held.n_items - len(out)
    if not n_left:
        raise PoolExhausted
    go = _Pass(processes, threads, progress, resume)
    wanted = min(checks.positive("k", chosen.batch_size if k is None else k), n_left)
    wanted = _affordable(held, chosen, wanted, n_asked, out, go)
    seed = int(generator(chosen.seed, "select", number).integers(2**63))
    n_random = random_share(chosen.exploration, n_asked, wanted) if declared.needs else 0
    m = max(PER_PICK * wanted, AT_LEAST) if candidates is None else candidates
    score, reducer = _plan(declared, held, chosen, wanted - n_random, seed, by, m, out, known, classes)
    if n_random:
        reducer = Mixed(reducer, n_random, seed) if reducer else Reservoir(n_random, seed)
    if reducer is None:
        raise PoolExhausted
    if chosen.costs.per_utility and held.has("costs") and declared.kind == "score":
        reducer = PerDollar(reducer)
    if chosen.budget.usd is not None and held.has("costs"):
        reducer = Payable(reducer, chosen.budget.usd)
    if len(out):
        reducer = Excluding(reducer, out)
    params = dict(chosen.params) if score is declared else {}
    picks = go(held, score, reducer, params)
    if not len(picks):
        raise PoolExhausted
    queries = _queries(picks, declared, number, _prices(held, chosen, picks.rows), n_random, seed)
    return Batch(number, queries, declared.name, chosen.digest, n_left)


def open_pool(path: str | Path, columns: Mapping[str, str | Sequence[str]] | None = None) -> Pool:
    """The pool of Parquet files."""
    return Pool.from_parquet(path, columns=columns)


def write_batch(batch: Batch, pool: Pool, path: str | Path, *, columns: Sequence[str] = ()) -> None:
    """Write a batch to a .csv, .jsonl or .parquet file: what was chosen and why, and these columns of the pool.

    Raises
    ------
    InvalidInput
        If the pool has no such column, or the file cannot be written; it is then as it was before.
    """
    shown = pool.take(batch.ids, columns)
    rows = [
        [*(_plain(shown[name][i]) for name in columns), *(getattr(query, name) for name in COLUMNS)]
        for i, query in enumerate(batch.queries)
    ]
    write_table(path, [*columns, *COLUMNS], rows)


def rows_in(path: str | Path) -> Rows:
    """The column `row` of a table, such as a batch written before.

    Raises
    ------
    InvalidInput
        If the table has no such column, or a cell is no row number.
    """
    table = open_table(path)
    if "row" not in table.columns:
        raise InvalidInput(f"{Path(path).name}: must have a column 'row'; it has {', '.join(table.columns)}.")
    found: list[int] = []
    for batch in table.batches():
        for value, line in zip(batch.columns["row"], batch.lines, strict=True):
            try:
                found.append(int(value))
            except (TypeError, ValueError):
                raise InvalidInput(
                    f"{Path(path).name}: must have a row number in 'row'; line {line}: {value!r}."
                ) from None
    return np.unique(np.array(found, dtype=np.int64))


def _in_one_pass(policy: Policy, pool: Pool) -> Policy:
    """The policy with what `auto` comes to where no part can see the whole pool."""
    if policy.strategy != "auto" or not pool.has("probs"):
        return policy
    return replace(policy, strategy="weighted_variance_reduction" if pool.has("embeddings") else "margin")


def _plan(
    declared: Strategy,
    pool: Pool,
    policy: Policy,
    k: int,
    seed: int,
    by: str | None,
    m: int,
    out: Rows,
    labels: Mapping[int, int | float],
    classes: Sequence[str],
) -> tuple[Strategy | None, Reducer | None]:
    """What rates the rows, and what boils them down; no reducer where nothing is left for the strategy."""
    guard = policy.near_duplicates if pool.has("duplicates") or pool.has("embeddings") else None
    if policy.quotas and (declared.kind == "select" or guard is not None):
        what = "selects a set" if declared.kind == "select" else "has near-duplicates to look out for"
        raise InvalidInput(
            f"quotas: must go with a score and without a guard on a large pool; {declared.name} {what}. "
            "Set quotas to {}, or near_duplicates to null."
        )
    if declared.kind == "score":
        if not k:
            return declared, None
        if policy.quotas:
            return declared, Quotas(least_picks("quotas", "the classes", policy, classes, k), k, seed)
        if guard is None:
            return declared, TopK(k, seed)
        cosine = guard if pool.has("embeddings") else None
        return declared, Guarded(k, seed, groups=pool.has("duplicates"), max_cosine=cosine)
    if not declared.needs:
        return None, Reservoir(k, seed)
    if declared.family == "start":
        raise InvalidInput(
            f"strategy: must be a strategy and no start on a large pool; got {declared.name!r}. Take 'random'."
        )
    if by is None and "probs" in declared.needs:
        by = "margin"
    first = None if by is None else find(by)
    if not k:
        return first, None
    reads_labels = bool({"labels", "labeled"} & set(declared.needs))
    if not reads_labels:
        return first, Candidates(declared, k, max(m, k), seed, policy.params, chosen=out)
    rows = np.array(sorted(labels), dtype=np.int64)
    given = np.array([labels[row] for row in rows.tolist()])
    return first, Candidates(declared, k, max(m, k), seed, policy.params, chosen=rows, labels=given)


def _affordable(pool: Pool, policy: Policy, wanted: int, n_asked: int, out: Rows, go: _Pass) -> int:
    """As many as the budget pays for, whichever they turn out to be: the dearest are reckoned with."""
    budget, costs = policy.budget, policy.costs
    if costs.per_character and not pool.has("costs"):
        raise InvalidInput("costs: must be a column of the pool where they differ; got a price per character. Add it.")
    if budget.labels is not None:
        wanted = min(wanted, budget.labels - n_asked)
    if budget.usd is not None and wanted > 0:
        if pool.has("costs"):
            dearest = Excluding(Payable(TopK(wanted), budget.usd), out)
            prices: Floats = go(pool, of(_price), dearest, {}).utilities
        else:
            prices = np.full(wanted, costs.per_label)
        wanted = int(np.searchsorted(np.cumsum(prices), budget.usd * (1 + 1e-12), side="right"))
    if wanted <= 0:
        raise BudgetSpent
    return wanted


def _prices(pool: Pool, policy: Policy, rows: Rows) -> Floats:
    if pool.has("costs"):
        return pool.take(rows, ["costs"])["costs"].astype(np.float64)
    return np.full(len(rows), policy.costs.per_label)


def _queries(
    picks: Picks, declared: Strategy, number: int, prices: Floats, n_random: int, seed: int
) -> tuple[Query, ...]:
    n = len(picks)
    drawn = picks.at_random if isinstance(picks, BatchPicks) else np.zeros(n, dtype=bool)
    quota = picks.by_quota if isinstance(picks, BatchPicks) else np.zeros(n, dtype=bool)
    places = np.empty(n, dtype=np.int64)  # random ones spread among the others, so that nobody knows them by place
    spread = np.sort(generator(seed, "places").permutation(n)[: drawn.sum()])
    places[spread], places[np.setdiff1d(np.arange(n), spread)] = np.flatnonzero(drawn), np.flatnonzero(~drawn)
    queries = []
    for rank, i in enumerate(places.tolist()):
        u = float(picks.utilities[i])
        purpose: Purpose = "exploration" if drawn[i] else "quota" if quota[i] else "strategy"
        reason = declared.because(u) + (", to fill its class's quota" if quota[i] else "")
        if drawn[i]:
            left = round(drawn.sum() / picks.propensities[i])
            reason = f"random: one of {drawn.sum()} drawn from {left}, so that blind spots show"
        queries.append(
            Query(
                row=int(picks.rows[i]),
                round=number,
                rank=rank,
                utility=None if np.isnan(u) else u,
                propensity=float(picks.propensities[i]),
                strategy="random" if drawn[i] else declared.name,
                purpose=purpose,
                reason=reason,
                cost_usd=float(prices[i]),
            )
        )
    return tuple(queries)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
