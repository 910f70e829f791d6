"""One simulated loop: the same ask and tell that a project runs, with an oracle for people."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from querist.catalogue import PolicyChooser, reads_answers
from querist.core.checks import Array, Floats, Rows
from querist.core.crowd import answer_table
from querist.core.errors import BudgetSpent, InvalidInput, OneClassOnly, PoolExhausted
from querist.core.evidence import AskedItem, Point, Round, Run
from querist.core.items import n_rows, take
from querist.core.policy import Policy
from querist.core.ports import Encoder, Learner, Model, Oracle, Questions
from querist.core.rng import generator
from querist.core.signals import Signals
from querist.core.state import Batch, State, Value
from querist.learners import out_of_fold
from querist.loop.budget import charged, spending
from querist.loop.coldstart import Trust
from querist.loop.step import ask, set_aside, tell
from querist.loop.stopping import StoppingRule
from querist.modeling import Detail, Pool, fit, kind, pool_of, predict, signals, trust
from querist.simulation.crowds import behind, n_annotators
from querist.simulation.data import Labeled, characters, preview, span
from querist.simulation.habits import Priced
from querist.simulation.oracles import HardCases, Perfect
from querist.simulation.watching import Watch
from querist.simulation.worlds import World

ASKED_SHOWN = 24  # items kept per round for the report; a page of more is not read
SCALINGS = 50  # each takes up what the items that already err surely cannot; the first few do nearly all
TEST_MOST = 3000  # test items: a standard error of under one percent, at which measuring stays cheap


@dataclass(frozen=True, slots=True)
class Plan:
    """One run to make: everything about it but the data and the learner.

    Parameters
    ----------
    strategy : str
        Its name in tables.
    policy : Policy
    budget : int
        Answers in all.
    seed : int
        Of the split, the first batch and every choice; runs of one seed are paired.
    test_share, test_most
        Share of the items held out to measure on, and their largest number.
    oracle : Oracle
    stop : sequence of StoppingRule
        The run ends early where one fires.
    warm_start : bool
        Whether each model continues from the last.
    traced : bool
        Whether to keep what was asked, for a report.
    world : World
        What is done to the data first.
    seed_size : int, optional
        Items asked in the first round; by default a batch.
    """

    strategy: str
    policy: Policy
    budget: int
    seed: int
    test_share: float = 0.3
    test_most: int = TEST_MOST
    oracle: Oracle = field(default_factory=Perfect)
    stop: Sequence[StoppingRule] = ()
    warm_start: bool = False
    traced: bool = False
    world: World = field(default_factory=World)
    seed_size: int | None = None

    def to_json(self) -> dict[str, Any]:
        """What tells this run from others."""
        return {
            "strategy": self.strategy,
            "policy": self.policy.to_json(),
            "budget": self.budget,
            "seed": self.seed,
            "test_share": self.test_share,
            "test_most": self.test_most,
            "oracle": repr(self.oracle),
            "stop": [repr(rule) for rule in self.stop],
            "warm_start": self.warm_start,
            "traced": self.traced,
            "world": asdict(self.world),
            "seed_size": self.seed_size,
        }


def run(data: Labeled, plan: Plan, encoder: Encoder, learner: Learner, *, rows: tuple[Rows, Rows] | None = None) -> Run:
    """Ask, answer, train and measure until the budget is spent, the pool is empty, or a rule fires.

    `rows` are those of the pool and of the test set, in place of what the plan would draw.
    """
    began = time.perf_counter()
    pool_rows, test_rows = rows or plan.world.split(data, plan.test_share, plan.test_most, plan.seed)
    test_truth = kind(data.schema).array(data.y[test_rows].tolist(), data.schema.n_classes)
    inputs = take(data.X, pool_rows)
    encoding = encoder.fit(inputs)
    bench = _Bench(
        data=data,
        plan=plan,
        learner=learner,
        pool=pool_of(encoding, inputs),
        pool_rows=pool_rows,
        truth=data.y[pool_rows],
        test=encoding.features(take(data.X, test_rows)),
        test_truth=test_truth,
        costs=_costs(plan.policy, inputs),
        span=span(data.X) if plan.traced else (0.0, 1.0),
    )
    loop = _loop(bench)
    return Run(
        strategy=plan.strategy,
        seed=plan.seed,
        points=loop.points,
        rounds=loop.rounds,
        calibration=loop.calibration,
        per_class=loop.per_class,
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True, slots=True)
class _Bench:
    """What stays the same during a run."""

    data: Labeled
    plan: Plan
    learner: Learner
    pool: Pool
    pool_rows: Rows
    truth: Array
    test: Any
    test_truth: Array
    costs: Floats | None
    span: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Letter:
    """An answer on its way, and the round at which it arrives."""

    due: int
    row: int
    value: Value
    annotator: str


@dataclass(frozen=True, slots=True)
class _Trace:
    points: tuple[Point, ...]
    rounds: tuple[Round, ...]
    calibration: tuple[tuple[float, float, float], ...]
    per_class: Mapping[str, Mapping[str, float]]


def _loop(bench: _Bench) -> _Trace:
    plan, schema = bench.plan, bench.data.schema
    budget = replace(plan.policy.budget, labels=plan.budget)
    # Nobody answers twice: where all have answered there is nobody left to ask.
    most = min(plan.policy.max_answers, n_annotators(plan.oracle))
    policy = plan.policy.with_(seed=plan.seed, budget=budget, max_answers=most)
    chooser = PolicyChooser(policy)
    state = State.start(bench.pool.n_items, policy)
    difficulty = _difficulty(bench)
    rng = generator(plan.seed, "oracle")
    model: Model | None = None
    trusted: Trust | None = None
    inbox: list[_Letter] = []
    points: list[Point] = []
    rounds: list[Round] = []
    predicted: Any = None
    n_given = 0
    watch = Watch(plan.stop, bench.pool, schema, plan.seed)
    while True:
        try:
            k = plan.seed_size if state.round == 0 else None
            state, batch = ask(state, _signals(bench, model, state), chooser, k=k, trust=trusted)
        except (BudgetSpent, PoolExhausted):
            if not inbox:
                break
            batch = None
        now = state.round if batch is not None else max(letter.due for letter in inbox)
        if batch is not None:
            watch.asked(batch)
            ids, given_rows = batch.ids, bench.pool_rows[batch.ids]
            answered = tuple(frozenset(who for who, _ in state.said(row)) for row in ids.tolist())
            asked = Questions(
                given_rows, bench.truth[ids], difficulty[ids], schema.n_classes, n_given, schema.task, answered
            )
            n_given += len(batch)
            # Copies of one item have one row of the data: replies to it are about them in their order.
            places: dict[int, list[int]] = {}
            for row, place in zip(given_rows.tolist(), ids.tolist(), strict=True):
                places.setdefault(row, []).append(place)
            silent, prices = [], {}
            for reply in plan.oracle.answer(asked, rng=rng):
                if not places.get(reply.row):
                    raise InvalidInput(
                        f"oracle: must reply for the rows it was asked; got row {reply.row}. Take them from asked.rows."
                    )
                place = places[reply.row].pop(0)
                if reply.value is None:
                    silent.append(place)
                    continue
                inbox.append(_Letter(now + reply.delay, place, reply.value, reply.annotator))
                if reply.cost_usd is not None:
                    prices[place] = reply.cost_usd
            state = charged(set_aside(state, silent), prices)
        arrived: dict[str, dict[int, Value]] = {}
        for letter in inbox:
            if letter.due <= now:
                arrived.setdefault(letter.annotator, {})[letter.row] = letter.value
        inbox = [letter for letter in inbox if letter.due > now]
        for annotator, given in arrived.items():
            state = tell(state, given, annotator=annotator)
        if not state.labels:
            continue
        rows, y = _training(bench, state)
        try:
            warm = model if plan.warm_start else None
            model = fit(
                bench.learner, bench.pool, rows, y, schema=schema, seed=plan.seed, number=state.round, warm=warm
            )
        except OneClassOnly:
            model = None
        if not (trusted and trusted.ok):
            trusted = _trust(bench, policy, state, rows, y, chooser)
        predicted = _predict(bench, model, y)
        bought = spending(state)
        points.append(Point(bought.labels, bought.usd, _measure(bench, predicted)))
        if plan.traced and batch is not None:
            rounds.append(_round(bench, batch, bought.labels))
        watch.fitted(model, state, bought.labels)
        if any(rule.verdict(points, bought, watch.evidence(state)).stop for rule in plan.stop):
            break
    detail = Detail() if predicted is None else kind(schema).detail(bench.test_truth, predicted, schema.options)
    return _Trace(tuple(points), tuple(rounds), detail.calibration, detail.per_class)


def _signals(bench: _Bench, model: Model | None, state: State) -> Signals:
    return signals(
        bench.pool,
        model,
        schema=bench.data.schema,
        learner=bench.learner,
        labeled=lambda: _training(bench, state),
        seed=bench.plan.seed,
        number=state.round,
        costs=bench.costs,
        duplicates=bench.data.groups[bench.pool_rows],
        answers=lambda: answer_table(state.n_items, {row: state.said(row) for row in state.labels}),
        unseen=reads_answers(bench.plan.policy),
    )


def _costs(policy: Policy, inputs: Any) -> Floats | None:
    costs = policy.costs
    if costs.free:
        return None
    flat = np.full(n_rows(inputs), costs.per_label)
    return flat + costs.per_character * characters(inputs) if costs.per_character else flat


def _trust(bench: _Bench, policy: Policy, state: State, rows: Rows, y: Array, chooser: PolicyChooser) -> Trust | None:
    if not policy.trust or not chooser.find(policy.strategy).trusts_model:
        return None
    return trust(bench.learner, bench.pool, rows, y, schema=bench.data.schema, seed=bench.plan.seed, number=state.round)


def _training(bench: _Bench, state: State) -> tuple[Rows, Array]:
    rows = np.array(sorted(state.labels), dtype=np.int64)
    schema = bench.data.schema
    return rows, kind(schema).array([state.labels[row] for row in rows.tolist()], schema.n_classes)


def _predict(bench: _Bench, model: Model | None, y: Array) -> Any:
    """Test predictions; with no model yet, what the labels so far say of an item that nobody has looked at."""
    schema = bench.data.schema
    if model is None:
        return kind(schema).guess(y, len(bench.test_truth), schema.n_classes)
    return predict(model, bench.test, schema=schema)


def _measure(bench: _Bench, predicted: Any) -> dict[str, float]:
    return kind(bench.data.schema).evaluate(bench.test_truth, predicted, bench.data.schema.options)


def _difficulty(bench: _Bench) -> Floats:
    """How hard each item is, on the mean one half; measured only where the oracle heeds it.

    Of classes, one minus the probability that the learner, cross-validated on all the pool, gives the truth; of a
    number, how far the learner is from it. Scaled so that an oracle which errs with twice its error times this, and at
    most surely, errs at its rate overall.
    """
    out = np.full(bench.pool.n_items, 0.5)
    heeding = behind(bench.plan.oracle)
    errors = [part.error for part in heeding if isinstance(part, HardCases)]
    if not errors and not any(isinstance(part, Priced) and part.hard_usd for part in heeding):
        return out
    schema = bench.data.schema
    if schema.task not in ("choice", "rating", "number"):
        return out
    # A copy in another fold would make every item easy: each row of the data is judged once.
    _, first, which = np.unique(bench.pool_rows, return_index=True, return_inverse=True)
    truth = bench.truth[first]
    guessed, rows = out_of_fold(
        bench.learner,
        take(bench.pool.features, first),
        truth,
        n_classes=schema.n_classes,
        rng=generator(bench.plan.seed, "difficulty"),
    )
    told = truth[rows]
    found = np.abs(guessed - told) if schema.task == "number" else 1 - guessed[np.arange(len(rows)), told]
    hard = np.full(len(first), float(found.mean()))
    hard[rows] = np.maximum(found, 1e-9)
    out = np.asarray(hard[which], dtype=np.float64)
    most = 1 / max(2 * max(errors, default=0.0), 1e-9)
    for _ in range(SCALINGS):
        out *= 0.5 / np.minimum(out, most).mean()
    return np.asarray(np.minimum(out, most), dtype=np.float64)


def _round(bench: _Bench, batch: Batch, n_labels: int) -> Round:
    shown = tuple(
        AskedItem(
            query.row,
            query.reason,
            bench.data.shown(int(bench.pool_rows[query.row])),
            preview(bench.data, int(bench.pool_rows[query.row]), bench.span),
        )
        for query in batch.queries[:ASKED_SHOWN]
    )
    return Round(batch.round, batch.strategy, n_labels, shown, batch.held_back)
