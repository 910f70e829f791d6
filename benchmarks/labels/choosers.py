"""Strategies by name: Querist's own, a project's whole policy, other libraries', and an oracle that peeks.

`margin` runs pure: no random share, no guard, the bench's first labels. `explore:margin` has a project's random share
and guards; `project:margin` its start as well. `oracle` sees the test set. `skactiveml:Badge` is another library's.
"""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.labels import peers
from benchmarks.labels.bench import Bench, Chooser, Chosen, Known, measured
from querist import strategies
from querist.catalogue import PolicyChooser, find, strategy_names
from querist.catalogue.names import ANY_TASK
from querist.core.checks import Rows
from querist.core.policy import Policy
from querist.core.rng import generator
from querist.core.signals import Signals
from querist.core.state import State
from querist.loop.coldstart import Trust
from querist.loop.step import ask, tell
from querist.modeling import fit, signals, trust

ORACLE = "oracle"
ORACLE_CANDIDATES = 20
KNOWN_SIGNALS = {"probs", "embeddings", "members", "labels", "labeled", "head"}
POLICIES = ("explore", "project")
PROTOCOL = 1  # raise it when what a run means changes: finished runs are then made again


def own_names() -> tuple[str, ...]:
    """The strategies of the catalogue that can choose here."""
    return tuple(name for name in strategy_names() if _needs(name) <= KNOWN_SIGNALS)


def _needs(name: str) -> set[str]:
    return {"probs"} if name in ANY_TASK else set(find(name).needs)


def is_known(name: str) -> bool:
    """Whether a chooser of this name can be made here."""
    kind, colon, inner = name.partition(":")
    if colon and kind in POLICIES:
        return inner in own_names()
    return name == ORACLE or name in own_names() or peers.is_here(name)


def chooser(name: str, on: Bench) -> Chooser:
    """The strategy of this name, ready to choose on this bench."""
    kind, colon, inner = name.partition(":")
    if colon and kind in POLICIES:
        return _Whole(inner, on, own_start=kind == "project")
    if name == ORACLE:
        return _Oracle(on)
    return peers.Peer(name, on) if colon else _Pure(name, on)


def fingerprint(name: str) -> str:
    """What a finished run is of: the strategy's code and all of its room that it imports, comments and docs aside."""
    kind, colon, inner = name.partition(":")
    if colon and kind not in POLICIES:
        return f"{PROTOCOL}-{peers.version_of(name)}"
    if name == ORACLE:
        return str(PROTOCOL)
    declared = find(inner if colon else name)
    if declared.kind == "composite":  # it may choose by any other
        return f"{PROTOCOL}-{_code_of_all()}"
    return f"{PROTOCOL}-{_code_of(declared.run.__module__)}"


class _Pure:
    """A strategy alone."""

    def __init__(self, name: str, on: Bench) -> None:
        self._name = name
        self._on = on
        self._chooser = PolicyChooser(
            Policy(name, start="random", exploration=0.0, near_duplicates=None, trust=False, seed=on.seed)
        )

    def first(self) -> None:
        return None

    def choose(self, known: Known) -> Chosen:
        picks = self._chooser.choose(
            self._name,
            known.k,
            candidates=np.setdiff1d(np.arange(self._on.pool.n_items), known.rows),
            chosen=np.sort(known.rows),
            rng=generator(self._on.seed, "choose", self._name, known.number),
            signals=_signals(self._on, known),
        ).picks
        return Chosen(np.asarray(picks.rows, dtype=np.int64))


class _Whole:
    """A strategy in a project's policy: a random share in every batch, guards, trust, and, if wanted, its start."""

    def __init__(self, name: str, on: Bench, *, own_start: bool) -> None:
        self._on = on
        self._policy = Policy(name, batch_size=on.budget.batch, seed=on.seed)
        self._chooser = PolicyChooser(self._policy)
        self._own_start = own_start
        start = {} if own_start else {int(row): int(on.truth[row]) for row in on.start}
        self._state = State.start(on.pool.n_items, self._policy, labels=start)
        self._trust: Trust | None = None

    def first(self) -> Chosen | None:
        if not self._own_start:
            return None
        nothing = np.empty(0, dtype=np.int64)
        return self._ask(Known(nothing, nothing, None, 0, self._on.budget.start))

    def choose(self, known: Known) -> Chosen:
        if not (self._trust and self._trust.ok) and self._chooser.find(self._policy.strategy).trusts_model:
            on = self._on
            self._trust = trust(
                on.learner, on.pool, known.rows, known.y, schema=on.schema, seed=on.seed, number=known.number
            )
        return self._ask(known)

    def _ask(self, known: Known) -> Chosen:
        self._state, batch = ask(self._state, _signals(self._on, known), self._chooser, k=known.k, trust=self._trust)
        self._state = tell(self._state, {int(row): int(self._on.truth[row]) for row in batch.ids})
        return Chosen(batch.ids, sum(query.purpose == "exploration" for query in batch.queries))


class _Oracle:
    """Greedy on the test set: each label is the best of 20 random candidates by the score of the model it would make.

    Where none of them helps, the one of smallest margin is taken (Werner and others 2024, arXiv:2408.00426). It shows
    how much room there is; a fit for each candidate makes it slow.
    """

    def __init__(self, on: Bench) -> None:
        self._on = on

    def first(self) -> None:
        return None

    def choose(self, known: Known) -> Chosen:
        rng = generator(self._on.seed, "oracle", known.number)
        rows = known.rows
        best = self._score(rows)
        taken: list[int] = []
        for _ in range(known.k):
            free = np.setdiff1d(np.arange(self._on.pool.n_items), rows)
            some = rng.choice(free, min(ORACLE_CANDIDATES, len(free)), replace=False)
            scores = [self._score(np.append(rows, row)) for row in some]
            at = int(np.argmax(scores))
            if scores[at] <= best and known.model is not None:
                known = Known(rows, self._on.truth[rows], self._fitted(rows), known.number, known.k)
                probs = np.sort(_signals(self._on, known).get("probs")[some], axis=1)
                at = int(np.argmin(probs[:, -1] - probs[:, -2]))
            best = scores[at]
            taken.append(int(some[at]))
            rows = np.append(rows, some[at])
        return Chosen(np.array(taken, dtype=np.int64))

    def _fitted(self, rows: Rows):  # type: ignore[no-untyped-def]
        on = self._on
        return fit(on.learner, on.pool, rows, on.truth[rows], schema=on.schema, seed=on.seed, number=0, warm=None)

    def _score(self, rows: Rows) -> float:
        return measured(self._on, self._fitted(rows), self._on.truth[rows])[self._on.metric]


def _signals(on: Bench, known: Known) -> Signals:
    return signals(
        on.pool,
        known.model,
        schema=on.schema,
        learner=on.learner,
        labeled=lambda: _sorted(known),
        seed=on.seed,
        number=known.number,
    )


def _sorted(known: Known) -> tuple[Rows, np.ndarray]:
    order = np.argsort(known.rows)
    return known.rows[order], known.y[order]


@cache
def _code_of_all() -> str:
    rooms = [f"{strategies.__name__}.{module.name}" for module in pkgutil.iter_modules(strategies.__path__)]
    return sha256("\n".join(_code_of(room) for room in sorted(rooms)).encode()).hexdigest()[:16]


@cache
def _code_of(module: str) -> str:
    found: dict[str, str] = {}
    _collect(module, found)
    return sha256("".join(f"{name}\n{code}\n" for name, code in sorted(found.items())).encode()).hexdigest()[:16]


def _collect(module: str, found: dict[str, str]) -> None:
    spec = importlib.util.find_spec(module)
    if module in found or spec is None or spec.origin is None:
        return
    tree = ast.parse(Path(spec.origin).read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = body[1:]  # type: ignore[index]
    found[module] = ast.dump(tree)
    room = module.rpartition(".")[0] + "."
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None and f"{node.module}.".startswith(room):
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in [node.module, *inside] if node.module + "." != room else inside:
                if _is_module(name):
                    _collect(name, found)


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
